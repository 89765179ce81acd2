// SPDX-License-Identifier: ISC
// Messages to bytes. CR, LF and NUL inside a value are refused, so that no header can be injected;
// the refusal (or an overflow) is sticky and checked once, with sip_writer_status.
#pragma once

#include "sip/header_names.h"
#include "util/buffer.h"

struct sip_writer {
    struct buffer bytes;
    bool has_refused;
};

void sip_writer_init(struct sip_writer *writer);
void sip_writer_clear(struct sip_writer *writer);
void sip_writer_free(struct sip_writer *writer);

void sip_writer_request_line(struct sip_writer *writer, struct slice method, struct slice uri);
void sip_writer_status_line(struct sip_writer *writer, uint32_t status, struct slice reason);
// "Name: value" CRLF.
void sip_writer_header(struct sip_writer *writer, enum sip_header_id id, struct slice value);
void sip_writer_header_text(struct sip_writer *writer, enum sip_header_id id, const char *value);
// "Name: <uri>" CRLF.
void sip_writer_header_uri(struct sip_writer *writer, enum sip_header_id id, struct slice uri);
void sip_writer_header_number(struct sip_writer *writer, enum sip_header_id id, uint64_t value);
void sip_writer_header_named(struct sip_writer *writer, const char *name, struct slice value);
// A value that a message of the other side had, and behind it ";tag=" when `tag` is not empty. It
// may hold a NUL: quoted strings may escape one, and copies must be exact (RFC 3261 8.2.6.2).
void sip_writer_header_copied(struct sip_writer *writer, enum sip_header_id id, struct slice value,
                              struct slice tag);
// Header lines that a sip_writer wrote before (CRLF at the end of each).
void sip_writer_lines(struct sip_writer *writer, struct slice lines);
// Content-Type (unless `type` is empty), Content-Length, blank line, body. The message is complete.
void sip_writer_end(struct sip_writer *writer, struct slice type, struct slice body);
struct slice sip_writer_slice(const struct sip_writer *writer);
// MALFORMED when a value was refused, TOO_LARGE when it did not fit.
MUST_USE enum status sip_writer_status(const struct sip_writer *writer);

// A value in double quotes, `"` and `\` escaped (RFC 3261 25.1 quoted-string).
void sip_writer_quote(struct buffer *buffer, struct slice text);
