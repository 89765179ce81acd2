// SPDX-License-Identifier: ISC
// Who is due: a heap of deadlines, each a member of what waits. The next one is known at once; to
// set one costs a time that grows with the logarithm of how many there are. It owns nothing but
// its own places.
#pragma once

#include "util/time_ms.h"

#include <stddef.h>

struct deadline {
    time_ms at;   // of one that waits
    size_t place; // in the heap, from 1; 0: it waits for nothing
};

struct deadlines {
    struct deadline **heap; // no one is due before the one above it: i / 2, the first is heap[1]
    size_t count;
    size_t capacity;
};

#define deadline_entry(deadline, type, member)                                                     \
    ((type *)(void *)((char *)(deadline)-offsetof(type, member)))

void deadlines_init(struct deadlines *deadlines);
// Anew or for the first time; a deadline that is all zeros waits for nothing, one at TIME_NEVER
// waits no more.
void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, time_ms at);
// Of the next that is due; TIME_NEVER: nothing waits.
time_ms deadlines_next(const struct deadlines *deadlines);
// One that is due, which waits no more; NULL: none is.
struct deadline *deadlines_take(struct deadlines *deadlines, time_ms now);
void deadlines_free(struct deadlines *deadlines);
