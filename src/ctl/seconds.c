// SPDX-License-Identifier: ISC
#include "ctl/seconds.h"

#include <math.h>
#include <stdlib.h>

enum {
    SECONDS_MAX = 86400
};

bool seconds_read(const char *word, double *seconds)
{
    char *end;
    double value = strtod(word, &end);
    if (end == word || *end || !isfinite(value) || value < 0 || value > SECONDS_MAX)
        return false;
    *seconds = value;
    return true;
}
