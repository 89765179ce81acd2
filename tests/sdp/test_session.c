// SPDX-License-Identifier: ISC
// Session descriptions read and written (RFC 8866): what each line gives, what is tolerated, and
// the exact text of ours.
#include "sdp/format.h"
#include "sdp/session.h"
#include "suite.h"

#include <stdio.h>

#define HEAD  "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define AUDIO HEAD "m=audio 4000 RTP/AVP 0 96\r\n"

static const struct sdp_session *read_text(struct arena *arena, const char *text)
{
    struct sdp_session *session;
    ck_assert_msg(sdp_parse(arena, slice_of(text), &session) == STATUS_OK, "%s", text);
    return session;
}

static void check_slice(struct slice is, const char *wanted)
{
    ck_assert_msg(slice_equal(is, slice_of(wanted)), "\"%.*s\", not \"%s\"", SLICE_PRINT(is),
                  wanted);
}

// --- reading

START_TEST(every_line_gives_its_field)
{
    struct arena *arena = arena_new();
    const struct sdp_session *session =
        read_text(arena, "v=0\r\no=user 18446744073709551615 77 IN IP4 192.0.2.1\r\ns=x\r\n"
                         "c=IN IP4 192.0.2.9/127/3\r\nb=AS:84\r\nt=0 0\r\na=recvonly\r\n"
                         "m=audio 4000/2 RTP/AVP 0 96\r\na=rtpmap:96 opus/48000/2\r\n"
                         "a=fmtp:96 useinbandfec=1\r\na=ptime:20\r\na=maxptime:40.5\r\n"
                         "a=rtcp:5000 IN IP4 192.0.2.8/1\r\na=rtcp-mux\r\na=crypto:1 x\r\n"
                         "m=video 0 RTP/AVP 31\r\nc=IN IP6 2001:db8::1\r\na=sendonly\r\n");
    check_slice(session->username, "user");
    ck_assert(session->id == UINT64_MAX && session->version == 77);
    check_slice(session->address, "192.0.2.1");
    ck_assert_uint_eq(session->media_count, 2);
    const struct sdp_media *audio = &session->media[0];
    check_slice(audio->type, "audio");
    check_slice(audio->transport, "RTP/AVP");
    check_slice(audio->format_list, "0 96");
    check_slice(audio->address, "192.0.2.9");
    check_slice(audio->rtcp_address, "192.0.2.8");
    ck_assert_uint_eq(audio->port, 4000);
    ck_assert_uint_eq(audio->rtcp_port, 5000);
    ck_assert_uint_eq(audio->ptime_ms, 20);
    ck_assert_uint_eq(audio->maxptime_ms, 40);
    ck_assert(audio->has_rtcp_mux && audio->crypto_count);
    ck_assert_int_eq(audio->direction, SDP_RECVONLY);
    ck_assert_uint_eq(audio->format_count, 2);
    check_slice(audio->formats[0].encoding, "PCMU");
    ck_assert_uint_eq(audio->formats[0].clock_rate, 8000);
    ck_assert_uint_eq(audio->formats[0].channels, 1);
    check_slice(audio->formats[1].encoding, "opus");
    ck_assert_uint_eq(audio->formats[1].clock_rate, 48000);
    ck_assert_uint_eq(audio->formats[1].channels, 2);
    check_slice(audio->formats[1].parameters, "useinbandfec=1");
    const struct sdp_media *video = &session->media[1];
    ck_assert(!video->has_rtcp_mux && !video->crypto_count && !video->rtcp_port);
    ck_assert_int_eq(video->direction, SDP_SENDONLY);
    check_slice(video->address, "2001:db8::1");
    ck_assert(!session->has_more_media);
    arena_free(arena);
}
END_TEST

static const struct {
    const char *text;
    enum status status;
} texts[] = {
    { HEAD, STATUS_OK },
    { "v=0\r\n", STATUS_OK },
    { "v=0", STATUS_OK },
    { "\r\n\r\nv=0\r\n", STATUS_OK },
    { "v=0\nm=audio 1 RTP/AVP 0\n", STATUS_OK },
    { "  v=0\r\nx\r\n=\r\ny:z\r\n", STATUS_OK },
    { "m=audio 1 RTP/AVP 0\r\n", STATUS_MALFORMED },
    { "o=x 1 1 IN IP4 h\r\n", STATUS_MALFORMED },
    { "v\r\n", STATUS_MALFORMED },
    { "v:0\r\n", STATUS_MALFORMED },
    { HEAD "m=audio 65535 RTP/AVP 0\r\n", STATUS_OK },
    // one line that cannot be read is refused, not the description
    { HEAD "m=audio 65536 RTP/AVP 0\r\n", STATUS_OK },
    { HEAD "m=audio -1 RTP/AVP 0\r\n", STATUS_OK },
    { HEAD "m=audio RTP/AVP 0\r\n", STATUS_OK },
    { HEAD "m=audio 1 RTP/AVP\r\n", STATUS_OK },
    { HEAD "m=audio 1\r\n", STATUS_OK },
    { HEAD "m=  \r\n", STATUS_MALFORMED },
    { HEAD "m=\r\n", STATUS_MALFORMED },
};

START_TEST(what_is_no_description_is_told)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        struct arena *arena = arena_new();
        struct sdp_session *session = NULL;
        enum status status = sdp_parse(arena, slice_of(texts[i].text), &session);
        ck_assert_msg(status == texts[i].status, "row %zu", i);
        ck_assert_int_eq(session != NULL, status == STATUS_OK);
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_description_has_its_greatest_length)
{
    for (size_t over = 0; over < 2; over++) {
        struct arena *arena = arena_new();
        struct sdp_session *session;
        struct buffer text;
        buffer_init(&text, LIMIT_SDP_BYTES + 1);
        buffer_append_text(&text, "v=0\r\n");
        while (text.length < LIMIT_SDP_BYTES + over)
            buffer_append_byte(&text, '\n');
        ck_assert_int_eq(sdp_parse(arena, buffer_slice(&text), &session),
                         over ? STATUS_TOO_LARGE : STATUS_OK);
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

/* Attributes behind AUDIO, and what becomes of payload type 96. */
static const struct {
    const char *lines;
    const char *encoding;
    uint32_t clock_rate;
    uint32_t channels;
    const char *parameters;
} maps[] = {
    { "", "", 0, 0, "" },
    { "a=rtpmap:96 opus/48000/2\r\n", "opus", 48000, 2, "" },
    { "a=rtpmap:96 PCMA/8000\r\n", "PCMA", 8000, 1, "" },
    { "a=rtpmap:96 PCMA/8000/0\r\n", "PCMA", 8000, 1, "" },
    { "a=rtpmap:96 PCMA/8000/x\r\n", "PCMA", 8000, 1, "" },
    { "a=rtpmap: 96  PCMA / 8000 / 1 \r\n", "PCMA ", 8000, 1, "" },
    { "a=RTPMAP:96 PCMA/8000\r\n", "PCMA", 8000, 1, "" },
    { "a= rtpmap :96 PCMA/8000\r\n", "PCMA", 8000, 1, "" },
    { "a=rtpmap:96 PCMA/0\r\n", "", 0, 0, "" },
    { "a=rtpmap:96 PCMA/x\r\n", "", 0, 0, "" },
    { "a=rtpmap:96 PCMA\r\n", "", 0, 0, "" },
    { "a=rtpmap:96\r\n", "", 0, 0, "" },
    { "a=rtpmap:97 PCMA/8000\r\n", "", 0, 0, "" },
    { "a=rtpmap:224 PCMA/8000\r\n", "", 0, 0, "" },
    { "a=rtpmap:x PCMA/8000\r\n", "", 0, 0, "" },
    { "a=rtpmap:96 PCMA/8000\r\na=rtpmap:96 PCMU/8000\r\n", "PCMA", 8000, 1, "" },
    { "a=fmtp:96  0-15 \r\n", "", 0, 0, "0-15" },
    { "a=fmtp:96 a\r\na=fmtp:96 b\r\n", "", 0, 0, "b" },
    { "a=fmtp:97 a\r\na=fmtp:x b\r\na=fmtp:128 c\r\n", "", 0, 0, "" },
};

START_TEST(formats_are_described_by_their_attributes)
{
    for (size_t i = 0; i < sizeof(maps) / sizeof(*maps); i++) {
        struct arena *arena = arena_new();
        char text[512];
        snprintf(text, sizeof(text), AUDIO "%s", maps[i].lines);
        const struct sdp_format *format = &read_text(arena, text)->media[0].formats[1];
        ck_assert_msg(
            slice_equal(slice_trim(format->encoding), slice_trim(slice_of(maps[i].encoding))),
            "row %zu: %.*s", i, SLICE_PRINT(format->encoding));
        ck_assert_msg(format->clock_rate == maps[i].clock_rate, "row %zu", i);
        ck_assert_msg(format->channels == maps[i].channels, "row %zu", i);
        ck_assert_msg(slice_equal(format->parameters, slice_of(maps[i].parameters)), "row %zu", i);
        ck_assert_uint_eq(format->payload_type, 96);
        arena_free(arena);
    }
}
END_TEST

START_TEST(an_rtpmap_replaces_a_static_type)
{
    struct arena *arena = arena_new();
    const struct sdp_session *session =
        read_text(arena, AUDIO "a=rtpmap:0 PCMA/16000/2\r\na=rtpmap:0 G729/8000\r\n");
    check_slice(session->media[0].formats[0].encoding, "G729");
    ck_assert_uint_eq(session->media[0].formats[0].clock_rate, 8000);
    ck_assert_uint_eq(session->media[0].formats[0].channels, 1);
    arena_free(arena);
}
END_TEST

/* Attributes behind AUDIO, and ptime, maxptime and rtcp port. */
static const struct {
    const char *lines;
    uint32_t ptime_ms;
    uint32_t maxptime_ms;
    uint32_t rtcp_port;
    enum sdp_direction direction;
} attributes[] = {
    { "", 0, 0, 0, SDP_SENDRECV },
    { "a=ptime:30\r\na=maxptime:60\r\n", 30, 60, 0, SDP_SENDRECV },
    { "a=ptime: 30 \r\n", 30, 0, 0, SDP_SENDRECV },
    { "a=ptime:22.5\r\n", 22, 0, 0, SDP_SENDRECV },
    { "a=ptime:10000\r\n", 10000, 0, 0, SDP_SENDRECV },
    { "a=ptime:10001\r\n", 0, 0, 0, SDP_SENDRECV },
    { "a=ptime:x\r\na=ptime\r\n", 0, 0, 0, SDP_SENDRECV },
    { "a=rtcp:65535\r\n", 0, 0, 65535, SDP_SENDRECV },
    { "a=rtcp:65536\r\na=rtcp:0\r\na=rtcp:x\r\n", 0, 0, 0, SDP_SENDRECV },
    { "a=sendrecv\r\n", 0, 0, 0, SDP_SENDRECV },
    { "a=SendOnly\r\n", 0, 0, 0, SDP_SENDONLY },
    { "a=recvonly\r\n", 0, 0, 0, SDP_RECVONLY },
    { "a=inactive\r\n", 0, 0, 0, SDP_INACTIVE },
    { "a=inactive\r\na=sendonly\r\na=x\r\n", 0, 0, 0, SDP_SENDONLY },
};

START_TEST(attributes_are_read_leniently)
{
    for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes); i++) {
        struct arena *arena = arena_new();
        char text[512];
        snprintf(text, sizeof(text), AUDIO "%s", attributes[i].lines);
        const struct sdp_media *media = &read_text(arena, text)->media[0];
        ck_assert_msg(media->ptime_ms == attributes[i].ptime_ms, "row %zu", i);
        ck_assert_msg(media->maxptime_ms == attributes[i].maxptime_ms, "row %zu", i);
        ck_assert_msg(media->rtcp_port == attributes[i].rtcp_port, "row %zu", i);
        ck_assert_msg(media->direction == attributes[i].direction, "row %zu", i);
        arena_free(arena);
    }
}
END_TEST

START_TEST(payload_types_are_seven_bits_and_of_rtp_only)
{
    struct arena *arena = arena_new();
    const struct sdp_session *session =
        read_text(arena, HEAD "m=audio 1 RTP/AVP 127 128 x  8\r\nm=image 2 udptl t38 0\r\n"
                              "m=audio 3 rtp/savpf 3\r\n");
    ck_assert_uint_eq(session->media[0].format_count, 2);
    ck_assert_uint_eq(session->media[0].formats[0].payload_type, 127);
    ck_assert_uint_eq(session->media[0].formats[1].payload_type, 8);
    ck_assert_uint_eq(session->media[1].format_count, 0);
    check_slice(session->media[1].format_list, "t38 0");
    ck_assert_uint_eq(session->media[2].format_count, 1);
    arena_free(arena);
}
END_TEST

static void append_many(struct buffer *text, size_t count, const char *what)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_text(text, what);
}

START_TEST(more_than_the_limits_is_left_out)
{
    struct arena *arena = arena_new();
    struct sdp_session *session;
    struct buffer text;
    buffer_init(&text, LIMIT_SDP_BYTES);
    buffer_append_text(&text, HEAD "m=audio 1 RTP/AVP");
    append_many(&text, LIMIT_SDP_FORMATS + 1, " 0");
    buffer_append_text(&text, "\r\n");
    append_many(&text, LIMIT_SDP_ATTRIBUTES - 1, "a=x\r\n");
    buffer_append_text(&text, "a=ptime:20\r\na=maxptime:40\r\nm=audio 2 RTP/AVP 0\r\n");
    append_many(&text, LIMIT_SDP_ATTRIBUTES - 1, "a=x\r\n");
    buffer_append_text(&text, "a=ptime:20\r\n");
    append_many(&text, LIMIT_SDP_MEDIA - 2, "m=audio 3 RTP/AVP 0\r\n");
    ck_assert_int_eq(sdp_parse(arena, buffer_slice(&text), &session), STATUS_OK);
    ck_assert(!session->has_more_media);
    ck_assert_uint_eq(session->media[0].format_count, LIMIT_SDP_FORMATS);
    ck_assert_uint_eq(session->media[0].ptime_ms, 20);
    ck_assert_uint_eq(session->media[0].maxptime_ms, 0);
    ck_assert_uint_eq(session->media[1].ptime_ms, 20);
    buffer_append_text(&text, "m=audio 4 RTP/AVP 0\r\na=ptime:70\r\nc=IN IP4 192.0.2.77\r\n");
    ck_assert_int_eq(sdp_parse(arena, buffer_slice(&text), &session), STATUS_OK);
    ck_assert(session->has_more_media);
    ck_assert_uint_eq(session->media_count, LIMIT_SDP_MEDIA);
    ck_assert_uint_eq(session->media[LIMIT_SDP_MEDIA - 1].ptime_ms, 0);
    check_slice(session->media[LIMIT_SDP_MEDIA - 1].address, "192.0.2.9");
    buffer_free(&text);
    arena_free(arena);
}
END_TEST

START_TEST(a_broken_origin_leaves_zero)
{
    struct arena *arena = arena_new();
    const struct sdp_session *session = read_text(arena, "v=0\r\no=x y z\r\n");
    check_slice(session->username, "x");
    ck_assert(session->id == 0 && session->version == 0 && slice_is_empty(session->address));
    session = read_text(arena, "v=0\r\no=x 18446744073709551616 5 IN IP4 h\r\n");
    ck_assert(session->id == 0 && session->version == 5);
    arena_free(arena);
}
END_TEST

// --- writing

static void check_written(const struct sdp_session *session, const char *wanted)
{
    struct buffer text;
    buffer_init(&text, LIMIT_SDP_BYTES);
    sdp_write(&text, session);
    check_slice(buffer_slice(&text), wanted);
    buffer_free(&text);
}

START_TEST(a_description_is_written_line_by_line)
{
    struct sdp_session session = {
        .id = 1,
        .version = 2,
        .address = slice_of("192.0.2.1"),
        .media_count = 2,
    };
    session.media[0] = (struct sdp_media){
        .type = slice_of("audio"),
        .port = 4000,
        .transport = slice_of("RTP/AVP"),
        .address = slice_of("192.0.2.2"),
        .direction = SDP_SENDONLY,
        .ptime_ms = 20,
        .maxptime_ms = 60,
        .has_rtcp_mux = true,
        .rtcp_port = 4005,
        .format_count = 3,
    };
    session.media[0].formats[0] = sdp_format_of(CODEC_PCMA);
    session.media[0].formats[1] = sdp_format_of(CODEC_OPUS);
    session.media[0].formats[2] =
        (struct sdp_format){ .payload_type = 77, .parameters = slice_of("x=y") };
    session.media[1] = (struct sdp_media){
        .type = slice_of("image"),
        .transport = slice_of("udptl"),
        .format_list = slice_of("t38"),
        .ptime_ms = 20,
    };
    check_written(&session, "v=0\r\no=- 1 2 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\n"
                            "t=0 0\r\nm=audio 4000 RTP/AVP 8 96 77\r\nc=IN IP4 192.0.2.2\r\n"
                            "a=rtpmap:8 PCMA/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                            "a=fmtp:96 useinbandfec=1\r\n"
                            "a=fmtp:77 x=y\r\na=ptime:20\r\na=maxptime:60\r\na=rtcp-mux\r\n"
                            "a=rtcp:4005\r\na=sendonly\r\nm=image 0 udptl t38\r\n");
}
END_TEST

START_TEST(what_is_not_given_is_not_written)
{
    struct sdp_session session = {
        .username = slice_of("me"),
        .address = slice_of("2001:db8::1"),
        .media_count = 1,
    };
    session.media[0] = (struct sdp_media){
        .type = slice_of("audio"),
        .port = 4000,
        .transport = slice_of("RTP/AVP"),
        .address = slice_of("2001:db8::1"),
        .direction = SDP_INACTIVE,
        .format_count = 1,
    };
    session.media[0].formats[0] = sdp_format_of(CODEC_PCMU);
    check_written(&session, "v=0\r\no=me 0 0 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\n"
                            "t=0 0\r\nm=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
                            "a=inactive\r\n");
    session.address = slice_empty();
    session.media_count = 0;
    check_written(&session, "v=0\r\no=me 0 0 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\n"
                            "t=0 0\r\n");
}
END_TEST

// --- formats

START_TEST(the_static_types_are_those_of_rfc_3551)
{
    static const struct {
        uint8_t payload_type;
        const char *encoding;
        uint32_t clock_rate;
    } rows[] = {
        { 0, "PCMU", 8000 },   { 3, "GSM", 8000 }, { 4, "G723", 8000 },  { 5, "DVI4", 8000 },
        { 6, "DVI4", 16000 },  { 7, "LPC", 8000 }, { 8, "PCMA", 8000 },  { 9, "G722", 8000 },
        { 12, "QCELP", 8000 }, { 13, "CN", 8000 }, { 15, "G728", 8000 }, { 18, "G729", 8000 },
    };
    size_t known = 0;
    for (unsigned type = 0; type < 128; type++) {
        struct sdp_format format = { .payload_type = (uint8_t)type };
        if (!sdp_format_static((uint8_t)type, &format))
            continue;
        ck_assert_uint_lt(known, sizeof(rows) / sizeof(*rows));
        ck_assert_uint_eq(type, rows[known].payload_type);
        check_slice(format.encoding, rows[known].encoding);
        ck_assert_uint_eq(format.clock_rate, rows[known].clock_rate);
        ck_assert_uint_eq(format.channels, 1);
        known++;
    }
    ck_assert_uint_eq(known, sizeof(rows) / sizeof(*rows));
}
END_TEST

START_TEST(our_codecs_are_offered_and_found_by_name_clock_and_channels)
{
    static const struct {
        enum codec codec;
        const char *name;
        uint8_t payload_type;
        uint32_t clock_rate;
        uint32_t channels;
    } rows[] = {
        { CODEC_PCMA, "PCMA", 8, 8000, 1 },
        { CODEC_PCMU, "PCMU", 0, 8000, 1 },
        { CODEC_G722, "G722", 9, 8000, 1 },
        { CODEC_OPUS, "opus", 96, 48000, 2 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sdp_format format = sdp_format_of(rows[i].codec);
        ck_assert_str_eq(codec_name(rows[i].codec), rows[i].name);
        check_slice(format.encoding, rows[i].name);
        ck_assert_uint_eq(format.payload_type, rows[i].payload_type);
        ck_assert_uint_eq(format.clock_rate, rows[i].clock_rate);
        ck_assert_uint_eq(format.channels, rows[i].channels);
        ck_assert_int_eq(sdp_format_codec(&format), rows[i].codec);
        format.channels = rows[i].channels + 1;
        ck_assert_int_eq(sdp_format_codec(&format), CODEC_NONE);
        format.channels = 1;
        ck_assert_int_eq(sdp_format_codec(&format), rows[i].codec);
        format.clock_rate++;
        ck_assert_int_eq(sdp_format_codec(&format), CODEC_NONE);
    }
    struct sdp_format none = { .encoding = slice_empty() };
    ck_assert_int_eq(sdp_format_codec(&none), CODEC_NONE);
    ck_assert_str_eq(codec_name(CODEC_NONE), "");
}
END_TEST

START_TEST(telephone_events_are_known_in_any_case)
{
    struct sdp_format format = { .encoding = slice_of("Telephone-Event") };
    ck_assert(sdp_format_is_events(&format));
    format.encoding = slice_of("telephone-events");
    ck_assert(!sdp_format_is_events(&format));
}
END_TEST

SUITE_MAIN("sdp/session", every_line_gives_its_field, what_is_no_description_is_told,
           a_description_has_its_greatest_length, formats_are_described_by_their_attributes,
           an_rtpmap_replaces_a_static_type, attributes_are_read_leniently,
           payload_types_are_seven_bits_and_of_rtp_only, more_than_the_limits_is_left_out,
           a_broken_origin_leaves_zero, a_description_is_written_line_by_line,
           what_is_not_given_is_not_written, the_static_types_are_those_of_rfc_3551,
           our_codecs_are_offered_and_found_by_name_clock_and_channels,
           telephone_events_are_known_in_any_case)
