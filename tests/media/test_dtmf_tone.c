// SPDX-License-Identifier: ISC
// The tones that are sent: measured, one frequency at a time.
#include "media/dtmf_tone.h"
#include "tests/suite.h"

#include <math.h>

enum {
    RATE = 8000,
    FRAME = 160
};

/* The amplitude of a frequency in the samples. */
static double amplitude(const int16_t *samples, size_t count, double frequency, uint32_t rate)
{
    double real = 0;
    double imaginary = 0;
    for (size_t i = 0; i < count; i++) {
        double angle = 2 * 3.14159265358979 * frequency * (double)i / rate;
        real += samples[i] * cos(angle);
        imaginary += samples[i] * sin(angle);
    }
    return 2 * hypot(real, imaginary) / (double)count;
}

START_TEST(the_frequencies_are_those_of_q_23)
{
    static const double rows[] = { 697, 770, 852, 941 };
    static const double columns[] = { 1209, 1336, 1477, 1633 };
    for (size_t i = 0; i < 4; i++) {
        ck_assert(fabs(dtmf_row_frequencies[i] - rows[i]) < 0.1);
        ck_assert(fabs(dtmf_column_frequencies[i] - columns[i]) < 0.1);
    }
}
END_TEST

START_TEST(every_key_is_its_two_tones_at_every_rate)
{
    static const uint32_t rates[] = { 8000, 16000, 48000 };
    for (size_t k = 0; k < 3; k++) {
        for (size_t key = 0; key < 16; key++) {
            static int16_t samples[48000 / 10];
            struct dtmf_tones tones = { 0 };
            size_t count = rates[k] / 10;
            memset(samples, 0, sizeof(samples));
            ck_assert(dtmf_tones_add(&tones, dtmf_keys[key], 200, 60));
            dtmf_tones_insert(&tones, rates[k], samples, count);
            dtmf_tones_insert(&tones, rates[k], samples, count); /* beyond the edge */
            for (size_t i = 0; i < 4; i++) {
                double row =
                    amplitude(samples, count - rates[k] / 100, dtmf_row_frequencies[i], rates[k]);
                double column = amplitude(samples, count - rates[k] / 100,
                                          dtmf_column_frequencies[i], rates[k]);
                ck_assert(i == key / 4 ? fabs(row - 8100) < 500 : row < 1700);
                ck_assert(i == key % 4 ? fabs(column - 10200) < 500 : column < 1700);
            }
        }
    }
}
END_TEST

START_TEST(the_program_gives_way_and_comes_back_without_a_click)
{
    struct dtmf_tones tones = { 0 };
    int16_t samples[FRAME * 20];
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
        samples[i] = 12000;
    ck_assert(dtmf_tones_add(&tones, '5', 100, 60));
    ck_assert(dtmf_tones_add(&tones, '0', 100, 60));
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i += FRAME)
        dtmf_tones_insert(&tones, RATE, samples + i, FRAME);
    ck_assert_uint_eq(tones.count, 0);
    /* Both pauses are silent: nothing of the program between the digits. */
    for (size_t i = 805; i < 1275; i++)
        ck_assert_int_eq(samples[i], 0);
    for (size_t i = 2085; i < 2555; i++)
        ck_assert_int_eq(samples[i], 0);
    /* The last 5 ms come back step by step, and then all of it is there. */
    ck_assert_int_lt(samples[2562], 2000);
    for (size_t i = 2605; i < sizeof(samples) / sizeof(*samples); i++)
        ck_assert_int_eq(samples[i], 12000);
    /* No step is larger than the tones' own steepest slope. */
    for (size_t i = 1; i < sizeof(samples) / sizeof(*samples); i++)
        ck_assert_int_lt(abs(samples[i] - samples[i - 1]), 17000);
    ck_assert_int_lt(abs(samples[1] - samples[0]), 1000);
}
END_TEST

START_TEST(what_was_begun_is_given_up_in_a_pause_and_the_rest_waits)
{
    struct dtmf_tones tones = { 0 };
    int16_t samples[FRAME] = { 0 };
    ck_assert(dtmf_tones_add(&tones, '1', 100, 60));
    ck_assert(dtmf_tones_add(&tones, '2', 100, 60));
    dtmf_tones_pause(&tones);
    ck_assert_uint_eq(tones.count, 2);
    dtmf_tones_insert(&tones, RATE, samples, FRAME);
    dtmf_tones_pause(&tones);
    dtmf_tones_pause(&tones);
    ck_assert_uint_eq(tones.count, 1);
    ck_assert_int_eq(dtmf_keys[tones.queue[0].key], '2');
}
END_TEST

START_TEST(no_digit_is_refused_and_so_is_one_too_many)
{
    struct dtmf_tones tones = { 0 };
    ck_assert(!dtmf_tones_add(&tones, 'x', 100, 100));
    ck_assert(!dtmf_tones_add(&tones, '\0', 100, 100));
    for (int i = 0; i < LIMIT_DIGITS_QUEUED; i++)
        ck_assert(dtmf_tones_add(&tones, 'a', 1, UINT32_MAX));
    ck_assert(!dtmf_tones_add(&tones, 'a', 1, 1));
    ck_assert_uint_eq(tones.queue[0].tone_ms, 40);
    ck_assert_uint_eq(tones.queue[0].gap_ms, 10000);
    ck_assert_int_eq(dtmf_keys[tones.queue[0].key], 'A');
}
END_TEST

SUITE_MAIN("media/dtmf_tone", the_frequencies_are_those_of_q_23,
           every_key_is_its_two_tones_at_every_rate,
           the_program_gives_way_and_comes_back_without_a_click,
           what_was_begun_is_given_up_in_a_pause_and_the_rest_waits,
           no_digit_is_refused_and_so_is_one_too_many)
