// SPDX-License-Identifier: ISC
// Dialogs from both sides: route sets, targets, sequence numbers (RFC 3261 12).
#include "sip/dialog.h"
#include "tests/suite.h"
#include "util/limits.h"

#include <stdio.h>

/* The method of a response is its reason phrase. */
static struct sip_message *parse(struct arena *arena, const char *start, const char *tags,
                                 const char *headers, unsigned cseq)
{
    char text[4096];
    struct sip_message *message;
    struct slice rest;
    struct slice method = slice_cut(slice_of(start), ' ', &rest);
    if (slice_equal(method, slice_of("SIP/2.0")))
        slice_cut(rest, ' ', &method);
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\n%sCall-ID: c@h\r\nCSeq: %u %.*s\r\n%s"
             "Content-Length: 0\r\n\r\n",
             start, tags, cseq, SLICE_PRINT(method), headers);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    ck_assert_uint_eq(message->defect, 0);
    return message;
}

static void assert_text(struct slice text, const char *expected)
{
    ck_assert_msg(slice_equal(text, slice_of(expected)), "%.*s, not %s", SLICE_PRINT(text),
                  expected);
}

#define INVITE      "INVITE sip:us@h SIP/2.0"
#define WITHOUT_TAG "From: \"A\" <sip:them@h>;tag=t\r\nTo: <sip:us@h>\r\n"
#define FROM_THEM   "From: \"A\" <sip:them@h>;tag=t\r\nTo: <sip:us@h>;tag=u\r\n"
#define FROM_US     "From: <sip:us@h>;tag=u\r\nTo: <sip:them@h>;tag=t\r\n"

static const struct {
    const char *headers;
    const char *uri;       // of our next request, as UAS
    const char *routes[3]; // its Route values
} rows[] = {
    { "Contact: <sip:c@1.2.3.4;x=y>\r\n", "sip:c@1.2.3.4;x=y", { NULL } },
    { "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr;a=b>\r\n",
      "sip:c@1",
      { "<sip:p1;lr>", "<sip:p2;lr;a=b>" } },
    { "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1>\r\nRecord-Route: <sip:p2;lr>\r\n",
      "sip:p1",
      { "<sip:p2;lr>", "<sip:c@1>" } },
    { "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1;lrx=1>\r\n", "sip:p1;lrx=1", { "<sip:c@1>" } },
    { "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1;lr=true>\r\n",
      "sip:c@1",
      { "<sip:p1;lr=true>" } },
    { "", "sip:them@h", { NULL } },
    /* What 19.1.1 forbids in a Request-URI is not there; the rest is, byte for byte. */
    { "Contact: <sip:c?x;y@1:5061;A=%41;Method=BYE;lr?Subject=a&body=b>;expires=9\r\n",
      "sip:c?x;y@1:5061;A=%41;lr",
      { NULL } },
    { "Contact: <sip:c@1;method=BYE;methods=x?a=b>\r\nRecord-Route: <sip:p1;method=INFO;x?a=b>;y\r\n",
      "sip:p1;x",
      { "<sip:c@1;methods=x>" } },
    { "Contact: <sip:c@1;a=b/c:[d]&e+$=f==;METHOD=x;g=>\r\n"
      "Record-Route: <sip:p1;a=b/c:[d]&e+$=f==;g=;LR>\r\n",
      "sip:c@1;a=b/c:[d]&e+$=f==;g=",
      { "<sip:p1;a=b/c:[d]&e+$=f==;g=;LR>" } },
    { "Contact: <sips:c@1>\r\n", "sips:c@1", { NULL } },
    { "Contact: <tel:+4930123>\r\n", "sip:them@h", { NULL } },
    { "Contact: <http://h/>\r\n", "sip:them@h", { NULL } },
    { "Contact: *\r\n", "sip:them@h", { NULL } },
    { "Contact: <sip:a@1>, <sip:b@1>\r\n", "sip:them@h", { NULL } },
};

static void check_request(struct sip_request *request, size_t row)
{
    ck_assert_msg(slice_equal(request->uri, slice_of(rows[row].uri)), "row %zu: %.*s", row,
                  SLICE_PRINT(request->uri));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_uint_eq(i < request->route_count, rows[row].routes[i] != NULL);
        if (rows[row].routes[i])
            ck_assert_msg(slice_equal(request->routes[i], slice_of(rows[row].routes[i])),
                          "row %zu: %.*s", row, SLICE_PRINT(request->routes[i]));
    }
}

START_TEST(the_route_set_of_a_callee_is_in_order)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sip_request request = { .cseq = 0 };
        struct sip_dialog *dialog = sip_dialog_new_server(
            parse(arena, INVITE, WITHOUT_TAG, rows[i].headers, 5), slice_of("u"));
        sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
        check_request(&request, i);
        ck_assert(slice_equal(request.from, slice_of("<sip:us@h>;tag=u")));
        ck_assert(slice_equal(request.to, slice_of("\"A\" <sip:them@h>;tag=t")));
        ck_assert_uint_eq(request.cseq, 1);
        sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
        ck_assert_uint_eq(request.cseq, 2);
        sip_dialog_free(dialog);
        arena_free(arena);
    }
}
END_TEST

START_TEST(the_route_set_of_a_caller_is_reversed)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_message *early = parse(arena, "SIP/2.0 183 INVITE", FROM_US,
                                      "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1;lr>\r\n", 7);
    struct sip_message *final =
        parse(arena, "SIP/2.0 200 INVITE", FROM_US,
              "Contact: <sip:c@2>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\n", 7);
    struct sip_dialog *dialog =
        sip_dialog_new_client(early, slice_of("<sip:us@h>;tag=u"), slice_empty());
    ck_assert(sip_dialog_matches(dialog, final));
    sip_dialog_confirm(dialog, final);
    sip_dialog_ack(dialog, 7, &request);
    ck_assert_int_eq(request.method, SIP_METHOD_ACK);
    ck_assert_uint_eq(request.cseq, 7);
    ck_assert(slice_equal(request.uri, slice_of("sip:c@2")));
    ck_assert_uint_eq(request.route_count, 2);
    ck_assert(slice_equal(request.routes[0], slice_of("<sip:p2;lr>")));
    ck_assert(slice_equal(request.routes[1], slice_of("<sip:p1;lr>")));
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    ck_assert_uint_eq(request.cseq, 8);
    ck_assert(slice_equal(sip_dialog_call_id(dialog), slice_of("c@h")));
    ck_assert(slice_equal(sip_dialog_local_tag(dialog), slice_of("u")));
    ck_assert(slice_equal(sip_dialog_remote_tag(dialog), slice_of("t")));
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(sequence_numbers_rise_and_targets_change)
{
    struct arena *arena = arena_new();
    struct sip_dialog *dialog = sip_dialog_new_server(
        parse(arena, INVITE, WITHOUT_TAG, "Contact: <sip:c@1>\r\n", 5), slice_of("u"));
    struct sip_message *old = parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 4);
    struct sip_message *later =
        parse(arena, INVITE, FROM_THEM, "Contact: <sip:new@9>\r\nRecord-Route: <sip:x;lr>\r\n", 90);
    ck_assert(sip_dialog_matches(dialog, old));
    ck_assert_int_eq(sip_dialog_admit(dialog, old), STATUS_REFUSED);
    ck_assert_int_eq(sip_dialog_admit(dialog, later), STATUS_OK);
    sip_dialog_refresh_target(dialog, later);
    ck_assert(slice_equal(sip_dialog_remote_target(dialog), slice_of("sip:new@9")));
    struct sip_request request = { .cseq = 0 };
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    ck_assert_uint_eq(request.route_count, 0); /* the route set stays (12.2) */
    sip_dialog_refresh_target(
        dialog, parse(arena, INVITE, FROM_THEM, "Contact: <sip:a@1>, <sip:b@1>\r\n", 91));
    ck_assert(slice_equal(sip_dialog_remote_target(dialog), slice_of("sip:new@9")));
    ck_assert(!sip_dialog_matches(dialog, parse(arena, INVITE, WITHOUT_TAG, "", 92)));
    ck_assert(!sip_dialog_matches(dialog, parse(arena, INVITE, FROM_US, "", 92)));
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

static struct sip_dialog *callee(struct arena *arena)
{
    return sip_dialog_new_server(parse(arena, INVITE, WITHOUT_TAG, "Contact: <sip:first@1>\r\n", 5),
                                 slice_of("u"));
}

static const struct {
    const char *start;
    const char *headers;
    bool is_refreshed;
} refreshes[] = {
    { INVITE, "", true },
    { "UPDATE sip:us@h SIP/2.0", "", true },
    { "SUBSCRIBE sip:us@h SIP/2.0", "", true },
    { "NOTIFY sip:us@h SIP/2.0", "", true },
    { "REFER sip:us@h SIP/2.0", "", true },
    { "ACK sip:us@h SIP/2.0", "", false },
    { "BYE sip:us@h SIP/2.0", "", false },
    { "INFO sip:us@h SIP/2.0", "", false },
    { "OPTIONS sip:us@h SIP/2.0", "", false },
    { "PRACK sip:us@h SIP/2.0", "", false },
    { "MESSAGE sip:us@h SIP/2.0", "", false },
    { "SIP/2.0 200 INVITE", "", true },
    { "SIP/2.0 202 UPDATE", "", true },
    { "SIP/2.0 200 INFO", "", false },
    { "SIP/2.0 200 BYE", "", false },
    { "SIP/2.0 200 PRACK", "", false },
    { "SIP/2.0 300 INVITE", "", false },
    { "SIP/2.0 488 INVITE", "", false },
    { "SIP/2.0 100 INVITE", "", false },
    { "SIP/2.0 183 INVITE", "", false },
    { "SIP/2.0 183 INVITE", "Require: 100rel\r\nRSeq: 7\r\n", true },
    { "SIP/2.0 183 UPDATE", "Require: 100rel\r\nRSeq: 7\r\n", false },
};

START_TEST(only_target_refreshes_change_the_target)
{
    for (size_t i = 0; i < sizeof(refreshes) / sizeof(*refreshes); i++) {
        struct arena *arena = arena_new();
        struct sip_dialog *dialog = callee(arena);
        char headers[256];
        snprintf(headers, sizeof(headers), "%sContact: <sip:new@1>\r\n", refreshes[i].headers);
        bool is_request = strncmp(refreshes[i].start, "SIP", 3) != 0;
        struct sip_message *message =
            parse(arena, refreshes[i].start, is_request ? FROM_THEM : FROM_US, headers, 6);
        sip_dialog_refresh_target(dialog, message);
        ck_assert_msg(
            slice_equal(sip_dialog_remote_target(dialog),
                        slice_of(refreshes[i].is_refreshed ? "sip:new@1" : "sip:first@1")),
            "%s", refreshes[i].start);
        sip_dialog_free(dialog);
        arena_free(arena);
    }
}
END_TEST

#define CONTACT(uri)     "Contact: <" uri ">\r\n"
#define ROUTED(uri, hop) CONTACT(uri) "Record-Route: <" hop ">\r\n"

START_TEST(a_dialog_is_confirmed_once)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_client(
        parse(arena, "SIP/2.0 183 INVITE", FROM_US, ROUTED("sip:c@1", "sip:p1;lr"), 7),
        slice_of("<sip:us@h>;tag=u"), slice_empty());
    struct sip_message *final =
        parse(arena, "SIP/2.0 200 INVITE", FROM_US, ROUTED("sip:c@2", "sip:p2;lr"), 7);
    /* Only the 2xx to the INVITE is the one. */
    sip_dialog_confirm(
        dialog, parse(arena, "SIP/2.0 200 PRACK", FROM_US, ROUTED("sip:x@9", "sip:p9;lr"), 8));
    sip_dialog_confirm(
        dialog, parse(arena, "SIP/2.0 300 INVITE", FROM_US, ROUTED("sip:x@9", "sip:p9;lr"), 7));
    sip_dialog_confirm(
        dialog, parse(arena, "SIP/2.0 180 INVITE", FROM_US, ROUTED("sip:x@9", "sip:p9;lr"), 7));
    sip_dialog_ack(dialog, 7, &request);
    assert_text(request.uri, "sip:c@1");
    assert_text(request.routes[0], "<sip:p1;lr>");
    sip_dialog_request(dialog, SIP_METHOD_PRACK, &request);
    ck_assert_uint_eq(request.cseq, 8);
    sip_dialog_confirm(dialog, final);
    sip_dialog_ack(dialog, 7, &request);
    assert_text(request.uri, "sip:c@2");
    ck_assert_uint_eq(request.route_count, 1);
    assert_text(request.routes[0], "<sip:p2;lr>");
    /* The numbers go on from where the early dialog was (13.2.2.4). */
    sip_dialog_request(dialog, SIP_METHOD_INVITE, &request);
    ck_assert_uint_eq(request.cseq, 9);
    sip_dialog_refresh_target(
        dialog, parse(arena, "SIP/2.0 200 INVITE", FROM_US, ROUTED("sip:c@3", "sip:p9;lr"), 9));
    sip_dialog_confirm(dialog, final); /* repeated */
    sip_dialog_ack(dialog, 9, &request);
    assert_text(request.uri, "sip:c@3");
    assert_text(request.routes[0], "<sip:p2;lr>");
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(a_dialog_made_by_a_2xx_is_confirmed)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_client(
        parse(arena, "SIP/2.0 200 INVITE", FROM_US, ROUTED("sip:c@1", "sip:p1;lr"), 7),
        slice_of("<sip:us@h>;tag=u"), slice_empty());
    sip_dialog_confirm(dialog, parse(arena, "SIP/2.0 200 INVITE", FROM_US, CONTACT("sip:c@2"), 7));
    sip_dialog_ack(dialog, 7, &request);
    assert_text(request.uri, "sip:c@1");
    ck_assert_uint_eq(request.route_count, 1);
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(an_early_dialog_has_all_that_a_request_needs)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_client(
        parse(arena, "SIP/2.0 183 INVITE", FROM_US,
              CONTACT("sip:c@1") "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nRecord-Route: "
                                 "<sip:p3;lr>\r\n",
              7),
        slice_of("Us <sip:us@h>;tag=u"), slice_empty());
    sip_dialog_request(dialog, SIP_METHOD_UPDATE, &request);
    ck_assert_int_eq(request.method, SIP_METHOD_UPDATE);
    assert_text(request.from, "Us <sip:us@h>;tag=u");
    assert_text(request.to, "<sip:them@h>;tag=t");
    assert_text(request.call_id, "c@h");
    ck_assert_uint_eq(request.route_count, 3);
    assert_text(request.routes[0], "<sip:p3;lr>");
    assert_text(request.routes[1], "<sip:p2;lr>");
    assert_text(request.routes[2], "<sip:p1;lr>");
    sip_dialog_free(dialog);
    sip_dialog_free(NULL);
    arena_free(arena);
}
END_TEST

START_TEST(a_route_set_is_bounded)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    char headers[2048] = CONTACT("sip:c@1");
    for (size_t i = 0; i < LIMIT_SIP_ROUTES + 3; i++)
        snprintf(headers + strlen(headers), 40, "Record-Route: <sip:p%zu>\r\n", i);
    struct sip_dialog *dialog =
        sip_dialog_new_server(parse(arena, INVITE, WITHOUT_TAG, headers, 5), slice_of("u"));
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    ck_assert_uint_eq(request.route_count, LIMIT_SIP_ROUTES);
    assert_text(request.uri, "sip:p0");
    assert_text(request.routes[LIMIT_SIP_ROUTES - 1], "<sip:c@1>");
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(a_repeated_2xx_leaves_the_route_set_of_a_callee)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = callee(arena);
    sip_dialog_confirm(
        dialog, parse(arena, "SIP/2.0 200 INVITE", FROM_US, ROUTED("sip:c@1", "sip:p1;lr"), 7));
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    ck_assert_uint_eq(request.route_count, 0);
    assert_text(request.uri, "sip:first@1");
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(strict_routes_take_no_more_memory_with_each_request)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_server(
        parse(arena, INVITE, WITHOUT_TAG, ROUTED("sip:c@1", "sip:p1"), 5), slice_of("u"));
    sip_dialog_request(dialog, SIP_METHOD_INVITE, &request);
    const char *uri = request.uri.data;
    const char *last = request.routes[0].data;
    sip_dialog_refresh_target(dialog, parse(arena, INVITE, FROM_THEM, CONTACT("sip:c@2"), 6));
    sip_dialog_request(dialog, SIP_METHOD_INVITE, &request);
    ck_assert(uri == request.uri.data && last == request.routes[0].data);
    assert_text(request.uri, "sip:p1");
    assert_text(request.routes[0], "<sip:c@2>");
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

/* 12.2.1.1, its example. */
START_TEST(a_strict_router_gets_the_next_hops_and_the_target)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog =
        sip_dialog_new_server(parse(arena, INVITE, WITHOUT_TAG,
                                    "Contact: sip:user@remoteua\r\nRecord-Route: "
                                    "<sip:proxy1>,<sip:proxy2>,<sip:proxy3;lr>,<sip:proxy4>\r\n",
                                    5),
                              slice_of("u"));
    static const char *const routes[] = { "<sip:proxy2>", "<sip:proxy3;lr>", "<sip:proxy4>",
                                          "<sip:user@remoteua>" };
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    assert_text(request.uri, "sip:proxy1");
    ck_assert_uint_eq(request.route_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_text(request.routes[i], routes[i]);
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(a_to_that_cannot_be_read_is_not_written_and_hides_no_bye)
{
    static const char *const parties[] = {
        "From: <sip:us@h>;tag=u\r\nTo: <\"\r\n",
        "From: <sip:us@h>;tag=u\r\n",
        "From: <\"\r\nTo: <\"\r\n",
    };
    for (size_t i = 0; i < sizeof(parties) / sizeof(*parties); i++) {
        struct arena *arena = arena_new();
        struct sip_request request = { .cseq = 0 };
        struct sip_dialog *dialog = sip_dialog_new_client(
            parse(arena, "SIP/2.0 200 INVITE", parties[i], "Contact: <sip:c@1>\r\n", 7),
            slice_of("<sip:us@h>;tag=u"), slice_empty());
        sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
        ck_assert(slice_equal(request.to, slice_of("<sip:c@1>")));
        ck_assert(slice_equal(request.from, slice_of("<sip:us@h>;tag=u")));
        ck_assert(sip_dialog_matches(
            dialog, parse(arena, "BYE sip:us@h SIP/2.0",
                          "From: <sip:them@h>;tag=t\r\nTo: <sip:us@h>;tag=u\r\n", "", 1)));
        ck_assert(!sip_dialog_matches(
            dialog, parse(arena, "BYE sip:us@h SIP/2.0",
                          "From: <sip:them@h>;tag=t\r\nTo: <sip:us@h>;tag=v\r\n", "", 1)));
        sip_dialog_free(dialog);
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_dialog_without_remote_tag_works)
{
    static const char without[] = "From: <sip:us@h>;tag=u\r\nTo: <sip:them@h>\r\n";
    static const char theirs[] = "From: <sip:them@h>\r\nTo: <sip:us@h>;tag=u\r\n";
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_message *bye = parse(arena, "BYE sip:us@h SIP/2.0", theirs, "", 1);
    struct sip_dialog *dialog =
        sip_dialog_new_client(parse(arena, "SIP/2.0 200 INVITE", without, CONTACT("sip:c@1"), 7),
                              slice_of("<sip:us@h>;tag=u"), slice_empty());
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    assert_text(request.to, "<sip:them@h>");
    ck_assert(sip_dialog_matches(dialog, bye));
    ck_assert(!sip_dialog_matches(dialog, parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 1)));
    ck_assert(slice_is_empty(sip_dialog_remote_tag(dialog)));
    sip_dialog_free(dialog);
    dialog = sip_dialog_new_server(
        parse(arena, INVITE, "From: <sip:them@h>\r\nTo: <sip:us@h>\r\n", CONTACT("sip:c@1"), 5),
        slice_of("u"));
    ck_assert(sip_dialog_matches(dialog, bye));
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(a_call_id_is_compared_with_case_and_a_tag_without)
{
    struct arena *arena = arena_new();
    struct sip_dialog *dialog = callee(arena);
    ck_assert(sip_dialog_matches(
        dialog, parse(arena, "BYE sip:us@h SIP/2.0",
                      "From: <sip:them@h>;tag=T\r\nTo: <sip:us@h>;tag=U\r\n", "", 6)));
    struct sip_message *bye = parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 6);
    bye->call_id = slice_of("C@h");
    ck_assert(!sip_dialog_matches(dialog, bye));
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

static const struct {
    unsigned cseq;
    enum status status;
} numbers[] = {
    { 6, STATUS_OK },          { 5, STATUS_REFUSED },   { 6, STATUS_OK },
    { 100, STATUS_OK },        { 7, STATUS_REFUSED },   { 0, STATUS_REFUSED },
    { 2147483647, STATUS_OK }, { 100, STATUS_REFUSED },
};

START_TEST(a_lower_sequence_number_is_refused_and_a_gap_is_none)
{
    struct arena *arena = arena_new();
    struct sip_dialog *dialog = callee(arena);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        ck_assert_int_eq(sip_dialog_admit(dialog, parse(arena, "INFO sip:us@h SIP/2.0", FROM_THEM,
                                                        "", numbers[i].cseq)),
                         numbers[i].status);
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(the_first_request_of_the_callee_sets_its_number)
{
    struct arena *arena = arena_new();
    struct sip_dialog *dialog =
        sip_dialog_new_client(parse(arena, "SIP/2.0 200 INVITE", FROM_US, CONTACT("sip:c@1"), 700),
                              slice_of("<sip:us@h>;tag=u"), slice_empty());
    ck_assert_int_eq(
        sip_dialog_admit(dialog, parse(arena, "INFO sip:us@h SIP/2.0", FROM_THEM, "", 3)),
        STATUS_OK);
    ck_assert_int_eq(
        sip_dialog_admit(dialog, parse(arena, "INFO sip:us@h SIP/2.0", FROM_THEM, "", 2)),
        STATUS_REFUSED);
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(a_far_end_that_names_itself_nowhere_is_where_we_called)
{
    struct arena *arena = arena_new();
    struct sip_request bye = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_client(
        parse(arena, "SIP/2.0 200 INVITE", "From: <sip:us@h>;tag=u\r\nTo: Bsip:bob@h>;tag=t\r\n",
              "Contact: <sipNbob@1>\r\n", 7),
        slice_of("<sip:us@h>;tag=u"), slice_of("sip:bob@example.com"));
    sip_dialog_request(dialog, SIP_METHOD_BYE, &bye);
    ck_assert(slice_equal(bye.uri, slice_of("sip:bob@example.com")));
    ck_assert(slice_equal(bye.to, slice_of("<sip:bob@example.com>")));
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

START_TEST(our_sequence_number_stays_below_two_to_the_31)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog = sip_dialog_new_client(
        parse(arena, "SIP/2.0 200 INVITE", FROM_US, CONTACT("sip:c@1"), 2147483646),
        slice_of("<sip:us@h>;tag=u"), slice_empty());
    for (size_t i = 0; i < 3; i++) {
        sip_dialog_request(dialog, SIP_METHOD_INFO, &request);
        ck_assert_uint_eq(request.cseq, 2147483647);
    }
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

/* The next request of a dialog and of one that was restored from its state: the same. */
static void check_restored(struct sip_dialog *dialog, const struct sip_message *answer)
{
    struct sip_dialog_state state;
    struct sip_request request = { .cseq = 0 };
    struct sip_request again = { .cseq = 0 };
    sip_dialog_state(dialog, &state);
    struct sip_dialog *restored = sip_dialog_restore(&state);
    ck_assert_int_eq(sip_dialog_matches(restored, answer), sip_dialog_matches(dialog, answer));
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    sip_dialog_request(restored, SIP_METHOD_BYE, &again);
    ck_assert(slice_equal(again.uri, request.uri));
    ck_assert(slice_equal(again.from, request.from));
    ck_assert(slice_equal(again.to, request.to));
    ck_assert(slice_equal(again.call_id, request.call_id));
    ck_assert_uint_eq(again.cseq, request.cseq);
    ck_assert_uint_eq(again.route_count, request.route_count);
    for (size_t i = 0; i < request.route_count; i++)
        ck_assert(slice_equal(again.routes[i], request.routes[i]));
    sip_dialog_free(restored);
}

START_TEST(a_restored_dialog_says_the_same)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct sip_message *invite = parse(arena, INVITE, WITHOUT_TAG, rows[i].headers, 5);
        struct sip_message *bye = parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 6);
        struct sip_message *early = parse(arena, "SIP/2.0 183 INVITE", FROM_US, rows[i].headers, 7);
        struct sip_dialog *server = sip_dialog_new_server(invite, slice_of("u"));
        struct sip_dialog *client =
            sip_dialog_new_client(early, slice_of("<sip:us@h>;tag=u"), slice_empty());
        check_restored(server, bye);
        check_restored(client, early);
        sip_dialog_free(server);
        sip_dialog_free(client);
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_restored_dialog_refuses_what_was_too_old_before)
{
    struct arena *arena = arena_new();
    struct sip_dialog_state state;
    struct sip_dialog *dialog =
        sip_dialog_new_server(parse(arena, INVITE, WITHOUT_TAG, "", 5), slice_of("u"));
    sip_dialog_state(dialog, &state);
    struct sip_dialog *restored = sip_dialog_restore(&state);
    ck_assert_int_eq(
        sip_dialog_admit(restored, parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 4)),
        STATUS_REFUSED);
    ck_assert_int_eq(
        sip_dialog_admit(restored, parse(arena, "BYE sip:us@h SIP/2.0", FROM_THEM, "", 6)),
        STATUS_OK);
    sip_dialog_free(dialog);
    sip_dialog_free(restored);
    arena_free(arena);
}
END_TEST

START_TEST(its_revision_tells_that_our_requests_would_be_others)
{
    struct arena *arena = arena_new();
    struct sip_request request = { .cseq = 0 };
    struct sip_dialog *dialog =
        sip_dialog_new_server(parse(arena, INVITE, WITHOUT_TAG, "", 5), slice_of("u"));
    uint32_t before = sip_dialog_revision(dialog);
    ck_assert_int_eq(
        sip_dialog_admit(dialog, parse(arena, "INFO sip:us@h SIP/2.0", FROM_THEM, "", 6)),
        STATUS_OK);
    sip_dialog_ack(dialog, 5, &request);
    ck_assert_uint_eq(sip_dialog_revision(dialog), before);
    sip_dialog_request(dialog, SIP_METHOD_INFO, &request);
    uint32_t after = sip_dialog_revision(dialog);
    ck_assert_uint_ne(after, before);
    sip_dialog_refresh_target(
        dialog, parse(arena, "UPDATE sip:us@h SIP/2.0", FROM_THEM, "Contact: <sip:c@9>\r\n", 7));
    ck_assert_uint_ne(sip_dialog_revision(dialog), after);
    sip_dialog_free(dialog);
    arena_free(arena);
}
END_TEST

SUITE_MAIN("sip/dialog", the_route_set_of_a_callee_is_in_order,
           the_route_set_of_a_caller_is_reversed, sequence_numbers_rise_and_targets_change,
           only_target_refreshes_change_the_target, a_dialog_is_confirmed_once,
           an_early_dialog_has_all_that_a_request_needs, a_route_set_is_bounded,
           a_dialog_made_by_a_2xx_is_confirmed, a_repeated_2xx_leaves_the_route_set_of_a_callee,
           strict_routes_take_no_more_memory_with_each_request,
           a_strict_router_gets_the_next_hops_and_the_target,
           a_to_that_cannot_be_read_is_not_written_and_hides_no_bye,
           a_dialog_without_remote_tag_works, a_call_id_is_compared_with_case_and_a_tag_without,
           a_lower_sequence_number_is_refused_and_a_gap_is_none,
           the_first_request_of_the_callee_sets_its_number,
           our_sequence_number_stays_below_two_to_the_31,
           a_far_end_that_names_itself_nowhere_is_where_we_called, a_restored_dialog_says_the_same,
           a_restored_dialog_refuses_what_was_too_old_before,
           its_revision_tells_that_our_requests_would_be_others)
