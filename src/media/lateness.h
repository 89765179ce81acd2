// SPDX-License-Identifier: ISC
// Whether a program that reads and writes is late, and by how much: what waits to be said and never
// becomes less is of no use to one that answers what it hears, and is all that counts to one that
// plays. A program answers as long as it writes no more than it has read since nothing of it was
// waiting; or if it goes on reading while what it may read piles up, because it is blocked by what
// it has written. Bytes in, bytes out; a tick is 20 ms.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lateness {
    int64_t base;         // written - read, when nothing was waiting
    unsigned ticks;       // of this look
    size_t least_waiting; // in it
    size_t least_unread;  // likewise
    uint64_t read_before; // when it began
    bool is_ahead;        // wrote more than it had read
};

struct lateness_view {
    size_t frame;     // bytes of 20 ms
    uint64_t written; // by the program since it began
    uint64_t read;    // by it, of what it was given
    size_t waiting;   // of what is written: not said yet
    size_t unread;    // of what was given: not read yet
};

// How many bytes of what waits are to be dropped, the oldest first, in whole frames; one frame is
// left. Looks for half a second.
size_t lateness_tick(struct lateness *lateness, const struct lateness_view *view);
