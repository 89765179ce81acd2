// SPDX-License-Identifier: ISC
// Each codec by content: what is encoded and decoded is the same tone, at its own rate, in packets
// of every length that can be sent; what is missing is concealed; nothing that comes does harm.
#include "media/codec.h"
#include "tests/media/far_end.h"

enum {
    FRAMES = 12
};

/* A tone through encoder and decoder; the best likeness at any delay up to 20 ms. */
static double likeness_of(enum codec codec, uint32_t ptime_ms)
{
    static int16_t said[FRAMES * CODEC_SAMPLES_MAX];
    static int16_t heard[FRAMES * CODEC_SAMPLES_MAX];
    const struct codec_settings settings = { .has_fec = true };
    struct codec_encoder *encoder = codec_encoder_new(codec, &settings);
    struct codec_decoder *decoder = codec_decoder_new(codec);
    size_t count = codec_rate(codec) / 1000 * ptime_ms;
    size_t frames = 480 / ptime_ms + 1;
    double phase = 0;
    sine(&phase, codec_rate(codec), said, frames * count);
    for (size_t i = 0; i < frames; i++) {
        uint8_t payload[CODEC_PAYLOAD_MAX];
        size_t length = codec_encoder_run(encoder, said + i * count, count, payload);
        struct slice bytes = slice_make((const char *)payload, length);
        ck_assert_uint_gt(length, 0);
        ck_assert_uint_eq(codec_duration(codec, bytes), ptime_ms * 48);
        ck_assert_uint_eq(codec_decoder_run(decoder, bytes, heard + i * count), count);
    }
    codec_encoder_free(encoder);
    codec_decoder_free(decoder);
    size_t start = codec_rate(codec) / 10;
    return best_correlation(said + start, heard + start, codec_rate(codec) / 5,
                            codec_rate(codec) / 50);
}

START_TEST(what_is_said_is_heard_in_packets_of_any_length)
{
    for (enum codec codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
        for (uint32_t ptime = 10; codec_is_available(codec) && ptime <= 120; ptime += 10) {
            double likeness = likeness_of(codec, codec_ptime(codec, ptime));
            ck_assert_msg(likeness > 0.98, "%s, %u ms: %f", codec_name(codec), ptime, likeness);
        }
    }
}
END_TEST

START_TEST(the_packet_time_is_one_that_the_codec_can)
{
    static const struct {
        enum codec codec;
        uint32_t asked, sent;
    } rows[] = {
        { CODEC_PCMA, 0, 10 },    { CODEC_PCMA, 33, 30 },   { CODEC_PCMA, 120, 120 },
        { CODEC_G722, 121, 120 }, { CODEC_OPUS, 10, 10 },   { CODEC_OPUS, 30, 20 },
        { CODEC_OPUS, 119, 100 }, { CODEC_OPUS, 120, 120 }, { CODEC_L16, 60, 40 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_uint_eq(codec_ptime(rows[i].codec, rows[i].asked), rows[i].sent);
}
END_TEST

START_TEST(a_name_is_found_in_any_case)
{
    ck_assert_int_eq(codec_from_name(slice_of("OPUS")), CODEC_OPUS);
    ck_assert_int_eq(codec_from_name(slice_of("g722")), CODEC_G722);
    ck_assert_int_eq(codec_from_name(slice_of("pcma")), CODEC_PCMA);
    ck_assert_int_eq(codec_from_name(slice_of("G729")), CODEC_NONE);
    ck_assert_int_eq(codec_from_name(slice_of("")), CODEC_NONE);
    ck_assert(!codec_is_available(CODEC_NONE));
    ck_assert(codec_is_available(CODEC_PCMA) && codec_is_available(CODEC_L16));
}
END_TEST

START_TEST(what_is_missing_fades_to_silence)
{
    for (enum codec codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
        if (!codec_is_available(codec))
            continue;
        static int16_t samples[CODEC_SAMPLES_MAX];
        uint8_t payload[CODEC_PAYLOAD_MAX];
        const struct codec_settings settings = { 0 };
        struct codec_encoder *encoder = codec_encoder_new(codec, &settings);
        struct codec_decoder *decoder = codec_decoder_new(codec);
        size_t count = codec_rate(codec) / 50;
        double phase = 0;
        ck_assert_uint_eq(codec_decoder_conceal(decoder, slice_empty(), samples, count), 0);
        for (int i = 0; i < 20; i++) {
            sine(&phase, codec_rate(codec), samples, count);
            size_t length = codec_encoder_run(encoder, samples, count, payload);
            codec_decoder_run(decoder, slice_make((const char *)payload, length), samples);
        }
        codec_decoder_conceal(decoder, slice_empty(), samples, count);
        ck_assert_msg(loudness(samples, count) > 3000, "%s: %f", codec_name(codec),
                      loudness(samples, count));
        for (int i = 0; i < 20; i++)
            codec_decoder_conceal(decoder, slice_empty(), samples, count);
        ck_assert_msg(loudness(samples, count) < 1, "%s", codec_name(codec));
        codec_encoder_free(encoder);
        codec_decoder_free(decoder);
    }
}
END_TEST

START_TEST(any_payload_is_harmless)
{
    struct random random;
    random_init_number(&random, 12);
    for (enum codec codec = CODEC_NONE + 1; codec < CODEC_COUNT; codec++) {
        if (!codec_is_available(codec))
            continue;
        struct codec_decoder *decoder = codec_decoder_new(codec);
        static int16_t samples[CODEC_SAMPLES_MAX];
        for (int i = 0; i < 2000; i++) {
            char payload[1488];
            size_t length = random_below(&random, sizeof(payload) + 1);
            for (size_t k = 0; k < length; k++)
                payload[k] = (char)random_uint32(&random);
            struct slice bytes = slice_make(payload, length);
            uint32_t duration = codec_duration(codec, bytes);
            ck_assert(length || !duration);
            if (duration && duration <= 190 * 48)
                ck_assert_uint_le(codec_decoder_run(decoder, bytes, samples), CODEC_SAMPLES_MAX);
            codec_decoder_conceal(decoder, i % 2 ? bytes : slice_empty(), samples, 160);
        }
        codec_decoder_free(decoder);
    }
}
END_TEST

/* RFC 6716 2.1.7: the next packet tells of a lost one. The measure is how like the lost frames are
 * to what was said, against concealment alone. */
START_TEST(opus_hears_lost_frames_from_the_next_packet)
{
    if (!codec_is_available(CODEC_OPUS))
        return;
    double likeness[2];
    for (int has_fec = 0; has_fec < 2; has_fec++) {
        const struct codec_settings settings = { .has_fec = has_fec };
        struct codec_encoder *encoder = codec_encoder_new(CODEC_OPUS, &settings);
        struct codec_decoder *decoder = codec_decoder_new(CODEC_OPUS);
        static int16_t said[200 * 960];
        static int16_t heard[200 * 960];
        uint8_t payloads[200][CODEC_PAYLOAD_MAX];
        size_t lengths[200];
        double phase = 0;
        codec_encoder_set_loss(encoder, 20);
        for (size_t i = 0; i < 200; i++) { /* a tone that changes with each frame */
            sine(&phase, (uint32_t)(30000 + i % 7 * 6000), said + i * 960, 960);
            lengths[i] = codec_encoder_run(encoder, said + i * 960, 960, payloads[i]);
        }
        double sum = 0;
        for (size_t i = 0; i < 199; i++) {
            struct slice this = slice_make((const char *)payloads[i], lengths[i]);
            struct slice next = slice_make((const char *)payloads[i + 1], lengths[i + 1]);
            if (i % 10 == 9)
                codec_decoder_conceal(decoder, has_fec ? next : slice_empty(), heard + i * 960,
                                      960);
            else
                codec_decoder_run(decoder, this, heard + i * 960);
        }
        for (size_t i = 19; i < 190; i += 10)
            sum += best_correlation(said + i * 960, heard + i * 960, 720, 480);
        likeness[has_fec] = sum / 18;
        codec_encoder_free(encoder);
        codec_decoder_free(decoder);
    }
    ck_assert_msg(likeness[1] > likeness[0] + 0.1, "%f, %f without", likeness[1], likeness[0]);
}
END_TEST

SUITE_MAIN("media/codec", what_is_said_is_heard_in_packets_of_any_length,
           the_packet_time_is_one_that_the_codec_can, a_name_is_found_in_any_case,
           what_is_missing_fades_to_silence, any_payload_is_harmless,
           opus_hears_lost_frames_from_the_next_packet)
