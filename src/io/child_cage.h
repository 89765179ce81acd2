// SPDX-License-Identifier: ISC
// Landlock rules that hide a few files and folders from children of the same user: the daemon's
// secrets. Everything else stays as it is.
#pragma once

#include <stddef.h>

// Rules under which none of `hidden` (absolute paths, ends with NULL) can be read. Returns a
// descriptor to close, or -1 when the kernel has no Landlock (errno tells).
int child_cage_new(const char *const *hidden);
// For the child, between fork and exec: async-signal-safe. 0, or -1.
int child_cage_enter(int cage);
