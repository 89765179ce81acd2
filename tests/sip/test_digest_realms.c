// SPDX-License-Identifier: ISC
// Which challenges are answered, how often and in which realms, and the rarer forms of the answer
// (RFC 7616, RFC 8760; pitfalls P04 to P06, threats A1 to A4). The sums themselves are those of the
// RFC's example.
#include "sip/digest.h"
#include "sip/digest_hash.h"
#include "sip/digest_realm.h"
#include "suite.h"
#include "util/limits.h"

#include <stdio.h>

struct line {
    struct arena *arena;
    struct random random;
    struct sip_digest *digest;
    struct sip_writer lines;
    const char *method;
    const char *call_id; // of what is authorized
    char text[8192];     // the last credentials
};

static void setup(struct line *line, const char *realm, bool allow_md5)
{
    random_init_number(&line->random, 3);
    line->arena = arena_new();
    line->method = "REGISTER";
    line->call_id = "c";
    sip_writer_init(&line->lines);
    line->digest = sip_digest_new(
        &(struct sip_digest_settings){
            .username = slice_of("alice"),
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

static struct sip_message *response(struct line *line, unsigned status, const char *call_id,
                                    unsigned cseq, const char *headers)
{
    char text[16384];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "SIP/2.0 %u x\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\n"
             "To: <sip:a@b>;tag=2\r\nCall-ID: %s\r\nCSeq: %u %s\r\n%sContent-Length: 0\r\n\r\n",
             status, call_id, cseq, line->method, headers);
    ck_assert_int_eq(sip_message_parse(line->arena, slice_of(text), &message), STATUS_OK);
    return message;
}

/* "" when it is answered, else why not. */
static const char *challenge_call(struct line *line, const char *call_id, unsigned cseq,
                                  const char *headers)
{
    const char *why = "no reason";
    if (sip_digest_challenged(line->digest, response(line, 401, call_id, cseq, headers), &why) ==
        STATUS_OK)
        return "";
    return why;
}

static const char *challenge(struct line *line, unsigned cseq, const char *headers)
{
    return challenge_call(line, line->call_id, cseq, headers);
}

static enum status accept(struct line *line, const char *headers)
{
    return sip_digest_accepted(line->digest, response(line, 200, line->call_id, 9, headers));
}

static const char *authorize(struct line *line, enum sip_method method, const char *body)
{
    sip_writer_clear(&line->lines);
    const struct sip_request request = { .method = method,
                                         .uri = slice_of("sip:example.com"),
                                         .call_id = slice_of(line->call_id),
                                         .body = slice_of(body) };
    sip_digest_authorize(line->digest, &request, &line->lines);
    snprintf(line->text, sizeof(line->text), "%.*s", SLICE_PRINT(sip_writer_slice(&line->lines)));
    return line->text;
}

/* A parameter of the last credentials, its quotes taken off. */
static const char *parameter(const struct line *line, const char *name, char *value)
{
    char key[32];
    snprintf(key, sizeof(key), "%s=", name);
    const char *found = strstr(line->text, key);
    ck_assert_msg(found != NULL, "no %s in %s", name, line->text);
    found += strlen(key);
    if (*found == '"')
        snprintf(value, 256, "%.*s", (int)strcspn(found + 1, "\""), found + 1);
    else
        snprintf(value, 256, "%.*s", (int)strcspn(found, ", \r"), found);
    return value;
}

#define DIGEST(realm, nonce, more)                                                                 \
    "WWW-Authenticate: Digest realm=\"" realm "\", nonce=\"" nonce "\"" more "\r\n"
#define PROXY(realm, nonce, more)                                                                  \
    "Proxy-Authenticate: Digest realm=\"" realm "\", nonce=\"" nonce "\"" more "\r\n"
#define SHA ", algorithm=SHA-256, qop=\"auth\""
#define MD5 ", algorithm=MD5, qop=\"auth\""

START_TEST(the_sums_are_those_of_the_example)
{
    static const struct {
        enum digest_algorithm algorithm;
        const char *response;
    } rows[] = {
        { DIGEST_MD5, "8ca523f5e9506fed4657c9700eebdbec" },
        { DIGEST_SHA256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
    };
    const struct slice parts[] = { slice_of("Mufasa"), slice_of("http-auth@example.org"),
                                   slice_of("Circle of Life") };
    for (size_t i = 0; i < 2; i++) {
        char ha1[DIGEST_HEX_BYTES];
        char hex[DIGEST_HEX_BYTES];
        sip_digest_hash(rows[i].algorithm, parts, 3, ha1);
        sip_digest_response(
            &(struct digest_question){
                .algorithm = rows[i].algorithm,
                .ha1 = slice_of(ha1),
                .nonce = slice_of("7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"),
                .qop = slice_of("auth"),
                .count = slice_of("00000001"),
                .cnonce = slice_of("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"),
                .method = slice_of("GET"),
                .uri = slice_of("/dir/index.html"),
            },
            hex);
        ck_assert_str_eq(hex, rows[i].response);
    }
}
END_TEST

/* The response in the forms without nonce count, with the body, and with a session key. */
static void compute(const struct line *line, const char *algorithm, const char *qop,
                    const char *body, char *hex)
{
    bool is_session = strstr(algorithm, "-sess") != NULL;
    enum digest_algorithm number = strstr(algorithm, "SHA-256") ? DIGEST_SHA256 : DIGEST_MD5;
    char ha1[DIGEST_HEX_BYTES];
    char session[DIGEST_HEX_BYTES];
    char a2[DIGEST_HEX_BYTES];
    char entity[DIGEST_HEX_BYTES];
    char cnonce[256] = "";
    char count[256];
    const struct slice first[] = { slice_of("alice"), slice_of("r"), slice_of("secret") };
    const struct slice text = slice_of(body);
    sip_digest_hash(number, first, 3, ha1);
    sip_digest_hash(number, &text, 1, entity);
    const struct slice second[] = { slice_of("REGISTER"), slice_of("sip:example.com"),
                                    slice_of(entity) };
    sip_digest_hash(number, second, strcmp(qop, "auth-int") == 0 ? 3 : 2, a2);
    if (qop[0])
        parameter(line, "cnonce", cnonce);
    const struct slice keyed[] = { slice_of(ha1), slice_of("n"), slice_of(cnonce) };
    sip_digest_hash(number, keyed, 3, session);
    const struct slice key = slice_of(is_session ? session : ha1);
    const struct slice plain[] = { key, slice_of("n"), slice_of(a2) };
    if (!qop[0]) {
        sip_digest_hash(number, plain, 3, hex);
        return;
    }
    const struct slice whole[] = {
        key,           slice_of("n"), slice_of(parameter(line, "nc", count)), slice_of(cnonce),
        slice_of(qop), slice_of(a2)
    };
    sip_digest_hash(number, whole, 6, hex);
}

static const struct {
    const char *more;
    const char *algorithm; // "" when none is to be named
    const char *qop;
} forms[] = {
    { "", "", "" },
    { ", qop=\"auth\"", "", "auth" },
    { ", algorithm=SHA-256", "SHA-256", "" },
    { ", algorithm=SHA-256, qop=\"auth-int\"", "SHA-256", "auth-int" },
    { ", algorithm=SHA-256, qop=\"auth-int,auth\"", "SHA-256", "auth" },
    { ", algorithm=SHA-256-sess, qop=\"auth\"", "SHA-256-sess", "auth" },
    { ", algorithm=MD5-sess, qop=\"auth-int\"", "MD5-sess", "auth-int" },
};

START_TEST(every_form_of_answer_is_computed_again)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        struct line line;
        char headers[512];
        char hex[DIGEST_HEX_BYTES];
        char value[256];
        char first_cnonce[256] = "";
        setup(&line, "", true);
        snprintf(headers, sizeof(headers), DIGEST("r", "n", "%s"), forms[i].more);
        ck_assert_str_eq(challenge(&line, 1, headers), "");
        for (int k = 1; k <= 3; k++) {
            authorize(&line, SIP_METHOD_REGISTER, "the body");
            compute(&line, forms[i].algorithm, forms[i].qop, "the body", hex);
            ck_assert_msg(strcmp(parameter(&line, " response", value), hex) == 0, "row %zu: %s", i,
                          line.text);
            ck_assert_int_eq(strstr(line.text, "algorithm=") != NULL, forms[i].algorithm[0] != 0);
            ck_assert_int_eq(strstr(line.text, "nc=") != NULL, forms[i].qop[0] != 0);
            ck_assert_int_eq(strstr(line.text, "cnonce=") != NULL, forms[i].qop[0] != 0);
            ck_assert(!strstr(line.text, "opaque"));
            if (!forms[i].qop[0])
                continue;
            ck_assert_int_eq(strtol(parameter(&line, "nc", value), NULL, 16), k);
            ck_assert_uint_eq(strlen(parameter(&line, "cnonce", value)), 32);
            bool is_session = strstr(forms[i].algorithm, "-sess") != NULL;
            if (k > 1) // a session's is that of its key
                ck_assert_int_eq(strcmp(value, first_cnonce) == 0, is_session);
            snprintf(first_cnonce, sizeof(first_cnonce), "%s", value);
        }
        teardown(&line);
    }
}
END_TEST

START_TEST(the_count_is_eight_hexadecimal_digits)
{
    struct line line;
    char value[256];
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA)), "");
    for (int i = 1; i <= 0x1ab; i++)
        authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_str_eq(parameter(&line, "nc", value), "000001ab");
    teardown(&line);
}
END_TEST

START_TEST(one_nonce_of_proxy_and_server_is_counted_once)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA) PROXY("r", "n", SHA)), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert(strstr(line.text, "nc=00000001\r\nProxy-Authorization: ") ||
              strstr(line.text, "nc=00000001\r\nAuthorization: "));
    ck_assert(strstr(line.text, "nc=00000002\r\n"));
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert(strstr(line.text, "nc=00000003") && strstr(line.text, "nc=00000004"));
    teardown(&line);
}
END_TEST

// --- which challenge

static const struct {
    const char *headers;
    bool allow_md5;
    const char *realm;   // that is configured
    const char *refusal; // a part of it; NULL: answered
    const char *nonces[3];
} choices[] = {
    { "", false, "", "sends no challenge", { NULL } },
    { "WWW-Authenticate: Basic realm=\"r\"\r\n", false, "", "other than Digest", { NULL } },
    { "WWW-Authenticate: Digest realm=\"r\"\r\n", false, "", "cannot be read", { NULL } },
    { DIGEST("r", "n", ", algorithm=SHA-1"), true, "", "algorithms that we do not know", { NULL } },
    { DIGEST("r", "n", ", algorithm=SHA-256, qop=token"),
      true,
      "",
      "quality of protection",
      { NULL } },
    { DIGEST("r", "n", ", algorithm=SHA-256-sess"), true, "", "quality of protection", { NULL } },
    { DIGEST("r", "n", ", algorithm=SHA-256"), true, "", NULL, { "n" } },
    { DIGEST("r", "n", MD5), false, "", "only MD5", { NULL } },
    { DIGEST("r", "n", ""), false, "", "only MD5", { NULL } },
    { DIGEST("r", "n", MD5), true, "", NULL, { "n" } },
    { DIGEST("r", "n", SHA), false, "q", "another realm than auth.realm", { NULL } },
    { DIGEST("r", "n", SHA), false, "R", "another realm than auth.realm", { NULL } },
    { DIGEST("r", "n", SHA), false, "r", NULL, { "n" } },
    // the reason told is that which came nearest
    { "WWW-Authenticate: Basic realm=\"r\"\r\n" DIGEST("r", "n", MD5),
      false,
      "",
      "only MD5",
      { NULL } },
    { DIGEST("r", "n", MD5) "WWW-Authenticate: Basic realm=\"r\"\r\n",
      false,
      "",
      "only MD5",
      { NULL } },
    // the first of a realm, but never MD5 where something better is
    { DIGEST("r", "1", SHA) DIGEST("r", "2", ", algorithm=SHA-512-256, qop=auth"),
      true,
      "",
      NULL,
      { "1" } },
    { DIGEST("r", "1", ", algorithm=SHA-512-256, qop=auth") DIGEST("r", "2", SHA),
      true,
      "",
      NULL,
      { "1" } },
    { DIGEST("r", "1", MD5) DIGEST("r", "2", SHA), true, "", NULL, { "2" } },
    { DIGEST("r", "1", SHA) DIGEST("r", "2", MD5), true, "", NULL, { "1" } },
    { DIGEST("r", "1", MD5) DIGEST("r", "2", MD5), true, "", NULL, { "1" } },
    { DIGEST("r", "1", MD5) DIGEST("r", "2", SHA) DIGEST("r", "3", SHA), true, "", NULL, { "2" } },
    { DIGEST("r", "1", ", algorithm=SHA-1") DIGEST("r", "2", SHA), true, "", NULL, { "2" } },
    // one answer in each realm, and for each kind of server
    { DIGEST("r", "1", SHA) DIGEST("s", "2", SHA), false, "", NULL, { "1", "2" } },
    { DIGEST("r", "1", SHA) PROXY("r", "2", SHA), false, "", NULL, { "1", "2" } },
    { DIGEST("r", "1", MD5) PROXY("r", "2", SHA), true, "", NULL, { "1", "2" } },
    { DIGEST("r", "1", MD5) DIGEST("s", "2", SHA), true, "", NULL, { "1", "2" } },
    { DIGEST("r", "1", SHA) DIGEST("s", "2", SHA), false, "s", NULL, { "2" } },
};

START_TEST(the_right_challenges_are_answered)
{
    for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++) {
        struct line line;
        size_t wanted = 0;
        size_t found = 0;
        setup(&line, choices[i].realm, choices[i].allow_md5);
        const char *why = challenge(&line, 1, choices[i].headers);
        authorize(&line, SIP_METHOD_REGISTER, "");
        if (choices[i].refusal)
            ck_assert_msg(strstr(why, choices[i].refusal) != NULL, "row %zu: %s", i, why);
        else
            ck_assert_msg(why[0] == '\0', "row %zu: %s", i, why);
        while (wanted < 3 && choices[i].nonces[wanted]) {
            char text[64];
            snprintf(text, sizeof(text), ", nonce=\"%s\"", choices[i].nonces[wanted++]);
            ck_assert_msg(strstr(line.text, text) != NULL, "row %zu: %s", i, line.text);
        }
        for (const char *at = line.text; (at = strstr(at, "uthorization: ")); at++)
            found++;
        ck_assert_msg(found == wanted, "row %zu: %s", i, line.text);
        ck_assert_int_eq(sip_digest_has_credentials(line.digest, SIP_METHOD_REGISTER), wanted > 0);
        ck_assert(!sip_digest_has_credentials(line.digest, SIP_METHOD_INVITE));
        teardown(&line);
    }
}
END_TEST

// --- calls

START_TEST(calls_are_answered_only_where_we_have_registered)
{
    struct line line;
    setup(&line, "", false);
    line.method = "INVITE";
    ck_assert(strstr(challenge(&line, 1, PROXY("r", "n", SHA)), "never registered"));
    ck_assert_str_eq(authorize(&line, SIP_METHOD_INVITE, ""), "");
    line.method = "REGISTER";
    ck_assert_str_eq(challenge(&line, 2, DIGEST("r", "n", SHA)), "");
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("r")));
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_int_eq(accept(&line, ""), STATUS_OK);
    ck_assert(sip_digest_knows_realm(line.digest, slice_of("r")));
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("s")));
    ck_assert_str_eq(authorize(&line, SIP_METHOD_INVITE, ""), ""); // not challenged yet
    line.method = "INVITE";
    ck_assert_str_eq(challenge_call(&line, "d", 1, PROXY("r", "p", SHA)), "");
    ck_assert(sip_digest_has_credentials(line.digest, SIP_METHOD_INVITE));
    ck_assert_str_eq(authorize(&line, SIP_METHOD_INVITE, ""), ""); // that of another call
    line.call_id = "d";
    authorize(&line, SIP_METHOD_INVITE, "");
    ck_assert(strstr(line.text, "Proxy-Authorization: ") && strstr(line.text, "nonce=\"p\""));
    ck_assert(!strstr(line.text, "nonce=\"n\""));
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert(strstr(line.text, "nonce=\"n\"") && !strstr(line.text, "nonce=\"p\""));
    sip_digest_forget(line.digest); // the nonces, not the realm
    ck_assert(!sip_digest_has_credentials(line.digest, SIP_METHOD_INVITE));
    ck_assert(sip_digest_knows_realm(line.digest, slice_of("r")));
    teardown(&line);
}
END_TEST

/* A callee who challenges with a nonce of its own gets an answer to its own call, once, and nothing
 * of what it said is ever used elsewhere. */
START_TEST(what_challenged_one_call_is_nothing_to_another)
{
    struct line line;
    setup(&line, "", false);
    challenge(&line, 1, DIGEST("r", "n", SHA));
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_int_eq(accept(&line, ""), STATUS_OK);
    line.method = "INVITE";
    ck_assert_str_eq(challenge_call(&line, "d", 1, DIGEST("r", "callees", SHA)), "");
    line.call_id = "d";
    ck_assert(strstr(authorize(&line, SIP_METHOD_INVITE, ""), "nonce=\"callees\""));
    line.call_id = "e";
    ck_assert_str_eq(authorize(&line, SIP_METHOD_INVITE, ""), "");
    ck_assert_str_eq(authorize(&line, SIP_METHOD_MESSAGE, ""), "");
    line.call_id = "d"; /* a REGISTER with any Call-ID is a REGISTER */
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert(strstr(line.text, "nonce=\"n\"") && !strstr(line.text, "callees"));
    /* without qop, as whoever collects answers would ask */
    ck_assert(strstr(challenge_call(&line, "f", 1,
                                    "WWW-Authenticate: Digest realm=\"r\", nonce=\"x\", "
                                    "algorithm=SHA-256\r\n"),
                     "without the protection"));
    teardown(&line);
    setup(&line, "", false); /* where the registrar asked so, others may */
    challenge(&line, 1, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-256\r\n");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_int_eq(accept(&line, ""), STATUS_OK);
    line.method = "INVITE";
    ck_assert_str_eq(challenge_call(&line, "g", 1,
                                    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"p\", "
                                    "algorithm=SHA-256\r\n"),
                     "");
    teardown(&line);
}
END_TEST

// How a listed realm may ask in which the registrar never did.
static const struct {
    const char *registrar; // its challenge
    const char *callee;
    const char *refusal; // a part of it; "": answered
} listed[] = {
    { DIGEST("r", "n", SHA), PROXY("s", "p", SHA), "" },
    { DIGEST("r", "n", SHA), DIGEST("s", "p", SHA), "" },
    { DIGEST("r", "n", SHA), PROXY("s", "p", ", algorithm=SHA-256"), "without the protection" },
    { DIGEST("r", "n", ", algorithm=SHA-256"), PROXY("s", "p", ", algorithm=SHA-256"), "" },
    { DIGEST("r", "n", ", algorithm=SHA-256"), PROXY("s", "p", SHA), "" },
    { DIGEST("r", "n", ", algorithm=SHA-256") PROXY("r", "m", SHA),
      PROXY("s", "p", ", algorithm=SHA-256"), "without the protection" },
    { DIGEST("r", "n", SHA), PROXY("t", "p", SHA), "another realm than auth.realm lists" },
    { DIGEST("r", "n", SHA), PROXY("S", "p", SHA), "another realm than auth.realm lists" },
    { DIGEST("r", "n", SHA), PROXY("", "p", SHA), "another realm than auth.realm lists" },
    { DIGEST("r", "n", SHA), PROXY("r,s", "p", SHA), "another realm than auth.realm lists" },
};

START_TEST(each_realm_of_a_list_is_answered_no_weaker_than_the_registrar)
{
    static const char *const realms[] = { "r", "s" };
    for (size_t i = 0; i < sizeof(listed) / sizeof(*listed); i++) {
        struct line line;
        setup(&line, "", false);
        sip_digest_reconfigure(line.digest,
                               &(struct sip_digest_settings){ .username = slice_of("alice"),
                                                              .password = slice_of("secret"),
                                                              .realms = realms,
                                                              .realm_count = 2 });
        ck_assert_str_eq(challenge(&line, 1, listed[i].registrar), "");
        authorize(&line, SIP_METHOD_REGISTER, "");
        ck_assert_int_eq(accept(&line, ""), STATUS_OK);
        line.method = "INVITE";
        const char *why = challenge_call(&line, "d", 1, listed[i].callee);
        ck_assert_msg(listed[i].refusal[0] ? strstr(why, listed[i].refusal) != NULL : !why[0],
                      "row %zu: %s", i, why);
        line.call_id = "d";
        authorize(&line, SIP_METHOD_INVITE, "");
        ck_assert_msg((strstr(line.text, "nonce=\"p\"") != NULL) == !listed[i].refusal[0],
                      "row %zu: %s", i, line.text);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_call_does_not_make_a_realm_good)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA)), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    line.method = "INVITE";
    accept(&line, "");
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("r")));
    teardown(&line);
}
END_TEST

START_TEST(a_register_that_was_not_challenged_makes_no_realm_good)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA)), "");
    accept(&line, ""); // nothing was sent yet
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("r")));
    teardown(&line);
}
END_TEST

START_TEST(a_configured_realm_is_known_and_no_other)
{
    struct line line;
    setup(&line, "r", false);
    ck_assert(sip_digest_knows_realm(line.digest, slice_of("r")));
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("s")));
    line.method = "INVITE";
    ck_assert_str_eq(challenge(&line, 1, PROXY("r", "n", SHA)), "");
    teardown(&line);
}
END_TEST

// --- how often

START_TEST(a_stale_nonce_is_answered_once_more_and_no_third_time)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "1", SHA)), "");
    ck_assert_str_eq(challenge(&line, 2, DIGEST("r", "2", SHA ", stale=true")), "");
    ck_assert(strstr(challenge(&line, 3, DIGEST("r", "3", SHA ", stale=true")), "anew"));
    ck_assert_str_eq(authorize(&line, SIP_METHOD_REGISTER, ""), "");
    // the next one is another request
    ck_assert_str_eq(challenge(&line, 4, DIGEST("r", "4", SHA)), "");
    teardown(&line);
}
END_TEST

START_TEST(after_a_stale_nonce_a_plain_challenge_is_the_password)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "1", SHA)), "");
    ck_assert_str_eq(challenge(&line, 2, DIGEST("r", "2", SHA ", stale=true")), "");
    ck_assert(strstr(challenge(&line, 3, DIGEST("r", "3", SHA)), "does not accept"));
    teardown(&line);
}
END_TEST

START_TEST(a_wrong_password_drops_the_nonce)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "1", SHA)), "");
    ck_assert(strstr(challenge(&line, 2, DIGEST("r", "2", SHA)), "does not accept"));
    ck_assert_str_eq(authorize(&line, SIP_METHOD_REGISTER, ""), "");
    teardown(&line);
}
END_TEST

START_TEST(another_request_is_answered_anew)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge_call(&line, "c", 1, DIGEST("r", "1", SHA)), "");
    ck_assert_str_eq(challenge_call(&line, "c", 3, DIGEST("r", "2", SHA)), ""); // not the next CSeq
    ck_assert_str_eq(challenge_call(&line, "d", 4, DIGEST("r", "3", SHA)), ""); // another Call-ID
    line.method = "OPTIONS";
    ck_assert(strstr(challenge_call(&line, "d", 5, DIGEST("r", "4", SHA)), "never registered"));
    teardown(&line);
}
END_TEST

START_TEST(a_request_passes_three_challenges_and_no_fourth)
{
    struct line line;
    unsigned answered = 0;
    setup(&line, "", false);
    for (unsigned i = 1; i <= 8; i++) {
        char headers[256];
        snprintf(headers, sizeof(headers), DIGEST("realm%u", "n", SHA), i);
        const char *why = challenge(&line, i, headers);
        if (why[0]) {
            ck_assert(strstr(why, "anew"));
            break;
        }
        answered++;
    }
    ck_assert_uint_eq(answered, 3);
    teardown(&line);
}
END_TEST

START_TEST(old_realms_make_room_but_good_ones_last)
{
    struct line line;
    char headers[256];
    setup(&line, "", false);
    ck_assert_str_eq(challenge_call(&line, "good", 1, DIGEST("good", "g", SHA)), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_int_eq(accept(&line, ""), STATUS_OK);
    for (unsigned i = 0; i < LIMIT_SIP_DIGEST_REALMS + 3; i++) {
        char call_id[16];
        snprintf(call_id, sizeof(call_id), "c%u", i);
        snprintf(headers, sizeof(headers), DIGEST("realm%u", "n", SHA), i);
        ck_assert_str_eq(challenge_call(&line, call_id, 1, headers), "");
    }
    ck_assert(sip_digest_knows_realm(line.digest, slice_of("good")));
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert(strstr(line.text, "realm=\"good\""));
    ck_assert(!strstr(line.text, "realm=\"realm0\"") && !strstr(line.text, "realm=\"realm3\""));
    ck_assert(strstr(line.text, "realm=\"realm4\"") && strstr(line.text, "realm=\"realm10\""));
    // one that was displaced is answered afresh, by the request that it challenged before, too
    ck_assert_str_eq(challenge_call(&line, "c0", 2, DIGEST("realm0", "m", SHA)), "");
    teardown(&line);
}
END_TEST

// --- the server's own proof

static const struct {
    const char *more;
    bool is_register;
    const char *info; // %s: what the right rspauth is
    bool is_accepted;
    const char *next; // the nonce in use afterwards
} proofs[] = {
    { SHA, true, "rspauth=\"%s\"", true, "n" },
    { SHA, true, "rspauth=%s", true, "n" },
    { SHA, true, "rspauth=\"0%s\"", false, "n" },
    { SHA, true, "rspauth=\"%s\", nextnonce=\"m\"", true, "m" },
    { SHA, true, "rspauth=\"0%s\", nextnonce=\"m\"", false, "n" },
    { SHA, true, "nextnonce=\"m\"%.0s", true, "m" },
    { SHA, true, "nextnonce=\"\"%.0s", true, "n" },
    { SHA, true, "rspauth=\"\"%.0s", true, "n" },
    { SHA, true, "cnonce=\"another\", rspauth=\"0%s\"", true, "n" }, // of no answer of ours
    { SHA, false, "nextnonce=\"m\"%.0s", true, "n" },
    { SHA, false, "rspauth=\"%s\", nextnonce=\"m\"", true, "m" },
    { ", algorithm=SHA-256, qop=auth-int", true, "rspauth=\"0%s\"", true, "n" },
    { ", algorithm=SHA-256", true, "rspauth=\"0%s\", nextnonce=\"m\"", true, "m" },
};

/* RFC 7616 3.5: as the response, with A2 = ":" uri. */
static void prove(const struct line *line, char *hex)
{
    char ha1[DIGEST_HEX_BYTES];
    char a2[DIGEST_HEX_BYTES];
    char count[256];
    char cnonce[256];
    const struct slice first[] = { slice_of("alice"), slice_of("r"), slice_of("secret") };
    const struct slice second[] = { slice_empty(), slice_of("sip:example.com") };
    sip_digest_hash(DIGEST_SHA256, first, 3, ha1);
    sip_digest_hash(DIGEST_SHA256, second, 2, a2);
    const struct slice whole[] = { slice_of(ha1),
                                   slice_of("n"),
                                   slice_of(parameter(line, "nc", count)),
                                   slice_of(parameter(line, "cnonce", cnonce)),
                                   slice_of("auth"),
                                   slice_of(a2) };
    sip_digest_hash(DIGEST_SHA256, whole, 6, hex);
}

START_TEST(the_proof_of_the_server_is_looked_at)
{
    for (size_t i = 0; i < sizeof(proofs) / sizeof(*proofs); i++) {
        struct line line;
        char headers[512];
        char info[512];
        char hex[DIGEST_HEX_BYTES] = "1";
        char value[256];
        setup(&line, "r", false);
        enum sip_method method = proofs[i].is_register ? SIP_METHOD_REGISTER : SIP_METHOD_INVITE;
        line.method = sip_method_text(method);
        snprintf(headers, sizeof(headers), DIGEST("r", "n", "%s"), proofs[i].more);
        ck_assert_str_eq(challenge(&line, 1, headers), "");
        authorize(&line, method, "");
        if (strcmp(proofs[i].more, SHA) == 0)
            prove(&line, hex);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(info, sizeof(info), proofs[i].info, hex);
#pragma GCC diagnostic pop
        snprintf(headers, sizeof(headers), "Authentication-Info: qop=auth, %.400s\r\n", info);
        ck_assert_msg((accept(&line, headers) == STATUS_OK) == proofs[i].is_accepted, "row %zu", i);
        ck_assert_int_eq(sip_digest_has_credentials(line.digest, method), true);
        authorize(&line, method, "");
        ck_assert_msg(strcmp(parameter(&line, ", nonce", value), proofs[i].next) == 0,
                      "row %zu: %s", i, value);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_proof_may_be_that_of_an_earlier_answer)
{
    struct line line;
    char first[DIGEST_HEX_BYTES];
    char last[DIGEST_HEX_BYTES];
    char cnonce[256];
    char headers[512];
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA)), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    prove(&line, first);
    parameter(&line, "cnonce", cnonce);
    for (int i = 0; i < 3; i++)
        authorize(&line, SIP_METHOD_REGISTER, "");
    prove(&line, last);
    snprintf(headers, sizeof(headers), "Authentication-Info: cnonce=\"%s\", rspauth=\"%s\"\r\n",
             cnonce, first);
    ck_assert_int_eq(accept(&line, headers), STATUS_OK);
    snprintf(headers, sizeof(headers), "Authentication-Info: cnonce=\"%s\", rspauth=\"%s\"\r\n",
             cnonce, last);
    ck_assert_int_eq(accept(&line, headers), STATUS_REFUSED);
    snprintf(headers, sizeof(headers), "Authentication-Info: rspauth=\"%s\"\r\n", last);
    ck_assert_int_eq(accept(&line, headers), STATUS_OK);
    snprintf(headers, sizeof(headers), "Authentication-Info: rspauth=\"%s\"\r\n", first);
    ck_assert_int_eq(accept(&line, headers), STATUS_REFUSED);
    teardown(&line);
}
END_TEST

START_TEST(a_wrong_proof_makes_no_realm_good)
{
    struct line line;
    setup(&line, "", false);
    ck_assert_str_eq(challenge(&line, 1, PROXY("r", "n", SHA)), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_int_eq(accept(&line, "Proxy-Authentication-Info: rspauth=\"00\"\r\n"),
                     STATUS_REFUSED);
    ck_assert(!sip_digest_knows_realm(line.digest, slice_of("r")));
    // that of a server says nothing about a proxy
    ck_assert_int_eq(accept(&line, "Authentication-Info: rspauth=\"00\"\r\n"), STATUS_OK);
    ck_assert(sip_digest_knows_realm(line.digest, slice_of("r")));
    teardown(&line);
}
END_TEST

START_TEST(a_next_nonce_beyond_the_limit_is_not_used)
{
    for (size_t over = 0; over < 2; over++) {
        struct line line;
        char headers[LIMIT_SIP_DIGEST_VALUE + 100];
        setup(&line, "", false);
        ck_assert_str_eq(challenge(&line, 1, DIGEST("r", "n", SHA)), "");
        authorize(&line, SIP_METHOD_REGISTER, "");
        snprintf(headers, sizeof(headers), "Authentication-Info: nextnonce=\"%0*d\"\r\n",
                 (int)(LIMIT_SIP_DIGEST_VALUE + over), 0);
        ck_assert_int_eq(accept(&line, headers), STATUS_OK);
        authorize(&line, SIP_METHOD_REGISTER, "");
        ck_assert_int_eq(strstr(line.text, "nonce=\"n\"") != NULL, over == 1);
        teardown(&line);
    }
}
END_TEST

START_TEST(the_same_nonce_again_goes_on_counting)
{
    struct line line;
    char value[256];
    setup(&line, "", false);
    ck_assert_str_eq(challenge_call(&line, "a", 1, DIGEST("r", "n", SHA ", opaque=\"1\"")), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_str_eq(challenge_call(&line, "b", 1, DIGEST("r", "n", SHA ", opaque=\"2\"")), "");
    authorize(&line, SIP_METHOD_REGISTER, "");
    ck_assert_str_eq(parameter(&line, "nc", value), "00000002");
    ck_assert_str_eq(parameter(&line, "opaque", value), "2");
    teardown(&line);
}
END_TEST

SUITE_MAIN("sip/digest_realms", the_sums_are_those_of_the_example,
           every_form_of_answer_is_computed_again, the_count_is_eight_hexadecimal_digits,
           one_nonce_of_proxy_and_server_is_counted_once, the_right_challenges_are_answered,
           calls_are_answered_only_where_we_have_registered,
           what_challenged_one_call_is_nothing_to_another,
           each_realm_of_a_list_is_answered_no_weaker_than_the_registrar,
           a_call_does_not_make_a_realm_good,
           a_register_that_was_not_challenged_makes_no_realm_good,
           a_configured_realm_is_known_and_no_other,
           a_stale_nonce_is_answered_once_more_and_no_third_time,
           after_a_stale_nonce_a_plain_challenge_is_the_password, a_wrong_password_drops_the_nonce,
           another_request_is_answered_anew, a_request_passes_three_challenges_and_no_fourth,
           old_realms_make_room_but_good_ones_last, the_proof_of_the_server_is_looked_at,
           a_proof_may_be_that_of_an_earlier_answer, a_wrong_proof_makes_no_realm_good,
           a_next_nonce_beyond_the_limit_is_not_used, the_same_nonce_again_goes_on_counting)
