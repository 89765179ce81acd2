// SPDX-License-Identifier: ISC
// One pass over the header block. Nothing is copied but values that were folded; the array of
// headers is the one thing that grows. What the values mean is message.c's.
#include "sip/parser.h"

#include "sip/character.h"
#include "util/limits.h"

enum {
    HEADERS_AT_FIRST = 32
};

_Static_assert(LIMIT_SIP_RESPONSE_HEADERS <= UINT16_MAX, "sip_message.first counts in 16 bits");

struct parser {
    struct sip_message *message;
    struct slice rest; // what follows the lines taken so far
    size_t capacity;   // of message->headers
};

void sip_parser_note_defect(struct sip_message *message, uint32_t status, const char *text)
{
    if (message->defect)
        return;
    message->defect = status;
    message->defect_text = text;
}

// 15.1.2, 9.2, 17.1.3: what ends something is not to fail for its form.
static bool is_forgiven(const struct sip_message *message)
{
    return !message->is_request || message->method == SIP_METHOD_ACK ||
           message->method == SIP_METHOD_BYE || message->method == SIP_METHOD_CANCEL;
}

void sip_parser_note_general_flaw(struct sip_message *message, uint32_t status, const char *text)
{
    if (!is_forgiven(message))
        sip_parser_note_defect(message, status, text);
}

#define METHOD(name) (1u << SIP_METHOD_##name)

// The methods whose requests cannot be understood without a header. 4475 3.3.8: an INVITE is
// refused for Max-Forwards, too.
static const uint32_t needed_by[SIP_HEADER_COUNT] = {
    [SIP_HEADER_CONTENT_DISPOSITION] = UINT32_MAX,
    [SIP_HEADER_CONTENT_ENCODING] = UINT32_MAX,
    [SIP_HEADER_CONTENT_LENGTH] = UINT32_MAX,
    [SIP_HEADER_CONTENT_TYPE] = UINT32_MAX,
    [SIP_HEADER_REQUIRE] = UINT32_MAX,
    [SIP_HEADER_CONTACT] = METHOD(INVITE),
    [SIP_HEADER_MAX_FORWARDS] = METHOD(INVITE),
    [SIP_HEADER_RECORD_ROUTE] = METHOD(INVITE),
    [SIP_HEADER_REPLACES] = METHOD(INVITE),
    [SIP_HEADER_SESSION_EXPIRES] = METHOD(INVITE) | METHOD(UPDATE),
    [SIP_HEADER_MIN_SE] = METHOD(INVITE) | METHOD(UPDATE),
    [SIP_HEADER_REFER_TO] = METHOD(REFER),
    [SIP_HEADER_RACK] = METHOD(PRACK),
    [SIP_HEADER_EVENT] = METHOD(NOTIFY),
    [SIP_HEADER_SUBSCRIPTION_STATE] = METHOD(NOTIFY),
};

_Static_assert(SIP_METHOD_COUNT <= 32, "needed_by has a bit for each method");

// What names the message; a response's parties are those of our request.
static bool is_identity(const struct sip_message *message, enum sip_header_id id)
{
    bool is_party = id == SIP_HEADER_FROM || id == SIP_HEADER_TO;
    return id == SIP_HEADER_CALL_ID || id == SIP_HEADER_CSEQ || (is_party && message->is_request);
}

void sip_parser_note_flaw(struct sip_message *message, enum sip_header_id id, uint32_t status,
                          const char *text)
{
    bool is_wanted = is_identity(message, id) || needed_by[id] & 1u << message->method;
    if (is_wanted)
        sip_parser_note_general_flaw(message, status, text);
}

// The next line without its CRLF; a text that ends without one ends the line too. A CR or LF on its
// own ends no line here, so it must not end one anywhere else.
static struct slice take_line(struct parser *parser)
{
    const char *start = parser->rest.data;
    const char *end = start + parser->rest.length;
    const char *found = memchr(start, '\n', parser->rest.length);
    while (found && (found == start || found[-1] != '\r'))
        found = memchr(found + 1, '\n', (size_t)(end - found - 1));
    const char *next = found ? found + 1 : end;
    parser->rest = slice_make(next, (size_t)(end - next));
    return slice_make(start, (size_t)((found ? found - 1 : end) - start));
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
static bool has_bare_nul(struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        const char *nul = memchr(text.data + i, '\0', text.length - i);
        if (!nul)
            return false;
        i = (size_t)(nul - text.data);
        if (!is_escaped(text, i))
            return true;
    }
    return false;
}

// Why a line cannot be copied into a message of ours; NULL when it can.
static const char *find_stray_byte(struct slice line)
{
    if (memchr(line.data, '\n', line.length))
        return "LF Without CR";
    if (memchr(line.data, '\r', line.length))
        return "CR Without LF";
    return has_bare_nul(line) ? "NUL in Header" : NULL;
}

// --- start line

static void read_request_uri(struct sip_message *message, struct slice text)
{
    if (sip_uri_parse(text, &message->request_uri) != STATUS_OK)
        sip_parser_note_general_flaw(message, 400, "Bad Request-URI");
    else if (message->request_uri.scheme == SIP_SCHEME_OTHER)
        sip_parser_note_general_flaw(message, 416, "Unsupported URI Scheme");
    else if (message->request_uri.headers.length) // 19.1.1: not allowed in a Request-URI
        sip_parser_note_general_flaw(message, 400, "Headers in Request-URI");
}

static bool is_version(struct slice text)
{
    return slice_starts_with_ignoring_case(text, slice_of("SIP/"));
}

static void read_version(struct sip_message *message, struct slice text)
{
    if (!slice_equal_ignoring_case(text, slice_of("SIP/2.0")))
        sip_parser_note_defect(message, 505, "Version Not Supported");
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
        sip_parser_note_general_flaw(message, 400, "Blanks in Request-Line");
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
        sip_parser_note_defect(message, 400, "Bad Status-Code");
    }
}

static enum status read_start_line(struct parser *parser)
{
    struct slice line = take_line(parser);
    const char *stray = find_stray_byte(line);
    if (line.length > LIMIT_SIP_LINE)
        return STATUS_TOO_LARGE;
    if (stray)
        sip_parser_note_defect(parser->message, 400, stray);
    if (is_version(line)) {
        read_status_line(parser->message, line);
        return STATUS_OK;
    }
    return read_request_line(parser->message, line);
}

// --- header lines

// Beyond the limit only what is the first of its name is kept.
static bool has_room(struct sip_message *message, enum sip_header_id id)
{
    size_t limit = message->is_request ? LIMIT_SIP_HEADERS : LIMIT_SIP_RESPONSE_HEADERS;
    if (message->header_count < limit)
        return true;
    sip_parser_note_general_flaw(message, 513, "Too Many Headers");
    return id != SIP_HEADER_OTHER && !message->first[id];
}

static void grow(struct parser *parser)
{
    struct sip_message *message = parser->message;
    size_t capacity = parser->capacity ? parser->capacity * 2 : HEADERS_AT_FIRST;
    struct sip_header *grown = arena_allocate(message->arena, capacity * sizeof(*grown));
    if (message->header_count)
        memcpy(grown, message->headers, message->header_count * sizeof(*grown));
    message->headers = grown;
    parser->capacity = capacity;
}

// A copy that can be written into a message of ours.
static struct slice without_stray_bytes(struct arena *arena, struct slice value)
{
    char *text = arena_allocate(arena, value.length);
    for (size_t i = 0; i < value.length; i++) {
        bool is_stray = value.data[i] == '\r' || value.data[i] == '\n' ||
                        (value.data[i] == '\0' && !is_escaped(value, i));
        text[i] = is_stray ? ' ' : value.data[i];
    }
    return slice_trim(slice_make(text, value.length));
}

static void add_header(struct parser *parser, enum sip_header_id id, struct slice name,
                       struct slice value)
{
    struct sip_message *message = parser->message;
    const char *stray = find_stray_byte(value);
    if (stray) {
        sip_parser_note_flaw(message, id, 400, stray);
        value = without_stray_bytes(message->arena, value);
    }
    if (value.length > LIMIT_SIP_LINE) {
        sip_parser_note_flaw(message, id, 513, "Header Too Long");
        return;
    }
    if (!has_room(message, id))
        return;
    if (message->header_count == parser->capacity)
        grow(parser);
    message->headers[message->header_count++] =
        (struct sip_header){ .id = id, .name = name, .value = value };
    if (!message->first[id])
        message->first[id] = (uint16_t)message->header_count;
    else if (sip_header_is_single(id))
        sip_parser_note_flaw(message, id, 400, "Header Given Twice");
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

static void add_list(struct parser *parser, enum sip_header_id id, struct slice name,
                     struct slice list)
{
    size_t added = 0;
    while (list.length) {
        size_t length = element_span(list);
        struct slice element = slice_trim(slice_first(list, length));
        list = slice_skip(list, length + 1);
        if (!element.length) // an empty element carries nothing: tolerated
            continue;
        add_header(parser, id, name, element);
        added++;
    }
    if (!added)
        add_header(parser, id, name, slice_empty());
}

static bool is_continued(const struct parser *parser)
{
    return parser->rest.length && ascii_is_blank(parser->rest.data[0]);
}

// Adds the lines that continue `value`: CRLF and the blanks around it become one SP (7.3.1).
static struct slice unfold(struct parser *parser, struct slice value)
{
    struct parser ahead = *parser;
    size_t size = value.length;
    while (is_continued(&ahead))
        size += take_line(&ahead).length + 1;
    char *text = arena_allocate(parser->message->arena, size);
    size_t length = value.length;
    memcpy(text, value.data, length);
    while (is_continued(parser)) {
        struct slice part = slice_trim(take_line(parser));
        text[length++] = ' ';
        memcpy(text + length, part.data, part.length);
        length += part.length;
    }
    return slice_trim(slice_make(text, length));
}

// header-name HCOLON value; only SP and HTAB may stand between name and colon. A line that is none
// is a flaw of nothing that is needed.
static void read_header_line(struct parser *parser, struct slice line)
{
    size_t length = sip_character_span(line, SIP_TOKEN);
    struct slice name = slice_first(line, length);
    struct slice rest =
        sip_character_skip_blanks(slice_make(line.data + length, line.length - length));
    bool is_named = length > 0 && rest.length > 0 && rest.data[0] == ':';
    struct slice value = is_named ? slice_trim(slice_make(rest.data + 1, rest.length - 1)) : line;
    if (is_continued(parser))
        value = unfold(parser, value);
    if (!is_named)
        return;
    enum sip_header_id id = sip_header_id_from_name(name);
    if (sip_header_is_list(id))
        add_list(parser, id, name, value);
    else
        add_header(parser, id, name, value);
}

enum status sip_parser_run(struct sip_message *message)
{
    struct parser parser = { .message = message, .rest = message->bytes };
    enum status status = read_start_line(&parser);
    while (status == STATUS_OK && parser.rest.length) {
        struct slice line = take_line(&parser);
        if (!line.length)
            break;
        read_header_line(&parser, line);
    }
    message->body = parser.rest.length ? parser.rest : slice_empty();
    if (message->bytes.length - message->body.length > LIMIT_SIP_HEADER_BLOCK)
        sip_parser_note_general_flaw(message, 513, "Header Block Too Large");
    return status;
}
