// SPDX-License-Identifier: ISC
// The character sets, written out from RFC 3261 25.1, and the small scanners over them. Texts end
// where their memory ends: the sanitizer sees a byte too many.
#include "sip/character.h"
#include "suite.h"

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A copy without anything behind it. */
static struct slice exact(const char *text, size_t length, char **memory)
{
    *memory = malloc(length ? length : 1);
    memcpy(*memory, text, length);
    return slice_make(*memory + (length ? 0 : 1), length);
}

START_TEST(the_sets_are_those_of_the_grammar)
{
    static const struct {
        enum sip_character_set set;
        const char *bytes;
    } rows[] = {
        { SIP_TOKEN, ALPHANUMERIC "-.!%*_+`'~" },
        { SIP_URI_USER, ALPHANUMERIC "-_.!~*'()&=+$,;?/#" },
        { SIP_URI_PASSWORD, ALPHANUMERIC "-_.!~*'()&=+$," },
        { SIP_URI_PARAMETER, ALPHANUMERIC "-_.!~*'()[]/:&+$" },
        { SIP_URI_HEADER, ALPHANUMERIC "-_.!~*'()[]/?:+$" },
        { SIP_HOST, ALPHANUMERIC "-._" },
        { SIP_VALUE, ALPHANUMERIC "-.!%*_+`'~()$&=?/#:[]@^{|}" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (int byte = 0; byte < 256; byte++) {
            bool is_in = byte && byte < 128 && strchr(rows[i].bytes, byte);
            is_in |= byte >= 128 && rows[i].set == SIP_VALUE;
            ck_assert_msg(sip_character_is((char)byte, rows[i].set) == is_in, "row %zu, byte %d", i,
                          byte);
        }
}
END_TEST

START_TEST(a_span_ends_where_the_set_or_the_text_ends)
{
    static const struct {
        const char *text;
        size_t span;
        bool is_all;
    } rows[] = {
        { "", 0, false },  { " ", 0, false },   { "a", 1, true },
        { "ab", 2, true }, { "a b", 1, false }, { "ab ", 2, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *memory;
        struct slice text = exact(rows[i].text, strlen(rows[i].text), &memory);
        ck_assert_uint_eq(sip_character_span(text, SIP_TOKEN), rows[i].span);
        ck_assert_int_eq(sip_character_is_all(text, SIP_TOKEN), rows[i].is_all);
        free(memory);
    }
}
END_TEST

START_TEST(an_escape_is_a_percent_and_two_digits)
{
    static const struct {
        const char *text;
        bool is_fine;
    } rows[] = {
        { "", true },       { "a", true },    { "%41", true },   { "a%4fb", true },
        { "%4F%aA", true }, { "%", false },   { "%4", false },   { "a%4", false },
        { "%4g", false },   { "%g4", false }, { "%%41", false }, { "a b", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *memory;
        struct slice text = exact(rows[i].text, strlen(rows[i].text), &memory);
        ck_assert_msg(sip_character_is_escaped_text(text, SIP_URI_PASSWORD) == rows[i].is_fine,
                      "row %zu", i);
        free(memory);
    }
}
END_TEST

START_TEST(hexadecimal_digits_have_their_values)
{
    static const char digits[] = "0123456789abcdef";
    for (int byte = 0; byte < 256; byte++) {
        char lower = ascii_lower((char)byte);
        const char *found = byte ? strchr(digits, lower) : NULL;
        ck_assert_int_eq(sip_character_hex((char)byte), found ? (int)(found - digits) : -1);
    }
}
END_TEST

START_TEST(blanks_in_front_are_skipped)
{
    static const struct {
        const char *text;
        const char *rest;
    } rows[] = {
        { "", "" }, { "a", "a" }, { " \t a ", "a " }, { " ", "" }, { "\ra", "\ra" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *memory;
        struct slice text = exact(rows[i].text, strlen(rows[i].text), &memory);
        ck_assert(slice_equal(sip_character_skip_blanks(text), slice_of(rows[i].rest)));
        free(memory);
    }
}
END_TEST

START_TEST(a_quoted_string_ends_at_its_second_quote)
{
    static const struct {
        const char *text;
        size_t span;
    } rows[] = {
        { "", 0 },         { "\"", 0 },   { "a\"\"", 0 },      { "\"\"", 2 },
        { "\"a\"b", 3 },   { "\"a", 0 },  { "\"a\\\"", 0 },    { "\"a\\\"\"", 5 },
        { "\"\\\\\"", 4 }, { "\"\\", 0 }, { "\"a\"\"b\"", 3 }, { "'a'", 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char *memory;
        struct slice text = exact(rows[i].text, strlen(rows[i].text), &memory);
        ck_assert_msg(sip_character_quoted_span(text) == rows[i].span, "row %zu", i);
        free(memory);
    }
}
END_TEST

SUITE_MAIN("sip/character", the_sets_are_those_of_the_grammar,
           a_span_ends_where_the_set_or_the_text_ends, an_escape_is_a_percent_and_two_digits,
           hexadecimal_digits_have_their_values, blanks_in_front_are_skipped,
           a_quoted_string_ends_at_its_second_quote)
