// SPDX-License-Identifier: ISC
// A session through its changes: what our description says each time, and what a failed change
// leaves (RFC 3264 8, RFC 6141).
#include "agent/negotiation.h"
#include "tests/suite.h"
#include "util/limits.h"

#include <stdio.h>
#include <string.h>

#define HEAD  "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define PLAIN HEAD "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
#define HOLD  HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n"
#define G729  HEAD "m=audio 4000 RTP/AVP 18\r\n"

struct bench {
    struct agent_settings settings;
    struct random random;
    struct negotiation *negotiation;
    char text[LIMIT_SDP_BYTES + 1]; // the last description of ours
};

static void setup(struct bench *bench)
{
    struct net_address rtp;
    *bench = (struct bench){
        .settings = { .codecs = { CODEC_PCMA, CODEC_PCMU }, .codec_count = 2 },
    };
    random_init_number(&bench->random, 1);
    bench->negotiation = negotiation_new(&bench->settings, &bench->random);
    ck_assert_int_eq(net_address_parse(slice_of("192.0.2.7"), 20000, &rtp), STATUS_OK);
    negotiation_set_address(bench->negotiation, &rtp, 20001);
}

static void teardown(struct bench *bench)
{
    negotiation_free(bench->negotiation);
}

static void keep(struct bench *bench, struct slice text)
{
    snprintf(bench->text, sizeof(bench->text), "%.*s", SLICE_PRINT(text));
}

static enum status answer(struct bench *bench, const char *offer)
{
    struct slice text;
    const char *why;
    enum status status = negotiation_answer(bench->negotiation, slice_of(offer), &text, &why);
    if (status == STATUS_OK)
        keep(bench, text);
    return status;
}

static enum status offer(struct bench *bench, const char *answer)
{
    const char *why;
    keep(bench, negotiation_offer(bench->negotiation));
    return negotiation_accept(bench->negotiation, slice_of(answer), &why);
}

/* The n-th word of the o= line: 1 is the session's id, 2 its version. */
static unsigned origin(const struct bench *bench, int place)
{
    unsigned id = 0;
    unsigned version = 0;
    const char *line = strstr(bench->text, "\r\no=");
    ck_assert(line && sscanf(line, "\r\no=- %u %u ", &id, &version) == 2);
    return place == 1 ? id : version;
}

START_TEST(the_version_rises_with_each_change_and_only_then)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(answer(&bench, PLAIN), STATUS_OK);
    unsigned id = origin(&bench, 1);
    unsigned version = origin(&bench, 2);
    ck_assert_int_eq(answer(&bench, PLAIN), STATUS_OK);
    ck_assert_uint_eq(origin(&bench, 2), version);
    ck_assert_int_eq(answer(&bench, HOLD), STATUS_OK);
    ck_assert_uint_eq(origin(&bench, 2), version + 1);
    ck_assert_int_eq(answer(&bench, G729), STATUS_REFUSED);
    ck_assert_int_eq(answer(&bench, PLAIN), STATUS_OK);
    ck_assert_uint_eq(origin(&bench, 2), version + 2);
    negotiation_set_direction(bench.negotiation, SDP_SENDONLY);
    ck_assert_int_eq(offer(&bench, HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n"), STATUS_OK);
    ck_assert_uint_eq(origin(&bench, 2), version + 3);
    ck_assert_int_eq(offer(&bench, HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n"), STATUS_OK);
    ck_assert_uint_eq(origin(&bench, 2), version + 3);
    ck_assert_uint_eq(origin(&bench, 1), id);
    teardown(&bench);
}
END_TEST

START_TEST(the_first_offer_lists_what_we_can_by_preference)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(offer(&bench, PLAIN), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(bench.text, "m=audio 20000 RTP/AVP 8 0 101\r\n"));
    ck_assert_ptr_nonnull(strstr(bench.text, "t=0 0\r\n"));
    ck_assert_ptr_nonnull(strstr(bench.text, "s=-\r\n"));
    ck_assert_ptr_nonnull(strstr(bench.text, "a=sendrecv\r\n"));
    teardown(&bench);
}
END_TEST

START_TEST(a_refused_change_leaves_the_session)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(answer(&bench, PLAIN), STATUS_OK);
    struct media_parameters before = *negotiation_media(bench.negotiation);
    ck_assert_int_eq(answer(&bench, G729), STATUS_REFUSED);
    ck_assert_int_eq(answer(&bench, "nonsense"), STATUS_MALFORMED);
    ck_assert_int_eq(offer(&bench, HEAD "m=audio 0 RTP/AVP 0\r\n"), STATUS_REFUSED);
    const struct media_parameters *after = negotiation_media(bench.negotiation);
    ck_assert_uint_eq(after->send_payload_type, before.send_payload_type);
    ck_assert_uint_eq(after->remote_rtp.port, before.remote_rtp.port);
    ck_assert(after->sends && after->receives);
    teardown(&bench);
}
END_TEST

START_TEST(a_new_offer_keeps_lines_order_and_numbers)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(answer(&bench, HEAD "m=video 4002 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 0 110\r\n"
                                         "a=rtpmap:110 telephone-event/8000\r\n"),
                     STATUS_OK);
    ck_assert_int_eq(offer(&bench, HEAD "m=video 0 RTP/AVP 96\r\nm=audio 4000 RTP/AVP 0 110\r\n"
                                        "a=rtpmap:110 telephone-event/8000\r\n"),
                     STATUS_OK);
    const char *video = strstr(bench.text, "m=video 0 RTP/AVP 96\r\n");
    const char *audio = strstr(bench.text, "m=audio 20000 RTP/AVP 8 0 110\r\n");
    ck_assert(video && audio && video < audio);
    ck_assert_uint_eq(negotiation_media(bench.negotiation)->receive_event_types[0], 110);
    ck_assert_int_eq(offer(&bench, HEAD "m=video 0 RTP/AVP 96\r\nm=audio 4444 RTP/AVP 8\r\n"),
                     STATUS_OK);
    ck_assert_uint_eq(negotiation_media(bench.negotiation)->remote_rtp.port, 4444);
    ck_assert_uint_eq(negotiation_media(bench.negotiation)->send_payload_type, 8);
    teardown(&bench);
}
END_TEST

START_TEST(who_is_held_and_holds_offers_inactive)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(answer(&bench, HOLD), STATUS_OK);
    ck_assert(negotiation_is_held(bench.negotiation));
    ck_assert(!negotiation_media(bench.negotiation)->sends);
    negotiation_set_direction(bench.negotiation, SDP_SENDONLY);
    ck_assert_int_eq(offer(&bench, HEAD "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n"), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(bench.text, "a=inactive\r\n"));
    ck_assert(!negotiation_media(bench.negotiation)->receives);
    teardown(&bench);
}
END_TEST

START_TEST(a_description_beside_any_session_promises_no_port)
{
    struct bench bench;
    struct buffer text;
    setup(&bench);
    buffer_init(&text, LIMIT_SDP_BYTES);
    negotiation_describe(&bench.settings, &bench.random, &text);
    keep(&bench, buffer_slice(&text));
    ck_assert_ptr_nonnull(strstr(bench.text, "m=audio 0 RTP/AVP 8 0 101\r\n"));
    ck_assert_ptr_nonnull(strstr(bench.text, "\r\na=rtpmap:101 telephone-event/8000\r\n"));
    buffer_free(&text);
    teardown(&bench);
}
END_TEST

SUITE_MAIN("agent/negotiation", the_version_rises_with_each_change_and_only_then,
           the_first_offer_lists_what_we_can_by_preference, a_refused_change_leaves_the_session,
           a_new_offer_keeps_lines_order_and_numbers, who_is_held_and_holds_offers_inactive,
           a_description_beside_any_session_promises_no_port)
