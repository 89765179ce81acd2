// SPDX-License-Identifier: ISC
#include "media/resampler.h"
#include "tests/suite.h"

#include <math.h>
#include <string.h>

static const uint32_t rates[] = { 8000, 16000, 24000, 48000 };

enum {
    RATES = sizeof(rates) / sizeof(*rates),
    FRAMES = 50,
    FRAME_MAX = 960
};

static double tone_at(double time)
{
    return 12000 * sin(2 * 3.14159265358979 * 500 * time);
}

/* A second of tone from one rate to another; true when it comes out at the same level, at most
 * 10 ms later. */
static void check(uint32_t from_rate, uint32_t to_rate)
{
    static int16_t heard[FRAMES * FRAME_MAX];
    size_t from_count = from_rate / 50;
    size_t to_count = to_rate / 50;
    struct resampler *resampler = resampler_new(from_rate, to_rate);
    for (size_t frame = 0; frame < FRAMES; frame++) {
        int16_t in[FRAME_MAX];
        int16_t out[FRAME_MAX + 1];
        for (size_t i = 0; i < from_count; i++)
            in[i] = (int16_t)lrint(tone_at((double)(frame * from_count + i) / from_rate));
        out[to_count] = 12345;
        resampler_run(resampler, in, out);
        ck_assert_int_eq(out[to_count], 12345);
        memcpy(heard + frame * to_count, out, to_count * sizeof(*out));
    }
    resampler_free(resampler);
    double least = 1e9;
    for (size_t delay = 0; delay < to_rate / 100; delay++) {
        double error = 0;
        for (size_t i = to_rate / 10; i < to_rate; i++)
            error = fmax(error, fabs(heard[i] - tone_at(((double)i - (double)delay) / to_rate)));
        least = fmin(least, error);
    }
    ck_assert_msg(least < (from_rate == to_rate ? 1 : 1200), "%u to %u: error %f", from_rate,
                  to_rate, least);
}

START_TEST(twenty_milliseconds_in_give_twenty_milliseconds_out)
{
    for (size_t i = 0; i < RATES; i++)
        for (size_t j = 0; j < RATES; j++)
            check(rates[i], rates[j]);
}
END_TEST

START_TEST(silence_stays_silence)
{
    struct resampler *resampler = resampler_new(8000, 48000);
    const int16_t in[160] = { 0 };
    int16_t out[960];
    for (int frame = 0; frame < 10; frame++) {
        memset(out, 1, sizeof(out));
        resampler_run(resampler, in, out);
        for (size_t i = 0; i < 960; i++)
            ck_assert_int_eq(out[i], 0);
    }
    resampler_free(resampler);
}
END_TEST

SUITE_MAIN("media/resampler", twenty_milliseconds_in_give_twenty_milliseconds_out,
           silence_stays_silence)
