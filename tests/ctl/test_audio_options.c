// SPDX-License-Identifier: ISC
#include "ctl/audio_options.h"
#include "tests/suite.h"

#include <string.h>

enum {
    WORDS = 16
};

struct line {
    char text[256];
    char *words[WORDS + 1];
    int count;
    struct audio_options options;
    const char *why;
};

static bool reads(struct line *line, enum audio_verb verb, const char *text)
{
    char *rest = line->text;
    memset(line, 0, sizeof(*line));
    memcpy(line->text, text, strlen(text) + 1);
    while (*rest && line->count < WORDS) {
        line->words[line->count++] = rest;
        rest = strchrnul(rest, ' ');
        if (*rest)
            *rest++ = '\0';
    }
    return audio_options_read(verb, line->words, line->count, &line->options, &line->why);
}

START_TEST(options_and_files_stand_in_any_order)
{
    struct line line;
    ck_assert(reads(&line, AUDIO_RECORD, "--max 120 msg.wav --silence 2.5 --beep"));
    ck_assert_double_eq_tol(line.options.max_s, 120, 1e-9);
    ck_assert_double_eq_tol(line.options.silence_s, 2.5, 1e-9);
    ck_assert(line.options.has_beep && !line.options.is_both);
    ck_assert_int_eq(line.options.rest_count, 1);
    ck_assert_str_eq(line.options.rest[0], "msg.wav");
}
END_TEST

START_TEST(behind_two_dashes_stand_files)
{
    struct line line;
    ck_assert(reads(&line, AUDIO_PLAY, "a.wav -- --stop-on-digit -"));
    ck_assert(!line.options.stops_on_digit);
    ck_assert_int_eq(line.options.rest_count, 3);
    ck_assert_str_eq(line.options.rest[1], "--stop-on-digit");
}
END_TEST

START_TEST(a_dash_is_a_file)
{
    struct line line;
    ck_assert(reads(&line, AUDIO_PLAY, "- --stop-on-digit"));
    ck_assert(line.options.stops_on_digit);
    ck_assert_str_eq(line.options.rest[0], "-");
    ck_assert_ptr_null(line.options.rest[1]);
}
END_TEST

START_TEST(words_of_a_program_are_its_own)
{
    struct line line;
    ck_assert(reads(&line, AUDIO_RUN, "--rate 24000 agent --rate 5 --json"));
    ck_assert_uint_eq(line.options.rate, 24000);
    ck_assert_int_eq(line.options.rest_count, 4);
    ck_assert_str_eq(line.options.rest[0], "agent");
    ck_assert_str_eq(line.options.rest[3], "--json");
    ck_assert_ptr_null(line.options.rest[4]);
    ck_assert(reads(&line, AUDIO_RUN, "-- --agent"));
    ck_assert_str_eq(line.options.rest[0], "--agent");
}
END_TEST

START_TEST(what_the_daemon_reads_goes_on_as_it_is)
{
    struct line line;
    ck_assert(reads(&line, AUDIO_ASK, "--digits 4 --until # --timeout 0.5 --fresh menu.wav"));
    ck_assert_str_eq(line.options.digits, "4");
    ck_assert_str_eq(line.options.until, "#");
    ck_assert_str_eq(line.options.timeout, "0.5");
    ck_assert(line.options.is_fresh);
    ck_assert(reads(&line, AUDIO_ASK, ""));
    ck_assert_ptr_null(line.options.digits);
}
END_TEST

START_TEST(refuses_what_no_verb_takes)
{
    static const struct {
        enum audio_verb verb;
        const char *text;
        const char *why;
    } rows[] = {
        { AUDIO_PLAY, "", "words" },
        { AUDIO_PLAY, "--loop a.wav", "option" },
        { AUDIO_PLAY, "--rate 3999 -", "--rate" },
        { AUDIO_PLAY, "--rate 192001 -", "--rate" },
        { AUDIO_PLAY, "-x", "option" },
        { AUDIO_RECORD, "", "words" },
        { AUDIO_RECORD, "a.wav b.wav", "words" },
        { AUDIO_RECORD, "--max a.wav", "--max" },
        { AUDIO_RECORD, "--max 0 a.wav", "--max" },
        { AUDIO_RECORD, "--max -1 a.wav", "--max" },
        { AUDIO_RECORD, "--max nan a.wav", "--max" },
        { AUDIO_RECORD, "--max inf a.wav", "--max" },
        { AUDIO_RECORD, "--max 90000 a.wav", "--max" },
        { AUDIO_RECORD, "a.wav --silence", "--silence" },
        { AUDIO_RECORD, "a.wav --silence 3s", "--silence" },
        { AUDIO_RECORD, "--digits 3 a.wav", "option" },
        { AUDIO_ASK, "--digits 0", "--digits" },
        { AUDIO_ASK, "--digits 65", "--digits" },
        { AUDIO_ASK, "--until ##", "--until" },
        { AUDIO_ASK, "--until x", "--until" },
        { AUDIO_ASK, "--timeout -3", "--timeout" },
        { AUDIO_RUN, "--rate 22050 agent", "--rate" },
        { AUDIO_RUN, "--rate 24000", "words" },
        { AUDIO_AUDIO, "a.wav", "words" },
    };
    struct line line;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_msg(!reads(&line, rows[i].verb, rows[i].text), "%s", rows[i].text);
        ck_assert_msg(strstr(line.why, rows[i].why), "%s: %s", rows[i].text, line.why);
    }
}
END_TEST

START_TEST(samples_have_the_rate_of_the_option_or_of_the_hook)
{
    struct line line;
    setenv("OFFHOOK_RATE", "24000", 1);
    ck_assert(reads(&line, AUDIO_PLAY, "-"));
    ck_assert_uint_eq(audio_options_raw_rate(&line.options), 24000);
    ck_assert(reads(&line, AUDIO_PLAY, "--rate 22050 -"));
    ck_assert_uint_eq(audio_options_raw_rate(&line.options), 22050);
    setenv("OFFHOOK_RATE", "much", 1);
    ck_assert(reads(&line, AUDIO_PLAY, "-"));
    ck_assert_uint_eq(audio_options_raw_rate(&line.options), 0);
}
END_TEST

SUITE_MAIN("ctl/audio_options", options_and_files_stand_in_any_order, behind_two_dashes_stand_files,
           a_dash_is_a_file, words_of_a_program_are_its_own, what_the_daemon_reads_goes_on_as_it_is,
           refuses_what_no_verb_takes, samples_have_the_rate_of_the_option_or_of_the_hook)
