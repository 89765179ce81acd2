// SPDX-License-Identifier: ISC
// Challenges as rows: what is read of a header value, in what order, and what spoils a challenge
// (RFC 7616 3.3, RFC 7235 4.1; threat S12).
#include "sip/challenge.h"
#include "suite.h"
#include "util/buffer.h"
#include "util/limits.h"

#include <stdio.h>

enum {
    MAXIMUM = 4
};

/* "Digest realm|nonce|opaque algorithm flags", challenges parted by " / ". */
static void describe(const struct sip_challenge *challenges, size_t count, struct buffer *text)
{
    static const char *const algorithms[] = { "?", "md5", "256", "512" };
    for (size_t i = 0; i < count; i++) {
        const struct sip_challenge *one = &challenges[i];
        buffer_append_text(text, i ? " / " : "");
        buffer_append(text, one->scheme);
        buffer_append_byte(text, ' ');
        buffer_append(text, one->realm);
        buffer_append_byte(text, '|');
        buffer_append(text, one->nonce);
        buffer_append_byte(text, '|');
        buffer_append(text, one->opaque);
        buffer_append_byte(text, ' ');
        buffer_append_text(text, algorithms[one->algorithm]);
        buffer_append_text(text, one->has_algorithm ? " named" : "");
        buffer_append_text(text, one->is_session ? " sess" : "");
        buffer_append_text(text, one->has_qop ? " qop" : "");
        buffer_append_text(text, one->has_qop_auth ? " auth" : "");
        buffer_append_text(text, one->has_qop_auth_int ? " int" : "");
        buffer_append_text(text, one->has_opaque ? " opaque" : "");
        buffer_append_text(text, one->is_stale ? " stale" : "");
        buffer_append_text(text, one->is_digest ? "" : " other");
        buffer_append_text(text, one->is_malformed ? " bad" : "");
    }
}

static const struct {
    const char *value;
    const char *read;
} rows[] = {
    { "Digest realm=\"r\", nonce=\"n\"", "Digest r|n| md5" },
    { "digest REALM=\"r\",NONCE=\"n\"", "digest r|n| md5" },
    { "Digest\trealm = \"r\" ,\r\n nonce\t=\t\"n\" ", "Digest r|n| md5" },
    { "Digest realm=r, nonce=n", "Digest r|n| md5" },
    { "Digest realm=r, nonce=a/b+c==", "Digest r|a/b+c==| md5" },
    { "Digest realm=\"r\", nonce=\"n\", opaque=\"o\"", "Digest r|n|o md5 opaque" },
    { "Digest realm=\"r\", nonce=\"n\", opaque=\"\"", "Digest r|n| md5 opaque" },
    { "Digest realm=\"\", nonce=\"n\"", "Digest |n| md5" },
    // escapes: resolved in the realm, kept in nonce and opaque
    { "Digest realm=\"a\\\"b\\\\c\", nonce=\"n\\\"\", opaque=\"\\o\"",
      "Digest a\"b\\c|n\\\"|\\o md5 opaque" },
    { "Digest realm=\"a, nonce=b\", nonce=\"n,m=\"", "Digest a, nonce=b|n,m=| md5" },
    // algorithms
    { "Digest realm=\"r\", nonce=\"n\", algorithm=MD5", "Digest r|n| md5 named" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=\"md5\"", "Digest r|n| md5 named" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=MD5-sess", "Digest r|n| md5 named sess" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256", "Digest r|n| 256 named" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=sha-256-SESS", "Digest r|n| 256 named sess" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256", "Digest r|n| 512 named" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256-sess", "Digest r|n| 512 named sess" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-1", "Digest r|n| ? named" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=AKAv1-MD5", "Digest r|n| ? named" },
    // quality of protection
    { "Digest realm=\"r\", nonce=\"n\", qop=\"auth\"", "Digest r|n| md5 qop auth" },
    { "Digest realm=\"r\", nonce=\"n\", qop=auth", "Digest r|n| md5 qop auth" },
    { "Digest realm=\"r\", nonce=\"n\", qop=\"AUTH-INT , Auth\"", "Digest r|n| md5 qop auth int" },
    { "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"", "Digest r|n| md5 qop int" },
    { "Digest realm=\"r\", nonce=\"n\", qop=\"token\"", "Digest r|n| md5 qop" },
    { "Digest realm=\"r\", nonce=\"n\", qop=\"\"", "Digest r|n| md5" },
    { "Digest realm=\"r\", nonce=\"n\", qop=\" , ,\"", "Digest r|n| md5" },
    // stale
    { "Digest realm=\"r\", nonce=\"n\", stale=true", "Digest r|n| md5 stale" },
    { "Digest realm=\"r\", nonce=\"n\", stale=\"TRUE\"", "Digest r|n| md5 stale" },
    { "Digest realm=\"r\", nonce=\"n\", stale=false", "Digest r|n| md5" },
    { "Digest realm=\"r\", nonce=\"n\", stale=yes", "Digest r|n| md5" },
    // unknown parameters
    { "Digest realm=\"r\", domain=\"sip:a sip:b\", nonce=\"n\", userhash=false, x=1, x=2",
      "Digest r|n| md5" },
    // empty elements
    { ",, Digest ,realm=\"r\",, nonce=\"n\",", "Digest r|n| md5" },
    { "", "" },
    { " , ,", "" },
    // several
    { "Digest realm=\"r\", nonce=\"n\", Digest realm=\"s\", nonce=\"m\", stale=true",
      "Digest r|n| md5 / Digest s|m| md5 stale" },
    { "Basic realm=\"b\", Digest realm=\"r\", nonce=\"n\"",
      "Basic b|| md5 other bad / Digest r|n| md5" },
    { "Negotiate, Digest realm=\"r\", nonce=\"n\"",
      "Negotiate || md5 other bad / Digest r|n| md5" },
    { "Digest realm=\"r\", nonce=\"n\", Negotiate",
      "Digest r|n| md5 / Negotiate || md5 other bad" },
    { "Negotiate", "Negotiate || md5 other bad" },
    { "A, B, C, D, E", "A || md5 other bad / B || md5 other bad / C || md5 other bad / "
                       "D || md5 other bad" },
    // what spoils a challenge, and not its neighbour
    { "Digest realm=\"r\"", "Digest r|| md5 bad" },
    { "Digest nonce=\"n\"", "Digest |n| md5 bad" },
    { "Digest realm=\"r\", nonce=\"\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\\\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\" x", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=n x", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=n\"x\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\", nonce=\"m\"", "Digest r|n| md5 bad" },
    { "Digest realm=\"r\", realm=\"r\", nonce=\"n\"", "Digest r|n| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\", qop=auth, qop=auth", "Digest r|n| md5 qop auth bad" },
    { "Digest realm=\"r\", nonce=\"n\", stale=true, stale=true", "Digest r|n| md5 stale bad" },
    { "Digest realm=\"r\", nonce=\"n\", opaque=a, opaque=a", "Digest r|n|a md5 opaque bad" },
    { "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, algorithm=SHA-256",
      "Digest r|n| md5 named bad" },
    { "Digest realm=\"r\", nonce=\"n\x01\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\x7f\"", "Digest r|| md5 bad" },
    { "Digest realm=\"r\", =x, nonce=\"n\"", "Digest r|n| md5 bad" },
    { "Digest realm=\"r\", [\"a,b\"], nonce=\"n\"", "Digest r|n| md5 bad" },
    { "Digest realm=\"r\", nonce=\"n\", x[y", "Digest r|n| md5 bad" },
    { "Digest realm=\"r\", x=\"a\" y, nonce=\"n\", Digest realm=\"s\", nonce=\"m\"",
      "Digest r|n| md5 bad / Digest s|m| md5" },
    { "[, Digest realm=\"r\", nonce=\"n\"", "Digest r|n| md5" },
    { "realm=\"x\", Digest realm=\"r\", nonce=\"n\"", "Digest r|n| md5" },
    { "Dig.est-!%*_+`'~9 realm=\"r\", nonce=\"n\"", "Dig.est-!%*_+`'~9 r|n| md5 other" },
};

START_TEST(every_value_is_read_as_it_says)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sip_challenge challenges[MAXIMUM];
        struct buffer text;
        size_t length = strlen(rows[i].value);
        char *copy = malloc(length + 1); // nothing is read beyond its end
        memcpy(copy, rows[i].value, length);
        buffer_init(&text, 4096);
        size_t count =
            sip_challenges_parse(arena, slice_make(copy, length), false, challenges, MAXIMUM);
        describe(challenges, count, &text);
        ck_assert_msg(slice_equal(buffer_slice(&text), slice_of(rows[i].read)),
                      "row %zu: %s\nread \"%.*s\"\nnot  \"%s\"", i, rows[i].value,
                      SLICE_PRINT(buffer_slice(&text)), rows[i].read);
        buffer_free(&text);
        free(copy);
        arena_free(arena);
    }
}
END_TEST

START_TEST(no_cut_of_a_value_is_read_beyond_its_end)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (size_t length = 0; length < strlen(rows[i].value); length++) {
            struct arena *arena = arena_new();
            struct sip_challenge challenges[MAXIMUM];
            char *copy = malloc(length ? length : 1);
            memcpy(copy, rows[i].value, length);
            size_t count =
                sip_challenges_parse(arena, slice_make(copy, length), true, challenges, MAXIMUM);
            ck_assert_uint_le(count, MAXIMUM);
            for (size_t k = 0; k < count; k++)
                ck_assert(challenges[k].is_proxy);
            free(copy);
            arena_free(arena);
        }
    }
}
END_TEST

START_TEST(a_value_beyond_the_limit_spoils_its_challenge)
{
    for (size_t over = 0; over < 2; over++) {
        struct arena *arena = arena_new();
        struct sip_challenge challenge;
        struct buffer text;
        buffer_init(&text, 8192);
        buffer_append_text(&text, "Digest realm=\"r\", nonce=\"");
        for (size_t i = 0; i < LIMIT_SIP_DIGEST_VALUE + over; i++)
            buffer_append_byte(&text, 'n');
        buffer_append_byte(&text, '"');
        ck_assert_uint_eq(sip_challenges_parse(arena, buffer_slice(&text), false, &challenge, 1),
                          1);
        ck_assert_int_eq(challenge.is_malformed, over == 1);
        ck_assert_uint_eq(challenge.nonce.length, over ? 0 : LIMIT_SIP_DIGEST_VALUE);
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

START_TEST(those_of_the_server_come_before_those_of_proxies)
{
    static const char response[] =
        "SIP/2.0 401 x\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
        "To: <sip:a@b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 REGISTER\r\n"
        "Proxy-Authenticate: Digest realm=\"p\", nonce=\"1\"\r\n"
        "WWW-Authenticate: Digest realm=\"a\", nonce=\"2\", Digest realm=\"b\", nonce=\"3\"\r\n"
        "WWW-Authenticate: Digest realm=\"c\", nonce=\"4\"\r\nContent-Length: 0\r\n\r\n";
    struct arena *arena = arena_new();
    struct sip_message *message;
    struct sip_challenge challenges[5];
    static const char *const nonces[] = { "2", "3", "4", "1" };
    ck_assert_int_eq(sip_message_parse(arena, slice_of(response), &message), STATUS_OK);
    for (size_t maximum = 1; maximum <= 5; maximum++) {
        size_t count = sip_challenges_read(arena, message, challenges, maximum);
        ck_assert_uint_eq(count, maximum < 4 ? maximum : 4);
        for (size_t i = 0; i < count; i++) {
            ck_assert(slice_equal(challenges[i].nonce, slice_of(nonces[i])));
            ck_assert_int_eq(challenges[i].is_proxy, i == 3);
        }
    }
    arena_free(arena);
}
END_TEST

START_TEST(parameters_of_a_list_come_one_by_one)
{
    struct slice rest = slice_of("nextnonce=\"a,b\" , qop=auth,, rspauth=\"\", broken, x=1");
    struct slice name;
    struct slice value;
    static const char *const wanted[][2] = { { "nextnonce", "a,b" },
                                             { "qop", "auth" },
                                             { "rspauth", "" } };
    for (size_t i = 0; i < 3; i++) {
        ck_assert(sip_challenge_parameter_next(&rest, &name, &value));
        ck_assert(slice_equal(name, slice_of(wanted[i][0])));
        ck_assert(slice_equal(value, slice_of(wanted[i][1])));
    }
    ck_assert(!sip_challenge_parameter_next(&rest, &name, &value));
    rest = slice_empty();
    ck_assert(!sip_challenge_parameter_next(&rest, &name, &value));
}
END_TEST

SUITE_MAIN("sip/challenge", every_value_is_read_as_it_says,
           no_cut_of_a_value_is_read_beyond_its_end, a_value_beyond_the_limit_spoils_its_challenge,
           those_of_the_server_come_before_those_of_proxies, parameters_of_a_list_come_one_by_one)
