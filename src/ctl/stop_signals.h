// SPDX-License-Identifier: ISC
// The signals that ask a verb to finish its work: INT, TERM and HUP, as a descriptor to be polled.
#pragma once

#include <stdbool.h>

// From now on they do not end the process. With `children`, CHLD is told, too.
int stop_signals_open(bool children);
// The number of the next signal; 0: none.
int stop_signals_take(int descriptor);
// In a child, before exec: as they were.
void stop_signals_restore(void);
