// SPDX-License-Identifier: ISC
// A growing run of bytes that knows its maximum from birth. Appending beyond the maximum appends
// nothing and sets a sticky mark, so that a writer checks once, at the end. What leaves it is
// erased, wherever it was: a message may have keys in it.
#pragma once

#include "util/slice.h"
#include "util/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t maximum;
    bool has_overflowed;
};

void buffer_init(struct buffer *buffer, size_t maximum);
void buffer_append(struct buffer *buffer, struct slice bytes);
void buffer_append_text(struct buffer *buffer, const char *text);
void buffer_append_byte(struct buffer *buffer, char byte);
void buffer_append_number(struct buffer *buffer, uint64_t number);
// printf for numbers and our own constants; protocol text from outside never goes through it.
__attribute__((format(printf, 2, 3))) void buffer_append_format(struct buffer *buffer,
                                                                const char *format, ...);
// Room for at least `size` more bytes: a pointer to write to, NULL when over the maximum.
char *buffer_reserve(struct buffer *buffer, size_t size);
void buffer_commit(struct buffer *buffer, size_t size);
// Drops the first `count` bytes.
void buffer_consume(struct buffer *buffer, size_t count);
// Back to `length` bytes (which must not be more than there are).
void buffer_truncate(struct buffer *buffer, size_t length);
// Empty again and without the overflow mark; keeps the memory.
void buffer_clear(struct buffer *buffer);
// The content, borrowed until the next change.
struct slice buffer_slice(const struct buffer *buffer);
// TOO_LARGE when anything did not fit since the last clear.
MUST_USE enum status buffer_status(const struct buffer *buffer);
void buffer_free(struct buffer *buffer);
