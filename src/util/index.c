// SPDX-License-Identifier: ISC
#include "util/index.h"

#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    PLACES_MIN = 16
};

/* Numbers that count up are spread over the places, too. */
static struct index_link **place_of(const struct index *index, uint32_t hash)
{
    uint32_t mixed = hash * 2654435769u;
    return &index->places[(mixed ^ mixed >> 16) & (index->place_count - 1)];
}

static void put(struct index *index, struct index_link *link)
{
    struct index_link **place = place_of(index, link->hash);
    link->next = *place;
    *place = link;
}

/* From the last of a chain on, so that those of one hash keep their order. */
static void move_chain(struct index *index, struct index_link *chain)
{
    struct index_link *reversed = NULL;
    while (chain) {
        struct index_link *next = chain->next;
        chain->next = reversed;
        reversed = chain;
        chain = next;
    }
    while (reversed) {
        struct index_link *next = reversed->next;
        put(index, reversed);
        reversed = next;
    }
}

static void grow(struct index *index)
{
    struct index old = *index;
    index->place_count = old.place_count ? 2 * old.place_count : PLACES_MIN;
    index->places = memory_new(index->place_count * sizeof(struct index_link *));
    for (size_t i = 0; i < old.place_count; i++)
        move_chain(index, old.places[i]);
    free(old.places);
}

void index_init(struct index *index)
{
    *index = (struct index){ .places = NULL };
}

void index_add(struct index *index, struct index_link *link, uint32_t hash)
{
    if (index->count == index->place_count)
        grow(index);
    link->hash = hash;
    put(index, link);
    index->count++;
}

void index_remove(struct index *index, struct index_link *link)
{
    struct index_link **place = place_of(index, link->hash);
    while (*place != link) {
        assert(*place);
        place = &(*place)->next;
    }
    *place = link->next;
    link->next = NULL;
    index->count--;
}

static struct index_link *of_hash(struct index_link *link, uint32_t hash)
{
    while (link && link->hash != hash)
        link = link->next;
    return link;
}

struct index_link *index_first(const struct index *index, uint32_t hash)
{
    return index->count ? of_hash(*place_of(index, hash), hash) : NULL;
}

struct index_link *index_next(const struct index_link *link)
{
    return of_hash(link->next, link->hash);
}

void index_free(struct index *index)
{
    free(index->places);
    index_init(index);
}

static const uint32_t basis = 2166136261u, prime = 16777619u; // FNV-1a

uint32_t index_hash(struct slice text)
{
    uint32_t hash = basis;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)text.data[i]) * prime;
    return hash;
}

uint32_t index_hash_ignoring_case(struct slice text)
{
    uint32_t hash = basis;
    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (uint8_t)ascii_lower(text.data[i])) * prime;
    return hash;
}
