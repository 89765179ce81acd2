// SPDX-License-Identifier: ISC
// Who gets a digit: whoever asks, or else the event `dtmf`; and what is kept for who asks later.
#include "agent/digit_collection.h"
#include "suite.h"

#include <stdio.h>

enum {
    START = 1000000
};

/* Every output so far, as "string:12 complete:3 timeout: ". */
static const char *outputs(struct digit_collection *collection)
{
    static const char *const names[] = { "complete", "timeout", "string" };
    static char text[1024];
    struct digit_output output;
    text[0] = '\0';
    while (digit_collection_next_output(collection, &output))
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s:%s ", names[output.kind],
                 output.digits);
    return text;
}

static void press(struct digit_collection *collection, time_ms now, const char *digits)
{
    for (; *digits; digits++)
        ck_assert(digit_collection_add(collection, now, *digits));
}

static void ask(struct digit_collection *collection, time_ms now, uint32_t count, char until)
{
    struct digit_request request = { .count = count, .until = until, .timeout_ms = 3000 };
    ck_assert_int_eq(digit_collection_ask(collection, now, &request), STATUS_OK);
}

START_TEST(a_string_ends_with_a_pause_or_a_hash)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
    press(&collection, START, "1");
    press(&collection, START + 1500, "2");
    ck_assert_int_eq(digit_collection_deadline(&collection), START + 3500);
    digit_collection_timeout(&collection, START + 3499);
    ck_assert_str_eq(outputs(&collection), "");
    digit_collection_timeout(&collection, START + 3500);
    ck_assert_str_eq(outputs(&collection), "string:12 ");
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
    press(&collection, START + 4000, "3#");
    ck_assert_str_eq(outputs(&collection), "string:3# ");
    digit_collection_timeout(&collection, START + 9000);
    ck_assert_str_eq(outputs(&collection), "");
}
END_TEST

START_TEST(telling_a_string_leaves_its_digits_for_who_asks)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    press(&collection, START, "12#");
    ck_assert_str_eq(outputs(&collection), "string:12# ");
    ask(&collection, START + 10, 0, '#');
    ck_assert_str_eq(outputs(&collection), "complete:12 ");
}
END_TEST

START_TEST(what_is_asked_for_is_no_longer_told)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    press(&collection, START, "#"); /* told at once, and ahead */
    ck_assert_str_eq(outputs(&collection), "string:# ");
    press(&collection, START, "123");
    ask(&collection, START + 10, 2, '\0'); /* the told one and the first of the others */
    ck_assert_str_eq(outputs(&collection), "complete:#1 ");
    digit_collection_timeout(&collection, START + 2000);
    ck_assert_str_eq(outputs(&collection), "string:23 ");
    ask(&collection, START + 2000, 2, '\0');
    ck_assert_str_eq(outputs(&collection), "complete:23 ");
}
END_TEST

START_TEST(a_string_that_is_taken_as_a_whole_is_not_told_at_all)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    press(&collection, START, "12");
    ask(&collection, START + 10, 2, '\0');
    ck_assert_str_eq(outputs(&collection), "complete:12 ");
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
    digit_collection_timeout(&collection, START + 5000);
    ck_assert_str_eq(outputs(&collection), "");
}
END_TEST

START_TEST(until_and_a_number_whichever_is_first)
{
    static const struct {
        const char *digits;
        const char *result;
        uint32_t count;
        char until;
    } rows[] = {
        { "123", "complete:123 ", 3, '#' },
        { "1#", "complete:1 ", 3, '#' },
        { "#", "complete: ", 1, '#' },
        { "1*#", "complete:1* ", 0, '#' },
        { "1#2", "complete:1#2 ", 3, 0 },
        { "AB*", "complete:AB ", 0, '*' },
        { "12", "", 3, '#' },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (int is_ahead = 0; is_ahead < 2; is_ahead++) {
            struct digit_collection collection;
            digit_collection_init(&collection, START);
            if (!is_ahead)
                ask(&collection, START, rows[i].count, rows[i].until);
            press(&collection, START, rows[i].digits);
            if (is_ahead) {
                outputs(&collection); /* the string of who did not ask */
                ask(&collection, START, rows[i].count, rows[i].until);
            }
            ck_assert_str_eq(outputs(&collection), rows[i].result);
        }
    }
}
END_TEST

START_TEST(the_time_runs_from_the_beginning_and_from_each_digit)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    ask(&collection, START, 0, '#');
    ck_assert_int_eq(digit_collection_deadline(&collection), START + 3000);
    press(&collection, START + 2999, "1");
    ck_assert_int_eq(digit_collection_deadline(&collection), START + 5999);
    digit_collection_timeout(&collection, START + 5998);
    ck_assert_str_eq(outputs(&collection), "");
    digit_collection_timeout(&collection, START + 5999);
    ck_assert_str_eq(outputs(&collection), "timeout:1 ");
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
}
END_TEST

START_TEST(what_is_complete_waits_for_no_time)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    ask(&collection, START, 1, '\0');
    press(&collection, START, "1");
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
    digit_collection_timeout(&collection, START + 3000);
    ck_assert_str_eq(outputs(&collection), "complete:1 ");
}
END_TEST

START_TEST(one_asks_at_a_time)
{
    struct digit_collection collection;
    struct digit_request request = { .count = 1, .timeout_ms = 3000 };
    digit_collection_init(&collection, START);
    ask(&collection, START, 2, '\0');
    press(&collection, START, "1");
    ck_assert_int_eq(digit_collection_ask(&collection, START, &request), STATUS_REFUSED);
    press(&collection, START, "2");
    ck_assert_str_eq(outputs(&collection), "complete:12 ");
    ask(&collection, START, 2, '\0');
    press(&collection, START, "3");
    digit_collection_cancel(&collection);
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
    ask(&collection, START, 1, '\0');
    ck_assert_str_eq(outputs(&collection), "");
    press(&collection, START, "4");
    ck_assert_str_eq(outputs(&collection), "complete:4 ");
}
END_TEST

START_TEST(a_fresh_ask_leaves_what_was_pressed_before_to_the_event)
{
    struct digit_collection collection;
    struct digit_request request = { .count = 1, .timeout_ms = 9000, .is_fresh = true };
    digit_collection_init(&collection, START);
    press(&collection, START, "12");
    ck_assert_int_eq(digit_collection_ask(&collection, START, &request), STATUS_OK);
    digit_collection_timeout(&collection, START + 2000);
    ck_assert_str_eq(outputs(&collection), "string:12 ");
    press(&collection, START + 2000, "3");
    ck_assert_str_eq(outputs(&collection), "complete:3 ");
    ask(&collection, START + 2000, 1, '\0');
    ck_assert_str_eq(outputs(&collection), "");
}
END_TEST

START_TEST(when_type_ahead_is_full_the_newest_are_dropped_but_told)
{
    struct digit_collection collection;
    time_ms now = START;
    digit_collection_init(&collection, START);
    for (int i = 0; i < LIMIT_DIGITS_QUEUED; i++, now += 100)
        press(&collection, now, i < 4 ? "1" : "2");
    ck_assert_uint_eq(strlen(outputs(&collection)), strlen("string: ") + LIMIT_DIGITS_QUEUED);
    press(&collection, now, "345");
    ck_assert_uint_eq(collection.dropped, 3);
    ask(&collection, now, 4, '\0');
    ck_assert_str_eq(outputs(&collection), "complete:1111 ");
    press(&collection, now, "67");
    /* 60 twos are taken, then the six, which the string loses though it is not its first */
    for (int i = 0; i < 60; i++) {
        ask(&collection, now, 1, '\0');
        ck_assert_str_eq(outputs(&collection), "complete:2 ");
    }
    ask(&collection, now, 1, '\0');
    ck_assert_str_eq(outputs(&collection), "complete:6 ");
    digit_collection_timeout(&collection, now + 2000);
    ck_assert_str_eq(outputs(&collection), "string:3457 ");
    ck_assert_uint_eq(collection.dropped, 3);
}
END_TEST

START_TEST(an_ask_without_an_end_is_complete_at_its_limit)
{
    struct digit_collection collection;
    time_ms now = START;
    digit_collection_init(&collection, START);
    ask(&collection, START, 0, '*');
    for (int i = 0; i <= LIMIT_DIGITS_QUEUED; i++, now += 100)
        press(&collection, now, "1");
    const char *result = outputs(&collection);
    ck_assert_uint_eq(strlen(result), strlen("complete: ") + LIMIT_DIGITS_QUEUED);
    ask(&collection, now, 1, '\0');
    ck_assert_str_eq(outputs(&collection), "complete:1 ");
}
END_TEST

START_TEST(a_flood_is_cut_down_to_what_a_hand_can_press)
{
    struct digit_collection collection;
    size_t told = 0;
    digit_collection_init(&collection, START);
    for (int i = 0; i < 100000; i++) {
        if (digit_collection_add(&collection, START + i / 100, '#'))
            told++;
        outputs(&collection);
    }
    /* A second of it: the burst, and a second's worth. */
    ck_assert_uint_ge(told, 2 * LIMIT_DIGITS_PER_SECOND - 1);
    ck_assert_uint_le(told, 2 * LIMIT_DIGITS_PER_SECOND);
    ck_assert_uint_eq(collection.dropped, 100000 - told);
    /* Hours later there is not more than one burst either. */
    for (told = 0; digit_collection_add(&collection, START + 100000000, '1'); told++)
        outputs(&collection);
    ck_assert_uint_eq(told, LIMIT_DIGITS_PER_SECOND);
}
END_TEST

START_TEST(the_end_tells_what_was_not_told_and_ends_the_asking)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    press(&collection, START, "12");
    digit_collection_end(&collection);
    ck_assert_str_eq(outputs(&collection), "string:12 ");
    digit_collection_init(&collection, START);
    ask(&collection, START, 3, '\0');
    press(&collection, START, "12");
    digit_collection_end(&collection);
    ck_assert_str_eq(outputs(&collection), "");
    ck_assert_int_eq(digit_collection_deadline(&collection), TIME_NEVER);
}
END_TEST

START_TEST(nothing_overflows_when_nobody_pulls)
{
    struct digit_collection collection;
    digit_collection_init(&collection, START);
    for (int i = 0; i < 300; i++)
        press(&collection, START + i * 100, "#");
    const char *result = outputs(&collection);
    ck_assert_uint_eq(strlen(result), strlen("string: ") + LIMIT_DIGITS_QUEUED);
}
END_TEST

SUITE_MAIN("agent/digit_collection", a_string_ends_with_a_pause_or_a_hash,
           telling_a_string_leaves_its_digits_for_who_asks, what_is_asked_for_is_no_longer_told,
           a_string_that_is_taken_as_a_whole_is_not_told_at_all,
           until_and_a_number_whichever_is_first,
           the_time_runs_from_the_beginning_and_from_each_digit, one_asks_at_a_time,
           what_is_complete_waits_for_no_time,
           a_fresh_ask_leaves_what_was_pressed_before_to_the_event,
           when_type_ahead_is_full_the_newest_are_dropped_but_told,
           an_ask_without_an_end_is_complete_at_its_limit,
           a_flood_is_cut_down_to_what_a_hand_can_press,
           the_end_tells_what_was_not_told_and_ends_the_asking, nothing_overflows_when_nobody_pulls)
