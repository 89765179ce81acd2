// SPDX-License-Identifier: ISC
#include "util/slice.h"

bool slice_equal(struct slice left, struct slice right)
{
    return left.length == right.length &&
           (left.length == 0 || memcmp(left.data, right.data, left.length) == 0);
}

bool slice_equal_ignoring_case(struct slice left, struct slice right)
{
    if (left.length != right.length)
        return false;
    for (size_t i = 0; i < left.length; i++)
        if (ascii_lower(left.data[i]) != ascii_lower(right.data[i]))
            return false;
    return true;
}

bool slice_starts_with(struct slice text, struct slice prefix)
{
    return slice_equal(slice_first(text, prefix.length), prefix);
}

bool slice_starts_with_ignoring_case(struct slice text, struct slice prefix)
{
    return slice_equal_ignoring_case(slice_first(text, prefix.length), prefix);
}

bool slice_ends_with(struct slice text, struct slice suffix)
{
    return text.length >= suffix.length &&
           slice_equal(slice_skip(text, text.length - suffix.length), suffix);
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

struct slice slice_trim(struct slice text)
{
    while (text.length && is_space(text.data[0]))
        text = slice_skip(text, 1);
    while (text.length && is_space(text.data[text.length - 1]))
        text.length--;
    return text;
}

bool slice_find(struct slice text, char byte, size_t *index)
{
    const char *found = text.length ? memchr(text.data, byte, text.length) : NULL;
    if (!found)
        return false;
    *index = (size_t)(found - text.data);
    return true;
}

bool slice_find_text(struct slice text, struct slice needle, size_t *index)
{
    for (size_t i = 0; i + needle.length <= text.length; i++) {
        if (slice_starts_with(slice_skip(text, i), needle)) {
            *index = i;
            return true;
        }
    }
    return false;
}

struct slice slice_cut(struct slice text, char separator, struct slice *rest)
{
    size_t index;
    if (!slice_find(text, separator, &index)) {
        *rest = slice_make(NULL, 0);
        return text;
    }
    *rest = slice_skip(text, index + 1);
    return slice_first(text, index);
}

enum status slice_to_number(struct slice text, uint64_t maximum, uint64_t *number)
{
    uint64_t value = 0;
    if (slice_is_empty(text))
        return STATUS_MALFORMED;
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_digit(text.data[i]))
            return STATUS_MALFORMED;
    for (size_t i = 0; i < text.length; i++) {
        uint64_t digit = (uint64_t)(text.data[i] - '0');
        if (value > (maximum - digit) / 10 || digit > maximum)
            return STATUS_TOO_LARGE;
        value = value * 10 + digit;
    }
    *number = value;
    return STATUS_OK;
}

enum status slice_to_uint32(struct slice text, uint32_t *number)
{
    uint64_t value;
    enum status status = slice_to_number(text, UINT32_MAX, &value);
    if (status == STATUS_OK)
        *number = (uint32_t)value;
    return status;
}

struct slice slice_take_word(struct slice *rest)
{
    struct slice text = slice_trim(*rest);
    size_t end = 0;
    while (end < text.length && !ascii_is_blank(text.data[end]))
        end++;
    *rest = slice_trim(slice_skip(text, end));
    return slice_first(text, end);
}
