// SPDX-License-Identifier: ISC
// What both sides have agreed on, why an offer or answer is refused, and offers inside a session
// (RFC 3264 5 to 8, RFC 3605, RFC 5761).
#include "sdp/offer_answer.h"
#include "suite.h"

#include <stdio.h>

#define HEAD "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static const enum codec codecs[] = { CODEC_PCMA, CODEC_PCMU, CODEC_OPUS };

struct table {
    struct arena *arena;
    struct sdp_local local;
    struct sdp_session *ours;
    struct sdp_agreement agreement;
    const char *why;
    struct buffer text;
};

static void setup(struct table *table)
{
    *table = (struct table){ .why = "" };
    table->arena = arena_new();
    table->local = (struct sdp_local){
        .rtcp_port = 20001,
        .session_id = 7,
        .version = 9,
        .codecs = codecs,
        .codec_count = 3,
        .direction = SDP_SENDRECV,
        .ptime_ms = 20,
    };
    buffer_init(&table->text, LIMIT_SDP_BYTES);
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &table->local.address);
}

static void teardown(struct table *table)
{
    buffer_free(&table->text);
    arena_free(table->arena);
}

static struct sdp_session *parsed(struct table *table, const char *text)
{
    struct sdp_session *session;
    ck_assert_int_eq(sdp_parse(table->arena, slice_of(text), &session), STATUS_OK);
    return session;
}

static enum status answer(struct table *table, const char *offer)
{
    return sdp_answer(table->arena, parsed(table, offer), &table->local, &table->ours,
                      &table->agreement, &table->why);
}

static const char *written(struct table *table, const struct sdp_session *session)
{
    buffer_clear(&table->text);
    sdp_write(&table->text, session);
    buffer_append_byte(&table->text, '\0');
    return table->text.data;
}

static bool holds(struct table *table, const struct sdp_session *session, const char *text)
{
    return strstr(written(table, session), text) != NULL;
}

START_TEST(an_agreement_says_what_is_sent_and_received)
{
    struct table table;
    setup(&table);
    ck_assert_int_eq(answer(&table, HEAD "m=audio 4000 RTP/AVPF 97 13 102\r\n"
                                         "a=rtpmap:97 opus/48000/2\r\n"
                                         "a=rtpmap:102 telephone-event/48000\r\na=rtcp-mux\r\n"),
                     STATUS_OK);
    const struct sdp_agreement *agreement = &table.agreement;
    ck_assert_int_eq(agreement->codec, CODEC_OPUS);
    ck_assert_uint_eq(agreement->send_payload_type, 97);
    ck_assert_uint_eq(agreement->receive_payload_type, 97);
    ck_assert(agreement->has_events && agreement->has_comfort_noise && agreement->has_rtcp_mux);
    ck_assert_uint_eq(agreement->send_event_type, 102);
    ck_assert_uint_eq(agreement->receive_event_types[0], 102);
    ck_assert_uint_eq(agreement->event_clock_rate, 48000);
    ck_assert_uint_eq(agreement->ptime_ms, 20);
    ck_assert_uint_eq(agreement->remote_rtcp.port, 4000);
    ck_assert(agreement->sends && agreement->receives && !agreement->is_held);
    ck_assert(holds(&table, table.ours, "m=audio 20000 RTP/AVPF 97 102\r\n"));
    ck_assert(!holds(&table, table.ours, "a=rtcp:"));
    ck_assert(holds(&table, table.ours, "o=- 7 9 IN IP4 192.0.2.7\r\n"));
    ck_assert(holds(&table, table.ours, "c=IN IP4 192.0.2.7\r\n"));
    teardown(&table);
}
END_TEST

START_TEST(without_events_and_noise_there_are_none)
{
    struct table table;
    setup(&table);
    ck_assert_int_eq(answer(&table, HEAD "m=audio 4000 RTP/AVP 0\r\n"), STATUS_OK);
    ck_assert(!table.agreement.has_events && !table.agreement.has_comfort_noise);
    ck_assert(!table.agreement.has_rtcp_mux);
    ck_assert_uint_eq(table.agreement.remote_rtcp.port, 4001);
    teardown(&table);
}
END_TEST

/* RFC 3605: the port is named where it is not the next one. */
START_TEST(an_odd_rtcp_port_is_named)
{
    for (int is_odd = 0; is_odd < 2; is_odd++) {
        struct table table;
        setup(&table);
        table.local.rtcp_port = is_odd ? 20500 : 20001;
        ck_assert_int_eq(answer(&table, HEAD "m=audio 4000 RTP/AVP 0\r\n"), STATUS_OK);
        ck_assert_int_eq(holds(&table, table.ours, "a=rtcp:20500\r\n"), is_odd);
        ck_assert_int_eq(holds(&table, table.ours, "a=rtcp:"), is_odd);
        struct sdp_session *offer = sdp_offer(table.arena, &table.local);
        ck_assert_int_eq(holds(&table, offer, "a=rtcp:20500\r\n"), is_odd);
        ck_assert_int_eq(holds(&table, offer, "a=rtcp:"), is_odd);
        teardown(&table);
    }
}
END_TEST

static const struct {
    const char *offer;
    const char *why;
} refusals[] = {
    { HEAD, "no audio over RTP/AVP or RTP/SAVP is offered" },
    { HEAD "m=video 4000 RTP/AVP 0\r\n", "no audio over RTP/AVP or RTP/SAVP is offered" },
    { HEAD "m=audio 4000 RTP/SAVP 0\r\n",
      "only encrypted audio is offered, and audio.srtp is off" },
    { HEAD "m=audio 4000 RTP/AVP 18\r\n", "no codec in common" },
    { HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 x\r\n", "the audio line has no usable address" },
    { HEAD "m=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\n"
           "m=a 1 x 1\r\nm=audio 1 RTP/AVP 0\r\nm=a 1 x 1\r\n",
      "more media lines than can be answered" },
};

START_TEST(a_refusal_says_why)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        struct table table;
        setup(&table);
        ck_assert_int_eq(answer(&table, refusals[i].offer), STATUS_REFUSED);
        ck_assert_msg(strcmp(table.why, refusals[i].why) == 0, "row %zu: %s", i, table.why);
        ck_assert(table.ours == NULL && table.agreement.codec == CODEC_NONE);
        teardown(&table);
    }
}
END_TEST

START_TEST(eight_media_lines_are_answered)
{
    struct table table;
    setup(&table);
    ck_assert_int_eq(answer(&table,
                            HEAD "m=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\n"
                                 "m=a 1 x 1\r\nm=a 1 x 1\r\nm=audio 1 RTP/AVP 0\r\n"),
                     STATUS_OK);
    ck_assert_uint_eq(table.ours->media_count, 8);
    ck_assert_uint_eq(table.ours->media[7].port, 20000);
    ck_assert_uint_eq(table.ours->media[6].port, 0);
    teardown(&table);
}
END_TEST

START_TEST(a_second_audio_line_serves_when_the_first_does_not)
{
    struct table table;
    setup(&table);
    ck_assert_int_eq(answer(&table, HEAD "m=audio 4000 RTP/AVP 18\r\nm=audio 4002 RTP/AVP 0\r\n"
                                         "m=audio 4004 RTP/AVP 8\r\n"),
                     STATUS_OK);
    ck_assert_uint_eq(table.agreement.remote_rtp.port, 4002);
    ck_assert_uint_eq(table.ours->media[0].port, 0);
    ck_assert_uint_eq(table.ours->media[1].port, 20000);
    ck_assert_uint_eq(table.ours->media[2].port, 0);
    teardown(&table);
}
END_TEST

/* Each side's direction, and who sends then. */
static const struct {
    const char *theirs;
    enum sdp_direction ours;
    const char *answer;
    bool sends, receives, is_held;
} directions[] = {
    { "sendrecv", SDP_SENDRECV, "sendrecv", true, true, false },
    { "sendrecv", SDP_SENDONLY, "sendonly", true, false, false },
    { "sendrecv", SDP_RECVONLY, "recvonly", false, true, false },
    { "sendrecv", SDP_INACTIVE, "inactive", false, false, false },
    { "sendonly", SDP_SENDRECV, "recvonly", false, true, true },
    { "sendonly", SDP_SENDONLY, "inactive", false, false, true },
    { "sendonly", SDP_RECVONLY, "recvonly", false, true, true },
    { "sendonly", SDP_INACTIVE, "inactive", false, false, true },
    { "recvonly", SDP_SENDRECV, "sendonly", true, false, false },
    { "recvonly", SDP_SENDONLY, "sendonly", true, false, false },
    { "recvonly", SDP_RECVONLY, "inactive", false, false, false },
    { "recvonly", SDP_INACTIVE, "inactive", false, false, false },
    { "inactive", SDP_SENDRECV, "inactive", false, false, true },
    { "inactive", SDP_SENDONLY, "inactive", false, false, true },
    { "inactive", SDP_RECVONLY, "inactive", false, false, true },
    { "inactive", SDP_INACTIVE, "inactive", false, false, true },
    { "sendrecv\r\nc=IN IP4 0.0.0.0", SDP_SENDRECV, "sendrecv", false, true, true },
    { "sendrecv\r\nc=IN IP6 ::", SDP_SENDRECV, "sendrecv", false, true, true },
    { "recvonly\r\nc=IN IP4 0.0.0.0", SDP_SENDRECV, "sendonly", false, false, true },
};

START_TEST(two_directions_make_one)
{
    for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
        struct table table;
        char offer[256];
        char wanted[32];
        setup(&table);
        table.local.direction = directions[i].ours;
        snprintf(offer, sizeof(offer), HEAD "m=audio 4000 RTP/AVP 0\r\na=%s\r\n",
                 directions[i].theirs);
        snprintf(wanted, sizeof(wanted), "a=%s\r\n", directions[i].answer);
        ck_assert_int_eq(answer(&table, offer), STATUS_OK);
        ck_assert_msg(holds(&table, table.ours, wanted), "row %zu: %s", i,
                      written(&table, table.ours));
        ck_assert_msg(table.agreement.sends == directions[i].sends, "row %zu", i);
        ck_assert_msg(table.agreement.receives == directions[i].receives, "row %zu", i);
        ck_assert_msg(table.agreement.is_held == directions[i].is_held, "row %zu", i);
        teardown(&table);
    }
}
END_TEST

static const struct {
    uint32_t ours;
    const char *lines;
    uint32_t ptime_ms;
} ptimes[] = {
    { 20, "", 20 },
    { 30, "", 30 },
    { 0, "", 20 },
    { 20, "a=ptime:10\r\n", 10 },
    { 20, "a=ptime:9\r\n", 10 },
    { 20, "a=ptime:1\r\n", 10 },
    { 20, "a=ptime:29\r\n", 20 },
    { 20, "a=ptime:60\r\n", 60 },
    { 20, "a=ptime:61\r\n", 60 },
    { 20, "a=ptime:70\r\n", 70 },
    { 20, "a=ptime:120\r\n", 120 },
    { 20, "a=ptime:150\r\n", 120 },
    { 20, "a=maxptime:10\r\n", 10 },
    { 20, "a=maxptime:20\r\n", 20 },
    { 20, "a=ptime:40\r\na=maxptime:30\r\n", 30 },
    { 20, "a=maxptime:5\r\n", 10 },
};

START_TEST(packets_last_10_to_120_milliseconds)
{
    for (size_t i = 0; i < sizeof(ptimes) / sizeof(*ptimes); i++) {
        struct table table;
        char offer[256];
        setup(&table);
        table.local.ptime_ms = ptimes[i].ours;
        snprintf(offer, sizeof(offer), HEAD "m=audio 4000 RTP/AVP 0\r\n%s", ptimes[i].lines);
        ck_assert_int_eq(answer(&table, offer), STATUS_OK);
        ck_assert_msg(table.agreement.ptime_ms == ptimes[i].ptime_ms, "row %zu: %u", i,
                      table.agreement.ptime_ms);
        teardown(&table);
    }
}
END_TEST

// --- our offers

START_TEST(a_first_offer_has_all_codecs_and_events)
{
    struct table table;
    setup(&table);
    ck_assert_str_eq(written(&table, sdp_offer(table.arena, &table.local)),
                     "v=0\r\no=- 7 9 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\n"
                     "m=audio 20000 RTP/AVP 8 0 96 101 102\r\na=rtpmap:8 PCMA/8000\r\n"
                     "a=rtpmap:0 PCMU/8000\r\na=rtpmap:96 opus/48000/2\r\n"
                     "a=fmtp:96 useinbandfec=1\r\na=rtpmap:101 telephone-event/8000\r\n"
                     "a=fmtp:101 0-15\r\na=rtpmap:102 telephone-event/48000\r\n"
                     "a=fmtp:102 0-15\r\na=ptime:20\r\n"
                     "a=sendrecv\r\n");
    teardown(&table);
}
END_TEST

static enum status accept(struct table *table, const struct sdp_session *offer, const char *text)
{
    return sdp_accept_answer(offer, parsed(table, text), &table->local, &table->agreement,
                             &table->why);
}

START_TEST(an_answer_is_sent_as_they_say_and_received_as_we_offered)
{
    struct table table;
    setup(&table);
    struct sdp_session *offer = sdp_offer(table.arena, &table.local);
    ck_assert_int_eq(accept(&table, offer,
                            HEAD "m=audio 4000 RTP/AVP 111 100\r\na=rtpmap:111 opus/48000/2\r\n"
                                 "a=rtpmap:100 telephone-event/8000\r\na=rtcp-mux\r\n"),
                     STATUS_OK);
    ck_assert_uint_eq(table.agreement.send_payload_type, 111);
    ck_assert_uint_eq(table.agreement.receive_payload_type, 96);
    ck_assert_uint_eq(table.agreement.send_event_type, 100);
    ck_assert_uint_eq(table.agreement.receive_event_types[0], 101);
    ck_assert(!table.agreement.has_rtcp_mux); // we did not offer it
    offer->media[0].has_rtcp_mux = true;
    ck_assert_int_eq(accept(&table, offer, HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n"),
                     STATUS_OK);
    ck_assert(table.agreement.has_rtcp_mux && !table.agreement.has_events);
    ck_assert_int_eq(accept(&table, offer, HEAD "m=audio 4000 RTP/AVP 0\r\n"), STATUS_OK);
    ck_assert(!table.agreement.has_rtcp_mux);
    teardown(&table);
}
END_TEST

START_TEST(an_answer_that_answers_nothing_is_refused)
{
    static const struct {
        const char *answer;
        const char *why;
    } rows[] = {
        { HEAD, "the answer refuses the audio" },
        { HEAD "m=audio 0 RTP/AVP 0\r\n", "the answer refuses the audio" },
        { HEAD "m=video 4000 RTP/AVP 0\r\n", "the answer refuses the audio" },
        { HEAD "m=audio 4000 RTP/AVP 18\r\n", "no codec in common" },
    };
    for (size_t i = 0; i < 4; i++) {
        struct table table;
        setup(&table);
        struct sdp_session *offer = sdp_offer(table.arena, &table.local);
        ck_assert_int_eq(accept(&table, offer, rows[i].answer), STATUS_REFUSED);
        ck_assert_msg(strcmp(table.why, rows[i].why) == 0, "row %zu: %s", i, table.why);
        teardown(&table);
    }
}
END_TEST

START_TEST(an_offer_inside_the_session_keeps_its_lines)
{
    struct table table;
    setup(&table);
    ck_assert_int_eq(answer(&table, HEAD "m=image 1 udptl t38\r\n"
                                         "m=audio 4000 RTP/AVPF 0 110\r\n"
                                         "a=rtpmap:110 telephone-event/8000\r\n"
                                         "m=audio 4002 RTP/AVP 0\r\n"),
                     STATUS_OK);
    struct sdp_session *offer = sdp_offer(table.arena, &table.local);
    sdp_offer_again(offer, table.ours, false);
    ck_assert_uint_eq(offer->media_count, 3);
    ck_assert(
        holds(&table, offer, "m=image 0 udptl t38\r\nm=audio 20000 RTP/AVPF 8 0 96 110 102\r\n"));
    ck_assert(holds(&table, offer, "a=rtpmap:110 telephone-event/8000\r\n"));
    ck_assert(holds(&table, offer, "a=sendrecv\r\nm=audio 0 RTP/AVP 0\r\n"));
    teardown(&table);
}
END_TEST

START_TEST(what_is_held_on_both_sides_is_inactive)
{
    static const struct {
        enum sdp_direction direction;
        bool is_held;
        enum sdp_direction offered;
    } rows[] = {
        { SDP_SENDONLY, true, SDP_INACTIVE }, { SDP_SENDONLY, false, SDP_SENDONLY },
        { SDP_SENDRECV, true, SDP_SENDRECV }, { SDP_SENDRECV, false, SDP_SENDRECV },
        { SDP_RECVONLY, true, SDP_RECVONLY },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct table table;
        setup(&table);
        struct sdp_session *before = sdp_offer(table.arena, &table.local);
        table.local.direction = rows[i].direction;
        struct sdp_session *offer = sdp_offer(table.arena, &table.local);
        sdp_offer_again(offer, before, rows[i].is_held);
        ck_assert_msg(offer->media[0].direction == rows[i].offered, "row %zu", i);
        teardown(&table);
    }
}
END_TEST

SUITE_MAIN("sdp/agreement", an_agreement_says_what_is_sent_and_received,
           without_events_and_noise_there_are_none, an_odd_rtcp_port_is_named, a_refusal_says_why,
           eight_media_lines_are_answered, a_second_audio_line_serves_when_the_first_does_not,
           two_directions_make_one, packets_last_10_to_120_milliseconds,
           a_first_offer_has_all_codecs_and_events,
           an_answer_is_sent_as_they_say_and_received_as_we_offered,
           an_answer_that_answers_nothing_is_refused, an_offer_inside_the_session_keeps_its_lines,
           what_is_held_on_both_sides_is_inactive)
