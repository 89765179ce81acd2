// SPDX-License-Identifier: ISC
#include "media/codec.h"

#include "media/codec_operations.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    PTIME_STEP_MS = 10,
    CONCEAL_MS = 60,      // repeated with a fade, then silence
    CONCEAL_MAX_MS = 200, // by a decoder of its own, which fades as well
    PERIOD_MS = 20        // what is repeated
};

static const struct {
    const char *name;
    uint8_t payload_type;
    uint32_t clock_rate;
    uint32_t channels;
    uint32_t rate;
    uint32_t ptime_max_ms;
    const struct codec_operations *operations;
} codecs[] = {
    [CODEC_NONE] = { "", 0, 0, 0, 0, 0, NULL },
    [CODEC_PCMA] = { "PCMA", 8, 8000, 1, 8000, 120, &codec_pcma_operations },
    [CODEC_PCMU] = { "PCMU", 0, 8000, 1, 8000, 120, &codec_pcmu_operations },
    /* RFC 3551 4.5.2: the clock of G722 is 8000 by an old mistake that must be kept. */
    [CODEC_G722] = { "G722", 9, 8000, 1, 16000, 120, &codec_g722_operations },
    /* RFC 7587 4.1, 7: always 48000/2, whatever is inside. */
    [CODEC_OPUS] = { "opus", 96, 48000, 2, 48000, 120, &codec_opus_operations },
    [CODEC_L16] = { "L16", 97, 16000, 1, 16000, 40, &codec_l16_operations },
};

struct codec_encoder {
    enum codec codec;
    const struct codec_operations *operations;
    void *state;
};

struct codec_decoder {
    enum codec codec;
    const struct codec_operations *operations;
    void *state;
    int16_t last[CODEC_RATE_MAX / 1000 * PERIOD_MS]; // heard, the newest at the end
    bool has_heard;
    uint32_t run; // samples concealed since
};

const char *codec_name(enum codec codec)
{
    return codecs[codec].name;
}

enum codec codec_from_name(struct slice name)
{
    for (size_t i = 1; i < CODEC_COUNT; i++)
        if (slice_equal_ignoring_case(name, slice_of(codecs[i].name)))
            return (enum codec)i;
    return CODEC_NONE;
}

bool codec_is_available(enum codec codec)
{
    return codecs[codec].operations && codecs[codec].operations->decode;
}

uint8_t codec_payload_type(enum codec codec)
{
    return codecs[codec].payload_type;
}

uint32_t codec_clock_rate(enum codec codec)
{
    return codecs[codec].clock_rate;
}

uint32_t codec_channels(enum codec codec)
{
    return codecs[codec].channels;
}

uint32_t codec_rate(enum codec codec)
{
    return codecs[codec].rate;
}

uint32_t codec_ptime(enum codec codec, uint32_t ptime_ms)
{
    uint32_t most = codecs[codec].ptime_max_ms;
    uint32_t ptime = ptime_ms < most ? ptime_ms : most;
    ptime -= ptime % PTIME_STEP_MS;
    /* RFC 6716 2.1.4: frames of 10, 20, 40 and 60 ms, and 2 to 6 of 20 ms in a packet. */
    if (codec == CODEC_OPUS && ptime > PTIME_STEP_MS)
        ptime -= ptime % (2 * PTIME_STEP_MS);
    return ptime < PTIME_STEP_MS ? PTIME_STEP_MS : ptime;
}

uint32_t codec_duration(enum codec codec, struct slice payload)
{
    size_t samples = slice_is_empty(payload) ? 0 : codecs[codec].operations->samples_of(payload);
    size_t units = samples * (CODEC_UNITS / codecs[codec].rate);
    return units <= UINT32_MAX ? (uint32_t)units : 0;
}

struct codec_encoder *codec_encoder_new(enum codec codec, const struct codec_settings *settings)
{
    struct codec_encoder *encoder = memory_new(sizeof(*encoder));
    encoder->codec = codec;
    encoder->operations = codecs[codec].operations;
    if (encoder->operations->encoder_new)
        encoder->state = encoder->operations->encoder_new(settings);
    return encoder;
}

enum codec codec_encoder_codec(const struct codec_encoder *encoder)
{
    return encoder->codec;
}

size_t codec_encoder_run(struct codec_encoder *encoder, const int16_t *samples, size_t count,
                         uint8_t *payload)
{
    return encoder->operations->encode(encoder->state, samples, count, payload);
}

void codec_encoder_set_loss(struct codec_encoder *encoder, uint32_t percent)
{
    if (encoder->operations->set_loss)
        encoder->operations->set_loss(encoder->state, percent);
}

void codec_encoder_free(struct codec_encoder *encoder)
{
    if (!encoder)
        return;
    if (encoder->state)
        encoder->operations->encoder_free(encoder->state);
    free(encoder);
}

struct codec_decoder *codec_decoder_new(enum codec codec)
{
    struct codec_decoder *decoder = memory_new(sizeof(*decoder));
    decoder->codec = codec;
    decoder->operations = codecs[codec].operations;
    if (decoder->operations->decoder_new)
        decoder->state = decoder->operations->decoder_new();
    return decoder;
}

static size_t samples_of(const struct codec_decoder *decoder, uint32_t milliseconds)
{
    return codecs[decoder->codec].rate / 1000 * milliseconds;
}

static void keep_last(struct codec_decoder *decoder, const int16_t *samples, size_t count)
{
    size_t period = samples_of(decoder, PERIOD_MS);
    if (count > period) {
        samples += count - period;
        count = period;
    }
    memmove(decoder->last, decoder->last + count, (period - count) * sizeof(*samples));
    memcpy(decoder->last + period - count, samples, count * sizeof(*samples));
    decoder->has_heard = true;
    decoder->run = 0;
}

size_t codec_decoder_run(struct codec_decoder *decoder, struct slice payload, int16_t *samples)
{
    size_t count = decoder->operations->decode(decoder->state, payload, samples, CODEC_SAMPLES_MAX);
    if (count)
        keep_last(decoder, samples, count);
    return count;
}

/* The last period again and again, ever fainter. Returns how much of it was left to say. */
static size_t repeat(struct codec_decoder *decoder, int16_t *samples, size_t count)
{
    size_t limit = samples_of(decoder, CONCEAL_MS);
    size_t period = samples_of(decoder, PERIOD_MS);
    size_t i = 0;
    for (; i < count && decoder->has_heard && decoder->run < limit; i++) {
        int32_t sample = decoder->last[decoder->run % period];
        samples[i] = (int16_t)(sample * (int32_t)(limit - decoder->run) / (int32_t)limit);
        decoder->run++;
    }
    memset(samples + i, 0, (count - i) * sizeof(*samples));
    return i;
}

size_t codec_decoder_conceal(struct codec_decoder *decoder, struct slice next, int16_t *samples,
                             size_t count)
{
    size_t limit = samples_of(decoder, CONCEAL_MAX_MS);
    if (!decoder->operations->conceal)
        return repeat(decoder, samples, count);
    bool is_left = decoder->has_heard && (decoder->run < limit || !slice_is_empty(next));
    if (is_left && decoder->operations->conceal(decoder->state, next, samples, count)) {
        decoder->run += (uint32_t)count;
        return count;
    }
    memset(samples, 0, count * sizeof(*samples));
    return 0;
}

void codec_decoder_free(struct codec_decoder *decoder)
{
    if (!decoder)
        return;
    if (decoder->state)
        decoder->operations->decoder_free(decoder->state);
    free(decoder);
}
