// SPDX-License-Identifier: ISC
// A buffer keeps its maximum and remembers what did not fit.
#include "tests/suite.h"
#include "util/buffer.h"

START_TEST(appending_beyond_the_maximum_appends_nothing_and_sticks)
{
    struct buffer buffer;
    buffer_init(&buffer, 5);
    buffer_append_text(&buffer, "abc");
    buffer_append_text(&buffer, "def");
    buffer_append_byte(&buffer, 'x');
    ck_assert(buffer_status(&buffer) == STATUS_TOO_LARGE);
    ck_assert(slice_equal(buffer_slice(&buffer), slice_of("abc")));
    ck_assert_ptr_null(buffer_reserve(&buffer, 1));
    buffer_clear(&buffer);
    buffer_append_text(&buffer, "12345");
    ck_assert(buffer_status(&buffer) == STATUS_OK);
    ck_assert_uint_eq(buffer.length, 5);
    buffer_free(&buffer);
    ck_assert_uint_eq(buffer.maximum, 5);
}
END_TEST

START_TEST(numbers_and_formats_are_text)
{
    struct buffer buffer;
    buffer_init(&buffer, 100);
    buffer_append_number(&buffer, 0);
    buffer_append_byte(&buffer, ' ');
    buffer_append_number(&buffer, UINT64_MAX);
    buffer_append_format(&buffer, " %03d|%s", 7, "x");
    ck_assert(slice_equal(buffer_slice(&buffer), slice_of("0 18446744073709551615 007|x")));
    buffer_free(&buffer);
}
END_TEST

START_TEST(it_grows_consumes_and_truncates)
{
    struct buffer buffer;
    buffer_init(&buffer, 100000);
    for (int i = 0; i < 10000; i++)
        buffer_append_byte(&buffer, (char)('a' + i % 26));
    buffer_consume(&buffer, 9990);
    ck_assert_uint_eq(buffer.length, 10);
    ck_assert_int_eq(buffer.data[0], 'a' + 9990 % 26);
    memcpy(buffer_reserve(&buffer, 3), "xyz", 3);
    buffer_commit(&buffer, 2);
    buffer_consume(&buffer, 9);
    ck_assert_uint_eq(buffer.length, 3);
    ck_assert(slice_ends_with(buffer_slice(&buffer), slice_of("xy")));
    buffer_truncate(&buffer, 1);
    ck_assert_uint_eq(buffer.length, 1);
    buffer_consume(&buffer, 1);
    ck_assert(slice_is_empty(buffer_slice(&buffer)));
    buffer_append(&buffer, slice_make(NULL, 0));
    ck_assert(buffer_status(&buffer) == STATUS_OK);
    buffer_free(&buffer);
}
END_TEST

static bool is_erased(const struct buffer *buffer)
{
    for (size_t i = buffer->length; i < 200; i++)
        if (buffer->data[i])
            return false;
    return true;
}

START_TEST(what_leaves_it_is_erased)
{
    struct buffer buffer;
    buffer_init(&buffer, 1000);
    memset(buffer_reserve(&buffer, 200), 0, 200);
    for (int i = 0; i < 200; i++)
        buffer_append_byte(&buffer, 's');
    buffer_truncate(&buffer, 150);
    ck_assert(is_erased(&buffer));
    buffer_consume(&buffer, 20);
    ck_assert_uint_eq(buffer.length, 130);
    ck_assert(is_erased(&buffer));
    buffer_consume(&buffer, 0);
    ck_assert_uint_eq(buffer.length, 130);
    buffer_clear(&buffer);
    ck_assert(is_erased(&buffer));
    buffer_free(&buffer);
}
END_TEST

SUITE_MAIN("util/buffer", appending_beyond_the_maximum_appends_nothing_and_sticks,
           numbers_and_formats_are_text, it_grows_consumes_and_truncates, what_leaves_it_is_erased)
