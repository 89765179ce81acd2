// SPDX-License-Identifier: ISC
// A parsed SIP message: slices into one block of bytes, everything in one arena (RFC 3261 7, 25).
#pragma once

#include "sip/address.h"
#include "sip/header_names.h"
#include "sip/method.h"
#include "sip/via.h"
#include "util/arena.h"

struct sip_header {
    enum sip_header_id id;
    struct slice name;  // as received
    struct slice value; // unfolded, trimmed; one element of a list header
};

struct sip_message {
    struct arena *arena;
    struct slice bytes; // the whole message as received, in the arena
    bool is_request;
    enum sip_method method; // a response's is that of its CSeq
    struct slice method_text;
    struct sip_uri request_uri; // requests only
    uint32_t status;            // responses only: 100 to 699
    struct slice reason;
    struct sip_header *headers; // in the order received
    size_t header_count;
    uint16_t first[SIP_HEADER_COUNT]; // place of the first of each, from 1; 0 when there is none
    struct slice body;

    // What every message must have. Empty where the defect below says so.
    struct sip_via via; // the topmost
    struct sip_address from;
    struct sip_address to;
    struct slice from_tag;
    struct slice to_tag;
    struct slice call_id;
    uint32_t cseq;
    struct slice cseq_method;

    // Why the message cannot be taken: the status to answer a request with (400, 416, 505, 513 …)
    // and its reason phrase; 0 when it can. A response with a defect is dropped and counted. What
    // is wrong with a part that the message can do without is no defect (sip/parser.h).
    uint32_t defect;
    const char *defect_text;
    // Via, From, To, Call-ID and CSeq are there to be copied, so that even a defective request gets
    // an answer (on the connection it came by).
    bool can_be_answered;
};

// Parses one framed message (header block, blank line, body). The bytes are copied into `arena`,
// which also holds the result. OK also for a message with a defect; MALFORMED when there is not
// even a start line, TOO_LARGE beyond LIMIT_SIP_FRAMED.
MUST_USE enum status sip_message_parse(struct arena *arena, struct slice bytes,
                                       struct sip_message **message);
// The same of what broke the framing of its stream: as far as it came it may be answered, with
// `status` and the reason `why`, but nothing of it may be carried out (18.3).
MUST_USE enum status sip_message_parse_broken(struct arena *arena, struct slice bytes,
                                              uint32_t status, const char *why,
                                              struct sip_message **message);
// A copy with an arena of its own; free with sip_message_free.
struct sip_message *sip_message_copy(const struct sip_message *message);
// For copies only.
void sip_message_free(struct sip_message *message);

// The `index`-th header of that name, from 0; NULL when there are fewer.
const struct sip_header *sip_message_header(const struct sip_message *message,
                                            enum sip_header_id id, size_t index);
// The first header's value, or the empty slice.
struct slice sip_message_value(const struct sip_message *message, enum sip_header_id id);
// By name, for headers without an id.
const struct sip_header *sip_message_header_named(const struct sip_message *message,
                                                  struct slice name, size_t index);
size_t sip_message_count(const struct sip_message *message, enum sip_header_id id);
// Whether a token list (Require, Supported, Allow) names `token`, without case.
bool sip_message_has_token(const struct sip_message *message, enum sip_header_id id,
                           const char *token);
// A header that is one number ("Expires: 60", "Retry-After: 90;duration=1 (comment)"): true when
// present and well-formed.
bool sip_message_number(const struct sip_message *message, enum sip_header_id id, uint32_t *number);
// Retry-After; 0 when there is none that can be read. More than a day is a day: who comes back in a
// year is dead.
uint32_t sip_message_retry_after_s(const struct sip_message *message);
// Whether the first header of that name says `value`, without case and parameters ("refer;id=7").
bool sip_message_says(const struct sip_message *message, enum sip_header_id id, const char *value);
// Content-Type without parameters equals `type`, without case.
bool sip_message_has_content_type(const struct sip_message *message, const char *type);
// The body part of that type: the body itself, or the first such part of a multipart body
// (RFC 5621; depth 1). Empty when there is none, or when it is encoded.
struct slice sip_message_body_of_type(const struct sip_message *message, const char *type);
// Whether any Content-Encoding of the body is more than "identity".
bool sip_message_is_encoded(const struct sip_message *message);
// Whether who understands `types`, a list that ends with NULL, may take the body, if there is one
// (8.2.3; sip_multipart_is_understood).
bool sip_message_body_is_understood(const struct sip_message *message, const char *const *types);
