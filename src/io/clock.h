// SPDX-License-Identifier: ISC
// The two clocks. Only io reads them.
#pragma once

#include "util/time_ms.h"

// Goes on during suspend and never jumps (CLOCK_BOOTTIME).
time_ms clock_now(void);
// Milliseconds since 1970.
time_ms clock_wall(void);
