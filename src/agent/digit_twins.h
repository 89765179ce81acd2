// SPDX-License-Identifier: ISC
// A press that the far end tells twice, in its audio or events and by INFO, is one press: each is
// paired with the one of the other kind, in the order in which they come.
#pragma once

#include "util/time_ms.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    DIGIT_TWINS_MAX = 16
};

struct digit_twins {
    struct digit_twin {
        char digit;
        time_ms at;
    } alone[DIGIT_TWINS_MAX]; // those of one kind that have no twin yet, the oldest first
    size_t count;
    bool are_info; // by which they came
};

// Whether the press is new; false: it was told by the other way within the last two seconds.
bool digit_twins_is_new(struct digit_twins *twins, time_ms now, char digit, bool is_info);
