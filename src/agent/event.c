// SPDX-License-Identifier: ISC
#include "agent/event.h"

static const char *const names[EVENT_COUNT] = {
    [EVENT_INCOMING] = "incoming", [EVENT_OUTGOING] = "outgoing", [EVENT_ANSWERED] = "answered",
    [EVENT_DTMF] = "dtmf",         [EVENT_HOLD] = "hold",         [EVENT_RESUME] = "resume",
    [EVENT_ENDED] = "ended",       [EVENT_MESSAGE] = "message",   [EVENT_MWI] = "mwi",
    [EVENT_TRANSFER] = "transfer", [EVENT_ONLINE] = "online",     [EVENT_OFFLINE] = "offline",
};

const char *event_kind_text(enum event_kind kind)
{
    return names[kind];
}

bool event_kind_from_text(struct slice text, enum event_kind *kind)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

bool event_wants_decision(enum event_kind kind)
{
    return kind == EVENT_INCOMING || kind == EVENT_OUTGOING || kind == EVENT_TRANSFER;
}
