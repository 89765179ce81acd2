// SPDX-License-Identifier: ISC
// Text that someone else owns: pointer and length, passed by value, never NUL-terminated.
// A slice is good as long as what it borrows from; to keep it, copy it (arena_copy, buffer_append).
#pragma once

#include "util/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
    const char *data;
    size_t length;
};

// For initialisers of constant tables.
#define SLICE_LITERAL(text)                                                                        \
    {                                                                                              \
        (text), sizeof(text) - 1                                                                   \
    }
// For printf's "%.*s".
#define SLICE_PRINT(slice) (int)(slice).length, (slice).data

static inline struct slice slice_make(const char *data, size_t length)
{
    return (struct slice){ data, length };
}

// Borrows a NUL-terminated text; NULL gives the empty slice.
static inline struct slice slice_of(const char *text)
{
    return (struct slice){ text, text ? strlen(text) : 0 };
}

static inline struct slice slice_empty(void)
{
    return (struct slice){ "", 0 };
}

static inline bool slice_is_empty(struct slice slice)
{
    return slice.length == 0;
}

bool slice_equal(struct slice left, struct slice right);
// ASCII letters only, as in RFC 3261 7.3.1.
bool slice_equal_ignoring_case(struct slice left, struct slice right);
bool slice_starts_with(struct slice text, struct slice prefix);
bool slice_starts_with_ignoring_case(struct slice text, struct slice prefix);
bool slice_ends_with(struct slice text, struct slice suffix);
// Without blanks (SP, HTAB, CR, LF) at either end.
struct slice slice_trim(struct slice text);
// What is left after `count` bytes (or nothing).
static inline struct slice slice_skip(struct slice text, size_t count)
{
    if (count > text.length)
        count = text.length;
    return count ? slice_make(text.data + count, text.length - count) : text;
}

static inline struct slice slice_first(struct slice text, size_t count)
{
    return slice_make(text.data, count < text.length ? count : text.length);
}

// True and *index set when `byte` occurs; *index untouched otherwise.
bool slice_find(struct slice text, char byte, size_t *index);
bool slice_find_text(struct slice text, struct slice needle, size_t *index);
// The part before `separator`; *rest becomes the part after it. Without a separator the whole text,
// and *rest becomes empty with data NULL.
struct slice slice_cut(struct slice text, char separator, struct slice *rest);

// The first of the words that blanks divide; *rest becomes what is behind it. Empty at the end.
struct slice slice_take_word(struct slice *rest);

// Decimal digits only, no sign, no blanks, at least one, at most `maximum`; otherwise MALFORMED
// (or TOO_LARGE) and *number stays as it was.
MUST_USE enum status slice_to_number(struct slice text, uint64_t maximum, uint64_t *number);
MUST_USE enum status slice_to_uint32(struct slice text, uint32_t *number);

static inline char ascii_lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte + ('a' - 'A')) : byte;
}

static inline bool ascii_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static inline bool ascii_is_letter(char byte)
{
    char lower = ascii_lower(byte);
    return lower >= 'a' && lower <= 'z';
}

// SP or HTAB.
static inline bool ascii_is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static inline bool ascii_is_control(char byte)
{
    unsigned char value = (unsigned char)byte;
    return value < 0x20 || value == 0x7f;
}
