// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/message.h"
#include "suite.h"
#include "util/limits.h"

#include <strings.h>

#define HEAD                                                                                       \
    "OPTIONS sip:a@b SIP/2.0\r\n"                                                                  \
    "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"                                                       \
    "From: \"Alice\" <sip:alice@example.com>;tag=f\r\n"                                            \
    "To: <sip:bob@example.com>\r\n"                                                                \
    "Call-ID: c@d\r\n"                                                                             \
    "CSeq: 7 OPTIONS\r\n"

// A message of HEAD and further lines; free with release.
static struct sip_message *parse(struct slice bytes)
{
    struct sip_message *message = NULL;
    ck_assert_int_eq(sip_message_parse(arena_new(), bytes, &message), STATUS_OK);
    return message;
}

static struct sip_message *parse_with(const char *lines_and_body)
{
    char text[8192];
    snprintf(text, sizeof(text), HEAD "%s", lines_and_body);
    return parse(slice_of(text));
}

static void release(struct sip_message *message)
{
    arena_free(message->arena);
}

// Appends a column, unescaped and with CRLF for \n, or the usual line, and CRLF.
static void append_line(struct buffer *bytes, const char *column, const char *usual)
{
    char text[2048];
    if (strcmp(column, "0") == 0)
        return;
    snprintf(text, sizeof(text), "%s", *column && strcmp(column, "-") != 0 ? column : usual);
    char *rest = text;
    for (char *end; (end = strstr(rest, "\\n")) != NULL; rest = end + 2) {
        *end = '\0';
        buffer_append(bytes, corpus_unescape(rest));
        buffer_append_text(bytes, "\r\n");
    }
    buffer_append(bytes, corpus_unescape(rest));
    buffer_append_text(bytes, "\r\n");
}

static void describe(struct slice bytes, char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    enum status status = sip_message_parse(arena, bytes, &message);
    if (status != STATUS_OK)
        snprintf(text, size, status == STATUS_TOO_LARGE ? "large" : "malformed");
    else if (message->defect)
        snprintf(text, size, "%u-%s", message->defect,
                 message->can_be_answered ? "answer" : "drop");
    else
        snprintf(text, size, "ok");
    arena_free(arena);
}

START_TEST(each_row_of_defects_has_its_outcome)
{
    struct buffer table = corpus_read("sip", "defects");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    while (corpus_next_row(&rest, &row)) {
        bool is_response = strncasecmp(row.columns[1], "SIP/", 4) == 0;
        char outcome[64];
        struct buffer bytes;
        buffer_init(&bytes, 16384);
        append_line(&bytes, row.columns[1], "");
        append_line(&bytes, row.columns[2], "Via: SIP/2.0/TLS x;branch=z9hG4bK1");
        append_line(&bytes, row.columns[3], "From: <sip:alice@example.com>;tag=f");
        append_line(&bytes, row.columns[4], "To: <sip:bob@example.com>");
        append_line(&bytes, row.columns[5], "Call-ID: c@d");
        append_line(&bytes, row.columns[6], is_response ? "CSeq: 7 INVITE" : "CSeq: 7 OPTIONS");
        append_line(&bytes, row.columns[7], "X: y");
        buffer_append_text(&bytes, "\r\n");
        describe(buffer_slice(&bytes), outcome, sizeof(outcome));
        ck_assert_msg(strcmp(outcome, row.columns[0]) == 0, "%s, not %s: %s %s %s %s %s %s %s",
                      outcome, row.columns[0], row.columns[1], row.columns[2], row.columns[3],
                      row.columns[4], row.columns[5], row.columns[6], row.columns[7]);
        buffer_free(&bytes);
    }
    buffer_free(&table);
}
END_TEST

START_TEST(the_mandatory_parts_are_read)
{
    struct sip_message *message = parse_with("l: 3\r\n\r\nabcdef");
    ck_assert(message->is_request && message->method == SIP_METHOD_OPTIONS);
    ck_assert(slice_equal(message->method_text, slice_of("OPTIONS")));
    ck_assert(slice_equal(message->request_uri.host, slice_of("b")));
    ck_assert(slice_equal(message->via.branch, slice_of("z9hG4bK1")));
    ck_assert(slice_equal(message->from.display_name, slice_of("Alice")));
    ck_assert(slice_equal(message->from_tag, slice_of("f")));
    ck_assert(slice_equal(message->to.uri.user, slice_of("bob")));
    ck_assert(slice_is_empty(message->to_tag));
    ck_assert(slice_equal(message->call_id, slice_of("c@d")));
    ck_assert_uint_eq(message->cseq, 7);
    ck_assert(slice_equal(message->body, slice_of("abc")));
    ck_assert_uint_eq(message->defect, 0);
    release(message);
}
END_TEST

START_TEST(a_response_has_the_method_of_its_cseq)
{
    struct sip_message *message =
        parse(slice_of("SIP/2.0 486 Busy  Here\r\nVia: SIP/2.0/TLS x\r\nFrom: sip:a@b;tag=f\r\n"
                       "To: sip:c@d;tag=t\r\nCall-ID: i\r\nCSeq: 1 INVITE\r\n\r\n"));
    ck_assert(!message->is_request);
    ck_assert_uint_eq(message->status, 486);
    ck_assert(slice_equal(message->reason, slice_of("Busy  Here")));
    ck_assert_int_eq(message->method, SIP_METHOD_INVITE);
    ck_assert(slice_equal(message->to_tag, slice_of("t")));
    ck_assert(slice_is_empty(message->body));
    release(message);
}
END_TEST

static void assert_values(enum sip_header_id id, const char *lines, const char *expected)
{
    struct sip_message *message = parse_with(lines);
    struct buffer found;
    buffer_init(&found, 4096);
    for (size_t i = 0; i < sip_message_count(message, id); i++) {
        buffer_append(&found, sip_message_header(message, id, i)->value);
        buffer_append_byte(&found, '|');
    }
    ck_assert(sip_message_header(message, id, sip_message_count(message, id)) == NULL);
    ck_assert_msg(slice_equal(buffer_slice(&found), slice_of(expected)), "%s gives %.*s", lines,
                  SLICE_PRINT(buffer_slice(&found)));
    buffer_free(&found);
    release(message);
}

START_TEST(lists_are_split_and_the_rest_is_not)
{
    static const struct {
        enum sip_header_id id;
        const char *lines;
        const char *values;
    } rows[] = {
        { SIP_HEADER_SUPPORTED, "Supported: a,b , c\r\nk: d\r\n\r\n", "a|b|c|d|" },
        { SIP_HEADER_SUPPORTED, "Supported:\r\n\r\n", "|" },
        { SIP_HEADER_SUPPORTED, "Supported: \r\n\r\n", "|" },
        { SIP_HEADER_SUPPORTED, "Supported: ,,\r\n\r\n", "|" },
        { SIP_HEADER_SUPPORTED, "Supported: ,a,,b,\r\n\r\n", "a|b|" },
        { SIP_HEADER_SUPPORTED, "\r\n", "" },
        { SIP_HEADER_CONTACT, "m: \"a,b\" <sip:c,d@e>;x=\"f,g\", <sip:h>\r\n\r\n",
          "\"a,b\" <sip:c,d@e>;x=\"f,g\"|<sip:h>|" },
        { SIP_HEADER_CONTACT, "m: \"a\\\",b\" <sip:c>,\r\n <sip:h>\r\n\r\n",
          "\"a\\\",b\" <sip:c>|<sip:h>|" },
        { SIP_HEADER_CONTACT, "m: \"a,<sip:c>,<sip:h>\r\n\r\n", "\"a,<sip:c>,<sip:h>|" },
        { SIP_HEADER_CONTACT, "m: <sip:c,<sip:h>,<sip:i>\r\n\r\n", "<sip:c,<sip:h>|<sip:i>|" },
        { SIP_HEADER_CONTACT, "m: <sip:c,d\r\n\r\n", "<sip:c,d|" },
        { SIP_HEADER_CONTACT, "m: a<\r\n\r\n", "a<|" },
        { SIP_HEADER_CONTACT, "m: a\"\r\n\r\n", "a\"|" },
        { SIP_HEADER_CONTACT, "m: *\r\n\r\n", "*|" },
        { SIP_HEADER_WARNING, "Warning: 301 a \"b, c\", 302 d \"e\"\r\n\r\n",
          "301 a \"b, c\"|302 d \"e\"|" },
        { SIP_HEADER_WWW_AUTHENTICATE, "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\"\r\n\r\n",
          "Digest realm=\"a\", nonce=\"b\"|" },
        { SIP_HEADER_DATE, "Date: Fri, 01 Jan 2010 16:00:00 GMT\r\n\r\n",
          "Fri, 01 Jan 2010 16:00:00 GMT|" },
        { SIP_HEADER_SUBJECT, "s: a, b\r\n\r\n", "a, b|" },
        { SIP_HEADER_SUBJECT, "s:a \t \r\n\r\n", "a|" },
        { SIP_HEADER_SUBJECT, "s:\r\n a\r\n\tb  \r\n   c\r\n\r\n", "a b c|" },
        { SIP_HEADER_SUBJECT, "s: a\r\n \r\n b\r\n\r\n", "a  b|" },
        { SIP_HEADER_SUBJECT, "s: a\r\n b", "a b|" },
        { SIP_HEADER_SUBJECT, "s: a", "a|" },
        { SIP_HEADER_SUBJECT, "s: a\r\n\r\n b", "a|" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_values(rows[i].id, rows[i].lines, rows[i].values);
}
END_TEST

START_TEST(headers_without_an_id_are_found_by_name)
{
    struct sip_message *message = parse_with("X-One: 1\r\nx-one: 2\r\nSubject: s\r\n\r\n");
    struct slice name = slice_of("X-ONE");
    ck_assert(slice_equal(sip_message_header_named(message, name, 0)->value, slice_of("1")));
    ck_assert(slice_equal(sip_message_header_named(message, name, 1)->value, slice_of("2")));
    ck_assert(sip_message_header_named(message, name, 2) == NULL);
    ck_assert(
        slice_equal(sip_message_header_named(message, slice_of("s"), 0)->value, slice_of("s")));
    ck_assert(sip_message_header_named(message, slice_of("X-Two"), 0) == NULL);
    release(message);
}
END_TEST

START_TEST(tokens_are_found_without_case_and_whole)
{
    struct sip_message *message = parse_with("Supported: 100rel, Timer\r\nk: gruu\r\n\r\n");
    ck_assert(sip_message_has_token(message, SIP_HEADER_SUPPORTED, "100REL"));
    ck_assert(sip_message_has_token(message, SIP_HEADER_SUPPORTED, "timer"));
    ck_assert(sip_message_has_token(message, SIP_HEADER_SUPPORTED, "gruu"));
    ck_assert(!sip_message_has_token(message, SIP_HEADER_SUPPORTED, "time"));
    ck_assert(!sip_message_has_token(message, SIP_HEADER_REQUIRE, "timer"));
    release(message);
}
END_TEST

START_TEST(numbers_may_have_parameters_and_comments)
{
    static const struct {
        const char *value;
        int64_t number; // -1: not a number
    } rows[] = {
        { "60", 60 },
        { "0", 0 },
        { "4294967295", 4294967295 },
        { "90;duration=1 (comment)", 90 },
        { "90 ;duration=1", 90 },
        { "90 (I'm in a meeting)", 90 },
        { "90(x)", 90 },
        { "4294967296", -1 },
        { "10000000000000000000000000000000000000000000", -1 },
        { "-1", -1 },
        { "+1", -1 },
        { "1.5", -1 },
        { "1x", -1 },
        { "1 2", -1 },
        { "", -1 },
        { ";x", -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char lines[256];
        uint32_t number = 0;
        snprintf(lines, sizeof(lines), "Retry-After: %s\r\n\r\n", rows[i].value);
        struct sip_message *message = parse_with(lines);
        bool is_number = sip_message_number(message, SIP_HEADER_RETRY_AFTER, &number);
        ck_assert_msg(is_number == (rows[i].number >= 0), "%s", rows[i].value);
        ck_assert(!is_number || number == rows[i].number);
        ck_assert(!sip_message_number(message, SIP_HEADER_EXPIRES, &number));
        release(message);
    }
}
END_TEST

START_TEST(a_copy_lives_on_its_own)
{
    struct sip_message *message = parse_with("s: a\r\n b\r\nl: 2\r\n\r\nxy");
    struct sip_message *copy = sip_message_copy(message);
    release(message);
    ck_assert(slice_equal(copy->call_id, slice_of("c@d")));
    ck_assert(slice_equal(sip_message_value(copy, SIP_HEADER_SUBJECT), slice_of("a b")));
    ck_assert(slice_equal(copy->body, slice_of("xy")));
    sip_message_free(copy);
    sip_message_free(NULL);
}
END_TEST

START_TEST(a_content_type_is_compared_without_case)
{
    struct sip_message *message = parse_with("c: Application/SDP;x=y\r\n\r\n");
    ck_assert(sip_message_has_content_type(message, "application/sdp"));
    ck_assert(!sip_message_has_content_type(message, "text/plain"));
    release(message);
}
END_TEST

START_TEST(a_header_says_its_value_without_case_and_parameters)
{
    struct sip_message *message =
        parse_with("o: Refer ;id=7\r\nSubscription-State: active\r\n\r\n");
    ck_assert(sip_message_says(message, SIP_HEADER_EVENT, "refer"));
    ck_assert(!sip_message_says(message, SIP_HEADER_EVENT, "refer;id=7"));
    ck_assert(!sip_message_says(message, SIP_HEADER_EVENT, "ref"));
    ck_assert(sip_message_says(message, SIP_HEADER_SUBSCRIPTION_STATE, "active"));
    ck_assert(!sip_message_says(message, SIP_HEADER_REFER_TO, "refer"));
    release(message);
}
END_TEST

/* The defect of a request (an INVITE, or what does without) with `count` times `piece` in it. */
static uint32_t parse_repeated(const char *method, const char *piece, size_t count)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    struct buffer bytes;
    char head[512];
    buffer_init(&bytes, 16 * LIMIT_SIP_MESSAGE);
    snprintf(head, sizeof(head),
             "%s sip:a SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
             "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n",
             method, method);
    buffer_append_text(&bytes, head);
    for (size_t i = 0; i < count; i++)
        buffer_append_text(&bytes, piece);
    buffer_append_text(&bytes, "\r\n\r\n");
    enum status status = sip_message_parse(arena, buffer_slice(&bytes), &message);
    uint32_t defect = status == STATUS_OK ? message->defect : 1;
    if (status == STATUS_OK)
        ck_assert_uint_le(message->header_count, LIMIT_SIP_HEADERS + SIP_HEADER_COUNT);
    buffer_free(&bytes);
    arena_free(arena);
    return defect;
}

#define FIFTY "01234567890123456789012345678901234567890123456789"

START_TEST(what_passes_a_limit_is_cut_or_answered_513)
{
    static const struct {
        const char *piece;
        size_t count;
        uint32_t invite; // its defect; what ends something never has one
    } rows[] = {
        { "Z: y\r\n", LIMIT_SIP_HEADERS - 5, 0 },
        { "Z: y\r\n", LIMIT_SIP_HEADERS - 4, 513 },
        { "k: a,b,c,d\r\n", LIMIT_SIP_HEADERS / 4, 513 },
        { "Z: y\r\n", 1000, 513 },
        { "Z: 234567890\r\n", 40000, 1 }, /* not even framed */
        { "Z: y\r\n z\r\nContact: <sip:a>, <sip:b>\r\n", 90, 513 },
        { "Z: y\r\n 01234567890123456789\r\n", 50, 0 },
        { " 01234567890123456789\r\n", 500, 513 }, /* of the CSeq */
        { "Z: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\r\n", 100, 0 },
        { "Z: " FIFTY FIFTY FIFTY FIFTY FIFTY FIFTY "\r\n", 120, 513 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint32_t defect = parse_repeated("INVITE", rows[i].piece, rows[i].count);
        ck_assert_msg(defect == rows[i].invite, "row %zu: %u", i, defect);
        if (rows[i].invite != 1 && rows[i].piece[0] != ' ')
            ck_assert_msg(parse_repeated("BYE", rows[i].piece, rows[i].count) == 0, "row %zu", i);
    }
}
END_TEST

/* A value that is too long: what the method needs is refused, all else is not there. */
START_TEST(an_endless_value_is_refused_only_where_it_is_needed)
{
    static const struct {
        const char *method;
        const char *name;
        uint32_t defect;
    } rows[] = {
        { "INVITE", "Subject", 0 },
        { "INVITE", "Session-Expires", 513 },
        { "INVITE", "Content-Type", 513 },
        { "BYE", "Subject", 0 },
        { "BYE", "Reason", 0 },
        { "BYE", "Content-Type", 0 },
        { "CANCEL", "Reason", 0 },
        { "ACK", "Content-Type", 0 },
        { "REFER", "Refer-To", 513 },
        { "PRACK", "RAck", 513 },
        { "MESSAGE", "Session-Expires", 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer line;
        buffer_init(&line, 4 * LIMIT_SIP_LINE);
        buffer_append_format(&line, "%s: ", rows[i].name);
        for (size_t k = 0; k <= LIMIT_SIP_LINE; k++)
            buffer_append_byte(&line, 'x');
        buffer_append_text(&line, "\r\n");
        buffer_append_byte(&line, 0);
        ck_assert_msg(parse_repeated(rows[i].method, line.data, 1) == rows[i].defect, "row %zu", i);
        buffer_free(&line);
    }
}
END_TEST

START_TEST(a_response_may_list_all_that_are_registered)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    struct buffer bytes;
    buffer_init(&bytes, LIMIT_SIP_FRAMED);
    buffer_append_text(&bytes, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
                               "From: <sip:a>;tag=1\r\nTo: <sip:a>;tag=2\r\nCall-ID: c\r\n"
                               "CSeq: 1 REGISTER\r\nContact: ");
    for (int i = 0; i < 500; i++)
        buffer_append_format(&bytes, "<sip:a@192.0.2.%d;x=%s>;expires=77,", i % 250, FIFTY);
    buffer_append_text(&bytes, "<sip:ours>\r\n\r\n");
    ck_assert_int_eq(sip_message_parse(arena, buffer_slice(&bytes), &message), STATUS_OK);
    ck_assert_uint_eq(message->defect, 0);
    ck_assert_uint_eq(sip_message_count(message, SIP_HEADER_CONTACT), 501);
    buffer_free(&bytes);
    arena_free(arena);
}
END_TEST

/* What broke the framing is answered where that can be, and never carried out. */
START_TEST(what_broke_the_framing_is_a_defect_of_any_method)
{
    static const char *const methods[] = { "INVITE", "BYE", "CANCEL", "ACK", "MESSAGE" };
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++) {
        struct arena *arena = arena_new();
        struct sip_message *message;
        char text[512];
        snprintf(text, sizeof(text),
                 "%s sip:a SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
                 "From: <sip:a>;tag=1\r\nTo: <sip:b>\r\nCall-ID: c\r\nCSeq: 1 %s\r\n\r\n",
                 methods[i], methods[i]);
        ck_assert_int_eq(sip_message_parse_broken(arena, slice_of(text), 513, "why", &message),
                         STATUS_OK);
        ck_assert_uint_eq(message->defect, 513);
        ck_assert_str_eq(message->defect_text, "why");
        ck_assert(message->can_be_answered);
        arena_free(arena);
    }
}
END_TEST

// Every message of the corpus with every byte put to each of a few values: no crash, and what is
// parsed lies inside.
START_TEST(any_wrong_byte_in_the_corpus_is_survived)
{
    static const char bytes[] = { '\0', '\r', '\n', ' ', '"', '<', '>',       ',',
                                  ';',  ':',  '\\', '@', '%', '[', (char)0xff };
    struct buffer table = corpus_read("rfc4475", "expected");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    struct arena *arena = arena_new();
    while (corpus_next_row(&rest, &row)) {
        struct buffer file = corpus_read("rfc4475", row.columns[0]);
        for (size_t i = 0; i < file.length; i++) {
            char kept = file.data[i];
            struct sip_message *message;
            file.data[i] = bytes[i % sizeof(bytes)];
            if (sip_message_parse(arena, buffer_slice(&file), &message) == STATUS_OK) {
                ck_assert_uint_le(message->header_count, LIMIT_SIP_HEADERS);
                ck_assert_uint_le(message->body.length, file.length);
                sip_message_body_of_type(message, "text/plain");
            }
            arena_reset(arena);
            file.data[i] = kept;
        }
        buffer_free(&file);
    }
    arena_free(arena);
    buffer_free(&table);
}
END_TEST

SUITE_MAIN("sip/message", each_row_of_defects_has_its_outcome, the_mandatory_parts_are_read,
           a_response_has_the_method_of_its_cseq, lists_are_split_and_the_rest_is_not,
           headers_without_an_id_are_found_by_name, tokens_are_found_without_case_and_whole,
           numbers_may_have_parameters_and_comments, a_copy_lives_on_its_own,
           a_content_type_is_compared_without_case,
           a_header_says_its_value_without_case_and_parameters,
           what_passes_a_limit_is_cut_or_answered_513,
           an_endless_value_is_refused_only_where_it_is_needed,
           a_response_may_list_all_that_are_registered,
           what_broke_the_framing_is_a_defect_of_any_method,
           any_wrong_byte_in_the_corpus_is_survived)
