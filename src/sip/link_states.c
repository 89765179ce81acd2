// SPDX-License-Identifier: ISC
#include "sip/link.h"

#define STATE(state) (1u << LINK_IS_##state)

static const struct {
    const char *name;
    unsigned next; // the states that may follow, itself anew among them
} states[LINK_STATE_COUNT] = {
    [LINK_IS_IDLE] = { .name = "idle", .next = STATE(RESOLVING) },
    [LINK_IS_RESOLVING] = {
        .name = "resolving the name",
        .next = STATE(RESOLVING) | STATE(CONNECTING) | STATE(WAITING),
    },
    [LINK_IS_CONNECTING] = {
        .name = "connecting",
        .next = STATE(RESOLVING) | STATE(UP) | STATE(WAITING),
    },
    [LINK_IS_UP] = {
        .name = "connected",
        .next = STATE(RESOLVING) | STATE(CONNECTING) | STATE(WAITING),
    },
    [LINK_IS_WAITING] = { .name = "waiting to try again", .next = STATE(RESOLVING) },
};

const char *link_state_text(enum link_state state)
{
    return states[state].name;
}

bool link_state_may_become(enum link_state from, enum link_state to)
{
    return states[from].next >> to & 1;
}
