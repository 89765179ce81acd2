// SPDX-License-Identifier: ISC
#include "util/deadlines.h"

#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>

void deadlines_init(struct deadlines *deadlines)
{
    *deadlines = (struct deadlines){ .heap = NULL };
}

static void put(struct deadlines *deadlines, struct deadline *deadline, size_t place)
{
    deadlines->heap[place] = deadline;
    deadline->place = place;
}

static void rise(struct deadlines *deadlines, struct deadline *deadline)
{
    size_t place = deadline->place;
    for (; place > 1 && deadlines->heap[place / 2]->at > deadline->at; place /= 2)
        put(deadlines, deadlines->heap[place / 2], place);
    put(deadlines, deadline, place);
}

static void sink(struct deadlines *deadlines, struct deadline *deadline)
{
    size_t place = deadline->place;
    for (;;) {
        size_t below = 2 * place;
        if (below < deadlines->count && deadlines->heap[below + 1]->at < deadlines->heap[below]->at)
            below++;
        if (below > deadlines->count || deadlines->heap[below]->at >= deadline->at)
            break;
        put(deadlines, deadlines->heap[below], place);
        place = below;
    }
    put(deadlines, deadline, place);
}

static void make_room(struct deadlines *deadlines)
{
    if (deadlines->count + 1 < deadlines->capacity)
        return;
    deadlines->capacity = deadlines->capacity ? 2 * deadlines->capacity : 16;
    deadlines->heap =
        memory_resize(deadlines->heap, deadlines->capacity * sizeof(struct deadline *));
}

static void take_out(struct deadlines *deadlines, struct deadline *deadline)
{
    struct deadline *last = deadlines->heap[deadlines->count--];
    if (last != deadline) {
        put(deadlines, last, deadline->place);
        rise(deadlines, last);
        sink(deadlines, last);
    }
    deadline->place = 0;
}

void deadlines_set(struct deadlines *deadlines, struct deadline *deadline, time_ms at)
{
    assert(!deadline->place || deadlines->heap[deadline->place] == deadline);
    deadline->at = at;
    if (at == TIME_NEVER) {
        if (deadline->place)
            take_out(deadlines, deadline);
        return;
    }
    if (!deadline->place) {
        make_room(deadlines);
        put(deadlines, deadline, ++deadlines->count);
    }
    rise(deadlines, deadline);
    sink(deadlines, deadline);
}

time_ms deadlines_next(const struct deadlines *deadlines)
{
    return deadlines->count ? deadlines->heap[1]->at : TIME_NEVER;
}

struct deadline *deadlines_take(struct deadlines *deadlines, time_ms now)
{
    if (now < deadlines_next(deadlines) || !deadlines->count)
        return NULL;
    struct deadline *due = deadlines->heap[1];
    take_out(deadlines, due);
    return due;
}

void deadlines_free(struct deadlines *deadlines)
{
    free(deadlines->heap);
    deadlines_init(deadlines);
}
