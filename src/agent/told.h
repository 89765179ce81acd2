// SPDX-License-Identifier: ISC
// An event that belongs to no call of the table and lives by itself until it has been told: a
// MESSAGE, a message summary, the end of a call that was refused.
#pragma once

#include "agent/event.h"
#include "util/arena.h"

struct told {
    struct arena *arena; // of the event's texts
    struct event event;
    uint32_t transaction;     // 0; else its answer waits until the event has been taken
    struct slice sip_call_id; // likewise; of the refused INVITE
};

struct told *told_new(enum event_kind kind);
void told_free(struct told *told);
