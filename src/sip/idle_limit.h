// SPDX-License-Identifier: ISC
// After how long without traffic a server, or a NAT on the way to it, gives a connection up.
// Learned from two losses at a like age, so that keep-alives come well before it; forgotten when
// the server is another one.
#pragma once

#include "util/time_ms.h"

#include <stdbool.h>
#include <stdint.h>

struct idle_limit {
    time_ms closed_age;   // of the last connection that was closed, since anything came or went
    time_ms silent_age;   // of the last that was found dead, when that was asked
    uint32_t known_ms;    // learned; 0: nothing yet
    uint32_t interval_ms; // keep-alives in between; 0: as configured
    bool needs_messages;  // keep-alives do not count there: it is asked by a request instead
};

void sip_idle_limit_init(struct idle_limit *limit);
// The other side has closed a connection that had no traffic for `age`. True when it is one of
// several at a like age: the server's way, and no fault.
bool sip_idle_limit_closed(struct idle_limit *limit, time_ms age);
// One that had none but keep-alives for `age`. True when that is what was learned: they do not
// count.
bool sip_idle_limit_closed_despite_pings(struct idle_limit *limit, time_ms age);
// A keep-alive after `age` without traffic has found the connection dead; likewise.
bool sip_idle_limit_silent(struct idle_limit *limit, time_ms age);
