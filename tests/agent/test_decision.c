// SPDX-License-Identifier: ISC
// What a hook may print: good rows with what they mean, bad rows with what is said about them.
#include "agent/decision.h"
#include "tests/suite.h"

#include <string.h>

static const struct good {
    const char *line;
    enum action_kind kind;
    uint32_t code;
    uint32_t retry_after;
    const char *text;
    const char *words; // joined by '|'
} good[] = {
    { "ring", ACTION_RING, 0, 0, "", "" },
    { "  ring\t", ACTION_RING, 0, 0, "", "" },
    { "progress", ACTION_PROGRESS, 0, 0, "", "" },
    { "\xef\xbb\xbfring", ACTION_RING, 0, 0, "", "" },
    { "\xef\xbb\xbfreject 603 No", ACTION_REJECT, 603, 0, "No", "" },
    { "ignore", ACTION_IGNORE, 0, 0, "", "" },
    { "accept", ACTION_ACCEPT, 0, 0, "", "" },
    { "answer", ACTION_ANSWER, 0, 0, "", "" },
    { "answer /bin/cat", ACTION_ANSWER, 0, 0, "", "/bin/cat" },
    { "answer \t /bin/cat  -u\t- ", ACTION_ANSWER, 0, 0, "", "/bin/cat|-u|-" },
    { "answer /bin/echo $(id) `id` ;|&", ACTION_ANSWER, 0, 0, "", "/bin/echo|$(id)|`id`|;|&" },
    { "answer /bin/echo 'a b'", ACTION_ANSWER, 0, 0, "", "/bin/echo|'a|b'" },
    { "reject", ACTION_REJECT, 0, 0, "", "" },
    { "reject 400", ACTION_REJECT, 400, 0, "", "" },
    { "reject 486", ACTION_REJECT, 486, 0, "", "" },
    { "reject 603", ACTION_REJECT, 603, 0, "", "" },
    { "reject 699", ACTION_REJECT, 699, 0, "", "" },
    { "reject 0000486", ACTION_REJECT, 486, 0, "", "" },
    { "reject Not now", ACTION_REJECT, 0, 0, "Not now", "" },
    { "reject 486 Busy  here", ACTION_REJECT, 486, 0, "Busy  here", "" },
    { "reject retry-after=60", ACTION_REJECT, 0, 60, "", "" },
    { "reject 480 retry-after=0", ACTION_REJECT, 480, 0, "", "" },
    { "reject 480 retry-after=86400 At lunch", ACTION_REJECT, 480, 86400, "At lunch", "" },
    { "reject At lunch retry-after=9", ACTION_REJECT, 0, 0, "At lunch retry-after=9", "" },
    { "reject gr\xc3\xbc\xc3\x9f", ACTION_REJECT, 0, 0, "gr\xc3\xbc\xc3\x9f", "" },
    { "redirect sip:bob@example.org", ACTION_REDIRECT, 0, 0, "", "sip:bob@example.org" },
    { "redirect tel:+4930111 sips:a@b;x=1", ACTION_REDIRECT, 0, 0, "",
      "tel:+4930111|sips:a@b;x=1" },
};

static const struct bad {
    const char *line;
    enum status status;
    const char *why; // a part of the sentence
} bad[] = {
    { "", STATUS_UNSUPPORTED, "" },
    { " \t ", STATUS_UNSUPPORTED, "" },
    { "hello", STATUS_UNSUPPORTED, "" },
    { "Ring", STATUS_UNSUPPORTED, "" },
    { "ringing", STATUS_UNSUPPORTED, "" },
    { "\xef\xbb\xbf", STATUS_UNSUPPORTED, "" },
    { "\xef\xbbring", STATUS_UNSUPPORTED, "" },
    { "rin", STATUS_UNSUPPORTED, "" },
    { "answer/bin/cat", STATUS_UNSUPPORTED, "" },
    { "hangup", STATUS_UNSUPPORTED, "" },
    { "#reject", STATUS_UNSUPPORTED, "" },
    { "ring\r", STATUS_MALFORMED, "control characters" },
    { "ring 20", STATUS_MALFORMED, "takes no words" },
    { "progress now", STATUS_MALFORMED, "takes no words" },
    { "ignore him", STATUS_MALFORMED, "takes no words" },
    { "accept it", STATUS_MALFORMED, "takes no words" },
    { "answer cat", STATUS_MALFORMED, "absolute path" },
    { "answer ./cat", STATUS_MALFORMED, "absolute path" },
    { "answer -", STATUS_MALFORMED, "absolute path" },
    { "reject 399", STATUS_MALFORMED, "400 to 699" },
    { "reject 200", STATUS_MALFORMED, "400 to 699" },
    { "reject 700", STATUS_MALFORMED, "400 to 699" },
    { "reject 0", STATUS_MALFORMED, "400 to 699" },
    { "reject 486x", STATUS_MALFORMED, "400 to 699" },
    { "reject 18446744073709552102", STATUS_MALFORMED, "400 to 699" },
    { "reject retry-after=", STATUS_MALFORMED, "retry-after" },
    { "reject retry-after=-1", STATUS_MALFORMED, "retry-after" },
    { "reject 480 retry-after=86401", STATUS_MALFORMED, "retry-after" },
    { "reject 480 retry-after=1m", STATUS_MALFORMED, "retry-after" },
    { "reject 486 Busy\r\nX: y", STATUS_MALFORMED, "control characters" },
    { "reject 486 \x1b[31m", STATUS_MALFORMED, "control characters" },
    { "answer /bin/cat \x7f", STATUS_MALFORMED, "control characters" },
    { "redirect", STATUS_MALFORMED, "redirect needs" },
    { "redirect bob", STATUS_MALFORMED, "redirect needs" },
    { "redirect :bob", STATUS_MALFORMED, "redirect needs" },
    { "redirect sip:", STATUS_MALFORMED, "redirect needs" },
    { "redirect <sip:bob@example.org>", STATUS_MALFORMED, "redirect needs" },
    { "redirect sip:a@b sip:\"c", STATUS_MALFORMED, "redirect needs" },
    { "redirect sip:a@b c", STATUS_MALFORMED, "redirect needs" },
};

static void join_words(const struct action *action, char *joined)
{
    const char *word;
    *joined = '\0';
    for (size_t i = 0; (word = action_word(action, i)); i++) {
        size_t length = strlen(word);
        if (i)
            *joined++ = '|';
        memcpy(joined, word, length + 1);
        joined += length;
    }
}

START_TEST(a_good_line_means_what_it_says)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        const struct good *row = &good[i];
        struct action action = { .call = 7, .code = 99 };
        char words[ACTION_TEXT_BYTES];
        const char *why = "";
        enum status status = decision_parse(slice_of(row->line), &action, &why);
        ck_assert_msg(status == STATUS_OK, "%s: %s", row->line, why);
        join_words(&action, words);
        ck_assert_msg(action.kind == row->kind, "%s", row->line);
        ck_assert_msg(action.code == row->code, "%s: %u", row->line, action.code);
        ck_assert_msg(action.retry_after == row->retry_after, "%s", row->line);
        ck_assert_str_eq(action.text, row->text);
        ck_assert_str_eq(words, row->words);
        ck_assert_uint_eq(action.call, 7);
    }
}
END_TEST

START_TEST(a_bad_line_changes_nothing_and_is_explained)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct action action = { .kind = ACTION_RING, .code = 99 };
        const char *why = "";
        enum status status = decision_parse(slice_of(bad[i].line), &action, &why);
        ck_assert_msg(status == bad[i].status, "%s: %s", bad[i].line, status_text(status));
        ck_assert_msg(strstr(why, bad[i].why) != NULL, "%s: %s", bad[i].line, why);
        ck_assert_uint_eq(action.code, 99);
        ck_assert(action.kind == ACTION_RING);
    }
}
END_TEST

START_TEST(a_nul_byte_is_a_control_character)
{
    static const char line[] = "redirect sip:a@b\0c";
    struct action action = { .code = 0 };
    const char *why = "";
    ck_assert(decision_parse(slice_make(line, sizeof(line) - 1), &action, &why) ==
              STATUS_MALFORMED);
    ck_assert_ptr_nonnull(strstr(why, "control"));
}
END_TEST

static enum status parse_long(const char *start, char filler, size_t count)
{
    char line[2 * ACTION_TEXT_BYTES];
    struct action action = { .code = 0 };
    const char *why;
    size_t length = strlen(start);
    memcpy(line, start, length);
    memset(line + length, filler, count);
    return decision_parse(slice_make(line, length + count), &action, &why);
}

START_TEST(a_text_of_127_bytes_is_the_longest)
{
    ck_assert(parse_long("reject ", 'x', 127) == STATUS_OK);
    ck_assert(parse_long("reject ", 'x', 128) == STATUS_MALFORMED);
    ck_assert(parse_long("reject 486 ", 'x', 127) == STATUS_OK);
    ck_assert(parse_long("reject 486 ", 'x', 128) == STATUS_MALFORMED);
}
END_TEST

START_TEST(words_are_bounded_in_bytes_and_number)
{
    char line[8 + 2 * ACTION_WORDS_MAX + 2] = "answer";
    struct action action = { .code = 0 };
    const char *why = "";
    ck_assert(parse_long("answer /", 'x', ACTION_TEXT_BYTES - 2) == STATUS_OK);
    ck_assert(parse_long("answer /", 'x', ACTION_TEXT_BYTES - 1) == STATUS_MALFORMED);
    for (size_t i = 0; i <= ACTION_WORDS_MAX; i++)
        memcpy(line + 6 + 2 * i, " /", 2);
    ck_assert(decision_parse(slice_make(line, 6 + 2 * ACTION_WORDS_MAX), &action, &why) ==
              STATUS_OK);
    ck_assert_uint_eq(action.word_count, ACTION_WORDS_MAX);
    ck_assert_ptr_null(action_word(&action, ACTION_WORDS_MAX));
    ck_assert(decision_parse(slice_make(line, 8 + 2 * ACTION_WORDS_MAX), &action, &why) ==
              STATUS_MALFORMED);
    ck_assert_str_eq(why, "too many words");
}
END_TEST

START_TEST(every_kind_has_a_name_that_reads_back)
{
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        enum action_kind kind = ACTION_COUNT;
        ck_assert(action_kind_from_text(slice_of(action_kind_text((enum action_kind)i)), &kind));
        ck_assert_uint_eq(kind, i);
        ck_assert(action_is_final(kind) == (kind != ACTION_RING && kind != ACTION_PROGRESS));
    }
}
END_TEST

SUITE_MAIN("agent/decision", a_good_line_means_what_it_says,
           a_bad_line_changes_nothing_and_is_explained, a_nul_byte_is_a_control_character,
           a_text_of_127_bytes_is_the_longest, words_are_bounded_in_bytes_and_number,
           every_kind_has_a_name_that_reads_back)
