// SPDX-License-Identifier: ISC
// How hooks have fared: durations, failures, the last line of an error.
#include "hook/hook_figures.h"
#include "tests/suite.h"

#include <string.h>

START_TEST(the_median_is_the_middle_of_the_sorted_durations)
{
    static const struct {
        time_ms durations[7];
        size_t count;
        time_ms median;
        time_ms longest;
    } rows[] = {
        { { 0 }, 0, 0, 0 },
        { { 7 }, 1, 7, 7 },
        { { 9, 5 }, 2, 9, 9 },
        { { 5, 9 }, 2, 9, 9 },
        { { 50, 10, 40, 20, 30 }, 5, 30, 50 },
        { { 10, 20, 30, 40, 50, 60, 70 }, 7, 40, 70 },
        { { 70, 60, 50, 40, 30, 20, 10 }, 7, 40, 70 },
        { { 8, 8, 8, 1, 1, 1, 1 }, 7, 1, 8 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct hook_figures figures = { .next_duration = 0 };
        struct hook_statistics statistics;
        for (size_t j = 0; j < rows[i].count; j++)
            hook_figures_ended(&figures, 0, rows[i].durations[j], true);
        hook_figures_read(&figures, &statistics);
        ck_assert_msg(statistics.median_ms == rows[i].median, "row %zu: %d", i,
                      (int)statistics.median_ms);
        ck_assert_int_eq(statistics.longest_ms, rows[i].longest);
        ck_assert_uint_eq(statistics.failures, 0);
    }
}
END_TEST

START_TEST(only_the_last_durations_make_the_median)
{
    struct hook_figures figures = { .next_duration = 0 };
    struct hook_statistics statistics;
    for (size_t i = 0; i < HOOK_DURATIONS_KEPT; i++)
        hook_figures_ended(&figures, 0, 1000, true);
    for (size_t i = 0; i <= HOOK_DURATIONS_KEPT; i++) {
        hook_figures_read(&figures, &statistics);
        ck_assert_msg(statistics.median_ms == (i <= HOOK_DURATIONS_KEPT / 2 ? 1000 : 3),
                      "after %zu short ones", i);
        hook_figures_ended(&figures, 0, 3, true);
    }
    ck_assert_int_eq(statistics.longest_ms, 1000);
}
END_TEST

START_TEST(an_error_is_a_text_of_limited_length)
{
    struct hook_figures figures = { .next_duration = 0 };
    struct hook_statistics statistics;
    char text[HOOK_ERROR_BYTES + 1];
    memset(text, 'x', sizeof(text));
    for (size_t length = sizeof(text) + 1; length-- > 0;) {
        size_t kept = length < HOOK_ERROR_BYTES ? length : HOOK_ERROR_BYTES - 1;
        hook_figures_error_line(&figures, slice_make(text, length));
        hook_figures_read(&figures, &statistics);
        ck_assert_uint_eq(strlen(statistics.last_error), kept);
    }
}
END_TEST

START_TEST(digits_are_not_shown_and_all_else_is)
{
    static const struct {
        const char *line;
        bool is_hidden;
    } rows[] = {
        { "1234", true }, { " 12#* ", true },      { "{\"digits\":\"12\"}", true },
        { "12x", false }, { "hello 12", false },   { "x12", false },
        { "", false },    { "digits: 12", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct slice line = slice_of(rows[i].line);
        struct slice wanted = rows[i].is_hidden ? slice_of("(digits)") : line;
        ck_assert_msg(slice_equal(hook_figures_shown(line), wanted), "%s", rows[i].line);
    }
}
END_TEST

START_TEST(what_is_no_decision_is_quoted_up_to_eighty_bytes)
{
    struct hook_figures figures = { .next_duration = 0 };
    char text[100];
    char wanted[100] = "no: \"";
    memset(text, 'x', sizeof(text));
    memset(wanted + 5, 'x', 80);
    memcpy(wanted + 85, "\": why", 7);
    hook_figures_no_decision(&figures, "no:", slice_make(text, sizeof(text)), "why");
    ck_assert_str_eq(figures.last_error, wanted);
    hook_figures_no_decision(&figures, "no:", slice_of("y"), "");
    ck_assert_str_eq(figures.last_error, "no: \"y\"");
}
END_TEST

SUITE_MAIN("hook/hook_figures", the_median_is_the_middle_of_the_sorted_durations,
           only_the_last_durations_make_the_median, an_error_is_a_text_of_limited_length,
           digits_are_not_shown_and_all_else_is, what_is_no_decision_is_quoted_up_to_eighty_bytes)
