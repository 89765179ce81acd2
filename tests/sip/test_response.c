// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/product.h"
#include "sip/response.h"
#include "suite.h"
#include "util/limits.h"

#define INVITE(to, others)                                                                         \
    "INVITE sip:a@b SIP/2.0\r\n"                                                                   \
    "Via: SIP/2.0/TLS p2;branch=z9hG4bK2, SIP/2.0/TLS p1;branch=z9hG4bK1\r\n"                      \
    "Record-Route: <sip:p2;lr>\r\n"                                                                \
    "v: SIP/2.0/TLS ua;branch=z9hG4bK0;rport\r\n"                                                  \
    "Record-Route: <sip:p1;lr>;x=y\r\n"                                                            \
    "f: \"A\" <sip:alice@example.com>;tag=f\r\n"                                                   \
    "t: " to "\r\n"                                                                                \
    "i: c@d\r\n"                                                                                   \
    "CSeq: 007 \t INVITE\r\n"                                                                      \
    "Timestamp: 54.2\r\n" others "\r\n"

// What is expected in front of our product text and behind it.
static void assert_response(const char *request_text, struct sip_response response,
                            const char *before, const char *after)
{
    struct arena *arena = arena_new();
    struct sip_message *request;
    struct sip_writer writer;
    char expected[2048];
    sip_writer_init(&writer);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(request_text), &request), STATUS_OK);
    sip_response_write(&writer, request, &response);
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_OK);
    snprintf(expected, sizeof(expected), "%s%s%s", before, sip_product(), after);
    ck_assert_msg(slice_equal(sip_writer_slice(&writer), slice_of(expected)), "%.*s\nnot\n%s",
                  SLICE_PRINT(sip_writer_slice(&writer)), expected);
    sip_writer_free(&writer);
    arena_free(arena);
}

#define VIAS                                                                                       \
    "Via: SIP/2.0/TLS p2;branch=z9hG4bK2\r\n"                                                      \
    "Via: SIP/2.0/TLS p1;branch=z9hG4bK1\r\n"                                                      \
    "Via: SIP/2.0/TLS ua;branch=z9hG4bK0;rport\r\n"
#define ROUTES     "Record-Route: <sip:p2;lr>\r\nRecord-Route: <sip:p1;lr>;x=y\r\n"
#define FROM       "From: \"A\" <sip:alice@example.com>;tag=f\r\n"
#define IDENTITIES "Call-ID: c@d\r\nCSeq: 007 \t INVITE\r\n"

START_TEST(a_100_has_the_timestamp_and_no_tag_of_ours)
{
    assert_response(INVITE("<sip:b>", ""), (struct sip_response){ .status = 100 },
                    "SIP/2.0 100 Trying\r\n" VIAS FROM "To: <sip:b>\r\n" IDENTITIES
                    "Timestamp: 54.2\r\nServer: ",
                    "\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_200_has_the_record_routes_and_our_tag)
{
    struct sip_response response = {
        .status = 200,
        .to_tag = slice_of("t"),
        .lines = slice_of("Contact: <sip:x>\r\n"),
        .content_type = slice_of("application/sdp"),
        .body = slice_of("v=0"),
    };
    assert_response(INVITE("<sip:b>", ""), response,
                    "SIP/2.0 200 OK\r\n" VIAS ROUTES FROM "To: <sip:b>;tag=t\r\n" IDENTITIES
                    "Contact: <sip:x>\r\nServer: ",
                    "\r\nContent-Type: application/sdp\r\n"
                    "Content-Length: 3\r\n\r\nv=0");
}
END_TEST

START_TEST(a_refusal_has_no_record_routes)
{
    struct sip_response response = { .status = 486,
                                     .to_tag = slice_of("t"),
                                     .reason = slice_of("Not Now") };
    assert_response(INVITE("sip:b;x=y", ""), response,
                    "SIP/2.0 486 Not Now\r\n" VIAS FROM "To: sip:b;x=y;tag=t\r\n" IDENTITIES
                    "Server: ",
                    "\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_tag_that_is_there_stays)
{
    struct sip_response response = { .status = 488, .to_tag = slice_of("t") };
    assert_response(INVITE("<sip:b>;tag=mine", ""), response,
                    "SIP/2.0 488 Not Acceptable Here\r\n" VIAS FROM
                    "To: <sip:b>;tag=mine\r\n" IDENTITIES "Server: ",
                    "\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_request_that_forms_no_dialog_gets_no_record_routes)
{
    assert_response("OPTIONS sip:a SIP/2.0\r\nVia: SIP/2.0/TLS p\r\nRecord-Route: <sip:p>\r\n"
                    "From: sip:f\r\nTo: sip:t\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n",
                    (struct sip_response){ .status = 200, .to_tag = slice_of("t") },
                    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS p\r\nFrom: sip:f\r\nTo: sip:t;tag=t\r\n"
                    "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nServer: ",
                    "\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(folded_values_come_back_on_one_line)
{
    assert_response("OPTIONS sip:a SIP/2.0\r\nVia:\r\n SIP/2.0/TLS\r\n\tp\r\nFrom: sip:f\r\n ;x\r\n"
                    "To: sip:t\r\nCall-ID: c\r\nCSeq: 1\r\n OPTIONS\r\n\r\n",
                    (struct sip_response){ .status = 200, .to_tag = slice_of("t") },
                    "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS p\r\nFrom: sip:f ;x\r\nTo: sip:t;tag=t\r\n"
                    "Call-ID: c\r\nCSeq: 1 OPTIONS\r\nServer: ",
                    "\r\nContent-Length: 0\r\n\r\n");
}
END_TEST

START_TEST(a_tag_cannot_inject_a_line)
{
    struct arena *arena = arena_new();
    struct sip_message *request;
    struct sip_writer writer;
    struct sip_response response = { .status = 200, .to_tag = slice_of("t\r\nX: y") };
    sip_writer_init(&writer);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(INVITE("<sip:b>", "")), &request),
                     STATUS_OK);
    sip_response_write(&writer, request, &response);
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_MALFORMED);
    sip_writer_free(&writer);
    arena_free(arena);
}
END_TEST

// What can be answered gets an answer, which our own parser reads, with the same identity.
static void answer(const char *folder, const char *name, size_t *count)
{
    struct buffer file = corpus_read(folder, name);
    struct arena *arena = arena_new();
    struct sip_writer writer;
    struct sip_message *request;
    struct sip_message *message;
    struct sip_response response = { .status = 400, .to_tag = slice_of("t") };
    sip_writer_init(&writer);
    if (sip_message_parse(arena, buffer_slice(&file), &request) == STATUS_OK &&
        request->can_be_answered) {
        sip_response_write(&writer, request, &response);
        ck_assert_msg(sip_writer_status(&writer) == STATUS_OK, "%s", name);
        ck_assert_int_eq(sip_message_parse(arena, sip_writer_slice(&writer), &message), STATUS_OK);
        ck_assert_uint_eq(message->status, 400);
        ck_assert(slice_equal(sip_message_value(message, SIP_HEADER_CALL_ID),
                              sip_message_value(request, SIP_HEADER_CALL_ID)));
        ck_assert(slice_equal(sip_message_value(message, SIP_HEADER_VIA),
                              sip_message_value(request, SIP_HEADER_VIA)));
        ck_assert_uint_eq(sip_message_count(message, SIP_HEADER_VIA),
                          sip_message_count(request, SIP_HEADER_VIA));
        ck_assert(request->defect ||
                  slice_ends_with(sip_message_value(message, SIP_HEADER_TO), slice_of(";tag=t")) ||
                  request->to_tag.length);
        (*count)++;
    }
    sip_writer_free(&writer);
    arena_free(arena);
    buffer_free(&file);
}

START_TEST(every_request_of_the_corpus_that_can_be_answered_is)
{
    struct buffer table = corpus_read("rfc4475", "expected");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    size_t count = 0;
    while (corpus_next_row(&rest, &row))
        answer("rfc4475", row.columns[0], &count);
    ck_assert_uint_gt(count, 35);
    buffer_free(&table);
}
END_TEST

SUITE_MAIN("sip/response", a_100_has_the_timestamp_and_no_tag_of_ours,
           a_200_has_the_record_routes_and_our_tag, a_refusal_has_no_record_routes,
           a_tag_that_is_there_stays, a_request_that_forms_no_dialog_gets_no_record_routes,
           folded_values_come_back_on_one_line, a_tag_cannot_inject_a_line,
           every_request_of_the_corpus_that_can_be_answered_is)
