// SPDX-License-Identifier: ISC
// One pass over the header block. Nothing is copied but values that were folded; the array of
// headers is the one thing that grows. What the values mean is message.c's.
#include "sip/parser.h"

#include "sip/character.h"
#include "util/limits.h"

enum {
    HEADERS_AT_FIRST = 32
};

_Static_assert(LIMIT_SIP_HEADERS <= UINT8_MAX, "sip_message.first counts headers in a byte");

struct parser {
    struct sip_message *message;
    struct slice rest; // what follows the lines taken so far
    size_t capacity;   // of message->headers
};

void sip_parser_note(struct sip_message *message, uint32_t status, const char *text)
{
    if (message->defect)
        return;
    message->defect = status;
    message->defect_text = text;
}

// The next line without its CRLF; a text that ends without one ends the line too. A CR or LF on its
// own ends no line here, so it must not end one anywhere else.
static enum status take_line(struct parser *parser, struct slice *line)
{
    const char *start = parser->rest.data;
    const char *end = start + parser->rest.length;
    const char *found = memchr(start, '\n', parser->rest.length);
    while (found && (found == start || found[-1] != '\r')) {
        sip_parser_note(parser->message, 400, "LF Without CR");
        found = memchr(found + 1, '\n', (size_t)(end - found - 1));
    }
    const char *next = found ? found + 1 : end;
    *line = slice_make(start, (size_t)((found ? found - 1 : end) - start));
    parser->rest = slice_make(next, (size_t)(end - next));
    if (line->length > LIMIT_SIP_LINE)
        return STATUS_TOO_LARGE;
    if (memchr(line->data, '\r', line->length))
        sip_parser_note(parser->message, 400, "CR Without LF");
    return STATUS_OK;
}

// Whether an odd number of backslashes stands in front of `text[index]`.
static bool is_escaped(struct slice text, size_t index)
{
    size_t start = index;
    while (start > 0 && text.data[start - 1] == '\\')
        start--;
    return (index - start) % 2 == 1;
}

// A NUL may stand in a header only where a quoted string escapes it (25.1 quoted-pair).
static bool has_bare_nul(struct slice block)
{
    for (size_t i = 0; i < block.length; i++) {
        const char *nul = memchr(block.data + i, '\0', block.length - i);
        if (!nul)
            return false;
        i = (size_t)(nul - block.data);
        if (!is_escaped(block, i))
            return true;
    }
    return false;
}

// --- start line

static void read_request_uri(struct sip_message *message, struct slice text)
{
    if (sip_uri_parse(text, &message->request_uri) != STATUS_OK)
        sip_parser_note(message, 400, "Bad Request-URI");
    else if (message->request_uri.scheme == SIP_SCHEME_OTHER)
        sip_parser_note(message, 416, "Unsupported URI Scheme");
    else if (message->request_uri.headers.length) // 19.1.1: not allowed in a Request-URI
        sip_parser_note(message, 400, "Headers in Request-URI");
}

static bool is_version(struct slice text)
{
    return slice_starts_with_ignoring_case(text, slice_of("SIP/"));
}

static void read_version(struct sip_message *message, struct slice text)
{
    if (!slice_equal_ignoring_case(text, slice_of("SIP/2.0")))
        sip_parser_note(message, 505, "Version Not Supported");
}

// Method SP Request-URI SP SIP-Version; each SP is exactly one.
static enum status read_request_line(struct sip_message *message, struct slice line)
{
    struct slice rest;
    struct slice method = slice_cut(line, ' ', &rest);
    struct slice trimmed = slice_trim(rest);
    size_t space = trimmed.length;
    while (space > 0 && !ascii_is_blank(trimmed.data[space - 1]))
        space--;
    struct slice version = slice_skip(trimmed, space);
    if (!sip_character_is_all(method, SIP_TOKEN) || space == 0 || !is_version(version))
        return STATUS_MALFORMED;
    message->is_request = true;
    message->method_text = method;
    message->method = sip_method_from_text(method);
    read_version(message, version);
    if (trimmed.length != rest.length || trimmed.data[space - 1] != ' ')
        sip_parser_note(message, 400, "Blanks in Request-Line");
    read_request_uri(message, slice_first(trimmed, space - 1));
    return STATUS_OK;
}

// SIP-Version SP Status-Code SP Reason-Phrase; the SP in front of an empty phrase may be missing.
static void read_status_line(struct sip_message *message, struct slice line)
{
    struct slice rest;
    read_version(message, slice_cut(line, ' ', &rest));
    struct slice code = slice_cut(rest, ' ', &message->reason);
    if (!message->reason.data)
        message->reason = slice_empty();
    if (code.length != 3 || slice_to_uint32(code, &message->status) != STATUS_OK ||
        message->status < 100 || message->status > 699) {
        message->status = 0;
        sip_parser_note(message, 400, "Bad Status-Code");
    }
}

static enum status read_start_line(struct parser *parser)
{
    struct slice line;
    enum status status = take_line(parser, &line);
    if (status != STATUS_OK)
        return status;
    if (is_version(line)) {
        read_status_line(parser->message, line);
        return STATUS_OK;
    }
    return read_request_line(parser->message, line);
}

// --- header lines

static enum status add_header(struct parser *parser, enum sip_header_id id, struct slice name,
                              struct slice value)
{
    struct sip_message *message = parser->message;
    if (message->header_count == LIMIT_SIP_HEADERS)
        return STATUS_TOO_LARGE;
    if (message->header_count == parser->capacity) {
        size_t capacity = parser->capacity ? parser->capacity * 2 : HEADERS_AT_FIRST;
        struct sip_header *grown = arena_allocate(message->arena, capacity * sizeof(*grown));
        if (message->header_count)
            memcpy(grown, message->headers, message->header_count * sizeof(*grown));
        message->headers = grown;
        parser->capacity = capacity;
    }
    message->headers[message->header_count++] =
        (struct sip_header){ .id = id, .name = name, .value = value };
    if (!message->first[id])
        message->first[id] = (uint8_t)message->header_count;
    else if (sip_header_is_single(id))
        sip_parser_note(message, 400, "Header Given Twice");
    return STATUS_OK;
}

// The length of the first element of a comma list; quoted strings and <> may hold commas.
static size_t element_span(struct slice list)
{
    size_t i = 0;
    while (i < list.length && list.data[i] != ',') {
        size_t end = i;
        if (list.data[i] == '"') {
            size_t quoted = sip_character_quoted_span(slice_skip(list, i));
            end = quoted ? i + quoted - 1 : list.length - 1;
        } else if (list.data[i] == '<') {
            struct slice inside = slice_skip(list, i);
            end = slice_find(inside, '>', &end) ? i + end : list.length - 1;
        }
        i = end + 1;
    }
    return i;
}

static enum status add_list(struct parser *parser, enum sip_header_id id, struct slice name,
                            struct slice list)
{
    size_t added = 0;
    while (list.length) {
        size_t length = element_span(list);
        struct slice element = slice_trim(slice_first(list, length));
        list = slice_skip(list, length + 1);
        if (!element.length) // an empty element carries nothing: tolerated
            continue;
        enum status status = add_header(parser, id, name, element);
        if (status != STATUS_OK)
            return status;
        added++;
    }
    return added ? STATUS_OK : add_header(parser, id, name, slice_empty());
}

static bool is_continued(const struct parser *parser)
{
    return parser->rest.length && ascii_is_blank(parser->rest.data[0]);
}

// Adds the lines that continue `value`: CRLF and the blanks around it become one SP (7.3.1).
static enum status unfold(struct parser *parser, struct slice *value)
{
    struct slice part;
    struct parser ahead = *parser;
    size_t size = value->length;
    while (is_continued(&ahead)) {
        enum status status = take_line(&ahead, &part);
        size += part.length + 1;
        if (status != STATUS_OK || size > LIMIT_SIP_LINE)
            return STATUS_TOO_LARGE;
    }
    char *text = arena_allocate(parser->message->arena, size);
    size_t length = value->length;
    memcpy(text, value->data, length);
    while (is_continued(parser)) {
        enum status status = take_line(parser, &part);
        if (status != STATUS_OK)
            return status;
        part = slice_trim(part);
        text[length++] = ' ';
        memcpy(text + length, part.data, part.length);
        length += part.length;
    }
    *value = slice_trim(slice_make(text, length));
    return STATUS_OK;
}

// header-name HCOLON value; only SP and HTAB may stand between name and colon.
static enum status read_header_line(struct parser *parser, struct slice line)
{
    size_t length = sip_character_span(line, SIP_TOKEN);
    struct slice name = slice_first(line, length);
    struct slice rest =
        sip_character_skip_blanks(slice_make(line.data + length, line.length - length));
    bool is_named = length > 0 && rest.length > 0 && rest.data[0] == ':';
    struct slice value = is_named ? slice_trim(slice_make(rest.data + 1, rest.length - 1)) : line;
    enum status status = is_continued(parser) ? unfold(parser, &value) : STATUS_OK;
    if (!is_named) {
        sip_parser_note(parser->message, 400, "Bad Header Line");
        return status;
    }
    enum sip_header_id id = sip_header_id_from_name(name);
    if (status != STATUS_OK)
        return status;
    return sip_header_is_list(id) ? add_list(parser, id, name, value)
                                  : add_header(parser, id, name, value);
}

enum status sip_parser_run(struct sip_message *message)
{
    struct parser parser = { .message = message, .rest = message->bytes };
    enum status status = read_start_line(&parser);
    while (status == STATUS_OK && parser.rest.length) {
        struct slice line;
        status = take_line(&parser, &line);
        if (status != STATUS_OK || !line.length)
            break;
        status = read_header_line(&parser, line);
    }
    message->body = parser.rest.length ? parser.rest : slice_empty();
    size_t block = message->bytes.length - message->body.length;
    if (status == STATUS_OK && block > LIMIT_SIP_HEADER_BLOCK)
        return STATUS_TOO_LARGE;
    if (status == STATUS_OK && has_bare_nul(slice_first(message->bytes, block)))
        sip_parser_note(message, 400, "NUL in Header");
    return status;
}
