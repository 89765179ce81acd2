// SPDX-License-Identifier: ISC
// Encryption in offers and answers as rows: policy, an offer's media section, and what the answer
// must have.
#include "sdp/crypto.h"
#include "sdp/offer_answer.h"
#include "tests/suite.h"

#define HEAD "v=0\r\no=x 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
#define KEY  "inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
#define K46  "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Ng=="
#define K44  "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ="
#define CM   "a=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n"
#define OFF  SDP_SRTP_OFF
#define OPP  SDP_SRTP_OPPORTUNISTIC
#define REQ  SDP_SRTP_REQUIRED

static const enum codec codecs[] = { CODEC_PCMA, CODEC_PCMU };
static struct srtp_key keys[SRTP_SUITE_COUNT];

static struct sdp_local local_of(enum sdp_srtp srtp)
{
    struct sdp_local local = {
        .rtcp_port = 20001,
        .session_id = 7,
        .version = 9,
        .codecs = codecs,
        .codec_count = 2,
        .direction = SDP_SENDRECV,
        .ptime_ms = 20,
        .srtp = srtp,
        .keys = keys,
    };
    for (int suite = 0; suite < SRTP_SUITE_COUNT; suite++)
        keys[suite] = (struct srtp_key){ .suite = (enum srtp_suite)suite, .master = "ours" };
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &local.address);
    return local;
}

static const struct {
    enum sdp_srtp srtp;
    const char *offer;
    const char *answer; // NULL: refused
    const char *lacks;
    enum srtp_suite suite;
} rows[] = {
    // the profile of the offer, one line, its tag
    { OPP, "m=audio 4000 RTP/SAVP 0\r\n" CM, "RTP/SAVP 0\r\n", NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { REQ, "m=audio 4000 RTP/SAVPF 0\r\n" CM, "RTP/SAVPF 0\r\n", NULL,
      SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 rtp/savp 0\r\n" CM, "rtp/savp 0\r\n", NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 RTP/AVP 0\r\n" CM, "RTP/AVP 0\r\n", NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { REQ, "m=audio 4000 RTP/AVPF 0\r\n" CM, "RTP/AVPF 0\r\n", NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OFF, "m=audio 4000 RTP/AVP 0\r\n" CM, "RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { OFF, "m=audio 4000 RTP/SAVP 0\r\n" CM, NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\n", "RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { REQ, "m=audio 4000 RTP/AVP 0\r\n", NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\n", NULL, NULL, SRTP_NONE },
    { REQ, "m=audio 4000 RTP/SAVPF 0\r\n", NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n" CM, NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=CRYPTO:77 aes_cm_128_hmac_sha1_80 " KEY "\r\n",
      "a=crypto:77 AES_CM_128_HMAC_SHA1_80 inline:", "WVNfX19", SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:0 AES_CM_128_HMAC_SHA1_32 " KEY "|2^31\r\n",
      "a=crypto:0 AES_CM_128_HMAC_SHA1_32 inline:", "2^31", SRTP_AES_CM_128_HMAC_SHA1_32 },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY "|2^20|1:4\r\n",
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:", "1:4", SRTP_AES_CM_128_HMAC_SHA1_80 },
    // our order, whatever theirs; unusable lines are passed over
    { OPP,
      "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 F8_128_HMAC_SHA1_80 " KEY "\r\n"
      "a=crypto:2 AES_CM_128_HMAC_SHA1_32 " KEY "\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 " KEY
      "\r\na=crypto:4 AES_256_CM_HMAC_SHA1_80 " K46 "\r\n",
      "a=crypto:4 AES_256_CM", "a=crypto:3", SRTP_AES_256_CM_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\n" CM "a=crypto:2 AEAD_AES_256_GCM " K44 "\r\n",
      "a=crypto:2 AEAD", "AES_CM", SRTP_AEAD_AES_256_GCM },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:2 AEAD_AES_256_GCM inline:short\r\n" CM,
      "a=crypto:1 ", "AEAD", SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP,
      "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " UNENCRYPTED_SRTCP\r\n",
      NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " KEY " KDR=3\r\n", NULL,
      NULL, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
      "RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { REQ, "m=audio 4000 RTP/AVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", NULL, NULL,
      SRTP_NONE },
    // of two lines with one tag the first counts, although it cannot be used
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n" CM, NULL,
      NULL, SRTP_NONE },
    // two audio lines: the encrypted one, in either order
    { OPP, "m=audio 4000 RTP/AVP 0\r\nm=audio 4002 RTP/SAVP 0\r\n" CM,
      "m=audio 0 RTP/AVP 0\r\nm=audio 20000 RTP/SAVP 0\r\n", NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4002 RTP/SAVP 0\r\n" CM "m=audio 4000 RTP/AVP 0\r\n", "m=audio 0 RTP/AVP 0\r\n",
      NULL, SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OFF, "m=audio 4002 RTP/SAVP 0\r\n" CM "m=audio 4000 RTP/AVP 0\r\n",
      "m=audio 0 RTP/SAVP 0\r\nm=audio 20000 RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { OPP, "m=audio 4002 RTP/SAVP 0\r\nm=audio 4000 RTP/AVP 0\r\n",
      "m=audio 0 RTP/SAVP 0\r\nm=audio 20000 RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { OPP, "m=audio 4002 RTP/SAVP 18\r\n" CM "m=audio 4000 RTP/AVP 0\r\n",
      "m=audio 20000 RTP/AVP 0\r\n", "crypto", SRTP_NONE },
    { REQ, "m=audio 4002 RTP/SAVP 18\r\n" CM "m=audio 4000 RTP/AVP 0\r\n", NULL, NULL, SRTP_NONE },
    // a key belongs to its line, not to the session
    { OPP, CM "m=audio 4002 RTP/SAVP 0\r\n", NULL, NULL, SRTP_NONE },
    { OPP, "m=audio 4002 RTP/SAVP 0\r\nm=video 4004 RTP/SAVP 96\r\n" CM, NULL, NULL, SRTP_NONE },
};

static bool contains(const struct buffer *text, const char *needle)
{
    size_t index;
    return slice_find_text(buffer_slice(text), slice_of(needle), &index);
}

START_TEST(every_offer_is_answered_with_as_much_encryption_as_can_be)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sdp_local local = local_of(rows[i].srtp);
        struct arena *arena = arena_new();
        struct sdp_agreement agreement;
        struct sdp_session *offer;
        struct sdp_session *answer;
        struct buffer text;
        const char *why = "";
        buffer_init(&text, LIMIT_SDP_BYTES);
        buffer_append_text(&text, HEAD);
        buffer_append_text(&text, rows[i].offer);
        ck_assert_int_eq(sdp_parse(arena, buffer_slice(&text), &offer), STATUS_OK);
        enum status status = sdp_answer(arena, offer, &local, &answer, &agreement, &why);
        ck_assert_msg((status == STATUS_OK) == (rows[i].answer != NULL), "row %zu: %s", i, why);
        ck_assert_msg(status == STATUS_OK || why[0], "row %zu: no reason", i);
        if (status == STATUS_OK) {
            ck_assert_msg(agreement.suite == rows[i].suite, "row %zu: %d", i, agreement.suite);
            struct buffer written;
            buffer_init(&written, LIMIT_SDP_BYTES);
            sdp_write(&written, answer);
            ck_assert_msg(contains(&written, rows[i].answer), "row %zu: %.*s", i,
                          SLICE_PRINT(buffer_slice(&written)));
            ck_assert_msg(!rows[i].lacks || !contains(&written, rows[i].lacks), "row %zu: %.*s", i,
                          SLICE_PRINT(buffer_slice(&written)));
            buffer_free(&written);
        }
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

/* Answers to our offer; %s in none: the tags are those of the suites' order. */
static const struct {
    enum sdp_srtp srtp;
    const char *answer;
    bool is_accepted;
    enum srtp_suite suite;
} answers[] = {
    { OFF, "m=audio 4000 RTP/AVP 0\r\n", true, SRTP_NONE },
    { OFF, "m=audio 4000 RTP/AVP 0\r\n" CM, true, SRTP_NONE },
    { OFF, "m=audio 4000 RTP/SAVP 0\r\n" CM, false, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\n", true, SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", true,
      SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 RTP/SAVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", true,
      SRTP_AES_CM_128_HMAC_SHA1_80 },
    { OPP, "m=audio 4000 RTP/AVP 0\r\na=crypto:3 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", false,
      SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\na=crypto:9 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", false,
      SRTP_NONE },
    { OPP, "m=audio 4000 RTP/AVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 inline:x\r\n", false,
      SRTP_NONE },
    { OPP,
      "m=audio 4000 RTP/AVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 " KEY " UNENCRYPTED_SRTP\r\n",
      false, SRTP_NONE },
    { REQ, "m=audio 4000 RTP/SAVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 " KEY "\r\n", true,
      SRTP_AES_CM_128_HMAC_SHA1_80 },
    { REQ, "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 AEAD_AES_256_GCM " K44 "|2^31\r\n", true,
      SRTP_AEAD_AES_256_GCM },
    { REQ, "m=audio 4000 RTP/SAVP 0\r\n", false, SRTP_NONE },
    { REQ, "m=audio 4000 RTP/AVP 0\r\n", false, SRTP_NONE },
    { REQ, "m=audio 0 RTP/SAVP 0\r\n", false, SRTP_NONE },
    // our own key, sent back
    { REQ,
      "m=audio 4000 RTP/SAVP 0\r\na=crypto:4 AES_CM_128_HMAC_SHA1_80 "
      "inline:b3VycwAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
      false, SRTP_NONE },
};

START_TEST(an_answer_names_one_of_the_lines_offered_or_there_is_no_encryption)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
        struct sdp_local local = local_of(answers[i].srtp);
        struct arena *arena = arena_new();
        struct sdp_agreement agreement;
        struct sdp_session *answer;
        struct buffer text;
        const char *why = "";
        buffer_init(&text, LIMIT_SDP_BYTES);
        buffer_append_text(&text, HEAD);
        buffer_append_text(&text, answers[i].answer);
        struct sdp_session *offer = sdp_offer(arena, &local);
        ck_assert_int_eq(sdp_parse(arena, buffer_slice(&text), &answer), STATUS_OK);
        enum status status = sdp_accept_answer(offer, answer, &local, &agreement, &why);
        ck_assert_msg((status == STATUS_OK) == answers[i].is_accepted, "row %zu: %s", i, why);
        if (status == STATUS_OK)
            ck_assert_msg(agreement.suite == answers[i].suite, "row %zu: %d", i, agreement.suite);
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

START_TEST(an_offer_has_a_line_for_each_suite_by_preference)
{
    for (int srtp = SDP_SRTP_OFF; srtp <= SDP_SRTP_REQUIRED; srtp++) {
        struct sdp_local local = local_of((enum sdp_srtp)srtp);
        struct arena *arena = arena_new();
        const struct sdp_media *media = &sdp_offer(arena, &local)->media[0];
        ck_assert(slice_equal(media->transport, slice_of(srtp == REQ ? "RTP/SAVP" : "RTP/AVP")));
        ck_assert_uint_eq(media->crypto_count, srtp == OFF ? 0 : SRTP_SUITE_COUNT - 1);
        for (size_t i = 0; i < media->crypto_count; i++) {
            struct sdp_crypto crypto;
            ck_assert_int_eq(sdp_crypto_parse(media->crypto[i], &crypto), STATUS_OK);
            ck_assert_uint_eq(crypto.tag, i + 1);
            ck_assert(srtp_key_equal(&crypto.key, &keys[i + 1]));
        }
        arena_free(arena);
    }
}
END_TEST

SUITE_MAIN("sdp/encryption", every_offer_is_answered_with_as_much_encryption_as_can_be,
           an_answer_names_one_of_the_lines_offered_or_there_is_no_encryption,
           an_offer_has_a_line_for_each_suite_by_preference)
