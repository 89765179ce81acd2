// SPDX-License-Identifier: ISC
#include "util/buffer.h"

#include "util/memory.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buffer_init(struct buffer *buffer, size_t maximum)
{
    *buffer = (struct buffer){ .maximum = maximum };
}

static void drop_data(struct buffer *buffer)
{
    if (buffer->data)
        memory_erase(buffer->data, buffer->capacity);
    free(buffer->data);
}

/* realloc would leave the old bytes behind. */
static void grow(struct buffer *buffer, size_t capacity)
{
    char *data = memory_resize(NULL, capacity);
    if (buffer->length)
        memcpy(data, buffer->data, buffer->length);
    drop_data(buffer);
    buffer->data = data;
    buffer->capacity = capacity;
}

static void shorten(struct buffer *buffer, size_t length)
{
    if (buffer->length > length)
        memory_erase(buffer->data + length, buffer->length - length);
    buffer->length = length;
}

char *buffer_reserve(struct buffer *buffer, size_t size)
{
    if (buffer->has_overflowed || size > buffer->maximum - buffer->length) {
        buffer->has_overflowed = true;
        return NULL;
    }
    if (buffer->capacity - buffer->length < size) {
        size_t capacity = buffer->capacity ? buffer->capacity : 256;
        while (capacity - buffer->length < size)
            capacity *= 2;
        grow(buffer, capacity);
    }
    return buffer->data + buffer->length;
}

void buffer_commit(struct buffer *buffer, size_t size)
{
    assert(size <= buffer->capacity - buffer->length);
    buffer->length += size;
}

void buffer_append(struct buffer *buffer, struct slice bytes)
{
    char *end = bytes.length ? buffer_reserve(buffer, bytes.length) : NULL;
    if (!end)
        return;
    memcpy(end, bytes.data, bytes.length);
    buffer->length += bytes.length;
}

void buffer_append_text(struct buffer *buffer, const char *text)
{
    buffer_append(buffer, slice_of(text));
}

void buffer_append_byte(struct buffer *buffer, char byte)
{
    buffer_append(buffer, slice_make(&byte, 1));
}

void buffer_append_number(struct buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t start = sizeof(digits);
    do {
        digits[--start] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    buffer_append(buffer, slice_make(digits + start, sizeof(digits) - start));
}

void buffer_append_format(struct buffer *buffer, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    assert(length >= 0 && (size_t)length < sizeof(text));
    buffer_append(buffer, slice_make(text, (size_t)length));
}

void buffer_consume(struct buffer *buffer, size_t count)
{
    assert(count <= buffer->length);
    size_t left = buffer->length - count;
    if (left && count)
        memmove(buffer->data, buffer->data + count, left);
    shorten(buffer, left);
}

void buffer_truncate(struct buffer *buffer, size_t length)
{
    assert(length <= buffer->length);
    shorten(buffer, length);
}

void buffer_clear(struct buffer *buffer)
{
    shorten(buffer, 0);
    buffer->has_overflowed = false;
}

struct slice buffer_slice(const struct buffer *buffer)
{
    return slice_make(buffer->length ? buffer->data : "", buffer->length);
}

enum status buffer_status(const struct buffer *buffer)
{
    return buffer->has_overflowed ? STATUS_TOO_LARGE : STATUS_OK;
}

void buffer_free(struct buffer *buffer)
{
    drop_data(buffer);
    *buffer = (struct buffer){ .maximum = buffer->maximum };
}
