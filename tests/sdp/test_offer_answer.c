// SPDX-License-Identifier: ISC
// Offers and answers as rows: an offer's media section, and the answer's m= line and direction.
#include "sdp/offer_answer.h"
#include "tests/suite.h"

#include <stdio.h>

#define HEAD "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"

static const enum codec codecs[] = { CODEC_PCMA, CODEC_PCMU };

static struct sdp_local local(void)
{
    struct sdp_local local = {
        .rtcp_port = 20001,
        .session_id = 7,
        .version = 9,
        .codecs = codecs,
        .codec_count = 2,
        .direction = SDP_SENDRECV,
        .ptime_ms = 20,
    };
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &local.address);
    return local;
}

static enum status answer(struct arena *arena, const char *offer, struct buffer *text,
                          struct sdp_agreement *agreement)
{
    struct sdp_local ours = local();
    struct sdp_session *parsed;
    struct sdp_session *answered;
    const char *why;
    enum status status = sdp_parse(arena, slice_of(offer), &parsed);
    if (status == STATUS_OK)
        status = sdp_answer(arena, parsed, &ours, &answered, agreement, &why);
    if (status == STATUS_OK)
        sdp_write(text, answered);
    return status;
}

static const struct {
    const char *offer;
    const char *answer; // NULL: refused
    const char *lacks;
} rows[] = {
    { HEAD "m=audio 4000 RTP/AVP 0\r\n", "m=audio 20000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8 0\r\n", "RTP/AVP 8\r\n", NULL },
    // lines that cannot be read are refused, the good one is taken
    { HEAD "m=video 5000 RTP/AVP\r\nm=audio 4000 RTP/AVP 8\r\n",
      "m=video 0 RTP/AVP 0\r\nm=audio 20000 RTP/AVP 8\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nm=application 70000 TCP/X *\r\n", "m=application 0 TCP/X *",
      NULL },
    { HEAD "m=audio 70000 RTP/AVP 8\r\n", NULL, NULL },
    { HEAD "m=audio 4000\r\n", NULL, NULL },
    // where no audio is to be sent: another network, and addresses that are nobody's
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=AF IP4 192.0.2.9\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN AF 192.0.2.9\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=ATM NSAP 47.0091\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=in ip4 192.0.2.9\r\n", "m=audio 20000", NULL },
    { HEAD "m=audio 53 RTP/AVP 8\r\nc=IN IP4 127.0.0.1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 127.99.1.2\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 224.0.0.1/32\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 239.255.255.250\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 255.255.255.255\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 240.1.2.3\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 169.254.169.254\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.7\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ff02::1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 fe80::1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::ffff:127.0.0.1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 ::ffff:169.254.169.254\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 64:ff9b::7f00:1\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP6 2001:db8::9\r\n", "m=audio 20000", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 0.0.0.0\r\n", "m=audio 20000", NULL }, // hold
    { HEAD "m=audio 4000 RTP/AVP 18 3 0\r\n", "RTP/AVP 0\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 PCMA/8000/1\r\n", "RTP/AVP 96\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 96 97\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:97 pcmu/8000\r\n",
      "RTP/AVP 97\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n",
      "RTP/AVP 8 101\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8 110 111\r\na=rtpmap:110 telephone-event/48000\r\n"
           "a=rtpmap:111 telephone-event/8000\r\n",
      "RTP/AVP 8 111\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 8 110\r\na=rtpmap:110 telephone-event/48000\r\n",
      "a=rtpmap:110 telephone-event/48000", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", "a=recvonly", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", "a=sendonly", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", "a=inactive", NULL },
    { HEAD "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\n", "a=recvonly", NULL },
    { HEAD "a=sendonly\r\nm=audio 4000 RTP/AVP 0\r\na=sendrecv\r\n", "a=sendrecv", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:30\r\n", "a=ptime:30", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:0\r\n", "a=ptime:20", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:4000\r\n", "a=ptime:120", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=ptime:40\r\na=maxptime:20\r\n", "a=ptime:20", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp-mux\r\n", "a=rtcp-mux", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\n", "m=audio", "rtcp-mux" },
    { HEAD "m=video 4000 RTP/AVP 96\r\nm=audio 4002 RTP/AVP 0\r\n",
      "m=video 0 RTP/AVP 96\r\nm=audio 20000 RTP/AVP 0\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/AVP 0\r\n", "m=audio 0 RTP/AVP 0\r\n",
      NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\nm=image 4004 udptl t38\r\n", "m=image 0 udptl t38\r\n",
      NULL },
    { HEAD "m=audio 4000 RTP/SAVP 0\r\nm=audio 4002 RTP/AVP 0\r\n",
      "m=audio 0 RTP/SAVP 0\r\nm=audio 20000 RTP/AVP 0\r\n", NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
      "m=audio 20000 RTP/AVP 0", "crypto" },
    { "v=0\no=x 1 1 IN IP4 192.0.2.9\nc=IN IP4 192.0.2.9\nm=audio 4000 RTP/AVP 0\n",
      "m=audio 20000 RTP/AVP 0", NULL },
    { "v=0\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP6 2001:db8::1\r\n", "m=audio 20000", NULL },
    { "v=0\r\nc=IN IP4 192.0.2.9\r\nt=2873397496 2873404696\r\nt=1 2\r\nm=audio 4000 RTP/AVP 0\r\n",
      "\r\nt=2873397496 2873404696\r\nm=", "t=1 2" },
    { "v=0\r\nc=IN IP4 192.0.2.9\r\nt=now then\r\nm=audio 4000 RTP/AVP 0\r\n",
      "\r\nt=0 0\r\nm=", NULL },
    { HEAD
      "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n",
      "RTP/AVP 0 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15",
      NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\n", "\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=", NULL },
    { HEAD "m=audio 4000/2 RTP/AVP 0\r\n", "m=audio 20000", NULL },
    { HEAD "m=video 4000 RTP/AVP 96\r\n", NULL, NULL },
    { HEAD "m=audio 0 RTP/AVP 0\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 18\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/SAVP 0\r\n", NULL, NULL },
    { HEAD "m=audio 4000 UDP/TLS/RTP/SAVPF 0\r\n", NULL, NULL },
    { HEAD, NULL, NULL },
    { "v=0\r\nm=audio 4000 RTP/AVP 0\r\n", NULL, NULL },
    { HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 host.example\r\n", NULL, NULL },
    { "nonsense", NULL, NULL },
    { "", NULL, NULL },
    { HEAD "m=audio x RTP/AVP 0\r\n", NULL, NULL },
    { HEAD "m=audio\r\n", NULL, NULL },
    { HEAD "m=audio 70000 RTP/AVP 0\r\n", NULL, NULL },
    { HEAD
      "m=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\nm=a 1 x 1\r\n"
      "m=a 1 x 1\r\nm=audio 4000 RTP/AVP 0\r\na=ptime:20\r\nc=IN IP4 192.0.2.1\r\n",
      NULL, NULL },
};

START_TEST(every_offer_gets_its_answer)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sdp_agreement agreement;
        struct buffer text;
        size_t index;
        buffer_init(&text, LIMIT_SDP_BYTES);
        enum status status = answer(arena, rows[i].offer, &text, &agreement);
        ck_assert_msg((status == STATUS_OK) == (rows[i].answer != NULL), "row %zu: %s", i,
                      rows[i].offer);
        if (rows[i].answer)
            ck_assert_msg(slice_find_text(buffer_slice(&text), slice_of(rows[i].answer), &index),
                          "row %zu: %.*s", i, SLICE_PRINT(buffer_slice(&text)));
        if (rows[i].lacks)
            ck_assert(!slice_find_text(buffer_slice(&text), slice_of(rows[i].lacks), &index));
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

static const struct {
    const char *offer;
    bool sends, receives, is_held;
} directions[] = {
    { HEAD "m=audio 4000 RTP/AVP 0\r\n", true, true, false },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=sendonly\r\n", false, true, true },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=recvonly\r\n", true, false, false },
    { HEAD "m=audio 4000 RTP/AVP 0\r\na=inactive\r\n", false, false, true },
    { HEAD "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 0.0.0.0\r\n", false, true, true },
};

START_TEST(hold_in_all_its_forms_stops_sending)
{
    for (size_t i = 0; i < sizeof(directions) / sizeof(*directions); i++) {
        struct arena *arena = arena_new();
        struct sdp_agreement agreement;
        struct buffer text;
        buffer_init(&text, LIMIT_SDP_BYTES);
        ck_assert_int_eq(answer(arena, directions[i].offer, &text, &agreement), STATUS_OK);
        ck_assert_msg(agreement.sends == directions[i].sends &&
                          agreement.receives == directions[i].receives &&
                          agreement.is_held == directions[i].is_held,
                      "row %zu", i);
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

START_TEST(the_remote_addresses_are_those_of_the_offer)
{
    struct arena *arena = arena_new();
    struct sdp_agreement agreement;
    struct buffer text;
    char address[NET_ADDRESS_TEXT_BYTES];
    buffer_init(&text, LIMIT_SDP_BYTES);
    ck_assert_int_eq(answer(arena,
                            HEAD "m=audio 4000 RTP/AVP 0\r\na=rtcp:5000 IN IP4 192.0.2.8\r\n",
                            &text, &agreement),
                     STATUS_OK);
    ck_assert_str_eq(net_address_text(&agreement.remote_rtp, address), "192.0.2.9:4000");
    ck_assert_str_eq(net_address_text(&agreement.remote_rtcp, address), "192.0.2.8:5000");
    ck_assert_int_eq(answer(arena, HEAD "m=audio 4000 RTP/AVP 0\r\n", &text, &agreement),
                     STATUS_OK);
    ck_assert_str_eq(net_address_text(&agreement.remote_rtcp, address), "192.0.2.9:4001");
    buffer_free(&text);
    arena_free(arena);
}
END_TEST

START_TEST(an_answer_to_our_offer_is_understood)
{
    struct arena *arena = arena_new();
    struct sdp_local ours = local();
    struct sdp_session *offer = sdp_offer(arena, &ours);
    struct sdp_session *parsed;
    struct sdp_agreement agreement;
    const char *why;
    ck_assert_int_eq(
        sdp_parse(arena,
                  slice_of(HEAD "m=audio 4000 RTP/AVP 99 100\r\na=rtpmap:99 PCMU/8000\r\n"
                                "a=rtpmap:100 telephone-event/8000\r\n"),
                  &parsed),
        STATUS_OK);
    ck_assert_int_eq(sdp_accept_answer(offer, parsed, &ours, &agreement, &why), STATUS_OK);
    ck_assert_int_eq(agreement.codec, CODEC_PCMU);
    ck_assert_uint_eq(agreement.send_payload_type, 99);
    ck_assert_uint_eq(agreement.receive_payload_type, 0);
    ck_assert_uint_eq(agreement.send_event_type, 100);
    ck_assert_uint_eq(agreement.receive_event_types[0], 101);
    ck_assert_uint_eq(agreement.other_count, 1); /* we offered PCMA, too: it may come */
    ck_assert_int_eq(agreement.others[0].codec, CODEC_PCMA);
    ck_assert_uint_eq(agreement.others[0].payload_type, 8);
    ck_assert_int_eq(sdp_parse(arena, slice_of(HEAD "m=audio 0 RTP/AVP 0\r\n"), &parsed),
                     STATUS_OK);
    ck_assert_int_eq(sdp_accept_answer(offer, parsed, &ours, &agreement, &why), STATUS_REFUSED);
    ck_assert_int_eq(sdp_parse(arena, slice_of(HEAD), &parsed), STATUS_OK);
    ck_assert_int_eq(sdp_accept_answer(offer, parsed, &ours, &agreement, &why), STATUS_REFUSED);
    arena_free(arena);
}
END_TEST

/* What our offer becomes when `answer` answers it; `before`: the session that it changes. */
static enum status accept(const char *before, const char *answer, struct sdp_agreement *agreement)
{
    struct arena *arena = arena_new();
    struct sdp_local ours = local();
    struct sdp_session *offer = sdp_offer(arena, &ours);
    struct sdp_session *parsed;
    const char *why;
    if (before[0]) {
        ck_assert_int_eq(sdp_parse(arena, slice_of(before), &parsed), STATUS_OK);
        sdp_offer_again(offer, parsed, false);
    }
    ck_assert_int_eq(sdp_parse(arena, slice_of(answer), &parsed), STATUS_OK);
    enum status status = sdp_accept_answer(offer, parsed, &ours, agreement, &why);
    arena_free(arena);
    return status;
}

#define VIDEO_FIRST HEAD "m=video 0 RTP/AVP 96\r\nm=audio 20000 RTP/AVP 0\r\n"

START_TEST(rtcp_goes_to_no_address_that_is_nobodys)
{
    static const char *const nobodys[] = { "127.0.0.1", "224.0.0.1", "255.255.255.255",
                                           "169.254.1.1", "0.0.0.0" };
    for (size_t i = 0; i < 5; i++) {
        struct arena *arena = arena_new();
        struct sdp_agreement agreement;
        struct buffer text;
        char offer[512];
        char host[NET_ADDRESS_TEXT_BYTES];
        buffer_init(&text, LIMIT_SDP_BYTES);
        snprintf(offer, sizeof(offer), HEAD "m=audio 4000 RTP/AVP 8\r\na=rtcp:53 IN IP4 %s\r\n",
                 nobodys[i]);
        ck_assert_int_eq(answer(arena, offer, &text, &agreement), STATUS_OK);
        ck_assert_str_eq(net_address_host(&agreement.remote_rtcp, host), "192.0.2.9");
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

START_TEST(who_is_on_loopback_may_be_sent_audio_there)
{
    struct arena *arena = arena_new();
    struct sdp_local ours = local();
    struct sdp_session *parsed;
    struct sdp_session *answered;
    struct sdp_agreement agreement;
    const char *why;
    (void)!net_address_parse(slice_of("127.0.0.1"), 20000, &ours.address);
    ck_assert_int_eq(sdp_parse(arena,
                               slice_of(HEAD "m=audio 4000 RTP/AVP 8\r\nc=IN IP4 127.0.0.2\r\n"),
                               &parsed),
                     STATUS_OK);
    ck_assert_int_eq(sdp_answer(arena, parsed, &ours, &answered, &agreement, &why), STATUS_OK);
    arena_free(arena);
}
END_TEST

START_TEST(an_answer_is_read_in_the_place_of_our_audio)
{
    struct sdp_agreement agreement;
    char address[NET_ADDRESS_TEXT_BYTES];
    ck_assert_int_eq(
        accept(VIDEO_FIRST, HEAD "m=video 0 RTP/AVP 96\r\nm=audio 4002 RTP/AVP 0\r\n", &agreement),
        STATUS_OK);
    ck_assert_str_eq(net_address_text(&agreement.remote_rtp, address), "192.0.2.9:4002");
    ck_assert_int_eq(
        accept(VIDEO_FIRST, HEAD "m=audio 4002 RTP/AVP 0\r\nm=audio 0 RTP/AVP 0\r\n", &agreement),
        STATUS_REFUSED);
}
END_TEST

START_TEST(an_answer_with_fewer_media_is_borne)
{
    struct sdp_agreement agreement;
    char address[NET_ADDRESS_TEXT_BYTES];
    ck_assert_int_eq(accept(VIDEO_FIRST, HEAD "m=audio 4002 RTP/AVP 0\r\n", &agreement), STATUS_OK);
    ck_assert_str_eq(net_address_text(&agreement.remote_rtp, address), "192.0.2.9:4002");
    ck_assert_int_eq(accept(HEAD "m=audio 20000 RTP/AVP 0\r\nm=video 0 RTP/AVP 96\r\n",
                            HEAD "m=audio 4002 RTP/AVP 0\r\n", &agreement),
                     STATUS_OK);
    ck_assert_int_eq(accept(VIDEO_FIRST, HEAD, &agreement), STATUS_REFUSED);
}
END_TEST

START_TEST(what_is_written_is_read_back_the_same)
{
    struct arena *arena = arena_new();
    struct sdp_local ours = local();
    struct sdp_session *parsed;
    struct buffer first;
    struct buffer second;
    buffer_init(&first, LIMIT_SDP_BYTES);
    buffer_init(&second, LIMIT_SDP_BYTES);
    sdp_write(&first, sdp_offer(arena, &ours));
    ck_assert_int_eq(sdp_parse(arena, buffer_slice(&first), &parsed), STATUS_OK);
    sdp_write(&second, parsed);
    ck_assert(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    ck_assert_uint_eq(parsed->id, 7);
    ck_assert_uint_eq(parsed->version, 9);
    buffer_free(&first);
    buffer_free(&second);
    arena_free(arena);
}
END_TEST

START_TEST(no_cut_of_an_offer_is_read_beyond_its_end)
{
    static const char offer[] = HEAD
        "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"
        "a=rtcp:5000 IN IP4 192.0.2.8\r\na=ptime:20\r\n";
    for (size_t length = 0; length < sizeof(offer); length++) {
        struct arena *arena = arena_new();
        struct sdp_session *parsed;
        char *copy = malloc(length ? length : 1);
        memcpy(copy, offer, length);
        (void)!sdp_parse(arena, slice_make(copy, length), &parsed);
        free(copy);
        arena_free(arena);
    }
}
END_TEST

START_TEST(codec_names_are_found_in_any_case)
{
    ck_assert_int_eq(codec_from_name(slice_of("pcma")), CODEC_PCMA);
    ck_assert_int_eq(codec_from_name(slice_of("Opus")), CODEC_OPUS);
    ck_assert_int_eq(codec_from_name(slice_of("speex")), CODEC_NONE);
    ck_assert_str_eq(codec_name(CODEC_G722), "G722");
}
END_TEST

SUITE_MAIN("sdp/offer_answer", every_offer_gets_its_answer, hold_in_all_its_forms_stops_sending,
           the_remote_addresses_are_those_of_the_offer, an_answer_to_our_offer_is_understood,
           an_answer_is_read_in_the_place_of_our_audio, rtcp_goes_to_no_address_that_is_nobodys,
           who_is_on_loopback_may_be_sent_audio_there, an_answer_with_fewer_media_is_borne,
           what_is_written_is_read_back_the_same, no_cut_of_an_offer_is_read_beyond_its_end,
           codec_names_are_found_in_any_case)
