// SPDX-License-Identifier: ISC
#include "util/line_reader.h"

enum {
    APPEND_BYTES_MAX = 64 * 1024
};

void line_reader_init(struct line_reader *reader, size_t line_bytes_max)
{
    *reader = (struct line_reader){ .consumed = 0 };
    buffer_init(&reader->bytes, line_bytes_max + APPEND_BYTES_MAX);
}

static struct slice pending(const struct line_reader *reader)
{
    return slice_skip(buffer_slice(&reader->bytes), reader->consumed);
}

static size_t line_bytes_max(const struct line_reader *reader)
{
    return reader->bytes.maximum - APPEND_BYTES_MAX;
}

/* The tail of an over-long line is thrown away as it comes. */
static struct slice without_skipped(struct line_reader *reader, struct slice bytes)
{
    size_t end;
    if (!reader->is_skipping)
        return bytes;
    if (!slice_find(bytes, '\n', &end))
        return slice_empty();
    reader->is_skipping = false;
    return slice_skip(bytes, end + 1);
}

void line_reader_append(struct line_reader *reader, struct slice bytes)
{
    buffer_consume(&reader->bytes, reader->consumed);
    reader->consumed = 0;
    buffer_append(&reader->bytes, without_skipped(reader, slice_first(bytes, APPEND_BYTES_MAX)));
}

enum status line_reader_next(struct line_reader *reader, struct slice *line)
{
    struct slice text = pending(reader);
    size_t end;
    if (!slice_find(text, '\n', &end)) {
        if (text.length <= line_bytes_max(reader))
            return STATUS_NEED_MORE;
        reader->consumed = reader->bytes.length;
        reader->is_skipping = true;
        return STATUS_TOO_LARGE;
    }
    reader->consumed += end + 1;
    if (end > line_bytes_max(reader))
        return STATUS_TOO_LARGE;
    *line = slice_first(text, end);
    if (end && line->data[end - 1] == '\r')
        line->length--;
    return STATUS_OK;
}

struct slice line_reader_rest(const struct line_reader *reader)
{
    return pending(reader);
}

void line_reader_clear(struct line_reader *reader)
{
    buffer_free(&reader->bytes);
    reader->consumed = 0;
    reader->is_skipping = false;
}
