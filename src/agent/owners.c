// SPDX-License-Identifier: ISC
#include "agent/owners.h"

#include <assert.h>

static const struct {
    const char *name;
    bool keeps;
    bool ends; // the call, whoever else is there
} kinds[OWNER_COUNT] = {
    [OWNER_DIALLER] = { "dialler", .keeps = true, .ends = true },
    [OWNER_DETACHED] = { "detached", .keeps = true },
    [OWNER_HOOK] = { "hook", .keeps = true },
    [OWNER_PROGRAM] = { "program", .keeps = true },
    [OWNER_CLAIM] = { "claim", .keeps = true },
    [OWNER_CLIENT] = { "client", .keeps = true },
    [OWNER_LISTENER] = { "listener", .keeps = false },
};

const char *owner_kind_text(enum owner_kind kind)
{
    return kinds[kind].name;
}

void owners_add(struct owners *owners, enum owner_kind kind)
{
    assert(owners->counts[kind] < UINT16_MAX);
    owners->counts[kind]++;
}

void owners_remove(struct owners *owners, enum owner_kind kind)
{
    if (!owners->counts[kind])
        return;
    owners->counts[kind]--;
    if (kinds[kind].ends && !owners->counts[kind])
        owners->is_forsaken = true;
}

bool owners_keep(const struct owners *owners)
{
    bool keeps = false;
    for (int kind = 0; kind < OWNER_COUNT; kind++)
        keeps = keeps || (kinds[kind].keeps && owners->counts[kind]);
    return keeps && !owners->is_forsaken;
}
