// SPDX-License-Identifier: ISC
// Memory that goes together: one arena per message, one per call. Nothing in it is freed singly.
#pragma once

#include "util/slice.h"

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
// Zeroed, aligned for any type. Never NULL; sizes were bounded before (util/limits.h).
void *arena_allocate(struct arena *arena, size_t size_bytes);
struct slice arena_copy(struct arena *arena, struct slice text);
// A NUL-terminated copy.
char *arena_copy_text(struct arena *arena, struct slice text);
// Everything in it is gone, and erased; the first block is kept for the next use.
void arena_reset(struct arena *arena);
void arena_free(struct arena *arena);
