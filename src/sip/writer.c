// SPDX-License-Identifier: ISC
#include "sip/writer.h"

#include "util/limits.h"

void sip_writer_init(struct sip_writer *writer)
{
    *writer = (struct sip_writer){ .has_refused = false };
    buffer_init(&writer->bytes, LIMIT_SIP_MESSAGE);
}

void sip_writer_clear(struct sip_writer *writer)
{
    buffer_clear(&writer->bytes);
    writer->has_refused = false;
}

void sip_writer_free(struct sip_writer *writer)
{
    buffer_free(&writer->bytes);
}

static void append_text(struct sip_writer *writer, const char *text)
{
    buffer_append_text(&writer->bytes, text);
}

static bool has_byte(struct slice text, char byte)
{
    size_t index;
    return slice_find(text, byte, &index);
}

static bool is_one_line(struct slice text)
{
    return !has_byte(text, '\r') && !has_byte(text, '\n');
}

// What may hold neither line ends nor NUL.
static void append_value(struct sip_writer *writer, struct slice value)
{
    if (is_one_line(value) && !has_byte(value, '\0'))
        buffer_append(&writer->bytes, value);
    else
        writer->has_refused = true;
}

// What may hold no blanks either, nor be empty: the parts of a start line.
static void append_word(struct sip_writer *writer, struct slice word)
{
    if (slice_is_empty(word) || has_byte(word, ' ') || has_byte(word, '\t'))
        writer->has_refused = true;
    append_value(writer, word);
}

void sip_writer_request_line(struct sip_writer *writer, struct slice method, struct slice uri)
{
    append_word(writer, method);
    append_text(writer, " ");
    append_word(writer, uri);
    append_text(writer, " SIP/2.0\r\n");
}

void sip_writer_status_line(struct sip_writer *writer, uint32_t status, struct slice reason)
{
    if (status < 100 || status > 699)
        writer->has_refused = true;
    append_text(writer, "SIP/2.0 ");
    buffer_append_number(&writer->bytes, status);
    append_text(writer, " ");
    append_value(writer, reason);
    append_text(writer, "\r\n");
}

void sip_writer_header(struct sip_writer *writer, enum sip_header_id id, struct slice value)
{
    sip_writer_header_named(writer, sip_header_name(id), value);
}

void sip_writer_header_text(struct sip_writer *writer, enum sip_header_id id, const char *value)
{
    sip_writer_header(writer, id, slice_of(value));
}

void sip_writer_header_uri(struct sip_writer *writer, enum sip_header_id id, struct slice uri)
{
    append_word(writer, slice_of(sip_header_name(id)));
    append_text(writer, ": <");
    append_value(writer, uri);
    append_text(writer, ">\r\n");
}

void sip_writer_header_number(struct sip_writer *writer, enum sip_header_id id, uint64_t value)
{
    append_word(writer, slice_of(sip_header_name(id)));
    append_text(writer, ": ");
    buffer_append_number(&writer->bytes, value);
    append_text(writer, "\r\n");
}

void sip_writer_header_named(struct sip_writer *writer, const char *name, struct slice value)
{
    append_word(writer, slice_of(name));
    append_text(writer, ": ");
    append_value(writer, value);
    append_text(writer, "\r\n");
}

void sip_writer_header_copied(struct sip_writer *writer, enum sip_header_id id, struct slice value,
                              struct slice tag)
{
    if (!is_one_line(value))
        writer->has_refused = true;
    append_text(writer, sip_header_name(id));
    append_text(writer, ": ");
    buffer_append(&writer->bytes, value);
    if (tag.length) {
        append_text(writer, ";tag=");
        append_word(writer, tag);
    }
    append_text(writer, "\r\n");
}

// Whole lines only, and none of them empty: that would end the header block.
static bool are_header_lines(struct slice lines)
{
    while (lines.length) {
        struct slice line = slice_cut(lines, '\n', &lines);
        if (!line.length || !lines.data || line.data[line.length - 1] != '\r')
            return false;
        line.length--;
        if (has_byte(line, '\r') || has_byte(line, '\0') || !has_byte(line, ':'))
            return false;
    }
    return true;
}

void sip_writer_lines(struct sip_writer *writer, struct slice lines)
{
    if (are_header_lines(lines))
        buffer_append(&writer->bytes, lines);
    else
        writer->has_refused = true;
}

void sip_writer_end(struct sip_writer *writer, struct slice type, struct slice body)
{
    if (!slice_is_empty(type))
        sip_writer_header(writer, SIP_HEADER_CONTENT_TYPE, type);
    sip_writer_header_number(writer, SIP_HEADER_CONTENT_LENGTH, body.length);
    append_text(writer, "\r\n");
    buffer_append(&writer->bytes, body);
}

struct slice sip_writer_slice(const struct sip_writer *writer)
{
    return buffer_slice(&writer->bytes);
}

enum status sip_writer_status(const struct sip_writer *writer)
{
    return writer->has_refused ? STATUS_MALFORMED : buffer_status(&writer->bytes);
}

void sip_writer_quote(struct buffer *buffer, struct slice text)
{
    buffer_append_byte(buffer, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\')
            buffer_append_byte(buffer, '\\');
        buffer_append_byte(buffer, text.data[i]);
    }
    buffer_append_byte(buffer, '"');
}
