// SPDX-License-Identifier: ISC
// Digits in audio: what ITU-T Q.24 says must be heard and what must not, through A-law, with noise,
// at any place in the blocks.
#include "media/codec_operations.h"
#include "media/dtmf_detector.h"
#include "tests/suite.h"
#include "util/random.h"

#include <math.h>
#include <stdio.h>

enum {
    RATE = 8000,
    FRAME = 160
};

static const double pi = 3.14159265358979;

struct sound {
    uint32_t rate;
    double row_gain; // 1 is -9 dBm0
    double column_gain;
    double row_factor; // of the frequency
    double column_factor;
    double tone_ms;
    double gap_ms;
    double noise; // peak of what is even between -noise and noise
    uint32_t delay;
    size_t one_key;    // again and again, counted from 1; 0: each in its turn
    double third_gain; // of the next row's tone
};

static const struct sound plain = { RATE, 1, 1, 1, 1, 100, 100, 0, 0, 0, 0 };

static double noise_of(struct random *random, double peak)
{
    return peak * (random_below(random, 20001) / 10000.0 - 1);
}

static double key_sample(const struct sound *sound, size_t key, size_t i)
{
    double angle = 2 * pi * (double)i / sound->rate;
    return 8100 * sound->third_gain * sin(angle * dtmf_row_frequencies[(key / 4 + 1) % 4]) +
           8100 * sound->row_gain * sin(angle * dtmf_row_frequencies[key / 4] * sound->row_factor) +
           8100 * sound->column_gain *
               sin(angle * dtmf_column_frequencies[key % 4] * sound->column_factor + 1);
}

/* One frame through A-law where the rate is its own. */
static char hear_frame(struct dtmf_detector *detector, uint32_t rate, int16_t *frame, size_t count)
{
    uint8_t payload[960];
    if (rate == RATE) {
        size_t length = codec_pcma_operations.encode(NULL, frame, count, payload);
        codec_pcma_operations.decode(NULL, slice_make((const char *)payload, length), frame, count);
    }
    return dtmf_detector_run(detector, rate, frame, count);
}

/* What is heard of all sixteen keys, one after the other. */
static const char *hear(const struct sound *sound, struct random *random)
{
    static char heard[200];
    static struct dtmf_detector detector;
    int16_t frame[960];
    size_t fill = 0;
    size_t length = 0;
    size_t tone = (size_t)(sound->tone_ms * sound->rate / 1000);
    size_t whole = tone + (size_t)(sound->gap_ms * sound->rate / 1000);
    size_t size = sound->rate / 50;
    memset(&detector, 0, sizeof(detector));
    for (size_t i = 0; i < sound->delay + 16 * whole + 2 * size; i++) {
        size_t at = i < sound->delay ? whole : i - sound->delay;
        bool is_on = i >= sound->delay && at / whole < 16 && at % whole < tone;
        size_t key = sound->one_key ? sound->one_key - 1 : at / whole;
        double sample = is_on ? key_sample(sound, key, at % whole) : 0;
        frame[fill++] = (int16_t)lrint(sample + noise_of(random, sound->noise));
        if (fill < size)
            continue;
        fill = 0;
        char digit = hear_frame(&detector, sound->rate, frame, size);
        if (digit && length + 1 < sizeof(heard))
            heard[length++] = digit;
    }
    heard[length] = '\0';
    return heard;
}

/* Wherever the tones fall in the blocks. */
static void expect(const struct sound *sound, const char *digits, const char *fact)
{
    struct random random;
    struct sound moved = *sound;
    random_init_number(&random, 5);
    for (moved.delay = 0; moved.delay < 60 * sound->rate / RATE; moved.delay += 3) {
        const char *heard = hear(&moved, &random);
        ck_assert_msg(!strcmp(heard, digits), "%s: \"%s\" is heard, %u samples later", fact, heard,
                      moved.delay);
    }
}

static double decibel(double value)
{
    return pow(10, value / 20);
}

START_TEST(hears_every_key_at_every_rate)
{
    static const uint32_t rates[] = { 8000, 16000, 24000, 48000 };
    for (size_t i = 0; i < 4; i++) {
        struct sound sound = plain;
        sound.rate = rates[i];
        expect(&sound, dtmf_keys, "plain");
    }
}
END_TEST

START_TEST(hears_forty_milliseconds_and_ignores_twenty)
{
    struct sound sound = plain;
    sound.tone_ms = 40;
    sound.gap_ms = 40;
    expect(&sound, dtmf_keys, "40 ms and 40 ms of pause");
    sound.tone_ms = 20;
    sound.gap_ms = 60;
    expect(&sound, "", "20 ms");
    sound.tone_ms = 3000;
    sound.gap_ms = 50;
    sound.delay = 0;
    struct random random;
    random_init_number(&random, 5);
    ck_assert_str_eq(hear(&sound, &random), dtmf_keys);
}
END_TEST

START_TEST(hears_the_same_key_again_behind_a_pause_of_forty_milliseconds)
{
    for (size_t key = 0; key < 16; key++) {
        struct sound sound = plain;
        char digits[17] = "";
        memset(digits, dtmf_keys[key], 16);
        sound.one_key = key + 1;
        sound.tone_ms = 50;
        sound.gap_ms = 40;
        expect(&sound, digits, "40 ms of pause");
    }
}
END_TEST

START_TEST(hears_what_is_a_little_beside_and_not_what_is_more)
{
    static const double fine[] = { 0.985, 1, 1.015 };
    for (size_t row = 0; row < 3; row++) {
        for (size_t column = 0; column < 3; column++) {
            struct sound sound = plain;
            sound.row_factor = fine[row];
            sound.column_factor = fine[column];
            sound.tone_ms = sound.gap_ms = 50;
            expect(&sound, dtmf_keys, "1.5 %");
        }
    }
    for (int i = 0; i < 4; i++) {
        struct sound sound = plain;
        double wrong = i & 1 ? 1.035 : 0.965;
        *(i & 2 ? &sound.row_factor : &sound.column_factor) = wrong;
        expect(&sound, "", "3.5 %");
    }
}
END_TEST

START_TEST(hears_one_tone_louder_than_the_other_within_reason)
{
    struct sound sound = plain;
    sound.tone_ms = sound.gap_ms = 50;
    sound.column_gain = decibel(8);
    sound.row_gain = 1;
    expect(&sound, dtmf_keys, "the columns 8 dB louder");
    sound.column_gain = decibel(-8);
    sound.row_gain = decibel(-4);
    expect(&sound, dtmf_keys, "the rows 4 dB louder");
    sound.row_gain = decibel(0);
    sound.column_gain = decibel(-12);
    expect(&sound, "", "the rows 12 dB louder");
    sound.row_gain = decibel(-14);
    sound.column_gain = decibel(2);
    expect(&sound, "", "the columns 16 dB louder");
}
END_TEST

START_TEST(two_rows_at_once_are_no_digit_however_loud_the_column)
{
    struct sound sound = plain;
    sound.row_gain = decibel(-8);
    sound.third_gain = decibel(-12);
    expect(&sound, "", "a second row 4 dB softer than the first");
    sound.third_gain = decibel(-28);
    expect(&sound, dtmf_keys, "a second row 20 dB softer than the first");
}
END_TEST

START_TEST(hears_loud_and_soft)
{
    struct sound sound = plain;
    sound.tone_ms = sound.gap_ms = 50;
    sound.row_gain = sound.column_gain = decibel(6);
    expect(&sound, dtmf_keys, "-3 dBm0");
    sound.row_gain = sound.column_gain = decibel(-25);
    expect(&sound, dtmf_keys, "-34 dBm0");
    sound.row_gain = sound.column_gain = decibel(-45);
    expect(&sound, "", "-54 dBm0");
}
END_TEST

START_TEST(hears_through_noise)
{
    struct sound sound = plain;
    sound.tone_ms = sound.gap_ms = 50;
    /* Even noise has a third of its peak squared; the tones together 8100 squared. */
    sound.noise = 8100 * sqrt(3) * decibel(-15);
    expect(&sound, dtmf_keys, "15 dB below");
    sound.row_factor = 1.015;
    sound.column_factor = 0.985;
    expect(&sound, dtmf_keys, "15 dB below and 1.5 % beside");
}
END_TEST

START_TEST(a_short_interruption_does_not_double_a_digit)
{
    static const size_t lengths[] = { 40, 80, 160 }; /* 5, 10 and 20 ms */
    for (size_t k = 0; k < 3; k++) {
        for (size_t from = 400; from < 560; from += 10) {
            struct dtmf_detector detector = { 0 };
            size_t told = 0;
            for (size_t i = 0; i < 1600; i += FRAME) {
                int16_t frame[FRAME];
                for (size_t j = 0; j < FRAME; j++) {
                    bool is_off = i + j >= 1200 || (i + j >= from && i + j < from + lengths[k]);
                    frame[j] = is_off ? 0 : (int16_t)lrint(key_sample(&plain, 5, i + j));
                }
                told += hear_frame(&detector, RATE, frame, FRAME) != '\0';
            }
            ck_assert_msg(told == 1, "%zu times, interrupted for %zu at %zu", told, lengths[k],
                          from);
        }
    }
}
END_TEST

START_TEST(one_key_after_the_other_without_a_pause_is_two)
{
    struct sound sound = plain;
    sound.gap_ms = 0;
    expect(&sound, dtmf_keys, "no pause");
}
END_TEST

START_TEST(silence_noise_and_single_tones_are_no_digits)
{
    struct random random;
    struct dtmf_detector detector = { 0 };
    random_init_number(&random, 9);
    for (size_t i = 0; i < 50 * 60; i++) {
        int16_t frame[FRAME];
        for (size_t j = 0; j < FRAME; j++)
            frame[j] = (int16_t)noise_of(&random, (double)(i % 100) * 300);
        ck_assert_int_eq(hear_frame(&detector, RATE, frame, FRAME), '\0');
    }
    for (double frequency = 200; frequency < 3400; frequency += 7) {
        for (size_t i = 0; i < 10 * FRAME; i += FRAME) {
            int16_t frame[FRAME];
            for (size_t j = 0; j < FRAME; j++)
                frame[j] = (int16_t)(12000 * sin(2 * pi * frequency * (double)(i + j) / RATE));
            ck_assert_int_eq(hear_frame(&detector, RATE, frame, FRAME), '\0');
        }
    }
}
END_TEST

/* Chords of notes with overtones, that change as music does: ten minutes. */
START_TEST(music_is_no_digit)
{
    enum {
        VOICES = 4,
        OVERTONES = 6
    };
    struct random random;
    struct dtmf_detector detector = { 0 };
    double frequencies[VOICES] = { 0 };
    double phases[VOICES] = { 0 };
    size_t left[VOICES] = { 0 };
    size_t told = 0;
    random_init_number(&random, 11);
    for (size_t i = 0; i < 50 * 600; i++) {
        int16_t frame[FRAME];
        for (size_t voice = 0; voice < VOICES; voice++) {
            if (left[voice]) {
                left[voice]--;
                continue;
            }
            left[voice] = 2 + random_below(&random, 40);
            frequencies[voice] = 82.4 * pow(2, random_below(&random, 48) / 12.0);
        }
        for (size_t j = 0; j < FRAME; j++) {
            double sample = noise_of(&random, 300);
            for (size_t voice = 0; voice < VOICES; voice++) {
                phases[voice] += 2 * pi * frequencies[voice] / RATE;
                for (int k = 1; k <= OVERTONES && k * frequencies[voice] < 3600; k++)
                    sample += 3500.0 / k * sin(k * phases[voice]);
            }
            frame[j] = (int16_t)fmax(-32000, fmin(32000, sample));
        }
        told += hear_frame(&detector, RATE, frame, FRAME) != '\0';
    }
    ck_assert_msg(told == 0, "%zu digits", told);
}
END_TEST

SUITE_MAIN("media/dtmf_detector", hears_every_key_at_every_rate,
           hears_forty_milliseconds_and_ignores_twenty,
           hears_the_same_key_again_behind_a_pause_of_forty_milliseconds,
           hears_what_is_a_little_beside_and_not_what_is_more,
           hears_one_tone_louder_than_the_other_within_reason,
           two_rows_at_once_are_no_digit_however_loud_the_column, hears_loud_and_soft,
           hears_through_noise, a_short_interruption_does_not_double_a_digit,
           one_key_after_the_other_without_a_pause_is_two,
           silence_noise_and_single_tones_are_no_digits, music_is_no_digit)
