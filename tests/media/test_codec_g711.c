// SPDX-License-Identifier: ISC
// Against tables 1a to 2b of ITU-T G.711, built from their step sizes: decision values and the
// values half way between them.
#include "media/codec_operations.h"
#include "tests/suite.h"

enum {
    STEPS = 128
};

struct law {
    int decision[STEPS + 1]; // of the positive side, 16-bit
    int value[STEPS];
};

/* A-law: 32 steps of 2, then 16 each of 4, 8 … 128, in 13 bits. */
static struct law alaw(void)
{
    struct law law = { 0 };
    int step = 16;
    for (int i = 0; i < STEPS; i++) {
        if (i >= 32 && i % 16 == 0)
            step *= 2;
        law.decision[i + 1] = law.decision[i] + step;
        law.value[i] = law.decision[i] + step / 2;
    }
    return law;
}

/* mu-law: one step of 1, 15 of 2, then 16 each of 4, 8 … 256, in 14 bits. */
static struct law ulaw(void)
{
    struct law law = { .decision = { 0, 4 } };
    int step = 8;
    for (int i = 1; i < STEPS; i++) {
        if (i % 16 == 0)
            step *= 2;
        law.decision[i + 1] = law.decision[i] + step;
        law.value[i] = law.decision[i] + step / 2;
    }
    return law;
}

static int step_of(const struct law *law, int magnitude)
{
    int step = 0;
    while (step < STEPS - 1 && magnitude >= law->decision[step + 1])
        step++;
    return step;
}

START_TEST(alaw_encodes_every_sample_as_the_table_says)
{
    const struct law law = alaw();
    for (int sample = -32768; sample <= 32767; sample++) {
        int16_t input = (int16_t)sample;
        uint8_t code;
        codec_pcma_operations.encode(NULL, &input, 1, &code);
        /* A negative decision value belongs to the step nearer to zero. */
        int step = step_of(&law, sample < 0 ? -sample - 1 : sample);
        int expected = (step | (sample < 0 ? 0 : 0x80)) ^ 0x55;
        ck_assert_msg(code == expected, "%d: %d, not %d", sample, code, expected);
    }
}
END_TEST

START_TEST(ulaw_encodes_every_sample_as_the_table_says)
{
    const struct law law = ulaw();
    for (int sample = -32768; sample <= 32767; sample++) {
        int16_t input = (int16_t)sample;
        uint8_t code;
        codec_pcmu_operations.encode(NULL, &input, 1, &code);
        int step = step_of(&law, sample < 0 ? -sample : sample);
        int expected = (sample < 0 ? 0x7f : 0xff) - step;
        ck_assert_msg(code == expected, "%d: %d, not %d", sample, code, expected);
    }
}
END_TEST

START_TEST(every_code_decodes_to_the_middle_of_its_step)
{
    const struct law a = alaw();
    const struct law u = ulaw();
    for (int i = 0; i < 256; i++) {
        char code = (char)i;
        int16_t sample;
        ck_assert_uint_eq(codec_pcma_operations.decode(NULL, slice_make(&code, 1), &sample, 1), 1);
        int value = a.value[(i ^ 0x55) & 0x7f];
        ck_assert_int_eq(sample, (i ^ 0x55) & 0x80 ? value : -value);
        ck_assert_uint_eq(codec_pcmu_operations.decode(NULL, slice_make(&code, 1), &sample, 1), 1);
        value = u.value[~i & 0x7f];
        ck_assert_int_eq(sample, i & 0x80 ? value : -value);
    }
}
END_TEST

START_TEST(every_code_survives_decoding_and_encoding)
{
    for (int i = 0; i < 256; i++) {
        char code = (char)i;
        uint8_t again;
        int16_t sample;
        codec_pcma_operations.decode(NULL, slice_make(&code, 1), &sample, 1);
        codec_pcma_operations.encode(NULL, &sample, 1, &again);
        ck_assert_int_eq(again, i);
        codec_pcmu_operations.decode(NULL, slice_make(&code, 1), &sample, 1);
        codec_pcmu_operations.encode(NULL, &sample, 1, &again);
        ck_assert_int_eq(again, i == 0x7f ? 0xff : i); /* there is one zero only */
    }
}
END_TEST

START_TEST(decodes_no_more_than_there_is_room_for)
{
    int16_t samples[3] = { 0, 0, 77 };
    ck_assert_uint_eq(codec_pcma_operations.decode(NULL, slice_of("abcd"), samples, 2), 2);
    ck_assert_int_eq(samples[2], 77);
}
END_TEST

SUITE_MAIN("media/codec_g711", alaw_encodes_every_sample_as_the_table_says,
           ulaw_encodes_every_sample_as_the_table_says,
           every_code_decodes_to_the_middle_of_its_step, every_code_survives_decoding_and_encoding,
           decodes_no_more_than_there_is_room_for)
