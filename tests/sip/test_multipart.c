// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "suite.h"
#include "util/limits.h"

// The parts as "type=body|".
static void assert_parts(const char *type, const char *body, const char *expected)
{
    struct sip_multipart multipart;
    struct sip_part part;
    struct buffer found;
    buffer_init(&found, 4096);
    if (sip_multipart_open(&multipart, slice_of(type), slice_of(body)) != STATUS_OK) {
        buffer_append_text(&found, "malformed");
    } else {
        while (sip_multipart_next(&multipart, &part)) {
            buffer_append(&found, part.content_type);
            buffer_append_text(&found, "=");
            buffer_append(&found, part.body);
            buffer_append_text(&found, "|");
        }
    }
    ck_assert_msg(slice_equal(buffer_slice(&found), slice_of(expected)), "%s %s gives %.*s", type,
                  body, SLICE_PRINT(buffer_slice(&found)));
    buffer_free(&found);
}

START_TEST(parts_are_found_as_their_rows_say)
{
    static const char mixed[] = "multipart/mixed;boundary=b";
    static const char *const rows[][3] = {
        { mixed, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--\r\n", "a/b=x|" },
        { mixed, "--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--", "a/b=x|" },
        { mixed, "--b\r\nc: a/b\r\n\r\nx\r\n--b\r\nC : c/d;e=f\r\n\r\ny\r\n--b--",
          "a/b=x|c/d;e=f=y|" },
        { mixed, "--b\r\n\r\nx\r\n--b--", "text/plain=x|" },
        { mixed, "--b\r\n\r\n\r\n--b--", "text/plain=|" },
        { mixed, "--b\r\n\r\nx\r\n\r\n--b--", "text/plain=x\r\n|" },
        { mixed, "preamble\r\n--b\r\n\r\nx\r\n--b--\r\nepilogue", "text/plain=x|" },
        { mixed, "--b \t\r\n\r\nx\r\n--b  \r\n\r\ny\r\n--b--", "text/plain=x|text/plain=y|" },
        { mixed, "--b\r\n\r\na --b\r\n--c\r\n-\r\n--b--", "text/plain=a --b\r\n--c\r\n-|" },
        // closing delimiter, its CRLF, or the blank line missing
        { mixed, "--b\r\n\r\nx", "text/plain=x|" },
        { mixed, "--b\r\n\r\nx\r\n--b", "text/plain=x|" },
        { mixed, "--b\r\n\r\nx\r\n--b-", "text/plain=x|" },
        { mixed, "--b\r\n\r\nx--b--", "text/plain=x--b--|" },
        { mixed, "--b\r\n\r\nx\n--b--", "text/plain=x\n--b--|" },
        { mixed, "--b\r\nContent-Type: a/b\r\n--b--", "a/b=|" },
        { mixed, "--b\r\nContent-Type: a/b", "a/b=|" },
        { mixed, "--b\r\n", "text/plain=|" },
        { mixed, "--b", "" },
        { mixed, "--b--", "" },
        { mixed, "--b--\r\n--b\r\n\r\nx\r\n", "" },
        { mixed, "--bb\r\n\r\nx\r\n--b--", "" },
        { mixed, "--b\r\n--b\r\n\r\nx\r\n--b--", "text/plain=|text/plain=x|" },
        // not there
        { mixed, "", "malformed" },
        { mixed, "-", "malformed" },
        { mixed, "--", "malformed" },
        { mixed, "-b\r\n\r\nx", "malformed" },
        { mixed, "x\r\n\r\ny", "malformed" },
        // the boundary
        { "multipart/mixed; boundary=\"b c\"", "--b c\r\n\r\nx\r\n--b c--", "text/plain=x|" },
        { "Multipart/Mixed;x=y;BOUNDARY=b", "--b\r\n\r\nx\r\n--b--", "text/plain=x|" },
        { "multipart / mixed ; boundary = b", "--b\r\n\r\nx\r\n--b--", "text/plain=x|" },
        { "multipart/mixed", "--b\r\n\r\nx\r\n--b--", "malformed" },
        { "multipart/mixed;boundary", "--\r\n\r\nx\r\n----", "malformed" },
        { "multipart/mixed;boundary=", "--\r\n\r\nx\r\n----", "malformed" },
        { "multipart/mixed;boundary=\"\"", "--\r\n\r\nx\r\n----", "malformed" },
        { "multipart/mixed;boundary=\"b", "--b\r\n\r\nx\r\n--b--", "malformed" },
        { "multipart/mixed;boundary=bbbbbbbbbbbbbbbbbb", "--b", "malformed" },
        { "multipart/mixed;boundary=12345678901234567890123456789012345678901234567890"
          "123456789012345678901",
          "--12345678901234567890123456789012345678901234567890123456789012345678901\r\n\r\nx",
          "malformed" },
        { "multipart", "--b\r\n\r\nx", "malformed" },
        { "multipart/;boundary=b", "--b\r\n\r\nx", "malformed" },
        { "text/plain;boundary=b", "--b\r\n\r\nx", "malformed" },
        { "", "--b\r\n\r\nx", "malformed" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_parts(rows[i][0], rows[i][1], rows[i][2]);
}
END_TEST

START_TEST(a_body_cut_anywhere_is_survived)
{
    static const char body[] = "--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b\r\n\r\ny\r\n--b--\r\n";
    for (size_t length = 0; length < sizeof(body); length++) {
        struct sip_multipart multipart;
        struct sip_part part;
        char *copy = malloc(length + 1); // to its exact size, for the sanitizers
        memcpy(copy, body, length);
        if (sip_multipart_open(&multipart, slice_of("multipart/mixed;boundary=b"),
                               slice_make(copy, length)) == STATUS_OK)
            while (sip_multipart_next(&multipart, &part))
                ck_assert_uint_le(part.body.length, length);
        free(copy);
    }
}
END_TEST

START_TEST(parts_beyond_the_limit_are_not_looked_at)
{
    struct buffer body;
    struct sip_multipart multipart;
    struct sip_part part;
    size_t count = 0;
    buffer_init(&body, 65536);
    for (size_t i = 0; i < 1000; i++)
        buffer_append_text(&body, "--b\r\n\r\nx\r\n");
    ck_assert_int_eq(
        sip_multipart_open(&multipart, slice_of("multipart/mixed;boundary=b"), buffer_slice(&body)),
        STATUS_OK);
    while (sip_multipart_next(&multipart, &part))
        count++;
    ck_assert_uint_eq(count, LIMIT_SIP_PARTS);
    buffer_free(&body);
}
END_TEST

START_TEST(types_are_compared_without_case_and_parameters)
{
    static const struct {
        bool is_same;
        const char *content_type;
        const char *type;
    } rows[] = {
        { true, "application/sdp", "application/sdp" },
        { true, "Application/SDP", "application/sdp" },
        { true, "application/sdp;charset=x", "application/sdp" },
        { true, " application / sdp ; x", "application/sdp" },
        { false, "application/sdpx", "application/sdp" },
        { false, "application/sd", "application/sdp" },
        { false, "application", "application/sdp" },
        { false, "application/", "application/sdp" },
        { false, "/sdp", "application/sdp" },
        { false, "application/sdp x", "application/sdp" },
        { false, "", "application/sdp" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(sip_multipart_is_type(slice_of(rows[i].content_type), rows[i].type) ==
                          rows[i].is_same,
                      "%s", rows[i].content_type);
}
END_TEST

static void assert_body(const char *lines_and_body, const char *type, const char *expected)
{
    char text[4096];
    struct arena *arena = arena_new();
    struct sip_message *message;
    snprintf(text, sizeof(text), "OPTIONS sip:a@b SIP/2.0\r\n%s", lines_and_body);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    ck_assert(slice_equal(sip_message_body_of_type(message, type), slice_of(expected)));
    arena_free(arena);
}

START_TEST(the_body_of_a_type_is_the_body_or_a_part)
{
    const char *multipart = "c: multipart/mixed;boundary=b\r\n\r\n"
                            "--b\r\nc: multipart/mixed;boundary=d\r\n\r\n"
                            "--d\r\nc: deep/er\r\n\r\nz\r\n--d--\r\n"
                            "--b\r\nc: application/sdp\r\n\r\nv=0\r\n"
                            "--b\r\nc: application/sdp\r\n\r\nv=1\r\n--b--";
    assert_body("c: application/sdp\r\n\r\nv=0", "application/sdp", "v=0");
    assert_body("c: application/sdp\r\n\r\nv=0", "text/plain", "");
    assert_body("\r\nv=0", "application/sdp", "");
    assert_body(multipart, "application/sdp", "v=0");
    assert_body(multipart, "deep/er", "");
    assert_body(multipart, "text/plain", "");
}
END_TEST

#define MULTIPART(kind, parts) "c: multipart/" kind ";boundary=b\r\n\r\n" parts "--b--\r\n"
#define PART(lines)            "--b\r\n" lines "\r\nx\r\n"
#define SDP                    PART("c: application/sdp\r\n")
#define ISUP                   PART("c: application/isup\r\n")
#define REQUIRED               "Content-Disposition: signal; handling=Required\r\n"
#define OPTIONAL               "Content-Disposition: signal;handling=optional\r\n"

START_TEST(a_body_is_understood_when_all_is_that_must_be)
{
    static const struct {
        bool is_understood;
        const char *lines_and_body;
    } rows[] = {
        { true, "c: application/isup\r\n\r\n" }, /* there is none */
        { true, "c: application/sdp\r\n\r\nx" },
        { true, "c: text/plain;charset=utf-8\r\n\r\nx" },
        { false, "c: application/isup\r\n\r\nx" },
        { false, "\r\nx" },
        { true, "c: application/isup\r\n" OPTIONAL "\r\nx" },
        { true,
          "c: application/isup\r\nContent-Disposition: x;a=\"b;c\"; Handling = Optional\r\n\r\nx" },
        { false, "c: application/isup\r\nContent-Disposition: signal;handling=required\r\n\r\nx" },
        { false, "c: application/isup\r\nContent-Disposition: optional\r\n\r\nx" },
        { false, "c: application/isup\r\nContent-Disposition: x;handling\r\n\r\nx" },
        { true, "c: application/sdp\r\ne: Identity\r\n\r\nx" },
        { false, "c: application/sdp\r\ne: gzip\r\n\r\nx" },
        { false, "c: application/sdp\r\ne: identity, gzip\r\n\r\nx" },
        { true, "c: application/sdp\r\ne: gzip\r\n" OPTIONAL "\r\nx" },
        { true, MULTIPART("mixed", SDP PART("")) },
        { true, MULTIPART("mixed", SDP ISUP) }, /* one is, and nobody requires the other */
        { true, MULTIPART("mixed", ISUP SDP) },
        { false, MULTIPART("mixed", SDP PART("c: application/isup\r\n" REQUIRED)) },
        { false, MULTIPART("mixed", PART(REQUIRED "c: a/b\r\n") SDP) },
        { true, MULTIPART("mixed", SDP PART(REQUIRED "c: text/plain\r\n")) },
        { false, MULTIPART("related", ISUP) },
        { true, MULTIPART("mixed", SDP PART("c: application/isup\r\n" OPTIONAL)) },
        { true, MULTIPART("mixed", PART(OPTIONAL "c: a/b\r\n") SDP) },
        { true, MULTIPART("mixed", SDP PART("c: application/sdp\r\ne: gzip\r\n")) },
        { true, MULTIPART("alternative", ISUP SDP) },
        { false, MULTIPART("alternative", ISUP ISUP) },
        { true, MULTIPART("mixed", SDP PART("c: multipart/mixed;boundary=d\r\n")) },
        { false, "e: gzip\r\n" MULTIPART("mixed", SDP) },
        { false, "c: multipart/mixed\r\n\r\n" SDP },
    };
    static const char *const types[] = { "application/sdp", "text/plain", NULL };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[1024];
        struct sip_message *message;
        struct arena *arena = arena_new();
        snprintf(text, sizeof(text), "OPTIONS sip:a@b SIP/2.0\r\n%s", rows[i].lines_and_body);
        ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
        ck_assert_msg(sip_message_body_is_understood(message, types) == rows[i].is_understood, "%s",
                      rows[i].lines_and_body);
        arena_free(arena);
    }
}
END_TEST

START_TEST(an_encoded_body_is_of_no_type)
{
    assert_body("c: application/sdp\r\ne: gzip\r\n\r\nx", "application/sdp", "");
    assert_body("c: application/sdp\r\ne: identity\r\n\r\nx", "application/sdp", "x");
    assert_body(MULTIPART("mixed", PART("c: application/sdp\r\nContent-Encoding: gzip\r\n")
                                       SDP PART("c: text/plain\r\n")),
                "application/sdp", "x");
    assert_body(MULTIPART("mixed", PART("c: application/sdp\r\ne: gzip\r\n")), "application/sdp",
                "");
}
END_TEST

START_TEST(the_binary_parts_of_rfc_4475_are_exact)
{
    struct buffer file = corpus_read("rfc4475", "mpart01.dat");
    struct arena *arena = arena_new();
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(arena, buffer_slice(&file), &message), STATUS_OK);
    ck_assert_uint_eq(message->body.length, 553);
    ck_assert(slice_equal(sip_message_body_of_type(message, "text/plain"), slice_of("Hello")));
    struct slice binary = sip_message_body_of_type(message, "application/octet-stream");
    ck_assert_uint_eq(binary.length, 342);
    ck_assert_uint_eq((unsigned char)binary.data[1], 0x82); // a PKCS #7 structure, of 4 + 0x0152
    arena_free(arena);
    buffer_free(&file);
}
END_TEST

SUITE_MAIN("sip/multipart", parts_are_found_as_their_rows_say, a_body_cut_anywhere_is_survived,
           parts_beyond_the_limit_are_not_looked_at, types_are_compared_without_case_and_parameters,
           the_body_of_a_type_is_the_body_or_a_part, a_body_is_understood_when_all_is_that_must_be,
           an_encoded_body_is_of_no_type, the_binary_parts_of_rfc_4475_are_exact)
