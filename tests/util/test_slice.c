// SPDX-License-Identifier: ISC
// Borrowed text: cutting, comparing, numbers.
#include "tests/suite.h"
#include "util/slice.h"

static bool is(struct slice text, const char *expected)
{
    return slice_equal(text, slice_of(expected));
}

START_TEST(comparing_knows_length_and_case)
{
    ck_assert(slice_equal(slice_of("a"), slice_of("a")));
    ck_assert(!slice_equal(slice_of("a"), slice_of("ab")));
    ck_assert(!slice_equal(slice_of("a"), slice_of("A")));
    ck_assert(slice_equal(slice_of(NULL), slice_empty()));
    ck_assert(slice_equal_ignoring_case(slice_of("Via-Z"), slice_of("vIA-z")));
    ck_assert(!slice_equal_ignoring_case(slice_of("Via"), slice_of("Vi")));
    ck_assert(!slice_equal_ignoring_case(slice_of("@["), slice_of("`{")));
    ck_assert(slice_starts_with(slice_of("sips:a"), slice_of("sips:")));
    ck_assert(!slice_starts_with(slice_of("sip"), slice_of("sips")));
    ck_assert(slice_starts_with_ignoring_case(slice_of("SIPS:a"), slice_of("sips:")));
    ck_assert(slice_ends_with(slice_of("a.wav"), slice_of(".wav")));
    ck_assert(!slice_ends_with(slice_of("wav"), slice_of(".wav")));
}
END_TEST

START_TEST(trimming_takes_blanks_and_line_ends_of_both_sides)
{
    ck_assert(is(slice_trim(slice_of(" \t\r\n a b \r\n")), "a b"));
    ck_assert(is(slice_trim(slice_of(" \t ")), ""));
    ck_assert(is(slice_trim(slice_of("\va\v")), "\va\v"));
}
END_TEST

START_TEST(skipping_and_taking_never_leave_the_text)
{
    ck_assert(is(slice_skip(slice_of("abc"), 1), "bc"));
    ck_assert(is(slice_skip(slice_of("abc"), 4), ""));
    ck_assert(is(slice_first(slice_of("abc"), 2), "ab"));
    ck_assert(is(slice_first(slice_of("abc"), 9), "abc"));
}
END_TEST

START_TEST(finding_leaves_the_index_alone_when_there_is_nothing)
{
    size_t index = 99;
    ck_assert(!slice_find(slice_of("abc"), 'x', &index));
    ck_assert(!slice_find(slice_empty(), 'x', &index));
    ck_assert(!slice_find_text(slice_of("abab"), slice_of("abc"), &index));
    ck_assert_uint_eq(index, 99);
    ck_assert(slice_find(slice_of("abcb"), 'b', &index));
    ck_assert_uint_eq(index, 1);
    ck_assert(slice_find_text(slice_of("ababc"), slice_of("abc"), &index));
    ck_assert_uint_eq(index, 2);
}
END_TEST

START_TEST(cutting_tells_an_empty_rest_from_none)
{
    struct slice rest;
    ck_assert(is(slice_cut(slice_of("a;b;c"), ';', &rest), "a"));
    ck_assert(is(rest, "b;c"));
    ck_assert(is(slice_cut(slice_of("a;"), ';', &rest), "a"));
    ck_assert(rest.length == 0 && rest.data != NULL);
    ck_assert(is(slice_cut(slice_of("a"), ';', &rest), "a"));
    ck_assert(rest.length == 0 && rest.data == NULL);
}
END_TEST

static const struct row {
    const char *text;
    uint64_t maximum;
    enum status status;
    uint64_t number;
} rows[] = {
    { "0", 9, STATUS_OK, 0 },
    { "0009", 9, STATUS_OK, 9 },
    { "10", 9, STATUS_TOO_LARGE, 0 },
    { "5", 3, STATUS_TOO_LARGE, 0 },
    { "18446744073709551615", UINT64_MAX, STATUS_OK, UINT64_MAX },
    { "18446744073709551616", UINT64_MAX, STATUS_TOO_LARGE, 0 },
    { "99999999999999999999999", UINT64_MAX, STATUS_TOO_LARGE, 0 },
    { "", 9, STATUS_MALFORMED, 0 },
    { "-1", 9, STATUS_MALFORMED, 0 },
    { "+1", 9, STATUS_MALFORMED, 0 },
    { " 1", 9, STATUS_MALFORMED, 0 },
    { "1 ", 9, STATUS_MALFORMED, 0 },
    { "999x", 9, STATUS_MALFORMED, 0 },
};

START_TEST(a_number_is_digits_up_to_its_maximum)
{
    uint32_t small = 77;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint64_t number = 77;
        enum status status = slice_to_number(slice_of(rows[i].text), rows[i].maximum, &number);
        ck_assert_msg(status == rows[i].status, "%s: %s", rows[i].text, status_text(status));
        ck_assert_uint_eq(number, status == STATUS_OK ? rows[i].number : 77);
    }
    ck_assert(slice_to_uint32(slice_of("4294967296"), &small) == STATUS_TOO_LARGE);
    ck_assert_uint_eq(small, 77);
    ck_assert(slice_to_uint32(slice_of("4294967295"), &small) == STATUS_OK);
    ck_assert_uint_eq(small, UINT32_MAX);
}
END_TEST

START_TEST(every_status_has_a_text_of_its_own)
{
    for (int i = STATUS_OK; i <= STATUS_SYSTEM; i++) {
        ck_assert_str_ne(status_text((enum status)i), "unknown");
        for (int j = STATUS_OK; j < i; j++)
            ck_assert_str_ne(status_text((enum status)i), status_text((enum status)j));
    }
    ck_assert_str_eq(status_text((enum status)99), "unknown");
}
END_TEST

START_TEST(words_are_taken_one_by_one)
{
    struct slice rest = slice_of(" dial \t--ring 20  +49 ");
    static const char *const words[] = { "dial", "--ring", "20", "+49", "", "" };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        ck_assert(slice_equal(slice_take_word(&rest), slice_of(words[i])));
}
END_TEST

SUITE_MAIN("util/slice", comparing_knows_length_and_case,
           trimming_takes_blanks_and_line_ends_of_both_sides,
           skipping_and_taking_never_leave_the_text,
           finding_leaves_the_index_alone_when_there_is_nothing,
           cutting_tells_an_empty_rest_from_none, a_number_is_digits_up_to_its_maximum,
           every_status_has_a_text_of_its_own, words_are_taken_one_by_one)
