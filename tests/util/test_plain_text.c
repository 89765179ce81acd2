// SPDX-License-Identifier: ISC
// What may reach a screen, and how the rest is written.
#include "tests/suite.h"
#include "util/plain_text.h"

#include <stdio.h>

static const struct row {
    const char *text;
    const char *tame;
    const char *json;
} rows[] = {
    { "", "", "" },
    { "J\xc3\xbcrgen \xe6\x9d\xb1 \xd7\xa9 \xf0\x9f\x98\x80",
      "J\xc3\xbcrgen \xe6\x9d\xb1 \xd7\xa9 \xf0\x9f\x98\x80",
      "J\xc3\xbcrgen \xe6\x9d\xb1 \xd7\xa9 \xf0\x9f\x98\x80" },
    { "a\"b\\c", "a\"b\\c", "a\\\"b\\\\c" },
    { "\x1b[2J", "?[2J", "\\u001b[2J" },
    { "a\tb\r\nc", "a?b??c", "a\\u0009b\\u000d\\u000ac" },
    { "\x7f", "?", "\\u007f" },
    { "\xc2\x9b"
      "2J",
      "?2J", "\\u009b2J" },                        // C1: CSI
    { "\xc2\xa0", "\xc2\xa0", "\xc2\xa0" },        // a blank
    { "\xc2\xad", "?", "\\u00ad" },                // soft hyphen
    { "\xd8\x9c", "?", "\\u061c" },                // Arabic letter mark
    { "\xe2\x80\x8b", "?", "\\u200b" },            // zero width space
    { "\xe2\x80\x8d", "?", "\\u200d" },            // joiner
    { "\xe2\x80\x8f", "?", "\\u200f" },            // right-to-left mark
    { "\xe2\x80\xa8", "?", "\\u2028" },            // line separator
    { "\xe2\x80\xae", "?", "\\u202e" },            // right-to-left override
    { "\xe2\x81\xa6", "?", "\\u2066" },            // isolate
    { "\xef\xbb\xbf", "?", "\\ufeff" },            // byte order mark
    { "\xef\xb8\x8f", "?", "\\ufe0f" },            // variation selector
    { "\xe3\x85\xa4", "?", "\\u3164" },            // a letter that shows nothing
    { "\xf3\xa0\x81\x81", "?", "\\udb40\\udc41" }, // tag
    { "\x9b", "?", "\xef\xbf\xbd" },               // no UTF-8
    { "a\xc3", "a?", "a\xef\xbf\xbd" },            // cut
    { "\xc0\x9b", "??", "\xef\xbf\xbd\xef\xbf\xbd" },
    { "\xed\xa0\x80", "???", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

START_TEST(what_moves_turns_or_hides_does_not_reach_a_screen)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char text[64];
        snprintf(text, sizeof(text), "%s", rows[i].text);
        plain_text_tame(text);
        ck_assert_str_eq(text, rows[i].tame);
    }
}
END_TEST

START_TEST(json_keeps_it_in_other_letters)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer json;
        buffer_init(&json, 256);
        plain_text_append_string(&json, slice_of(rows[i].text));
        buffer_append_byte(&json, '\0');
        ck_assert_str_eq(json.data, rows[i].json);
        buffer_free(&json);
    }
}
END_TEST

START_TEST(finished_json_stays_what_it_is)
{
    struct buffer json;
    buffer_init(&json, 256);
    plain_text_append_json(&json, slice_of("{\"a\":\"\\\"\\\\\x7f\xe2\x80\xae\"}"));
    buffer_append_byte(&json, '\0');
    ck_assert_str_eq(json.data, "{\"a\":\"\\\"\\\\\\u007f\\u202e\"}");
    buffer_free(&json);
}
END_TEST

SUITE_MAIN("util/plain_text", what_moves_turns_or_hides_does_not_reach_a_screen,
           json_keeps_it_in_other_letters, finished_json_stays_what_it_is)
