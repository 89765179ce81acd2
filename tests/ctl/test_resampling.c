// SPDX-License-Identifier: ISC
#include "ctl/resampling.h"
#include "tests/suite.h"

#include <math.h>

enum {
    SAMPLES_MAX = 60000
};

/* A tone that begins and ends in full; ranges within a second. */
static void make_tone(int16_t *samples, size_t count, uint32_t rate)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)lrint(10000 * cos(2 * M_PI * 300 * (double)i / rate));
}

static size_t convert(const int16_t *from, size_t count, uint32_t from_rate, uint32_t to_rate,
                      int16_t *to)
{
    size_t at = 0;
    size_t made = 0;
    size_t piece = 1;
    struct resampling *resampling = resampling_new(from_rate, to_rate);
    while (at < count) {
        size_t taken = count - at < piece ? count - at : piece;
        size_t given = SAMPLES_MAX - made < 333 ? SAMPLES_MAX - made : 333;
        resampling_run(resampling, from + at, &taken, to + made, &given);
        at += taken;
        made += given;
        piece = piece % 500 + 37;
    }
    size_t given;
    while ((given = resampling_finish(resampling, to + made, 100)) > 0)
        made += given;
    resampling_free(resampling);
    return made;
}

START_TEST(the_sound_stays_whole_and_in_its_place)
{
    static const uint32_t rates[] = { 8000, 11025, 16000, 22050, 24000, 44100, 48000 };
    static int16_t from[SAMPLES_MAX];
    static int16_t to[SAMPLES_MAX];
    static int16_t wanted[SAMPLES_MAX];
    for (size_t i = 0; i < sizeof(rates) / sizeof(*rates); i++) {
        for (uint32_t to_rate = 8000; to_rate <= 48000; to_rate *= 2) {
            if (to_rate == 32000)
                continue;
            size_t count = rates[i] / 2;
            make_tone(from, count, rates[i]);
            size_t made = convert(from, count, rates[i], to_rate, to);
            ck_assert_uint_le(made, to_rate / 2 + 1);
            ck_assert_uint_ge(made, to_rate / 2 - 1);
            make_tone(wanted, made, to_rate);
            size_t edge = to_rate / 100;
            for (size_t k = edge; k < made - edge; k++)
                ck_assert_msg(abs(to[k] - wanted[k]) < 300, "%u to %u, sample %zu: %d, not %d",
                              (unsigned)rates[i], (unsigned)to_rate, k, to[k], wanted[k]);
        }
    }
}
END_TEST

START_TEST(equal_rates_change_nothing)
{
    static int16_t from[SAMPLES_MAX];
    static int16_t to[SAMPLES_MAX];
    make_tone(from, 4000, 8000);
    ck_assert_uint_eq(convert(from, 4000, 8000, 8000, to), 4000);
    ck_assert_mem_eq(from, to, 8000);
}
END_TEST

START_TEST(nothing_becomes_nothing)
{
    int16_t to[100];
    struct resampling *resampling = resampling_new(44100, 16000);
    ck_assert_uint_eq(resampling_finish(resampling, to, 100), 0);
    resampling_free(resampling);
}
END_TEST

SUITE_MAIN("ctl/resampling", the_sound_stays_whole_and_in_its_place, equal_rates_change_nothing,
           nothing_becomes_nothing)
