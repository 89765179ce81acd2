// SPDX-License-Identifier: ISC
// Clients that decide instead of hooks, on a fake clock.
#include "desk/claims.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

enum {
    ALICE = 3, // clients
    BOB = 4,
    CALL = 7,
    OTHER = 8,
    DECIDE = 10000,
};

static struct control_claims *claims;

static void claim(enum event_kind kind)
{
    claims = control_claims_new();
    ck_assert(control_claims_take(claims, kind, ALICE));
}

/* What came out, as one line of words. */
static const char *outputs(void)
{
    static const char *const names[] = {
        [CLAIM_OWNED] = "owned",
        [CLAIM_RELEASED] = "released",
        [CLAIM_DECIDED] = "decided",
        [CLAIM_LAPSED] = "lapsed",
    };
    static char said[512];
    struct control_claim one;
    said[0] = '\0';
    while (control_claims_next_output(claims, &one)) {
        size_t length = strlen(said);
        snprintf(said + length, sizeof(said) - length, "%s%s:%s%u", length ? " " : "",
                 names[one.outcome], event_kind_text(one.event), one.call);
        ck_assert((one.outcome == CLAIM_LAPSED) == (one.why != NULL));
    }
    return said;
}

#define EXPECT(text) ck_assert_str_eq(outputs(), text)

START_TEST(only_what_wants_a_decision_can_be_claimed_and_by_one)
{
    static const enum event_kind kinds[] = { EVENT_INCOMING, EVENT_OUTGOING, EVENT_TRANSFER };
    claims = control_claims_new();
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        ck_assert(!control_claims_is_taken(claims, kinds[i]));
        ck_assert(control_claims_take(claims, kinds[i], ALICE));
        ck_assert(control_claims_take(claims, kinds[i], ALICE));
        ck_assert(!control_claims_take(claims, kinds[i], BOB));
        ck_assert(control_claims_is_taken(claims, kinds[i]));
    }
    ck_assert(!control_claims_take(claims, EVENT_DTMF, ALICE));
    ck_assert(!control_claims_take(claims, EVENT_ENDED, ALICE));
    control_claims_client_gone(claims, ALICE);
    ck_assert(control_claims_take(claims, EVENT_INCOMING, BOB));
    control_claims_free(claims);
}
END_TEST

START_TEST(nobody_is_asked_about_what_nobody_has_claimed)
{
    claim(EVENT_TRANSFER);
    ck_assert_uint_eq(control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE), 0);
    ck_assert_int_eq(control_claims_deadline(claims), TIME_NEVER);
    control_claims_call_over(claims, CALL);
    EXPECT("");
    control_claims_free(claims);
}
END_TEST

START_TEST(who_decides_owns_the_call_while_it_is_there)
{
    claim(EVENT_INCOMING);
    ck_assert_uint_eq(control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE), ALICE);
    ck_assert_int_eq(control_claims_deadline(claims), DECIDE);
    control_claims_acted(claims, ALICE, CALL, ACTION_ANSWER);
    EXPECT("owned:incoming7 decided:incoming7");
    ck_assert_int_eq(control_claims_deadline(claims), TIME_NEVER);
    control_claims_acted(claims, ALICE, CALL, ACTION_HOLD);
    EXPECT("");
    control_claims_client_gone(claims, ALICE);
    EXPECT("released:incoming7");
    ck_assert_uint_eq(control_claims_lapsed(claims), 0);
    control_claims_free(claims);
}
END_TEST

START_TEST(ring_is_a_word_and_leaves_the_decision_open)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_acted(claims, ALICE, CALL, ACTION_RING);
    EXPECT("owned:incoming7");
    control_claims_timeout(claims, 10 * DECIDE);
    EXPECT("");
    control_claims_acted(claims, ALICE, CALL, ACTION_REJECT);
    EXPECT("decided:incoming7");
    control_claims_free(claims);
}
END_TEST

START_TEST(silence_gives_the_call_to_the_hook)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_timeout(claims, DECIDE - 1);
    EXPECT("");
    control_claims_timeout(claims, DECIDE);
    EXPECT("lapsed:incoming7");
    ck_assert_uint_eq(control_claims_lapsed(claims), 1);
    control_claims_acted(claims, ALICE, CALL, ACTION_ANSWER); /* too late to own it */
    EXPECT("");
    ck_assert_uint_eq(control_claims_ask(claims, EVENT_INCOMING, OTHER, DECIDE), ALICE);
    control_claims_free(claims);
}
END_TEST

START_TEST(a_lost_client_gives_what_is_open_to_the_hook_first)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_ask(claims, EVENT_INCOMING, OTHER, DECIDE);
    control_claims_acted(claims, ALICE, CALL, ACTION_RING);
    EXPECT("owned:incoming7");
    control_claims_client_gone(claims, BOB);
    EXPECT("");
    control_claims_client_gone(claims, ALICE);
    EXPECT("lapsed:incoming7 released:incoming7 lapsed:incoming8");
    ck_assert_uint_eq(control_claims_lapsed(claims), 2);
    ck_assert_uint_eq(control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE), 0);
    control_claims_free(claims);
}
END_TEST

START_TEST(anybody_may_decide_but_does_not_own)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_acted(claims, BOB, CALL, ACTION_RING);
    ck_assert_int_eq(control_claims_deadline(claims), DECIDE);
    control_claims_acted(claims, BOB, CALL, ACTION_ANSWER);
    EXPECT("decided:incoming7");
    control_claims_client_gone(claims, ALICE);
    control_claims_client_gone(claims, BOB);
    EXPECT("");
    control_claims_free(claims);
}
END_TEST

START_TEST(the_end_of_the_call_settles_everything)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_ask(claims, EVENT_INCOMING, OTHER, 2 * DECIDE);
    control_claims_acted(claims, ALICE, CALL, ACTION_RING);
    EXPECT("owned:incoming7");
    control_claims_call_over(claims, CALL);
    EXPECT("decided:incoming7");
    ck_assert_int_eq(control_claims_deadline(claims), 2 * DECIDE);
    control_claims_client_gone(claims, ALICE);
    EXPECT("lapsed:incoming8");
    control_claims_free(claims);
}
END_TEST

START_TEST(a_veto_and_a_transfer_are_decided_and_not_owned)
{
    static const enum event_kind kinds[] = { EVENT_OUTGOING, EVENT_TRANSFER };
    static const char *const said[] = { "decided:outgoing7", "decided:transfer7" };
    static const enum action_kind actions[] = { ACTION_ACCEPT, ACTION_REJECT, ACTION_HANGUP };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        for (size_t j = 0; j < sizeof(actions) / sizeof(*actions); j++) {
            claim(kinds[i]);
            control_claims_ask(claims, kinds[i], CALL, DECIDE);
            control_claims_acted(claims, ALICE, CALL, ACTION_DTMF);
            EXPECT("");
            ck_assert_int_eq(control_claims_deadline(claims), DECIDE);
            control_claims_acted(claims, ALICE, CALL, actions[j]);
            EXPECT(said[i]);
            control_claims_client_gone(claims, ALICE);
            EXPECT("");
            control_claims_free(claims);
        }
    }
}
END_TEST

START_TEST(what_is_left_is_freed)
{
    claim(EVENT_INCOMING);
    control_claims_ask(claims, EVENT_INCOMING, CALL, DECIDE);
    control_claims_acted(claims, ALICE, CALL, ACTION_RING);
    control_claims_free(claims);
    control_claims_free(NULL);
}
END_TEST

SUITE_MAIN("desk/claims", only_what_wants_a_decision_can_be_claimed_and_by_one,
           nobody_is_asked_about_what_nobody_has_claimed,
           who_decides_owns_the_call_while_it_is_there, ring_is_a_word_and_leaves_the_decision_open,
           silence_gives_the_call_to_the_hook, a_lost_client_gives_what_is_open_to_the_hook_first,
           anybody_may_decide_but_does_not_own, the_end_of_the_call_settles_everything,
           a_veto_and_a_transfer_are_decided_and_not_owned, what_is_left_is_freed)
