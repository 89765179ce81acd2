// SPDX-License-Identifier: ISC
#include "agent/owners.h"

#include "util/memory.h"

#include <stdlib.h>

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

static struct owner *find(const struct owners *owners, enum owner_kind kind, uint32_t who)
{
    for (size_t i = 0; i < owners->count; i++)
        if (owners->list[i].kind == kind && owners->list[i].who == who)
            return &owners->list[i];
    return NULL;
}

void owners_add(struct owners *owners, enum owner_kind kind, uint32_t who)
{
    if (find(owners, kind, who))
        return;
    if (owners->count == owners->capacity) {
        owners->capacity = owners->capacity ? 2 * owners->capacity : 2;
        owners->list = memory_resize(owners->list, owners->capacity * sizeof(*owners->list));
    }
    owners->list[owners->count++] = (struct owner){ .kind = kind, .who = who };
}

void owners_remove(struct owners *owners, enum owner_kind kind, uint32_t who)
{
    struct owner *owner = find(owners, kind, who);
    if (!owner)
        return;
    *owner = owners->list[--owners->count];
    owners->is_forsaken = owners->is_forsaken || kinds[kind].ends;
}

bool owners_keep(const struct owners *owners)
{
    bool keeps = false;
    for (size_t i = 0; i < owners->count; i++)
        keeps = keeps || kinds[owners->list[i].kind].keeps;
    return keeps && !owners->is_forsaken;
}

void owners_free(struct owners *owners)
{
    free(owners->list);
    *owners = (struct owners){ 0 };
}
