// SPDX-License-Identifier: ISC
#include "sip/stream.h"

#include "sip/header_names.h"
#include "util/buffer.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    KEPT_BYTES_MAX = 16 * 1024, // of an empty buffer, between messages
    DOUBLE_CRLF_MS = 1000,      // the halves of a split ping come within
};

static const char too_large_block[] = "header block too large";
static const char too_large_body[] = "body too large";

struct sip_stream {
    struct buffer bytes;
    size_t start;         // of what next has not given out yet
    size_t scanned;       // bytes behind start without the end of a header block
    size_t message_bytes; // of the message at start, once its header block is whole; else 0
    time_ms appended_at;
    time_ms began_at; // when the first byte of an incomplete message came
    time_ms crlf_at;  // when a single CRLF was taken with nothing behind it; TIME_NEVER otherwise
    const char *fault;
};

struct sip_stream *sip_stream_new(void)
{
    struct sip_stream *stream = memory_new(sizeof(*stream));
    // One message may wait while the next read, as long as a message, comes.
    buffer_init(&stream->bytes, 2 * (size_t)LIMIT_SIP_FRAMED);
    sip_stream_reset(stream);
    return stream;
}

// Drops what next has given out.
static void compact(struct sip_stream *stream)
{
    buffer_consume(&stream->bytes, stream->start);
    stream->start = 0;
    if (stream->bytes.length == 0 && stream->bytes.capacity > KEPT_BYTES_MAX)
        buffer_free(&stream->bytes);
}

void sip_stream_append(struct sip_stream *stream, time_ms now, struct slice bytes)
{
    if (stream->fault)
        return;
    compact(stream);
    stream->appended_at = now;
    buffer_append(&stream->bytes, bytes);
    if (stream->bytes.has_overflowed)
        stream->fault = "too many bytes at once";
}

static struct slice pending(const struct sip_stream *stream)
{
    return slice_skip(buffer_slice(&stream->bytes), stream->start);
}

// Takes CRLFs between messages. A double one that comes in two pieces is a pong and then a ping:
// the answer is the same.
static enum sip_stream_item take_keep_alive(struct sip_stream *stream, struct slice text)
{
    bool is_second =
        stream->crlf_at != TIME_NEVER && stream->appended_at - stream->crlf_at <= DOUBLE_CRLF_MS;
    bool is_double = !is_second && slice_starts_with(text, slice_of("\r\n\r\n"));
    stream->start += is_double ? 4 : 2;
    stream->crlf_at = is_double || is_second ? TIME_NEVER : stream->appended_at;
    return is_double || is_second ? SIP_STREAM_PING : SIP_STREAM_PONG;
}

// Without blanks and whole CRLFs at either end; a CR or LF on its own is not blank here.
static struct slice trim_value(struct slice text)
{
    const struct slice crlf = slice_of("\r\n");
    for (;;) {
        if (text.length && ascii_is_blank(text.data[0]))
            text = slice_skip(text, 1);
        else if (slice_starts_with(text, crlf))
            text = slice_skip(text, 2);
        else if (text.length && ascii_is_blank(text.data[text.length - 1]))
            text.length--;
        else if (slice_ends_with(text, crlf))
            text.length -= 2;
        else
            return text;
    }
}

// The value of the header line at the start of *rest with the lines that continue it; *rest becomes
// what follows.
static struct slice take_header(struct slice *rest, struct slice *name)
{
    size_t end = 0;
    for (;;) {
        const char *line_end = memchr(rest->data + end, '\n', rest->length - end);
        end = line_end ? (size_t)(line_end - rest->data) + 1 : rest->length;
        bool is_line = end >= 2 && rest->data[end - 2] == '\r';
        bool is_folded = end < rest->length && ascii_is_blank(rest->data[end]);
        if (!line_end || (is_line && !is_folded))
            break;
    }
    struct slice value;
    *name = slice_trim(slice_cut(slice_first(*rest, end), ':', &value));
    *rest = slice_skip(*rest, end);
    return value;
}

// Digits and nothing else; zeros in front are digits like others. What cannot be held any more is
// too large.
static bool read_length(struct slice value, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < value.length; i++) {
        if (!ascii_is_digit(value.data[i]))
            return false;
        if (*number <= LIMIT_SIP_FRAMED_BODY)
            *number = *number * 10 + (uint64_t)(value.data[i] - '0');
    }
    return value.length > 0;
}

// Exactly one length, or several that agree (the parser finds fault with those).
static const char *read_content_length(struct slice block, size_t *body_bytes)
{
    struct slice name;
    uint64_t length = 0;
    bool is_known = false;
    take_header(&block, &name); // the start line
    while (block.length) {
        struct slice value = take_header(&block, &name);
        uint64_t number;
        if (sip_header_id_from_name(name) != SIP_HEADER_CONTENT_LENGTH)
            continue;
        if (!read_length(trim_value(value), &number))
            return "bad Content-Length";
        if (number > LIMIT_SIP_FRAMED_BODY)
            return too_large_body;
        if (is_known && number != length)
            return "two different Content-Lengths";
        is_known = true;
        length = number;
    }
    if (!is_known)
        return "no Content-Length";
    *body_bytes = (size_t)length;
    return NULL;
}

// Sets message_bytes when the header block is whole.
static void find_header_block(struct sip_stream *stream, struct slice text)
{
    size_t from = stream->scanned > 3 ? stream->scanned - 3 : 0;
    size_t blank_line = 0;
    for (const char *cr = text.data + from; cr; cr++) {
        cr = memchr(cr, '\r', (size_t)(text.data + text.length - cr));
        if (!cr || text.data + text.length - cr < 4)
            break;
        if (memcmp(cr, "\r\n\r\n", 4) == 0) {
            blank_line = (size_t)(cr - text.data) + 4;
            break;
        }
    }
    stream->scanned = text.length;
    size_t body_bytes = 0;
    if ((blank_line ? blank_line : text.length) > LIMIT_SIP_FRAMED_BLOCK)
        stream->fault = too_large_block;
    else if (blank_line)
        stream->fault = read_content_length(slice_first(text, blank_line), &body_bytes);
    if (blank_line && !stream->fault)
        stream->message_bytes = blank_line + body_bytes;
}

// The header block of what broke the framing, as far as it came.
static struct slice broken_block(const struct sip_stream *stream)
{
    struct slice text = slice_first(pending(stream), LIMIT_SIP_HEADER_BLOCK);
    size_t end;
    return slice_find_text(text, slice_of("\r\n\r\n"), &end) ? slice_first(text, end + 4) : text;
}

// The message at start has come to its last byte.
static struct slice give_message(struct sip_stream *stream, struct slice text)
{
    struct slice message = slice_first(text, stream->message_bytes);
    stream->start += stream->message_bytes;
    stream->message_bytes = 0;
    stream->scanned = 0;
    stream->began_at = TIME_NEVER;
    stream->crlf_at = TIME_NEVER;
    return message;
}

enum sip_stream_item sip_stream_next(struct sip_stream *stream, struct slice *bytes)
{
    struct slice text = pending(stream);
    *bytes = slice_empty();
    if (!stream->fault && !text.length)
        return SIP_STREAM_NOTHING;
    if (!stream->fault && !stream->message_bytes) {
        if (slice_starts_with(text, slice_of("\r\n")))
            return take_keep_alive(stream, text);
        find_header_block(stream, text);
    }
    if (stream->fault) {
        *bytes = broken_block(stream);
        return SIP_STREAM_BROKEN;
    }
    if (stream->message_bytes && text.length >= stream->message_bytes) {
        *bytes = give_message(stream, text);
        return SIP_STREAM_MESSAGE;
    }
    if (stream->began_at == TIME_NEVER)
        stream->began_at = stream->appended_at;
    return SIP_STREAM_NOTHING;
}

time_ms sip_stream_deadline(const struct sip_stream *stream)
{
    if (stream->fault || stream->began_at == TIME_NEVER)
        return TIME_NEVER;
    return stream->began_at + LIMIT_SIP_MESSAGE_MS;
}

void sip_stream_timeout(struct sip_stream *stream, time_ms now)
{
    if (now >= sip_stream_deadline(stream))
        stream->fault = "message incomplete for too long";
}

const char *sip_stream_fault(const struct sip_stream *stream)
{
    return stream->fault ? stream->fault : "";
}

uint32_t sip_stream_fault_status(const struct sip_stream *stream)
{
    return stream->fault == too_large_block || stream->fault == too_large_body ? 513 : 400;
}

void sip_stream_reset(struct sip_stream *stream)
{
    buffer_free(&stream->bytes);
    *stream = (struct sip_stream){
        .bytes = stream->bytes,
        .began_at = TIME_NEVER,
        .crlf_at = TIME_NEVER,
    };
}

void sip_stream_free(struct sip_stream *stream)
{
    if (!stream)
        return;
    buffer_free(&stream->bytes);
    free(stream);
}
