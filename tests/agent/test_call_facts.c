// SPDX-License-Identifier: ISC
// Who calls whom, as rows of headers; and the call machine's table beside it.
#include "agent/call_facts.h"
#include "agent/call_states.h"
#include "tests/suite.h"

#include <stdio.h>

#define ASSERTED "P-Asserted-Identity: "

static const struct row {
    const char *from;
    const char *lines;
    const char *number;
    const char *name;
    const char *trust;
    const char *diversion;
} rows[] = {
    { "\"Ada\" <sip:+491@h>", "", "+491", "Ada", "none", "" },
    { "<sip:a%20b@h>", "", "a b", "", "none", "" },
    { "<sip:anonymous@h>", "", "anonymous", "", "none", "" },
    { "\"Ada\" <sip:h>", "", "anonymous", "", "none", "" },
    { "\"Ada\" <sip:+491@h>", "Privacy: id\r\n", "anonymous", "", "none", "" },
    { "\"Ada\" <sip:+491@h>", "Privacy: critical; USER\r\n", "anonymous", "", "none", "" },
    { "\"Ada\" <sip:+491@h>", "Privacy: none\r\n", "+491", "Ada", "none", "" },
    { "<sip:+491@h>", "Remote-Party-ID: \"A\" <sip:+492@h>;party=calling;privacy=full\r\n",
      "anonymous", "", "asserted", "" },
    { "<sip:+491@h>", "Remote-Party-ID: <sip:+492@h>;privacy=\"full\";screen=yes\r\n", "anonymous",
      "", "asserted", "" },
    { "<sip:+491@h>", "Remote-Party-ID: <sip:+492@h>;privacy=uri\r\n", "anonymous", "", "asserted",
      "" },
    { "<sip:+491@h>", "Remote-Party-ID: <sip:+492@h>;party=calling;privacy=off;screen=yes\r\n",
      "+492", "", "asserted", "" },
    { "<sip:+491@h>", "Remote-Party-ID: <sip:+493@h>;party=called;privacy=full\r\n", "+491", "",
      "none", "" },
    { "<sip:+491@h>", "Remote-Party-ID: garbage;privacy=full\r\n", "+491", "", "none", "" },
    { "<sip:x@h>", ASSERTED "<sip:+492@h>\r\n", "+492", "", "asserted", "" },
    { "<sip:x@h>", ASSERTED "<tel:+492>\r\n", "+492", "", "asserted", "" },
    { "<sip:x@h>", ASSERTED "<sip:h>, <tel:+492>\r\n", "+492", "", "asserted", "" },
    { "<sip:+491@h>", ASSERTED "<sip:h>\r\n", "+491", "", "none", "" },
    { "<sip:+491@h>", ASSERTED "<<\r\n", "+491", "", "none", "" },
    { "<sip:x@h>", ASSERTED "<sip:+492@h>\r\nPrivacy: id\r\n", "anonymous", "", "asserted", "" },
    { "<sip:x@h>", ASSERTED "<sip:+492@h;verstat=TN-Validation-Passed>\r\n", "+492", "", "verified",
      "" },
    { "<sip:x@h>", ASSERTED "<sip:+492@h;verstat=TN-Validation-Failed>\r\n", "+492", "", "asserted",
      "" },
    { "<sip:+491@h;verstat=TN-Validation-Passed-A>", "", "+491", "", "verified", "" },
    { "<sip:x@h>", ASSERTED "<sip:+492;verstat=TN-Validation-Passed@h;user=phone>\r\n", "+492", "",
      "verified", "" },
    { "<sip:x@h>", ASSERTED "<tel:+492;verstat=TN-Validation-Passed>\r\n", "+492", "", "verified",
      "" },
    { "<sip:49-2*%23;phone-context=+49@h>", "", "49-2*#", "", "none", "" },
    { "<sip:ada;home@h>", "", "ada;home", "", "none", "" },
    { "<sip:;x@h>", "", ";x", "", "none", "" },
    { "<sip:x@h>", "Diversion: <sip:boss@h>;reason=busy\r\n", "x", "", "none", "sip:boss@h" },
    { "<sip:x@h>", "Diversion: <<\r\n", "x", "", "none", "" },
};

static struct sip_message *invite(struct arena *arena, const struct row *row)
{
    char text[2048];
    struct sip_message *message = NULL;
    snprintf(text, sizeof(text),
             "INVITE sip:ali%%63e@host;x=1 SIP/2.0\r\n"
             "Via: SIP/2.0/TLS x;branch=z9hG4bK1\r\n"
             "From: %s;tag=f\r\nTo: <sip:alice@host>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
             "Contact: <sip:c@h>\r\nMax-Forwards: 9\r\nX-Door: front\r\n%s"
             "Content-Length: 0\r\n\r\n",
             row->from, row->lines);
    ck_assert(sip_message_parse(arena, slice_of(text), &message) == STATUS_OK);
    return message;
}

#define EXPECT(slice, text)                                                                        \
    ck_assert_msg(slice_equal((slice), slice_of(text)), "row %zu: %.*s is not %s", i,              \
                  SLICE_PRINT(slice), (text))

START_TEST(an_invite_says_who_calls_whom)
{
    static const char *const exported[] = { "X-None", "x-door" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct arena *arena = arena_new();
        struct event event = { .kind = EVENT_INCOMING };
        call_facts_read(arena, invite(arena, &rows[i]), exported, 2, &event);
        EXPECT(event.from, rows[i].number);
        EXPECT(event.from_name, rows[i].name);
        EXPECT(event.trust, rows[i].trust);
        EXPECT(event.diversion, rows[i].diversion);
        EXPECT(event.to, "alice");
        EXPECT(event.to_uri, "sip:ali%63e@host;x=1");
        ck_assert_uint_eq(event.header_count, 1);
        EXPECT(event.header_names[0], "x-door");
        EXPECT(event.header_values[0], "front");
        if (slice_equal(event.from, slice_of("anonymous")))
            EXPECT(event.from_uri, "sip:anonymous@anonymous.invalid");
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_log_shows_the_last_four_of_a_number)
{
    static const char *const uris[][2] = {
        { "sip:+493015910@example.com", "****5910@example.com" },
        { "sip:abcd@example.com", "****@example.com" },
        { "sip:example.com", "anonymous@example.com" },
        { "tel:+493015910", "****5910" },
        { "sip:+493015910;verstat=No-TN-Validation@example.com", "****5910@example.com" },
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < sizeof(uris) / sizeof(*uris); i++) {
        struct sip_uri uri;
        ck_assert(sip_uri_parse(slice_of(uris[i][0]), &uri) == STATUS_OK);
        EXPECT(call_facts_mask(arena, &uri), uris[i][1]);
    }
    arena_free(arena);
}
END_TEST

START_TEST(a_call_is_decided_once_and_over_for_good)
{
    for (int state = CALL_DIALLING; state < CALL_STATE_COUNT; state++) {
        enum call_state from = (enum call_state)state;
        bool is_deciding = from == CALL_DECIDING;
        ck_assert(call_state_admits(from, ACTION_ANSWER) == is_deciding);
        ck_assert(call_state_admits(from, ACTION_RING) == is_deciding);
        /* `accept` and `reject` also decide a dial and a transfer. */
        bool has_other = from == CALL_DIALLING || from == CALL_UP;
        ck_assert(call_state_admits(from, ACTION_REJECT) == (is_deciding || has_other));
        ck_assert(call_state_admits(from, ACTION_ACCEPT) == has_other);
        ck_assert(call_state_admits(from, ACTION_HOLD) == (from == CALL_UP));
        ck_assert(call_state_is_early(from) == (from < CALL_ANSWERED));
        ck_assert(call_state_admits(from, ACTION_HANGUP) == (from < CALL_ENDING));
        ck_assert(call_state_may_become(from, CALL_OVER) == (from != CALL_OVER));
        ck_assert(!call_state_may_become(from, CALL_DECIDING));
        ck_assert(!call_state_may_become(from, CALL_DIALLING));
        ck_assert(!call_state_may_become(CALL_OVER, from));
    }
    ck_assert(call_state_may_become(CALL_DRAINING, CALL_UP));
    ck_assert(!call_state_may_become(CALL_DECIDING, CALL_UP));
    ck_assert(!call_state_may_become(CALL_ENDING, CALL_UP));
    ck_assert_str_eq(call_state_text(CALL_DECIDING), "deciding");
    ck_assert_str_eq(call_state_text(CALL_OVER), "over");
}
END_TEST

SUITE_MAIN("agent/call_facts", an_invite_says_who_calls_whom, a_log_shows_the_last_four_of_a_number,
           a_call_is_decided_once_and_over_for_good)
