// SPDX-License-Identifier: ISC
// Memory that cannot fail: exhaustion ends the process, systemd starts it again (decision 10).
#pragma once

#include <stddef.h>

// Zeroed memory; free with free(). Never NULL.
void *memory_new(size_t size_bytes);
// Like realloc; never NULL for a size above 0.
void *memory_resize(void *memory, size_t size_bytes);
// A NUL-terminated copy; free with free().
char *memory_copy_text(const char *text);
// Clears secrets so that the compiler cannot leave it out.
void memory_erase(void *memory, size_t size_bytes);
