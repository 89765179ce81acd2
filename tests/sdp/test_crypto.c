// SPDX-License-Identifier: ISC
// a=crypto as rows: what may be used, what may not, and what is no such line.
#include "sdp/crypto.h"
#include "tests/suite.h"

#define A40    "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // 30 bytes
#define CM     "1 AES_CM_128_HMAC_SHA1_80 inline:"
#define GCM128 "AEAD_AES_128_GCM inline:"
#define A28    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3OA"
#define A44    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ"
#define A46    "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Ng"

static const struct {
    const char *line;
    enum status status;
    uint32_t tag;
    enum srtp_suite suite;
    size_t mki_length;
} rows[] = {
    { CM A40, STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { "  7   AES_CM_128_HMAC_SHA1_32\tinline:" A40 "  ", STATUS_OK, 7, SRTP_AES_CM_128_HMAC_SHA1_32,
      0 },
    { "0 aes_cm_128_hmac_sha1_80 INLINE:" A40, STATUS_OK, 0, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { "999999999 " GCM128 A28, STATUS_OK, 999999999, SRTP_AEAD_AES_128_GCM, 0 },
    { "2 " GCM128 A28 "==", STATUS_OK, 2, SRTP_AEAD_AES_128_GCM, 0 },
    { "2 AEAD_AES_256_GCM inline:" A44, STATUS_OK, 2, SRTP_AEAD_AES_256_GCM, 0 },
    { "2 AEAD_AES_256_GCM inline:" A44 "=", STATUS_OK, 2, SRTP_AEAD_AES_256_GCM, 0 },
    { "2 AES_256_CM_HMAC_SHA1_80 inline:" A46, STATUS_OK, 2, SRTP_AES_256_CM_HMAC_SHA1_80, 0 },
    { "2 AES_256_CM_HMAC_SHA1_32 inline:" A46 "==|2^31", STATUS_OK, 2, SRTP_AES_256_CM_HMAC_SHA1_32,
      0 },
    // lifetime and name
    { CM A40 "|2^20", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 "|2^31", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 "|2^48", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 "|1048576", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 "|2^20|1:4", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 4 },
    { CM A40 "|1:4", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 4 },
    { CM A40 "|255:1", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 1 },
    { CM A40 "|18446744073709551615:128", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 128 },
    { CM A40 "|2^49", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|2^020", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|0", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|281474976710657", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|x", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "||1:4", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|2^20|", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|1:4|2^20", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|2^20|1:4|", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|256:1", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|1:0", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|1:129", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|:4", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|1:", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "|01:4", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    // several keys, which would change without an offer
    { CM A40 "|2^20|1:4;inline:" A40 "|2^20|2:4", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    // tags
    { "01 AES_CM_128_HMAC_SHA1_80 inline:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1000000000 AES_CM_128_HMAC_SHA1_80 inline:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "x AES_CM_128_HMAC_SHA1_80 inline:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "-1 AES_CM_128_HMAC_SHA1_80 inline:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "AES_CM_128_HMAC_SHA1_80 inline:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    // suites
    { "1 F8_128_HMAC_SHA1_80 inline:" A40, STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { "1 NULL_HMAC_SHA1_80 inline:" A40, STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { "1 none inline:" A40, STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { "1 AES_CM_128_HMAC_SHA1_8 inline:" A40, STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    // keys
    { CM, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 AES_CM_128_HMAC_SHA1_80 " A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 AES_CM_128_HMAC_SHA1_80 uri:" A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 AES_CM_128_HMAC_SHA1_80", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGV", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGU=", STATUS_MALFORMED, 0, SRTP_NONE, 0 }, // 29
    { CM A40 "AAAA", STATUS_MALFORMED, 0, SRTP_NONE, 0 },                                 // 33
    { CM A40 "=", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 "====", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubG!z", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVub-_z", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 " GCM128 A28 "=", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 " GCM128 "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3OB", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 " GCM128 A40, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1 AEAD_AES_256_GCM inline:" A46, STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    // session parameters
    { CM A40 " -FUTURE=7 -x", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 " WSH=64 FEC_ORDER=FEC_SRTP", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 " wsh=128", STATUS_OK, 1, SRTP_AES_CM_128_HMAC_SHA1_80, 0 },
    { CM A40 " WSH=064", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 " WSH=", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { CM A40 " KDR=1", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " UNENCRYPTED_SRTP", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " UNENCRYPTED_SRTCP", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " unencrypted_srtcp", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " -x UNAUTHENTICATED_SRTP", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " FEC_ORDER=SRTP_FEC", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " FEC_KEY=inline:" A40, STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { CM A40 " UNKNOWN", STATUS_UNSUPPORTED, 0, SRTP_NONE, 0 },
    { "", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "1", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
    { "   ", STATUS_MALFORMED, 0, SRTP_NONE, 0 },
};

START_TEST(a_line_is_used_only_when_all_of_it_is_understood)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct sdp_crypto crypto = { .tag = 77 };
        enum status status = sdp_crypto_parse(slice_of(rows[i].line), &crypto);
        ck_assert_msg(status == rows[i].status, "row %zu: %s: %d", i, rows[i].line, status);
        if (status != STATUS_OK) {
            ck_assert_msg(crypto.tag == 77 && !crypto.key.master[0], "row %zu: touched", i);
            continue;
        }
        ck_assert_msg(crypto.tag == rows[i].tag, "row %zu: %u", i, crypto.tag);
        ck_assert_msg(crypto.key.suite == rows[i].suite, "row %zu: %d", i, crypto.key.suite);
        ck_assert_msg(crypto.key.mki_length == rows[i].mki_length, "row %zu", i);
    }
}
END_TEST

START_TEST(a_name_is_written_to_all_its_bytes)
{
    static const uint8_t name[] = { 0, 0, 1, 2 };
    struct sdp_crypto crypto;
    ck_assert_int_eq(sdp_crypto_parse(slice_of(CM A40 "|2^20|258:4"), &crypto), STATUS_OK);
    ck_assert_mem_eq(crypto.key.mki, name, 4);
}
END_TEST

START_TEST(what_is_written_is_read_as_the_same)
{
    for (enum srtp_suite suite = SRTP_NONE + 1; suite < SRTP_SUITE_COUNT; suite++) {
        struct sdp_crypto crypto = { .tag = 7 + (uint32_t)suite, .key = { .suite = suite } };
        struct sdp_crypto read;
        struct buffer text;
        for (size_t i = 0; i < srtp_suite_master_length(suite); i++)
            crypto.key.master[i] = (uint8_t)(i * 37 + suite);
        buffer_init(&text, 200);
        sdp_crypto_write(&text, &crypto);
        ck_assert_int_eq(sdp_crypto_parse(buffer_slice(&text), &read), STATUS_OK);
        ck_assert_uint_eq(read.tag, crypto.tag);
        ck_assert(srtp_key_equal(&read.key, &crypto.key));
        buffer_free(&text);
    }
}
END_TEST

SUITE_MAIN("sdp/crypto", a_line_is_used_only_when_all_of_it_is_understood,
           a_name_is_written_to_all_its_bytes, what_is_written_is_read_as_the_same)
