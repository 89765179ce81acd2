// SPDX-License-Identifier: ISC
// Text to session description (RFC 8866 5, RFC 3264, RFC 3605, RFC 5761). Lenient where a mistake
// is harmless: unknown lines, LF line ends, missing s= or t=, broken attributes.
#include "sdp/format.h"
#include "sdp/session.h"

struct parser {
    struct sdp_session *session;
    struct sdp_media *media; // the section we are in; NULL before the first m= line
    struct slice session_address;
    enum sdp_direction session_direction;
    size_t attributes;
    bool skips; // inside an m= section beyond the limit
    bool has_version;
};

static struct slice take_word(struct slice *rest)
{
    struct slice text = slice_trim(*rest);
    size_t end;
    if (!slice_find(text, ' ', &end)) {
        *rest = slice_empty();
        return text;
    }
    *rest = slice_skip(text, end + 1);
    return slice_first(text, end);
}

static void read_origin(struct sdp_session *session, struct slice value)
{
    uint64_t number;
    session->username = take_word(&value);
    if (slice_to_number(take_word(&value), UINT64_MAX, &number) == STATUS_OK)
        session->id = number;
    if (slice_to_number(take_word(&value), UINT64_MAX, &number) == STATUS_OK)
        session->version = number;
    take_word(&value);
    take_word(&value);
    session->address = take_word(&value);
}

/* c=IN IP4 192.0.2.1/127: the time to live and count of multicast do not matter here. Of another
 * network or kind of address: empty, which is no usable one. */
static struct slice read_connection(struct slice value)
{
    struct slice ignored;
    struct slice network = take_word(&value);
    struct slice kind = take_word(&value);
    bool is_known = slice_equal_ignoring_case(kind, slice_of("IP4")) ||
                    slice_equal_ignoring_case(kind, slice_of("IP6"));
    if (!slice_equal_ignoring_case(network, slice_of("IN")) || !is_known)
        return slice_of("?");
    return slice_cut(take_word(&value), '/', &ignored);
}

static void add_format(struct sdp_media *media, struct slice word)
{
    uint64_t number;
    if (media->format_count == LIMIT_SDP_FORMATS ||
        slice_to_number(word, 127, &number) != STATUS_OK)
        return;
    struct sdp_format *format = &media->formats[media->format_count++];
    *format = (struct sdp_format){ .payload_type = (uint8_t)number };
    sdp_format_static(format->payload_type, format);
}

static enum status read_media(struct parser *parser, struct slice value)
{
    struct sdp_session *session = parser->session;
    uint64_t port;
    parser->skips = session->media_count == LIMIT_SDP_MEDIA;
    parser->attributes = 0;
    if (parser->skips) {
        session->has_more_media = true;
        return STATUS_OK;
    }
    struct sdp_media *media = &session->media[session->media_count];
    *media = (struct sdp_media){
        .address = parser->session_address,
        .direction = parser->session_direction,
    };
    media->type = take_word(&value);
    struct slice ignored;
    struct slice port_text = slice_cut(take_word(&value), '/', &ignored);
    media->transport = take_word(&value);
    media->format_list = slice_trim(value);
    if (slice_is_empty(media->type))
        return STATUS_MALFORMED;
    /* What cannot be read of one line is no reason against the others: refused, with port 0. */
    if (slice_is_empty(media->format_list) || slice_to_number(port_text, 65535, &port) != STATUS_OK)
        port = 0;
    if (slice_is_empty(media->transport))
        media->transport = slice_of("RTP/AVP");
    if (slice_is_empty(media->format_list))
        media->format_list = slice_of("0");
    media->port = (uint32_t)port;
    if (slice_starts_with_ignoring_case(media->transport, slice_of("RTP/")))
        while (!slice_is_empty(value))
            add_format(media, take_word(&value));
    parser->media = media;
    session->media_count++;
    return STATUS_OK;
}

/* Two rtpmaps for one payload type: the first holds. An rtpmap of a static type replaces it. */
static void read_rtpmap(struct sdp_media *media, struct slice value)
{
    uint64_t payload_type;
    uint32_t number;
    struct slice rest;
    if (slice_to_number(take_word(&value), 127, &payload_type) != STATUS_OK)
        return;
    struct slice encoding = slice_cut(slice_trim(value), '/', &rest);
    struct slice rate = slice_cut(rest, '/', &rest);
    for (size_t i = 0; i < media->format_count; i++) {
        struct sdp_format *format = &media->formats[i];
        if (format->payload_type != payload_type ||
            (format->payload_type >= 96 && format->encoding.length))
            continue;
        if (slice_to_uint32(slice_trim(rate), &number) != STATUS_OK || number == 0)
            return;
        format->encoding = encoding;
        format->clock_rate = number;
        format->channels = 1;
        if (rest.data && slice_to_uint32(slice_trim(rest), &number) == STATUS_OK && number)
            format->channels = number;
        return;
    }
}

static void read_fmtp(struct sdp_media *media, struct slice value)
{
    uint64_t payload_type;
    if (slice_to_number(take_word(&value), 127, &payload_type) != STATUS_OK)
        return;
    for (size_t i = 0; i < media->format_count; i++)
        if (media->formats[i].payload_type == payload_type)
            media->formats[i].parameters = slice_trim(value);
}

static bool read_direction(struct slice name, enum sdp_direction *direction)
{
    for (int i = SDP_SENDRECV; i <= SDP_INACTIVE; i++) {
        if (slice_equal_ignoring_case(name, slice_of(sdp_direction_text((enum sdp_direction)i)))) {
            *direction = (enum sdp_direction)i;
            return true;
        }
    }
    return false;
}

static void read_milliseconds(struct slice value, uint32_t *milliseconds)
{
    struct slice fraction;
    uint64_t number;
    if (slice_to_number(slice_trim(slice_cut(value, '.', &fraction)), 10000, &number) == STATUS_OK)
        *milliseconds = (uint32_t)number;
}

/* RFC 3605: a=rtcp:53020 IN IP4 126.16.64.4 */
static void read_rtcp(struct sdp_media *media, struct slice value)
{
    uint64_t port;
    if (slice_to_number(take_word(&value), 65535, &port) != STATUS_OK || port == 0)
        return;
    media->rtcp_port = (uint32_t)port;
    media->rtcp_address = read_connection(value);
}

static void add_crypto(struct sdp_media *media, struct slice value)
{
    if (media->crypto_count < LIMIT_SDP_CRYPTO)
        media->crypto[media->crypto_count++] = value;
}

static void read_media_attribute(struct sdp_media *media, struct slice name, struct slice value)
{
    if (slice_equal_ignoring_case(name, slice_of("rtpmap")))
        read_rtpmap(media, value);
    else if (slice_equal_ignoring_case(name, slice_of("fmtp")))
        read_fmtp(media, value);
    else if (slice_equal_ignoring_case(name, slice_of("ptime")))
        read_milliseconds(value, &media->ptime_ms);
    else if (slice_equal_ignoring_case(name, slice_of("maxptime")))
        read_milliseconds(value, &media->maxptime_ms);
    else if (slice_equal_ignoring_case(name, slice_of("rtcp")))
        read_rtcp(media, value);
    else if (slice_equal_ignoring_case(name, slice_of("rtcp-mux")))
        media->has_rtcp_mux = true;
    else if (slice_equal_ignoring_case(name, slice_of("crypto")))
        add_crypto(media, value);
    else
        read_direction(name, &media->direction);
}

static void read_attribute(struct parser *parser, struct slice line)
{
    struct slice value;
    struct slice name = slice_cut(line, ':', &value);
    if (++parser->attributes > LIMIT_SDP_ATTRIBUTES)
        return;
    if (parser->media)
        read_media_attribute(parser->media, slice_trim(name), value);
    else
        read_direction(slice_trim(name), &parser->session_direction);
}

/* Two numbers, which an answer has to repeat (RFC 3264 6). */
static void read_time(struct sdp_session *session, struct slice value)
{
    struct slice rest = value;
    uint64_t ignored;
    if (slice_is_empty(session->time) &&
        slice_to_number(take_word(&rest), UINT64_MAX, &ignored) == STATUS_OK &&
        slice_to_number(slice_trim(rest), UINT64_MAX, &ignored) == STATUS_OK)
        session->time = slice_trim(value);
}

static enum status read_line(struct parser *parser, char type, struct slice value)
{
    switch (type) {
    case 'v':
        parser->has_version = true;
        return STATUS_OK;
    case 'o':
        read_origin(parser->session, value);
        return STATUS_OK;
    case 't':
        read_time(parser->session, value);
        return STATUS_OK;
    case 'm':
        return read_media(parser, value);
    case 'c':
        if (parser->skips)
            return STATUS_OK;
        if (parser->media)
            parser->media->address = read_connection(value);
        else
            parser->session_address = read_connection(value);
        return STATUS_OK;
    case 'a':
        if (!parser->skips)
            read_attribute(parser, value);
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

enum status sdp_parse(struct arena *arena, struct slice text, struct sdp_session **session)
{
    struct parser parser = { .session = arena_allocate(arena, sizeof(struct sdp_session)) };
    if (text.length > LIMIT_SDP_BYTES)
        return STATUS_TOO_LARGE;
    while (text.data && text.length) {
        struct slice line = slice_trim(slice_cut(text, '\n', &text));
        if (line.length < 2 || line.data[1] != '=')
            continue;
        enum status status = read_line(&parser, line.data[0], slice_skip(line, 2));
        if (status != STATUS_OK)
            return status;
    }
    if (!parser.has_version)
        return STATUS_MALFORMED;
    *session = parser.session;
    return STATUS_OK;
}
