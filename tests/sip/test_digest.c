// SPDX-License-Identifier: ISC
// The answers to challenges are computed again here, by nettle directly (RFC 7616 3.4).
#include "sip/digest.h"
#include "tests/suite.h"
#include "util/encoding.h"

#include <nettle/md5.h>
#include <nettle/sha2.h>

#include <stdio.h>

struct line {
    struct arena *arena;
    struct random random;
    struct sip_digest *digest;
    struct sip_writer lines;
};

static void setup(struct line *line, const char *realm, bool allow_md5)
{
    random_init_number(&line->random, 3);
    line->arena = arena_new();
    sip_writer_init(&line->lines);
    line->digest = sip_digest_new(
        &(struct sip_digest_settings){
            .username = slice_of("al\"ice"),
            .password = slice_of("secret"),
            .realms = &realm,
            .realm_count = realm[0] ? 1 : 0,
            .allow_md5 = allow_md5,
        },
        &line->random);
}

static void teardown(struct line *line)
{
    sip_digest_free(line->digest);
    sip_writer_free(&line->lines);
    arena_free(line->arena);
}

static struct sip_message *response(struct line *line, unsigned status, unsigned cseq,
                                    const char *headers)
{
    char text[4096];
    struct sip_message *message;
    snprintf(
        text, sizeof(text),
        "SIP/2.0 %u x\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
        status, cseq, headers);
    ck_assert_int_eq(sip_message_parse(line->arena, slice_of(text), &message), STATUS_OK);
    return message;
}

static void hash(int bits, const char *text, char *hex)
{
    uint8_t sum[32];
    struct buffer out;
    size_t size = bits == 128 ? 16 : 32;
    if (bits == 128) {
        struct md5_ctx context;
        md5_init(&context);
        md5_update(&context, strlen(text), (const uint8_t *)text);
        md5_digest(&context, size, sum);
    } else if (bits == 256) {
        struct sha256_ctx context;
        sha256_init(&context);
        sha256_update(&context, strlen(text), (const uint8_t *)text);
        sha256_digest(&context, size, sum);
    } else {
        struct sha512_256_ctx context;
        sha512_256_init(&context);
        sha512_256_update(&context, strlen(text), (const uint8_t *)text);
        sha512_256_digest(&context, size, sum);
    }
    buffer_init(&out, 128);
    encoding_append_hex(&out, sum, size);
    buffer_append_byte(&out, '\0');
    memcpy(hex, out.data, out.length);
    buffer_free(&out);
}

/* The value of a parameter of the written line, quotes taken off. */
static void parameter(const char *text, const char *name, char *value)
{
    char key[32];
    snprintf(key, sizeof(key), "%s=", name);
    const char *found = strstr(text, key);
    value[0] = '\0';
    if (!found)
        return;
    found += strlen(key);
    if (*found == '"')
        snprintf(value, 128, "%.*s", (int)strcspn(found + 1, "\""), found + 1);
    else
        snprintf(value, 128, "%.*s", (int)strcspn(found, ", \r"), found);
}

static const char *authorize(struct line *line, char *text)
{
    sip_writer_clear(&line->lines);
    const struct sip_request request = { .method = SIP_METHOD_REGISTER,
                                         .uri = slice_of("sips:example.com"),
                                         .call_id = slice_of("c") };
    sip_digest_authorize(line->digest, &request, &line->lines);
    snprintf(text, 2048, "%.*s", SLICE_PRINT(sip_writer_slice(&line->lines)));
    return text;
}

static void check_response(const char *text, int bits, const char *nonce, const char *nc)
{
    char first[128];
    char second[128];
    char whole[128];
    char cnonce[128];
    char value[128];
    char input[1024];
    parameter(text, "cnonce", cnonce);
    hash(bits, "al\"ice:example.com:secret", first);
    hash(bits, "REGISTER:sips:example.com", second);
    snprintf(input, sizeof(input), "%s:%s:%s:%s:auth:%s", first, nonce, nc, cnonce, second);
    hash(bits, input, whole);
    parameter(text, " response", value);
    ck_assert_str_eq(value, whole);
    parameter(text, "nc", value);
    ck_assert_str_eq(value, nc);
}

#define CHALLENGE(algorithm, nonce)                                                                \
    "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"" nonce "\", algorithm=" algorithm    \
    ", qop=\"auth,auth-int\", opaque=\"o+/=\"\r\n"

START_TEST(the_response_is_that_of_rfc_7616)
{
    static const struct {
        const char *challenge;
        int bits;
        const char *algorithm;
    } rows[] = {
        { CHALLENGE("SHA-256", "n1"), 256, "algorithm=SHA-256," },
        { CHALLENGE("SHA-512-256", "n1"), 512, "algorithm=SHA-512-256," },
        { CHALLENGE("MD5", "n1"), 128, "algorithm=MD5," },
    };
    for (size_t i = 0; i < 3; i++) {
        struct line line;
        char text[2048];
        const char *why;
        setup(&line, "", true);
        ck_assert_int_eq(
            sip_digest_challenged(line.digest, response(&line, 401, 1, rows[i].challenge), &why),
            STATUS_OK);
        authorize(&line, text);
        check_response(text, rows[i].bits, "n1", "00000001");
        ck_assert(strstr(text, "username=\"al\\\"ice\"") != NULL);
        ck_assert(strstr(text, "opaque=\"o+/=\"") != NULL);
        ck_assert(strstr(text, "qop=auth,") != NULL || strstr(text, "qop=auth\r") != NULL);
        ck_assert_msg(strstr(text, rows[i].algorithm) != NULL, "%s", text);
        ck_assert_int_eq(strncmp(text, "Authorization: Digest ", 22), 0);
        authorize(&line, text);
        check_response(text, rows[i].bits, "n1", "00000002");
        teardown(&line);
    }
}
END_TEST

START_TEST(md5_alone_is_refused_with_what_to_do)
{
    struct line line;
    const char *why = "";
    setup(&line, "", false);
    ck_assert_int_eq(
        sip_digest_challenged(line.digest, response(&line, 401, 1, CHALLENGE("MD5", "n1")), &why),
        STATUS_REFUSED);
    ck_assert(strstr(why, "auth.allow_md5 = true") != NULL);
    ck_assert(!sip_digest_has_credentials(line.digest, SIP_METHOD_REGISTER));
    teardown(&line);
}
END_TEST

START_TEST(the_strong_one_is_taken_wherever_it_stands)
{
    struct line line;
    char text[2048];
    const char *why;
    setup(&line, "", true);
    ck_assert_int_eq(sip_digest_challenged(line.digest,
                                           response(&line, 401, 1,
                                                    CHALLENGE("FOO-512", "n1") CHALLENGE(
                                                        "MD5", "n2") CHALLENGE("SHA-256", "n3")),
                                           &why),
                     STATUS_OK);
    check_response(authorize(&line, text), 256, "n3", "00000001");
    teardown(&line);
}
END_TEST

START_TEST(a_stale_nonce_is_replaced_and_counts_anew)
{
    struct line line;
    char text[2048];
    const char *why;
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    authorize(&line, text);
    (void)!sip_digest_accepted(line.digest, response(&line, 200, 2, ""));
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest,
                         response(&line, 401, 3,
                                  "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n2\", "
                                  "algorithm=SHA-256, qop=\"auth\", stale=TRUE\r\n"),
                         &why),
                     STATUS_OK);
    check_response(authorize(&line, text), 256, "n2", "00000001");
    teardown(&line);
}
END_TEST

START_TEST(nextnonce_is_used_for_the_next_request)
{
    struct line line;
    char text[2048];
    const char *why;
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    authorize(&line, text);
    ck_assert_int_eq(
        sip_digest_accepted(line.digest,
                            response(&line, 200, 2, "Authentication-Info: nextnonce=\"n9\"\r\n")),
        STATUS_OK);
    check_response(authorize(&line, text), 256, "n9", "00000001");
    teardown(&line);
}
END_TEST

START_TEST(a_wrong_rspauth_is_noticed)
{
    struct line line;
    char text[2048];
    const char *why;
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    authorize(&line, text);
    char cnonce[128];
    char headers[512];
    parameter(text, "cnonce", cnonce);
    snprintf(headers, sizeof(headers),
             "Authentication-Info: qop=auth, rspauth=\"%064d\", cnonce=\"%s\", nc=00000001\r\n", 0,
             cnonce);
    ck_assert_int_eq(sip_digest_accepted(line.digest, response(&line, 200, 2, headers)),
                     STATUS_REFUSED);
    teardown(&line);
}
END_TEST

START_TEST(a_foreign_realm_gets_nothing)
{
    struct line line;
    char text[2048];
    const char *why = "";
    setup(&line, "mine.example", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_REFUSED);
    ck_assert_str_eq(authorize(&line, text), "");
    teardown(&line);
}
END_TEST

START_TEST(the_same_password_is_not_tried_twice)
{
    struct line line;
    char text[2048];
    const char *why = "";
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    authorize(&line, text);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 2, CHALLENGE("SHA-256", "n2")), &why),
                     STATUS_REFUSED);
    ck_assert(strstr(why, "password") != NULL);
    teardown(&line);
}
END_TEST

START_TEST(a_new_connection_forgets_the_nonce)
{
    struct line line;
    char text[2048];
    const char *why;
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    sip_digest_forget(line.digest);
    ck_assert_str_eq(authorize(&line, text), "");
    teardown(&line);
}
END_TEST

START_TEST(other_credentials_are_answered_with_at_once_and_learned_realms_are_forgotten)
{
    struct line line;
    char text[2048];
    const char *why;
    const struct sip_digest_settings other = { .username = slice_of("bob"),
                                               .password = slice_of("other") };
    setup(&line, "", false);
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 1, CHALLENGE("SHA-256", "n1")), &why),
                     STATUS_OK);
    authorize(&line, text);
    sip_digest_accepted(line.digest, response(&line, 200, 2, ""));
    ck_assert(sip_digest_has_credentials(line.digest, SIP_METHOD_REGISTER));
    sip_digest_reconfigure(line.digest, &other);
    ck_assert_str_eq(authorize(&line, text), "");
    /* The retry of a request that the old password was refused for has its turn. */
    ck_assert_int_eq(sip_digest_challenged(
                         line.digest, response(&line, 401, 2, CHALLENGE("SHA-256", "n2")), &why),
                     STATUS_OK);
    ck_assert(strstr(authorize(&line, text), "username=\"bob\"") != NULL);
    ck_assert(strstr(text, "nc=00000001") != NULL);
    teardown(&line);
}
END_TEST

SUITE_MAIN("sip/digest", the_response_is_that_of_rfc_7616, md5_alone_is_refused_with_what_to_do,
           the_strong_one_is_taken_wherever_it_stands, a_stale_nonce_is_replaced_and_counts_anew,
           nextnonce_is_used_for_the_next_request, a_wrong_rspauth_is_noticed,
           a_foreign_realm_gets_nothing, the_same_password_is_not_tried_twice,
           a_new_connection_forgets_the_nonce,
           other_credentials_are_answered_with_at_once_and_learned_realms_are_forgotten)
