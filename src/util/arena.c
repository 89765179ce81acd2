// SPDX-License-Identifier: ISC
#include "util/arena.h"

#include "util/memory.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIRST_BLOCK_BYTES = 8192
};

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *newest; // the first block is the last of this list
};

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = memory_resize(NULL, sizeof(struct block) + size);
    *block = (struct block){ .next = next, .size = size };
    return block;
}

struct arena *arena_new(void)
{
    struct arena *arena = memory_new(sizeof(*arena));
    arena->newest = block_new(FIRST_BLOCK_BYTES, NULL);
    return arena;
}

void *arena_allocate(struct arena *arena, size_t size_bytes)
{
    size_t size = (size_bytes + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *block = arena->newest;
    if (block->size - block->used < size) {
        size_t wanted = block->size * 2 > size ? block->size * 2 : size;
        block = arena->newest = block_new(wanted, block);
    }
    void *memory = block->bytes + block->used;
    block->used += size;
    return memset(memory, 0, size_bytes);
}

struct slice arena_copy(struct arena *arena, struct slice text)
{
    return slice_make(arena_copy_text(arena, text), text.length);
}

char *arena_copy_text(struct arena *arena, struct slice text)
{
    char *copy = arena_allocate(arena, text.length + 1);
    if (text.length)
        memcpy(copy, text.data, text.length);
    return copy;
}

/* A message may have had keys in it. */
static void erase(struct block *block)
{
    memory_erase(block->bytes, block->used);
    block->used = 0;
}

void arena_reset(struct arena *arena)
{
    while (arena->newest->next) {
        struct block *next = arena->newest->next;
        erase(arena->newest);
        free(arena->newest);
        arena->newest = next;
    }
    erase(arena->newest);
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}
