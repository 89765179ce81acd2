// SPDX-License-Identifier: ISC
// The words of the contract: actions and their storage, events, and what each state of a call
// admits. Written out, so that a change is meant.
#include "agent/call_states.h"
#include "agent/event.h"
#include "suite.h"

#include <stdio.h>

START_TEST(every_action_has_its_word_and_kind)
{
    static const struct {
        const char *word;
        bool is_final, is_decision, takes_time;
    } rows[ACTION_COUNT] = {
        [ACTION_RING] = { "ring", false, true, false },
        [ACTION_PROGRESS] = { "progress", false, true, false },
        [ACTION_ANSWER] = { "answer", true, true, false },
        [ACTION_REJECT] = { "reject", true, true, false },
        [ACTION_REDIRECT] = { "redirect", true, true, false },
        [ACTION_IGNORE] = { "ignore", true, true, false },
        [ACTION_ACCEPT] = { "accept", true, true, false },
        [ACTION_HANGUP] = { "hangup", true, false, false },
        [ACTION_HOLD] = { "hold", true, false, true },
        [ACTION_RESUME] = { "resume", true, false, true },
        [ACTION_DTMF] = { "dtmf", true, false, true },
        [ACTION_TRANSFER] = { "transfer", true, false, true },
        [ACTION_ASK] = { "ask", true, false, true },
    };
    enum action_kind kind;
    for (int i = 0; i < ACTION_COUNT; i++) {
        ck_assert_str_eq(action_kind_text((enum action_kind)i), rows[i].word);
        ck_assert(action_kind_from_text(slice_of(rows[i].word), &kind) && (int)kind == i);
        ck_assert_int_eq(action_is_final((enum action_kind)i), rows[i].is_final);
        ck_assert_int_eq(action_is_decision((enum action_kind)i), rows[i].is_decision);
        ck_assert_int_eq(action_takes_time((enum action_kind)i), rows[i].takes_time);
    }
    ck_assert(!action_kind_from_text(slice_of("Ring"), &kind));
    ck_assert(!action_kind_from_text(slice_of("rin"), &kind));
    ck_assert(!action_kind_from_text(slice_empty(), &kind));
}
END_TEST

START_TEST(words_are_kept_until_their_room_is_full)
{
    struct action action = { .word_count = 0 };
    char word[ACTION_TEXT_BYTES];
    memset(word, 'x', sizeof(word));
    ck_assert(action_word(&action, 0) == NULL);
    ck_assert(action_add_word(&action, slice_of("one")));
    ck_assert(action_add_word(&action, slice_empty()));
    ck_assert(action_add_word(&action, slice_of("three")));
    ck_assert_str_eq(action_word(&action, 0), "one");
    ck_assert_str_eq(action_word(&action, 1), "");
    ck_assert_str_eq(action_word(&action, 2), "three");
    ck_assert(action_word(&action, 3) == NULL);
    size_t left = ACTION_TEXT_BYTES - 4 - 1 - 6 - 1; // without the NUL to come
    ck_assert(!action_add_word(&action, slice_make(word, left + 1)));
    ck_assert(action_add_word(&action, slice_make(word, left)));
    ck_assert_uint_eq(strlen(action_word(&action, 3)), left);
    ck_assert(!action_add_word(&action, slice_empty()));
}
END_TEST

START_TEST(an_action_has_32_words_at_most)
{
    struct action action = { .word_count = 0 };
    for (int i = 0; i < ACTION_WORDS_MAX; i++)
        ck_assert(action_add_word(&action, slice_of("w")));
    ck_assert(!action_add_word(&action, slice_of("w")));
    ck_assert_uint_eq(action.word_count, ACTION_WORDS_MAX);
}
END_TEST

START_TEST(every_event_has_its_name)
{
    static const struct {
        const char *name;
        bool wants_decision;
    } rows[EVENT_COUNT] = {
        [EVENT_INCOMING] = { "incoming", true },  [EVENT_OUTGOING] = { "outgoing", true },
        [EVENT_ANSWERED] = { "answered", false }, [EVENT_DTMF] = { "dtmf", false },
        [EVENT_HOLD] = { "hold", false },         [EVENT_RESUME] = { "resume", false },
        [EVENT_ENDED] = { "ended", false },       [EVENT_MESSAGE] = { "message", false },
        [EVENT_MWI] = { "mwi", false },           [EVENT_TRANSFER] = { "transfer", true },
        [EVENT_ONLINE] = { "online", false },     [EVENT_OFFLINE] = { "offline", false },
    };
    enum event_kind kind;
    for (int i = 0; i < EVENT_COUNT; i++) {
        ck_assert_str_eq(event_kind_text((enum event_kind)i), rows[i].name);
        ck_assert(event_kind_from_text(slice_of(rows[i].name), &kind) && (int)kind == i);
        ck_assert_int_eq(event_wants_decision((enum event_kind)i), rows[i].wants_decision);
    }
    ck_assert(!event_kind_from_text(slice_of("ende"), &kind));
}
END_TEST

static const struct {
    const char *name;
    const char *actions;
    const char *next;
    bool is_early;
} states[CALL_STATE_COUNT] = {
    [CALL_DIALLING] = { "dialling", "reject accept hangup ", "calling over ", true },
    [CALL_CALLING] = { "calling", "hangup ", "ringing up ending over ", true },
    [CALL_RINGING] = { "ringing", "hangup ", "up ending over ", true },
    [CALL_DECIDING] = { "deciding", "ring progress answer reject redirect ignore hangup ",
                        "answering over ", true },
    [CALL_ANSWERING] = { "answering", "hangup ", "answered over ", true },
    [CALL_ANSWERED] = { "answered", "hangup ", "up ending over ", false },
    [CALL_UP] = { "up", "reject accept hangup hold resume dtmf transfer ask ",
                  "draining ending over ", false },
    [CALL_DRAINING] = { "draining", "hangup ", "up ending over ", false },
    [CALL_ENDING] = { "ending", "", "over ", false },
    [CALL_OVER] = { "over", "", "", false },
};

START_TEST(every_state_admits_what_it_says)
{
    for (int i = 0; i < CALL_STATE_COUNT; i++) {
        enum call_state state = (enum call_state)i;
        char actions[256] = "";
        char next[256] = "";
        for (int k = 0; k < ACTION_COUNT; k++)
            if (call_state_admits(state, (enum action_kind)k))
                snprintf(actions + strlen(actions), sizeof(actions) - strlen(actions), "%s ",
                         action_kind_text((enum action_kind)k));
        for (int k = 0; k < CALL_STATE_COUNT; k++)
            if (call_state_may_become(state, (enum call_state)k))
                snprintf(next + strlen(next), sizeof(next) - strlen(next), "%s ",
                         call_state_text((enum call_state)k));
        ck_assert_str_eq(call_state_text(state), states[i].name);
        ck_assert_str_eq(actions, states[i].actions);
        ck_assert_str_eq(next, states[i].next);
        ck_assert_int_eq(call_state_is_early(state), states[i].is_early);
    }
}
END_TEST

// What becomes of a request of the far end inside the dialog; 0: it is carried out.
static const struct {
    enum sip_method method;
    uint32_t status[CALL_STATE_COUNT]; // from DIALLING to OVER
} requests[] = {
    { SIP_METHOD_BYE, { 481, 0, 0, 0, 0, 0, 0, 0, 0, 481 } },
    { SIP_METHOD_INVITE, { 500, 500, 500, 500, 500, 0, 0, 0, 481, 481 } },
    { SIP_METHOD_UPDATE, { 481, 0, 0, 0, 0, 0, 0, 0, 481, 481 } },
    { SIP_METHOD_PRACK, { 481, 481, 481, 0, 0, 481, 481, 481, 481, 481 } },
    { SIP_METHOD_INFO, { 481, 0, 0, 0, 0, 0, 0, 0, 0, 481 } },
    { SIP_METHOD_REFER, { 603, 603, 603, 603, 603, 603, 0, 603, 481, 481 } },
    { SIP_METHOD_NOTIFY, { 481, 481, 481, 481, 481, 481, 0, 0, 481, 481 } },
};

START_TEST(every_state_refuses_what_it_does_not_admit)
{
    for (size_t i = 0; i < sizeof(requests) / sizeof(*requests); i++)
        for (int k = 0; k < CALL_STATE_COUNT; k++)
            ck_assert_uint_eq(call_state_refusal((enum call_state)k, requests[i].method),
                              requests[i].status[k]);
}
END_TEST

SUITE_MAIN("agent/vocabulary", every_action_has_its_word_and_kind,
           words_are_kept_until_their_room_is_full, an_action_has_32_words_at_most,
           every_event_has_its_name, every_state_admits_what_it_says,
           every_state_refuses_what_it_does_not_admit)
