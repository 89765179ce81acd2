// SPDX-License-Identifier: ISC
#include "ctl/wall_time.h"

#include <stdio.h>
#include <time.h>

bool wall_time_read(const json_t *value, int64_t *wall_ms)
{
    struct tm broken = { 0 };
    int milliseconds = 0;
    const char *text = json_string_value(value);
    const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &broken) : NULL;
    if (!rest || sscanf(rest, ".%3dZ", &milliseconds) != 1)
        return false;
    *wall_ms = (int64_t)timegm(&broken) * 1000 + milliseconds;
    return true;
}
