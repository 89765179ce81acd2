// SPDX-License-Identifier: ISC
// Finds what is listed by a hash of its name, in a time that does not grow with how much there is.
// Intrusive as the list is: the link is a member of what is found, and the index owns nothing but
// its own places. Several items may have one hash: whoever asks compares what comes in full.
#pragma once

#include "util/slice.h"

#include <stddef.h>
#include <stdint.h>

struct index_link {
    struct index_link *next;
    uint32_t hash;
};

struct index {
    struct index_link **places; // a power of two of them; NULL before the first item
    size_t place_count;
    size_t count;
};

#define index_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

// for (struct index_link *name …): the items of that hash, the youngest first. The body must not
// add or remove.
#define index_for_each(name, index, hash)                                                          \
    for (struct index_link *name = index_first(index, hash); name; name = index_next(name))

void index_init(struct index *index);
void index_add(struct index *index, struct index_link *link, uint32_t hash);
// It must be there.
void index_remove(struct index *index, struct index_link *link);
struct index_link *index_first(const struct index *index, uint32_t hash);
struct index_link *index_next(const struct index_link *link);
// Only its places: the items are whose they are.
void index_free(struct index *index);

// Of bytes as they are, and without regard to the case of ASCII letters.
uint32_t index_hash(struct slice text);
uint32_t index_hash_ignoring_case(struct slice text);
