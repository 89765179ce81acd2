// SPDX-License-Identifier: ISC
// The words of dtmf and ask: what they may be, and what they mean when they are left out.
#include "agent/verb.h"
#include "suite.h"

#include <stdio.h>

static enum status parse(const char *line, struct action *action)
{
    const char *why = NULL;
    enum status status = verb_parse(slice_of(line), action, &why);
    ck_assert(status == STATUS_OK || (why && *why));
    return status;
}

START_TEST(dtmf_has_digits_lengths_and_a_method)
{
    struct action action = { 0 };
    ck_assert_int_eq(parse("dtmf 12#", &action), STATUS_OK);
    ck_assert_int_eq(action.kind, ACTION_DTMF);
    ck_assert_str_eq(action.text, "12#");
    ck_assert_int_eq(action.method, ACTION_DTMF_ANY);
    ck_assert_uint_eq(action.tone_ms, 0);
    ck_assert_int_eq(parse("dtmf 1 --tone 200 --gap 90 --method tone", &action), STATUS_OK);
    ck_assert_uint_eq(action.tone_ms, 200);
    ck_assert_uint_eq(action.gap_ms, 90);
    ck_assert_int_eq(action.method, ACTION_DTMF_TONE);
    ck_assert_int_eq(parse("dtmf 1 --method rtp", &action), STATUS_OK);
    ck_assert_int_eq(action.method, ACTION_DTMF_RTP);
    ck_assert_int_eq(parse("dtmf 1 --method info", &action), STATUS_OK);
    ck_assert_int_eq(action.method, ACTION_DTMF_INFO);
    static const char *const wrong[] = { "dtmf",
                                         "dtmf 1 --method",
                                         "dtmf 1 --method voice",
                                         "dtmf 1 --tone 19",
                                         "dtmf 1 --gap 5001",
                                         "dtmf 1 2",
                                         "dtmf 12x",
                                         "dtmf 1.2",
                                         "dtmf --method rtp 12",
                                         "dtmf --tone 100 1" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        ck_assert_msg(parse(wrong[i], &action) == STATUS_MALFORMED, "%s", wrong[i]);
}
END_TEST

START_TEST(ask_waits_for_a_hash_and_ten_seconds_unless_told_otherwise)
{
    static const struct {
        const char *line;
        uint32_t count;
        char until;
        uint32_t timeout_ms;
        bool is_fresh;
    } rows[] = {
        { "ask", 0, '#', 10000, false },
        { "ask --digits 3", 3, '\0', 10000, false },
        { "ask --digits 64 --until *", 64, '*', 10000, false },
        { "ask --until A --fresh", 0, 'A', 10000, true },
        { "ask --fresh --timeout 0", 0, '#', 0, true },
        { "ask --timeout 2.5", 0, '#', 2500, false },
        { "ask --timeout 0.05", 0, '#', 50, false },
        { "ask --timeout 0.125", 0, '#', 125, false },
        { "ask --timeout 3600", 0, '#', 3600000, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct action action = { 0 };
        ck_assert_msg(parse(rows[i].line, &action) == STATUS_OK, "%s", rows[i].line);
        ck_assert_int_eq(action.kind, ACTION_ASK);
        ck_assert_uint_eq(action.wanted.count, rows[i].count);
        ck_assert_int_eq(action.wanted.until, rows[i].until);
        ck_assert_uint_eq(action.wanted.timeout_ms, rows[i].timeout_ms);
        ck_assert_int_eq(action.wanted.is_fresh, rows[i].is_fresh);
    }
}
END_TEST

START_TEST(other_words_for_ask_are_refused)
{
    static const char *const wrong[] = {
        "ask 1",
        "ask --digits",
        "ask --digits 0",
        "ask --digits 65",
        "ask --until",
        "ask --until 12",
        "ask --until x",
        "ask --until a",
        "ask --timeout",
        "ask --timeout 3600.5",
        "ask --timeout -1",
        "ask --timeout 1.2.3",
        "ask --timeout .",
        "ask --timeout 1.",
        "ask --timeout 0.0001",
        "ask --fresh 1",
        "ask menu.wav",
        "ask --digits 3 --digits",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct action action = { .code = 7 };
        ck_assert_msg(parse(wrong[i], &action) == STATUS_MALFORMED, "%s", wrong[i]);
        ck_assert_uint_eq(action.code, 7);
    }
}
END_TEST

START_TEST(what_is_out_of_order_is_told_the_order)
{
    struct action action = { 0 };
    const char *why = "";
    ck_assert_int_eq(verb_parse(slice_of("dtmf --method rtp 12"), &action, &why), STATUS_MALFORMED);
    ck_assert(strstr(why, "digits come first"));
}
END_TEST

START_TEST(a_transfer_goes_to_whatever_can_be_dialled)
{
    static const char *const fine[] = { "602",           "+49-30-123",        "bob",
                                        "bob@b.example", "sip:bob@b.example", "*21#" };
    static const char *const wrong[] = { "", "602 603", "-602", "--from 602", "<602>", "602?x=y" };
    char line[64];
    for (size_t i = 0; i < sizeof(fine) / sizeof(*fine); i++) {
        struct action action = { 0 };
        snprintf(line, sizeof(line), "transfer %s", fine[i]);
        ck_assert_msg(parse(line, &action) == STATUS_OK, "%s", line);
        ck_assert_str_eq(action_word(&action, 0), fine[i]);
    }
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        struct action action = { 0 };
        snprintf(line, sizeof(line), "transfer %s", wrong[i]);
        ck_assert_msg(parse(line, &action) == STATUS_MALFORMED, "%s", line);
    }
}
END_TEST

SUITE_MAIN("agent/verb", what_is_out_of_order_is_told_the_order,
           a_transfer_goes_to_whatever_can_be_dialled, dtmf_has_digits_lengths_and_a_method,
           ask_waits_for_a_hash_and_ten_seconds_unless_told_otherwise,
           other_words_for_ask_are_refused)
