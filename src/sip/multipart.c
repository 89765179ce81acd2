// SPDX-License-Identifier: ISC
#include "sip/multipart.h"

#include "sip/character.h"
#include "sip/header_names.h"
#include "sip/parameters.h"
#include "util/limits.h"

enum {
    BOUNDARY_BYTES_MAX = 70 // RFC 2046 5.1.1
};

// m-type SLASH m-subtype, blanks allowed around the slash; *rest is what follows.
static bool take_type(struct slice text, struct slice *main, struct slice *sub, struct slice *rest)
{
    text = slice_trim(text);
    *main = slice_first(text, sip_character_span(text, SIP_TOKEN));
    text = sip_character_skip_blanks(slice_skip(text, main->length));
    if (!main->length || !text.length || text.data[0] != '/')
        return false;
    text = sip_character_skip_blanks(slice_skip(text, 1));
    *sub = slice_first(text, sip_character_span(text, SIP_TOKEN));
    *rest =
        sip_character_skip_blanks(slice_make(text.data + sub->length, text.length - sub->length));
    return sub->length && (!rest->length || rest->data[0] == ';');
}

bool sip_multipart_is_type(struct slice content_type, const char *type)
{
    struct slice main;
    struct slice sub;
    struct slice rest;
    struct slice wanted_sub;
    struct slice wanted = slice_cut(slice_of(type), '/', &wanted_sub);
    return take_type(content_type, &main, &sub, &rest) && slice_equal_ignoring_case(main, wanted) &&
           slice_equal_ignoring_case(sub, wanted_sub);
}

// The next "--boundary" at the start of a line. *before is the text in front of it without the CRLF
// that belongs to the delimiter, *after what follows it.
static bool find_delimiter(struct slice text, struct slice boundary, struct slice *before,
                           struct slice *after)
{
    for (size_t i = 0; i + 2 + boundary.length <= text.length; i++) {
        const char *dashes = memchr(text.data + i, '-', text.length - i);
        if (!dashes)
            return false;
        i = (size_t)(dashes - text.data);
        struct slice here = slice_skip(text, i);
        bool is_line_start = i == 0 || (i >= 2 && memcmp(dashes - 2, "\r\n", 2) == 0);
        if (!is_line_start || !slice_starts_with(here, slice_of("--")) ||
            !slice_starts_with(slice_skip(here, 2), boundary))
            continue;
        *before = slice_first(text, i ? i - 2 : 0);
        *after = slice_make(here.data + 2 + boundary.length, here.length - 2 - boundary.length);
        return true;
    }
    return false;
}

enum status sip_multipart_open(struct sip_multipart *multipart, struct slice content_type,
                               struct slice body)
{
    struct slice main;
    struct slice sub;
    struct slice parameters;
    struct slice boundary;
    struct slice preamble;
    struct slice rest;
    if (!take_type(content_type, &main, &sub, &parameters) ||
        !slice_equal_ignoring_case(main, slice_of("multipart")) ||
        !sip_parameters_find(parameters, "boundary", &boundary))
        return STATUS_MALFORMED;
    boundary = sip_parameter_unquote(boundary);
    if (!boundary.length || boundary.length > BOUNDARY_BYTES_MAX ||
        !find_delimiter(body, boundary, &preamble, &rest))
        return STATUS_MALFORMED;
    *multipart = (struct sip_multipart){ .boundary = boundary, .rest = rest };
    return STATUS_OK;
}

// The header lines of a part up to the empty line; without one there is no body.
static void read_part(struct slice text, struct sip_part *part)
{
    *part = (struct sip_part){
        .content_type = slice_of("text/plain"),
        .disposition = slice_empty(),
        .encoding = slice_empty(),
        .body = slice_empty(),
    };
    while (text.length) {
        size_t end = text.length;
        size_t skip = 0;
        if (slice_find_text(text, slice_of("\r\n"), &end))
            skip = 2;
        struct slice line = slice_first(text, end);
        text = slice_skip(text, end + skip);
        if (!line.length) {
            part->body = text;
            return;
        }
        struct slice value;
        struct slice name = slice_trim(slice_cut(line, ':', &value));
        if (!value.data)
            continue;
        enum sip_header_id id = sip_header_id_from_name(name);
        if (id == SIP_HEADER_CONTENT_TYPE)
            part->content_type = slice_trim(value);
        else if (id == SIP_HEADER_CONTENT_DISPOSITION)
            part->disposition = slice_trim(value);
        else if (id == SIP_HEADER_CONTENT_ENCODING)
            part->encoding = slice_trim(value);
    }
}

bool sip_multipart_next(struct sip_multipart *multipart, struct sip_part *part)
{
    struct slice text = multipart->rest;
    if (multipart->part_count == LIMIT_SIP_PARTS || !text.length ||
        slice_starts_with(text, slice_of("--")))
        return false;
    // transport-padding CRLF ends the delimiter's line.
    text = sip_character_skip_blanks(text);
    if (!slice_starts_with(text, slice_of("\r\n")))
        return false;
    // The CRLF stays: an empty part is followed by "CRLF--boundary" at once.
    struct slice inside;
    if (!find_delimiter(text, multipart->boundary, &inside, &multipart->rest)) {
        inside = text;
        multipart->rest = slice_empty();
    }
    read_part(slice_skip(inside, 2), part);
    multipart->part_count++;
    return true;
}

bool sip_multipart_is_encoded(struct slice encoding)
{
    return encoding.length && !slice_equal_ignoring_case(encoding, slice_of("identity"));
}

static bool is_handling(struct slice disposition, const char *wanted)
{
    size_t kind = disposition.length;
    struct slice handling;
    slice_find(disposition, ';', &kind);
    return sip_parameters_find(slice_skip(disposition, kind), "handling", &handling) &&
           slice_equal_ignoring_case(handling, slice_of(wanted));
}

// Of a body without parts, or of a part: nothing is looked for deeper.
static bool is_leaf_understood(const struct sip_part *part, const char *const *types)
{
    if (is_handling(part->disposition, "optional"))
        return true;
    if (sip_multipart_is_encoded(part->encoding))
        return false;
    for (; *types; types++)
        if (sip_multipart_is_type(part->content_type, *types))
            return true;
    return false;
}

bool sip_multipart_is_understood(const struct sip_part *body, const char *const *types)
{
    struct sip_multipart multipart;
    struct sip_part part;
    bool is_one_enough = sip_multipart_is_type(body->content_type, "multipart/alternative");
    if (is_leaf_understood(body, types))
        return true;
    if (sip_multipart_is_encoded(body->encoding) ||
        sip_multipart_open(&multipart, body->content_type, body->body) != STATUS_OK)
        return false;
    size_t understood = 0;
    bool is_missed = false;
    while (sip_multipart_next(&multipart, &part)) {
        bool is_understood = is_leaf_understood(&part, types);
        understood += is_understood;
        is_missed = is_missed || (!is_understood && is_handling(part.disposition, "required"));
    }
    return understood > 0 && (is_one_enough || !is_missed);
}
