// SPDX-License-Identifier: ISC
#include "agent/told.h"

#include "util/memory.h"

#include <stdlib.h>

struct told *told_new(enum event_kind kind)
{
    struct told *told = memory_new(sizeof(*told));
    told->arena = arena_new();
    told->event.kind = kind;
    return told;
}

void told_free(struct told *told)
{
    if (!told)
        return;
    arena_free(told->arena);
    free(told);
}
