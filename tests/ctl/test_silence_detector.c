// SPDX-License-Identifier: ISC
#include "ctl/silence_detector.h"
#include "tests/suite.h"

#include <math.h>

enum {
    RATE = 8000
};

struct line {
    struct silence_detector detector;
    uint32_t chance;
    double phase;
};

static void line_init(struct line *line)
{
    silence_detector_init(&line->detector, RATE);
    line->chance = 12345;
    line->phase = 0;
}

/* Between -1 and 1, always the same ones. */
static double chance(struct line *line)
{
    line->chance = line->chance * 1664525u + 1013904223u;
    return (double)(int32_t)line->chance / 2147483648.0;
}

/* A vowel of that peak, four syllables a second, over noise of that peak; pieces of odd sizes. */
static void hear(struct line *line, double seconds, double voice, double noise)
{
    int16_t piece[37];
    size_t total = (size_t)(seconds * RATE);
    for (size_t i = 0; i < total;) {
        size_t count = 0;
        for (; count < sizeof(piece) / sizeof(*piece) && i < total; count++, i++) {
            double syllable = fabs(sin(M_PI * 4 * (double)i / RATE));
            line->phase += 2 * M_PI * 180 / RATE;
            piece[count] =
                (int16_t)(voice * syllable * (sin(line->phase) + sin(3 * line->phase)) / 2 +
                          noise * chance(line));
        }
        silence_detector_hear(&line->detector, piece, count);
    }
}

static double quiet_s(const struct line *line)
{
    return (double)silence_detector_quiet_ms(&line->detector) / 1000;
}

START_TEST(nothing_at_all_is_silence)
{
    struct line line;
    line_init(&line);
    hear(&line, 5, 0, 0);
    ck_assert_double_eq_tol(quiet_s(&line), 5, 0.05);
    ck_assert(!silence_detector_has_sound(&line.detector));
}
END_TEST

START_TEST(silence_counts_from_the_last_word)
{
    struct line line;
    line_init(&line);
    hear(&line, 1, 0, 20);
    hear(&line, 3, 6000, 20);
    ck_assert(silence_detector_has_sound(&line.detector));
    ck_assert_double_le(quiet_s(&line), 0.3);
    hear(&line, 2, 0, 20);
    ck_assert_double_ge(quiet_s(&line), 1.9);
    ck_assert_double_le(quiet_s(&line), 2.4);
    hear(&line, 0.3, 6000, 20);
    ck_assert_double_le(quiet_s(&line), 0.3);
}
END_TEST

START_TEST(a_quiet_voice_is_heard)
{
    struct line line;
    line_init(&line);
    hear(&line, 1, 0, 10);
    hear(&line, 1, 400, 10);
    ck_assert(silence_detector_has_sound(&line.detector));
    ck_assert_double_le(quiet_s(&line), 0.3);
}
END_TEST

START_TEST(a_voice_that_does_not_pause_for_breath_is_no_noise)
{
    struct line line;
    line_init(&line);
    for (int i = 0; i < 300; i++) {
        hear(&line, 0.1, 6000, 20);
        ck_assert_double_le(quiet_s(&line), 0.5);
    }
}
END_TEST

START_TEST(the_noise_of_a_car_is_silence_after_a_while)
{
    struct line line;
    line_init(&line);
    hear(&line, 1, 6000, 20);
    hear(&line, 10, 0, 1500);
    ck_assert_double_ge(quiet_s(&line), 4);
    hear(&line, 1, 12000, 1500);
    ck_assert_double_le(quiet_s(&line), 0.5);
    hear(&line, 3, 0, 1500);
    ck_assert_double_ge(quiet_s(&line), 2.8);
}
END_TEST

START_TEST(a_steady_noise_from_the_beginning_is_no_sound)
{
    struct line line;
    line_init(&line);
    hear(&line, 5, 0, 600);
    ck_assert(!silence_detector_has_sound(&line.detector));
    ck_assert_double_ge(quiet_s(&line), 4.9);
}
END_TEST

START_TEST(a_click_is_no_sound)
{
    struct line line;
    line_init(&line);
    hear(&line, 1, 0, 10);
    hear(&line, 0.02, 20000, 10);
    hear(&line, 1, 0, 10);
    ck_assert(!silence_detector_has_sound(&line.detector));
}
END_TEST

SUITE_MAIN("ctl/silence_detector", nothing_at_all_is_silence, silence_counts_from_the_last_word,
           a_quiet_voice_is_heard, a_voice_that_does_not_pause_for_breath_is_no_noise,
           the_noise_of_a_car_is_silence_after_a_while,
           a_steady_noise_from_the_beginning_is_no_sound, a_click_is_no_sound)
