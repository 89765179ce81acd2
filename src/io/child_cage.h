// SPDX-License-Identifier: ISC
// Landlock rules that hide a few files and folders from children of the same user: the daemon's
// secrets, and what belongs to other lines. Everything else stays as it is. Hidden is the file, not
// a spelling: symbolic links, "..", other mounts of the same folder lead to the same refusal.
#pragma once

#include <stdbool.h>
#include <stddef.h>

// Rules under which none of `hidden` (ends with NULL) can be read. An entry may be a pattern of
// glob(7), looked up anew for each cage; one that begins with '!' names what no pattern hides.
// Returns a descriptor to close, or -1 when the kernel has no Landlock (errno tells).
int child_cage_new(const char *const *hidden);
// Why one of `hidden` may be read all the same, or what else suffers from it: one sentence. False
// when there is nothing to say. `index` counts what there is to say, from 0.
bool child_cage_doubt(const char *const *hidden, size_t index, char *sentence, size_t size);
// For the child, between fork and exec: async-signal-safe. 0, or -1.
int child_cage_enter(int cage);
