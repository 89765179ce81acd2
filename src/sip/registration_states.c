// SPDX-License-Identifier: ISC
#include "sip/registration.h"

#define STATE(state) (1u << REGISTRATION_IS_##state)

static const struct {
    const char *name;
    unsigned next; // the states that may follow, itself anew among them
} states[REGISTRATION_STATE_COUNT] = {
    [REGISTRATION_IS_OFFLINE] = {
        .name = "offline",
        .next = STATE(OFFLINE) | STATE(REGISTERING) | STATE(WAITING) | STATE(STOPPED),
    },
    [REGISTRATION_IS_REGISTERING] = {
        .name = "registering",
        .next = STATE(OFFLINE) | STATE(REGISTERING) | STATE(REGISTERED) | STATE(WAITING) |
                STATE(STOPPING) | STATE(STOPPED),
    },
    [REGISTRATION_IS_REGISTERED] = {
        .name = "registered",
        .next = STATE(OFFLINE) | STATE(REGISTERING) | STATE(STOPPING),
    },
    [REGISTRATION_IS_WAITING] = {
        .name = "waiting",
        .next = STATE(OFFLINE) | STATE(REGISTERING) | STATE(WAITING) | STATE(STOPPING) | STATE(STOPPED),
    },
    [REGISTRATION_IS_STOPPING] = {
        .name = "stopping",
        .next = STATE(STOPPING) | STATE(STOPPED),
    },
    [REGISTRATION_IS_STOPPED] = { .name = "stopped", .next = STATE(STOPPED) },
};

const char *sip_registration_state_text(enum sip_registration_state state)
{
    return states[state].name;
}

bool sip_registration_may_become(enum sip_registration_state from, enum sip_registration_state to)
{
    return states[from].next >> to & 1;
}
