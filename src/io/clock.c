// SPDX-License-Identifier: ISC
#include "io/clock.h"

#include <time.h>

static time_ms read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (time_ms)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

time_ms clock_now(void)
{
    return read_clock(CLOCK_BOOTTIME);
}

time_ms clock_wall(void)
{
    return read_clock(CLOCK_REALTIME);
}
