// SPDX-License-Identifier: ISC
#include "sip/parameters.h"
#include "suite.h"
#include "util/buffer.h"
#include "util/limits.h"

// The list as "name=value|flag|", and "!" where it is broken.
static void assert_reads(const char *text, const char *expected)
{
    struct slice rest = slice_of(text);
    struct sip_parameter parameter;
    struct buffer found;
    buffer_init(&found, 4096);
    while (sip_parameters_next(&rest, &parameter)) {
        buffer_append(&found, parameter.name);
        if (parameter.value.data)
            buffer_append_byte(&found, '=');
        buffer_append(&found, parameter.value);
        buffer_append_byte(&found, '|');
    }
    if (rest.length)
        buffer_append_byte(&found, '!');
    ck_assert_msg(slice_equal(buffer_slice(&found), slice_of(expected)), "\"%s\" gives \"%.*s\"",
                  text, SLICE_PRINT(buffer_slice(&found)));
    ck_assert(sip_parameters_are_valid(slice_of(text)) == (rest.length == 0));
    buffer_free(&found);
}

START_TEST(lists_are_read_as_their_rows_say)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "  ", "" },
        { ";a", "a|" },
        { ";a=b", "a=b|" },
        { ";a=", "a=|" },
        { ";a;b=c;d", "a|b=c|d|" },
        { " ; a = b ; c ", "a=b|c|" },
        { "\t;\ta\t=\tb\t", "a=b|" },
        { ";a=\"b;c\"", "a=\"b;c\"|" },
        { ";a=\"b\\\";c\";d", "a=\"b\\\";c\"|d|" },
        { ";a=\"\"", "a=\"\"|" },
        { ";a=[2001:db8::1]:5060", "a=[2001:db8::1]:5060|" },
        { ";a=b=c", "a=b=c|" },
        { ";a=\xc3\xa4", "a=\xc3\xa4|" },
        { "a", "!" },
        { "a=b", "!" },
        { ";", "!" },
        { ";;a", "!" },
        { ";a;", "a|!" },
        { ";a;;b", "a|!" },
        { ";=b", "!" },
        { ";a b", "!" },
        { ";a=b c", "!" },
        { ";a=\"b", "!" },
        { ";a=\"b\\\"", "!" },
        { ";a=\"b\"c", "!" },
        { ";a=b,c", "!" },
        { ";a=<b>", "!" },
        { ";a=b\\c", "!" },
        { ";\"a\"=b", "!" },
        { ";a=b\r\n", "!" },
        { ";a\x01=b", "!" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_reads(rows[i][0], rows[i][1]);
}
END_TEST

START_TEST(the_first_of_a_name_is_found_without_case)
{
    struct slice value;
    struct slice list = slice_of(";TAG=one;x;tag=two;q=\"tag=3\"");
    ck_assert(sip_parameters_find(list, "tag", &value));
    ck_assert(slice_equal(value, slice_of("one")));
    ck_assert(sip_parameters_find(list, "X", &value));
    ck_assert(slice_is_empty(value) && value.data);
    ck_assert(!sip_parameters_find(list, "ta", &value));
    ck_assert(!sip_parameters_find(list, "tagg", &value));
    ck_assert(!sip_parameters_find(slice_empty(), "tag", &value));
    ck_assert(!sip_parameters_find(slice_make(NULL, 0), "tag", &value));
}
END_TEST

START_TEST(more_parameters_than_the_limit_are_refused)
{
    struct buffer list;
    buffer_init(&list, 4096);
    for (size_t i = 0; i < LIMIT_SIP_PARAMETERS; i++)
        buffer_append_text(&list, ";a");
    ck_assert(sip_parameters_are_valid(buffer_slice(&list)));
    buffer_append_text(&list, ";a");
    ck_assert(!sip_parameters_are_valid(buffer_slice(&list)));
    buffer_free(&list);
}
END_TEST

START_TEST(quotes_come_off_only_as_a_pair)
{
    static const char *const rows[][2] = {
        { "", "" },
        { "a", "a" },
        { "\"\"", "" },
        { "\"a\"", "a" },
        { "\"a b\"", "a b" },
        { "\"", "\"" },
        { "\"a", "\"a" },
        { "a\"", "a\"" },
        { "\"a\\\"", "\"a\\\"" },
        { "\"a\"b\"", "\"a\"b\"" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(
            slice_equal(sip_parameter_unquote(slice_of(rows[i][0])), slice_of(rows[i][1])), "%s",
            rows[i][0]);
}
END_TEST

SUITE_MAIN("sip/parameters", lists_are_read_as_their_rows_say,
           the_first_of_a_name_is_found_without_case, more_parameters_than_the_limit_are_refused,
           quotes_come_off_only_as_a_pair)
