// SPDX-License-Identifier: ISC
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

void *memory_new(size_t size_bytes)
{
    void *memory = calloc(1, size_bytes ? size_bytes : 1);
    if (!memory)
        abort();
    return memory;
}

void *memory_resize(void *memory, size_t size_bytes)
{
    void *resized = realloc(memory, size_bytes ? size_bytes : 1);
    if (!resized)
        abort();
    return resized;
}

char *memory_copy_text(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(memory_new(size), text, size);
}

void memory_erase(void *memory, size_t size_bytes)
{
    if (!size_bytes)
        return;
    memset(memory, 0, size_bytes);
    __asm__ volatile("" : : "r"(memory) : "memory"); /* somebody may look at it */
}
