// SPDX-License-Identifier: ISC
// G.711: A-law and mu-law, one byte a sample at 8 kHz (ITU-T G.711). By its segment formulas on all
// 16 bits: exact for every sample and code.
#include "media/codec_operations.h"

enum {
    ULAW_BIAS = 132,
    ULAW_CLIP = 32635,
    ALAW_TOGGLE = 0x55
};

/* The number of the highest bit set; `value` is not 0. */
static unsigned highest_bit(unsigned value)
{
    return 31u - (unsigned)__builtin_clz(value);
}

static uint8_t encode_alaw(int16_t sample)
{
    /* 13 significant bits; negative values in one's complement, so that -1 is the first step. */
    unsigned sign = sample < 0 ? 0 : 0x80;
    unsigned value = (unsigned)(sample < 0 ? ~sample : sample) >> 3;
    unsigned segment = highest_bit(value | 16) - 4;
    unsigned mantissa = value >> (segment ? segment : 1) & 15;
    return (uint8_t)((sign | segment << 4 | mantissa) ^ ALAW_TOGGLE);
}

static int16_t decode_alaw(uint8_t code)
{
    int value = code ^ ALAW_TOGGLE;
    int segment = (value & 0x70) >> 4;
    int magnitude = ((value & 15) << 4) + (segment ? 0x108 : 8);
    magnitude <<= segment ? segment - 1 : 0;
    return (int16_t)(value & 0x80 ? magnitude : -magnitude);
}

static uint8_t encode_ulaw(int16_t sample)
{
    unsigned sign = sample < 0 ? 0x80 : 0;
    unsigned value = (unsigned)(sample < 0 ? -sample : sample);
    value = (value > ULAW_CLIP ? ULAW_CLIP : value) + ULAW_BIAS;
    unsigned segment = highest_bit(value) - 7;
    unsigned mantissa = value >> (segment + 3) & 15;
    return (uint8_t) ~(sign | segment << 4 | mantissa);
}

static int16_t decode_ulaw(uint8_t code)
{
    int value = (uint8_t)~code;
    int magnitude = ((value & 15) << 3) + ULAW_BIAS;
    magnitude <<= (value & 0x70) >> 4;
    return (int16_t)(value & 0x80 ? ULAW_BIAS - magnitude : magnitude - ULAW_BIAS);
}

static size_t encode_alaw_all(void *state, const int16_t *samples, size_t count, uint8_t *payload)
{
    (void)state;
    for (size_t i = 0; i < count; i++)
        payload[i] = encode_alaw(samples[i]);
    return count;
}

static size_t encode_ulaw_all(void *state, const int16_t *samples, size_t count, uint8_t *payload)
{
    (void)state;
    for (size_t i = 0; i < count; i++)
        payload[i] = encode_ulaw(samples[i]);
    return count;
}

static size_t decode_alaw_all(void *state, struct slice payload, int16_t *samples, size_t maximum)
{
    (void)state;
    size_t count = payload.length < maximum ? payload.length : maximum;
    for (size_t i = 0; i < count; i++)
        samples[i] = decode_alaw((uint8_t)payload.data[i]);
    return count;
}

static size_t decode_ulaw_all(void *state, struct slice payload, int16_t *samples, size_t maximum)
{
    (void)state;
    size_t count = payload.length < maximum ? payload.length : maximum;
    for (size_t i = 0; i < count; i++)
        samples[i] = decode_ulaw((uint8_t)payload.data[i]);
    return count;
}

static size_t samples_of(struct slice payload)
{
    return payload.length;
}

const struct codec_operations codec_pcma_operations = {
    .encode = encode_alaw_all,
    .decode = decode_alaw_all,
    .samples_of = samples_of,
};

const struct codec_operations codec_pcmu_operations = {
    .encode = encode_ulaw_all,
    .decode = decode_ulaw_all,
    .samples_of = samples_of,
};
