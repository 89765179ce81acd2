// SPDX-License-Identifier: ISC
// Dialogs from both sides: route sets, targets, sequence numbers (RFC 3261 12).
#include "sip/dialog.h"
#include "tests/suite.h"

#include <stdio.h>

static struct sip_message *parse(struct arena *arena, const char *start, const char *tags,
                                 const char *headers, unsigned cseq)
{
    char text[4096];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "%s\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\n%sCall-ID: c@h\r\nCSeq: %u %s\r\n%s"
             "Content-Length: 0\r\n\r\n",
             start, tags, cseq, strstr(start, "BYE") ? "BYE" : "INVITE", headers);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    ck_assert_uint_eq(message->defect, 0);
    return message;
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
    struct sip_message *early = parse(arena, "SIP/2.0 183 x", FROM_US,
                                      "Contact: <sip:c@1>\r\nRecord-Route: <sip:p1;lr>\r\n", 7);
    struct sip_message *final =
        parse(arena, "SIP/2.0 200 x", FROM_US,
              "Contact: <sip:c@2>\r\nRecord-Route: <sip:p1;lr>, <sip:p2;lr>\r\n", 7);
    struct sip_dialog *dialog = sip_dialog_new_client(early, slice_of("<sip:us@h>;tag=u"));
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

SUITE_MAIN("sip/dialog", the_route_set_of_a_callee_is_in_order,
           the_route_set_of_a_caller_is_reversed, sequence_numbers_rise_and_targets_change)
