// SPDX-License-Identifier: ISC
// Landlock rules that hide a few files and folders from children of the same user: the daemon's
// secrets, and what belongs to other lines. Everything else stays as it is. Hidden is the file, not
// a spelling: symbolic links, "..", other mounts of the same folder lead to the same refusal.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct child_cage;

struct child_cage *child_cage_new(void);
// Rules under which none of `hidden` (ends with NULL) can be read. An entry may be a pattern of
// glob(7), looked up at each call; one that begins with '!' names what no pattern hides. A
// descriptor that stays the cage's and holds until the next call, or -1 when the kernel has no
// Landlock (errno tells). Cheap while nothing has changed on the way to what is hidden.
int child_cage_around(struct child_cage *cage, const char *const *hidden);
void child_cage_free(struct child_cage *cage);
// Why one of `hidden` may be read all the same, or what else suffers from it: one sentence. False
// when there is nothing to say. `index` counts what there is to say, from 0.
bool child_cage_doubt(const char *const *hidden, size_t index, char *sentence, size_t size);
// For the child, between vfork and exec. 0, or -1.
int child_cage_enter(int cage);
