// SPDX-License-Identifier: ISC
// What every message must have, read at once; the rest is found and read when asked for.
#include "sip/message.h"

#include "sip/character.h"
#include "sip/multipart.h"
#include "sip/parameters.h"
#include "sip/parser.h"
#include "util/limits.h"

enum {
    RETRY_AFTER_MAX_S = 86400
};

// RFC 3261 17.1.3, 8.1.1.7: behind the cookie a branch must have something unique.
static void read_via(struct sip_message *message)
{
    const struct sip_header *header = sip_message_header(message, SIP_HEADER_VIA, 0);
    if (!header || sip_via_parse(header->value, &message->via) != STATUS_OK)
        sip_parser_note_defect(message, 400, header ? "Bad Via" : "Missing Via");
    else if (slice_equal_ignoring_case(message->via.branch, slice_of("z9hG4bK")))
        sip_parser_note_general_flaw(message, 400, "Branch Not Unique");
    // 8.1.3.3: a response that another hop sent astray.
    if (!message->is_request && sip_message_header(message, SIP_HEADER_VIA, 1))
        sip_parser_note_defect(message, 400, "More Than One Via");
}

static void read_party(struct sip_message *message, enum sip_header_id id,
                       struct sip_address *address, struct slice *tag)
{
    const struct sip_header *header = sip_message_header(message, id, 0);
    bool is_to = id == SIP_HEADER_TO;
    const char *wrong = NULL;
    if (!header)
        wrong = is_to ? "Missing To" : "Missing From";
    else if (sip_address_parse(header->value, address) != STATUS_OK || address->is_wildcard)
        wrong = is_to ? "Bad To" : "Bad From";
    else if (address->parameters.length)
        sip_parameters_find(address->parameters, "tag", tag);
    if (wrong && message->is_request)
        sip_parser_note_defect(message, 400, wrong);
}

static void read_call_id(struct sip_message *message)
{
    message->call_id = sip_message_value(message, SIP_HEADER_CALL_ID);
    if (!message->call_id.length)
        sip_parser_note_defect(message, 400, "Missing Call-ID");
    for (size_t i = 0; i < message->call_id.length; i++)
        if (ascii_is_blank(message->call_id.data[i]) || ascii_is_control(message->call_id.data[i]))
            sip_parser_note_defect(message, 400, "Bad Call-ID");
}

// 1*DIGIT LWS Method; the number is below 2**31 (8.1.1.5).
static void read_cseq(struct sip_message *message)
{
    struct slice value = sip_message_value(message, SIP_HEADER_CSEQ);
    uint64_t number;
    size_t digits = 0;
    while (digits < value.length && ascii_is_digit(value.data[digits]))
        digits++;
    struct slice method = sip_character_skip_blanks(slice_skip(value, digits));
    if (!value.length) {
        sip_parser_note_defect(message, 400, "Missing CSeq");
        return;
    }
    bool is_separated = digits + method.length < value.length;
    if (!is_separated || !sip_character_is_all(method, SIP_TOKEN) ||
        slice_to_number(slice_first(value, digits), INT32_MAX, &number) != STATUS_OK) {
        sip_parser_note_defect(message, 400, "Bad CSeq");
        return;
    }
    message->cseq = (uint32_t)number;
    message->cseq_method = method;
    if (!message->is_request) {
        message->method_text = method;
        message->method = sip_method_from_text(method);
    } else if (!slice_equal(method, message->method_text)) {
        sip_parser_note_defect(message, 400, "CSeq Method Mismatch");
    }
}

static void read_max_forwards(struct sip_message *message)
{
    const struct sip_header *header = sip_message_header(message, SIP_HEADER_MAX_FORWARDS, 0);
    uint64_t number;
    if (header && slice_to_number(header->value, 255, &number) != STATUS_OK)
        sip_parser_note_flaw(message, SIP_HEADER_MAX_FORWARDS, 400, "Bad Max-Forwards");
}

// What follows the body is none of ours; what the body lacks never came.
static void read_content_length(struct sip_message *message)
{
    const struct sip_header *header = sip_message_header(message, SIP_HEADER_CONTENT_LENGTH, 0);
    uint64_t number = message->body.length;
    const char *wrong = NULL;
    if (header && slice_to_number(header->value, UINT32_MAX, &number) != STATUS_OK)
        wrong = "Bad Content-Length";
    else if (number > message->body.length)
        wrong = "Body Too Short";
    else
        message->body.length = (size_t)number;
    if (wrong)
        sip_parser_note_flaw(message, SIP_HEADER_CONTENT_LENGTH, 400, wrong);
    if (message->body.length <= LIMIT_SIP_BODY)
        return;
    sip_parser_note_general_flaw(message, 513, "Body Too Large");
    message->body = slice_empty();
}

static bool can_be_answered(const struct sip_message *message)
{
    static const enum sip_header_id copied[] = { SIP_HEADER_VIA, SIP_HEADER_FROM, SIP_HEADER_TO,
                                                 SIP_HEADER_CALL_ID, SIP_HEADER_CSEQ };
    if (!message->is_request)
        return false;
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
        if (!sip_message_value(message, copied[i]).length)
            return false;
    return true;
}

static void read_identity(struct sip_message *message)
{
    read_via(message);
    read_party(message, SIP_HEADER_FROM, &message->from, &message->from_tag);
    read_party(message, SIP_HEADER_TO, &message->to, &message->to_tag);
    read_call_id(message);
    read_cseq(message);
    read_max_forwards(message);
    read_content_length(message);
    message->can_be_answered = can_be_answered(message);
}

static enum status parse(struct arena *arena, struct slice bytes, uint32_t defect, const char *why,
                         struct sip_message **message)
{
    if (bytes.length > LIMIT_SIP_FRAMED)
        return STATUS_TOO_LARGE;
    struct sip_message *parsed = arena_allocate(arena, sizeof(*parsed));
    parsed->arena = arena;
    parsed->bytes = arena_copy(arena, bytes);
    parsed->defect = defect;
    parsed->defect_text = why;
    enum status status = sip_parser_run(parsed);
    if (status != STATUS_OK)
        return status;
    read_identity(parsed);
    *message = parsed;
    return STATUS_OK;
}

enum status sip_message_parse(struct arena *arena, struct slice bytes, struct sip_message **message)
{
    return parse(arena, bytes, 0, NULL, message);
}

enum status sip_message_parse_broken(struct arena *arena, struct slice bytes, uint32_t status,
                                     const char *why, struct sip_message **message)
{
    return parse(arena, bytes, status, why, message);
}

struct sip_message *sip_message_copy(const struct sip_message *message)
{
    struct arena *arena = arena_new();
    struct sip_message *copy = NULL;
    enum status status = sip_message_parse(arena, message->bytes, &copy);
    (void)status; // the same bytes were parsed before
    return copy;
}

void sip_message_free(struct sip_message *message)
{
    if (message)
        arena_free(message->arena);
}

const struct sip_header *sip_message_header(const struct sip_message *message,
                                            enum sip_header_id id, size_t index)
{
    if (!message->first[id])
        return NULL;
    for (size_t i = message->first[id] - 1U; i < message->header_count; i++)
        if (message->headers[i].id == id && index-- == 0)
            return &message->headers[i];
    return NULL;
}

struct slice sip_message_value(const struct sip_message *message, enum sip_header_id id)
{
    const struct sip_header *header = sip_message_header(message, id, 0);
    return header ? header->value : slice_empty();
}

const struct sip_header *sip_message_header_named(const struct sip_message *message,
                                                  struct slice name, size_t index)
{
    enum sip_header_id id = sip_header_id_from_name(name);
    if (id != SIP_HEADER_OTHER)
        return sip_message_header(message, id, index);
    for (size_t i = 0; i < message->header_count; i++)
        if (message->headers[i].id == SIP_HEADER_OTHER &&
            slice_equal_ignoring_case(message->headers[i].name, name) && index-- == 0)
            return &message->headers[i];
    return NULL;
}

size_t sip_message_count(const struct sip_message *message, enum sip_header_id id)
{
    size_t count = 0;
    for (size_t i = 0; i < message->header_count; i++)
        count += message->headers[i].id == id;
    return count;
}

bool sip_message_has_token(const struct sip_message *message, enum sip_header_id id,
                           const char *token)
{
    for (size_t i = 0; i < message->header_count; i++)
        if (message->headers[i].id == id &&
            slice_equal_ignoring_case(message->headers[i].value, slice_of(token)))
            return true;
    return false;
}

bool sip_message_number(const struct sip_message *message, enum sip_header_id id, uint32_t *number)
{
    struct slice value = sip_message_value(message, id);
    size_t digits = 0;
    while (digits < value.length && ascii_is_digit(value.data[digits]))
        digits++;
    struct slice rest = sip_character_skip_blanks(slice_skip(value, digits));
    if (rest.length && rest.data[0] != ';' && rest.data[0] != '(')
        return false;
    return slice_to_uint32(slice_first(value, digits), number) == STATUS_OK;
}

uint32_t sip_message_retry_after_s(const struct sip_message *message)
{
    uint32_t seconds;
    uint32_t digits;
    if (sip_message_number(message, SIP_HEADER_RETRY_AFTER, &seconds))
        return seconds < RETRY_AFTER_MAX_S ? seconds : RETRY_AFTER_MAX_S;
    /* Digits beyond 32 bits are a number, too. */
    struct slice value = sip_message_value(message, SIP_HEADER_RETRY_AFTER);
    bool is_huge = value.length > 9 && slice_to_uint32(slice_first(value, 9), &digits) == STATUS_OK;
    return is_huge ? RETRY_AFTER_MAX_S : 0;
}

bool sip_message_says(const struct sip_message *message, enum sip_header_id id, const char *value)
{
    struct slice parameters;
    struct slice said = slice_cut(sip_message_value(message, id), ';', &parameters);
    return slice_equal_ignoring_case(slice_trim(said), slice_of(value));
}

bool sip_message_has_content_type(const struct sip_message *message, const char *type)
{
    return sip_multipart_is_type(sip_message_value(message, SIP_HEADER_CONTENT_TYPE), type);
}

// The first that is one; several encodings lie over each other.
static struct slice content_encoding(const struct sip_message *message)
{
    const struct sip_header *header;
    for (size_t i = 0; (header = sip_message_header(message, SIP_HEADER_CONTENT_ENCODING, i)); i++)
        if (sip_multipart_is_encoded(header->value))
            return header->value;
    return slice_empty();
}

bool sip_message_is_encoded(const struct sip_message *message)
{
    return content_encoding(message).length != 0;
}

bool sip_message_body_is_understood(const struct sip_message *message, const char *const *types)
{
    const struct sip_part whole = {
        .content_type = sip_message_value(message, SIP_HEADER_CONTENT_TYPE),
        .disposition = sip_message_value(message, SIP_HEADER_CONTENT_DISPOSITION),
        .encoding = content_encoding(message),
        .body = message->body,
    };
    return slice_is_empty(message->body) || sip_multipart_is_understood(&whole, types);
}

struct slice sip_message_body_of_type(const struct sip_message *message, const char *type)
{
    struct slice content_type = sip_message_value(message, SIP_HEADER_CONTENT_TYPE);
    struct sip_multipart multipart;
    struct sip_part part;
    if (sip_message_is_encoded(message))
        return slice_empty();
    if (sip_multipart_is_type(content_type, type))
        return message->body;
    if (sip_multipart_open(&multipart, content_type, message->body) == STATUS_OK)
        while (sip_multipart_next(&multipart, &part))
            if (sip_multipart_is_type(part.content_type, type) &&
                !sip_multipart_is_encoded(part.encoding))
                return part.body;
    return slice_empty();
}
