// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/message.h"
#include "sip/product.h"
#include "sip/request.h"
#include "sip/writer.h"
#include "suite.h"
#include "util/limits.h"

static void assert_text(const struct sip_writer *writer, const char *expected)
{
    ck_assert_int_eq(sip_writer_status(writer), STATUS_OK);
    ck_assert_msg(slice_equal(sip_writer_slice(writer), slice_of(expected)), "%.*s",
                  SLICE_PRINT(sip_writer_slice(writer)));
}

START_TEST(writes_a_message_line_by_line)
{
    struct sip_writer writer;
    sip_writer_init(&writer);
    sip_writer_request_line(&writer, slice_of("MESSAGE"), slice_of("sip:a@b"));
    sip_writer_header(&writer, SIP_HEADER_CALL_ID, slice_of("x"));
    sip_writer_header_text(&writer, SIP_HEADER_SUBJECT, "");
    sip_writer_header_number(&writer, SIP_HEADER_EXPIRES, 3600);
    sip_writer_header_named(&writer, "X-Y", slice_of("z"));
    sip_writer_lines(&writer, slice_of("A: b\r\nC:\r\n"));
    sip_writer_end(&writer, slice_of("text/plain"), slice_of("a\r\n\0b"));
    assert_text(&writer, "MESSAGE sip:a@b SIP/2.0\r\nCall-ID: x\r\nSubject: \r\nExpires: 3600\r\n"
                         "X-Y: z\r\nA: b\r\nC:\r\nContent-Type: text/plain\r\n"
                         "Content-Length: 3\r\n\r\na\r\n");
    sip_writer_clear(&writer);
    sip_writer_status_line(&writer, 180, slice_of("Ringing"));
    sip_writer_end(&writer, slice_empty(), slice_empty());
    assert_text(&writer, "SIP/2.0 180 Ringing\r\nContent-Length: 0\r\n\r\n");
    sip_writer_free(&writer);
}
END_TEST

START_TEST(a_uri_stands_in_brackets)
{
    struct sip_writer writer;
    sip_writer_init(&writer);
    sip_writer_header_uri(&writer, SIP_HEADER_REFER_TO, slice_of("sip:a@b;x=1"));
    assert_text(&writer, "Refer-To: <sip:a@b;x=1>\r\n");
    sip_writer_header_uri(&writer, SIP_HEADER_REFER_TO, slice_of("sip:a@b>\r\nX: y"));
    ck_assert(sip_writer_status(&writer) == STATUS_MALFORMED);
    sip_writer_free(&writer);
}
END_TEST

static const struct slice injections[] = {
    SLICE_LITERAL("a\r\nX: y"), SLICE_LITERAL("a\rb"), SLICE_LITERAL("a\nb"),
    SLICE_LITERAL("a\0b"),      SLICE_LITERAL("\r\n"), SLICE_LITERAL("a\r\n b"),
};

START_TEST(line_ends_and_nul_are_refused_for_good)
{
    for (size_t i = 0; i < sizeof(injections) / sizeof(*injections); i++) {
        struct sip_writer writer;
        sip_writer_init(&writer);
        for (int where = 0; where < 6; where++) {
            sip_writer_clear(&writer);
            if (where == 0)
                sip_writer_request_line(&writer, injections[i], slice_of("sip:a"));
            if (where == 1)
                sip_writer_request_line(&writer, slice_of("BYE"), injections[i]);
            if (where == 2)
                sip_writer_status_line(&writer, 200, injections[i]);
            if (where == 3)
                sip_writer_header(&writer, SIP_HEADER_SUBJECT, injections[i]);
            if (where == 4)
                sip_writer_header_named(&writer, "X", injections[i]);
            if (where == 5)
                sip_writer_end(&writer, injections[i], slice_empty());
            sip_writer_header_text(&writer, SIP_HEADER_SUBJECT, "fine");
            ck_assert_int_eq(sip_writer_status(&writer), STATUS_MALFORMED);
            size_t index;
            ck_assert(injections[i].length == 2 ||
                      !slice_find_text(sip_writer_slice(&writer), injections[i], &index));
        }
        sip_writer_clear(&writer);
        ck_assert_int_eq(sip_writer_status(&writer), STATUS_OK);
        sip_writer_free(&writer);
    }
}
END_TEST

START_TEST(blanks_and_nothing_are_refused_in_a_start_line)
{
    static const char *const rows[][2] = {
        { "", "sip:a" }, { "BYE", "" }, { "B E", "sip:a" }, { "BYE", "sip:a b" }, { "BYE\t", "x" },
    };
    struct sip_writer writer;
    sip_writer_init(&writer);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        sip_writer_clear(&writer);
        sip_writer_request_line(&writer, slice_of(rows[i][0]), slice_of(rows[i][1]));
        ck_assert_int_eq(sip_writer_status(&writer), STATUS_MALFORMED);
    }
    sip_writer_free(&writer);
}
END_TEST

START_TEST(a_status_has_three_digits_up_to_699)
{
    static const struct {
        uint32_t status;
        enum status written;
    } rows[] = {
        { 0, STATUS_MALFORMED },    { 99, STATUS_MALFORMED }, { 100, STATUS_OK },
        { 200, STATUS_OK },         { 699, STATUS_OK },       { 700, STATUS_MALFORMED },
        { 2000, STATUS_MALFORMED },
    };
    struct sip_writer writer;
    sip_writer_init(&writer);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        sip_writer_clear(&writer);
        sip_writer_status_line(&writer, rows[i].status, slice_of("x"));
        ck_assert_msg(sip_writer_status(&writer) == rows[i].written, "%u", rows[i].status);
    }
    sip_writer_free(&writer);
}
END_TEST

START_TEST(only_whole_header_lines_are_taken)
{
    static const char *const bad[] = { "A: b",  "A: b\n",       "A: b\r",
                                       "\r\n",  "A: b\r\n\r\n", "A: b\r\n\r\nC: d\r\n",
                                       "A\r\n", "A: b\r\r\n",   "A: b\r\nC" };
    struct sip_writer writer;
    sip_writer_init(&writer);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        sip_writer_clear(&writer);
        sip_writer_lines(&writer, slice_of(bad[i]));
        ck_assert_msg(sip_writer_status(&writer) == STATUS_MALFORMED, "%s", bad[i]);
    }
    sip_writer_clear(&writer);
    sip_writer_lines(&writer, slice_make(NULL, 0));
    assert_text(&writer, "");
    sip_writer_free(&writer);
}
END_TEST

START_TEST(a_copied_value_may_hold_nul_but_no_line_end)
{
    struct sip_writer writer;
    sip_writer_init(&writer);
    sip_writer_header_copied(&writer, SIP_HEADER_TO, slice_make("\"\\\0\" <sip:a>", 12),
                             slice_of("t"));
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_OK);
    ck_assert(slice_ends_with(sip_writer_slice(&writer), slice_of("<sip:a>;tag=t\r\n")));
    sip_writer_header_copied(&writer, SIP_HEADER_TO, slice_of("<sip:a>\r\nX: y"), slice_empty());
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_MALFORMED);
    sip_writer_free(&writer);
}
END_TEST

START_TEST(too_much_is_too_large_for_good)
{
    static char body[LIMIT_SIP_MESSAGE];
    struct sip_writer writer;
    sip_writer_init(&writer);
    sip_writer_end(&writer, slice_empty(), slice_make(body, sizeof(body)));
    sip_writer_header_text(&writer, SIP_HEADER_SUBJECT, "fine");
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_TOO_LARGE);
    sip_writer_free(&writer);
}
END_TEST

START_TEST(what_is_quoted_is_read_back)
{
    static const char *const rows[] = { "",   "Alice",    "a \"b\" \\ c", "\\",
                                        "\"", "a;b,c<d>", "\xc3\xa4" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sip_address address;
        struct buffer text;
        buffer_init(&text, 256);
        sip_writer_quote(&text, slice_of(rows[i]));
        buffer_append_text(&text, " <sip:a@b>");
        ck_assert_int_eq(sip_address_parse(buffer_slice(&text), &address), STATUS_OK);
        ck_assert(slice_equal(sip_address_display_name(arena, &address), slice_of(rows[i])));
        buffer_free(&text);
        arena_free(arena);
    }
}
END_TEST

static void rewrite(struct sip_writer *writer, const struct sip_message *message)
{
    if (message->is_request)
        sip_writer_request_line(writer, message->method_text, message->request_uri.text);
    else
        sip_writer_status_line(writer, message->status, message->reason);
    for (size_t i = 0; i < message->header_count; i++) {
        const struct sip_header *header = &message->headers[i];
        char name[1024];
        snprintf(name, sizeof(name), "%.*s", SLICE_PRINT(header->name));
        if (header->id == SIP_HEADER_OTHER)
            sip_writer_header_named(writer, name, header->value);
        else if (header->id != SIP_HEADER_CONTENT_LENGTH && header->id != SIP_HEADER_CONTENT_TYPE)
            sip_writer_header_copied(writer, header->id, header->value, slice_empty());
    }
    sip_writer_end(writer, sip_message_value(message, SIP_HEADER_CONTENT_TYPE), message->body);
}

static void assert_same(const struct sip_message *left, const struct sip_message *right)
{
    ck_assert_uint_eq(right->defect, 0);
    ck_assert(left->is_request == right->is_request && left->status == right->status);
    ck_assert(slice_equal(left->method_text, right->method_text));
    ck_assert(slice_equal(left->request_uri.text, right->request_uri.text));
    ck_assert(slice_equal(left->reason, right->reason));
    ck_assert(slice_equal(left->body, right->body) && left->cseq == right->cseq);
    for (enum sip_header_id id = SIP_HEADER_OTHER; id < SIP_HEADER_COUNT; id++) {
        if (id == SIP_HEADER_CONTENT_LENGTH)
            continue;
        ck_assert_uint_eq(sip_message_count(left, id), sip_message_count(right, id));
        for (size_t i = 0; i < sip_message_count(left, id); i++)
            ck_assert(slice_equal(sip_message_header(left, id, i)->value,
                                  sip_message_header(right, id, i)->value));
    }
}

START_TEST(what_is_written_is_read_back_for_the_whole_corpus)
{
    struct buffer table = corpus_read("rfc4475", "expected");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    size_t count = 0;
    while (corpus_next_row(&rest, &row)) {
        struct buffer file = corpus_read("rfc4475", row.columns[0]);
        struct arena *arena = arena_new();
        struct sip_writer writer;
        struct sip_message *message;
        struct sip_message *again;
        sip_writer_init(&writer);
        if (sip_message_parse(arena, buffer_slice(&file), &message) == STATUS_OK &&
            !message->defect) {
            rewrite(&writer, message);
            ck_assert_msg(sip_writer_status(&writer) == STATUS_OK, "%s", row.columns[0]);
            ck_assert_int_eq(sip_message_parse(arena, sip_writer_slice(&writer), &again),
                             STATUS_OK);
            assert_same(message, again);
            count++;
        }
        sip_writer_free(&writer);
        arena_free(arena);
        buffer_free(&file);
    }
    ck_assert_uint_gt(count, 20);
    buffer_free(&table);
}
END_TEST

START_TEST(a_request_has_its_headers_in_order)
{
    static const struct slice routes[] = { SLICE_LITERAL("<sip:p1;lr>"),
                                           SLICE_LITERAL("<sip:p2;lr>") };
    struct sip_request request = {
        .method = SIP_METHOD_INVITE,
        .uri = slice_of("sip:bob@example.com"),
        .from = slice_of("<sip:alice@example.com>;tag=f"),
        .to = slice_of("<sip:bob@example.com>"),
        .call_id = slice_of("c"),
        .cseq = 4294967295,
        .routes = routes,
        .route_count = 2,
        .lines = slice_of("Contact: <sip:x>\r\n"),
        .content_type = slice_of("application/sdp"),
        .body = slice_of("v=0"),
    };
    struct sip_writer writer;
    char expected[1024];
    sip_writer_init(&writer);
    sip_request_write(&writer, &request, slice_of("SIP/2.0/TLS h;branch=z9hG4bK1"));
    snprintf(expected, sizeof(expected),
             "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK1\r\n"
             "Max-Forwards: 70\r\nRoute: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\n"
             "From: <sip:alice@example.com>;tag=f\r\nTo: <sip:bob@example.com>\r\n"
             "Call-ID: c\r\nCSeq: 4294967295 INVITE\r\nContact: <sip:x>\r\nUser-Agent: %s\r\n"
             "Content-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
             sip_product());
    assert_text(&writer, expected);
    sip_writer_clear(&writer);
    request.call_id = slice_of("c\r\nX: y");
    sip_request_write(&writer, &request, slice_of("SIP/2.0/TLS h;branch=z9hG4bK1"));
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_MALFORMED);
    sip_writer_free(&writer);
}
END_TEST

START_TEST(the_product_has_a_name_and_a_version)
{
    ck_assert(slice_starts_with(slice_of(sip_product()), slice_of("offhookd/")));
}
END_TEST

SUITE_MAIN("sip/writer", writes_a_message_line_by_line, a_uri_stands_in_brackets,
           line_ends_and_nul_are_refused_for_good, blanks_and_nothing_are_refused_in_a_start_line,
           a_status_has_three_digits_up_to_699, only_whole_header_lines_are_taken,
           a_copied_value_may_hold_nul_but_no_line_end, too_much_is_too_large_for_good,
           what_is_quoted_is_read_back, what_is_written_is_read_back_for_the_whole_corpus,
           a_request_has_its_headers_in_order, the_product_has_a_name_and_a_version)
