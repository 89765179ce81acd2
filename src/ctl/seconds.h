// SPDX-License-Identifier: ISC
// Times as people write them behind a verb: "20", "0.5".
#pragma once

#include <stdbool.h>

// False, with *seconds as it was, when it is no number of seconds from 0 to a day.
bool seconds_read(const char *word, double *seconds);
