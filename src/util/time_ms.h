// SPDX-License-Identifier: ISC
// Time is a value: milliseconds on a clock that only goes forward. The core never reads a clock;
// `now` is handed in, once per turn of the event loop.
#pragma once

#include <stdint.h>

typedef int64_t time_ms;

#define TIME_NEVER INT64_MAX

static inline time_ms time_earliest(time_ms left, time_ms right)
{
    return left < right ? left : right;
}
