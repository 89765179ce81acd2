// SPDX-License-Identifier: ISC
// By the segment formulas of G.711: exact for every sample and code.
#include "media/codec_g711.h"

enum {
    ULAW_BIAS = 132,
    ULAW_CLIP = 32635,
    ALAW_TOGGLE = 0x55
};

static int segment_of(int magnitude, int first_limit)
{
    int segment = 0;
    while (segment < 7 && magnitude > first_limit) {
        first_limit = first_limit * 2 + 1;
        segment++;
    }
    return segment;
}

uint8_t codec_g711_encode_alaw(int16_t sample)
{
    /* 13 significant bits; negative values in one's complement, so that -1 is the first step. */
    int value = sample >> 3;
    int sign = 0xd5;
    if (value < 0) {
        sign = ALAW_TOGGLE;
        value = -value - 1;
    }
    int segment = segment_of(value, 0x1f);
    int mantissa = value >> (segment < 2 ? 1 : segment) & 15;
    return (uint8_t)((segment << 4 | mantissa) ^ sign);
}

int16_t codec_g711_decode_alaw(uint8_t code)
{
    int value = code ^ ALAW_TOGGLE;
    int segment = (value & 0x70) >> 4;
    int magnitude = (value & 15) << 4;
    magnitude += segment ? 0x108 : 8;
    if (segment > 1)
        magnitude <<= segment - 1;
    return (int16_t)(value & 0x80 ? magnitude : -magnitude);
}

uint8_t codec_g711_encode_ulaw(int16_t sample)
{
    int value = sample;
    int sign = 0;
    if (value < 0) {
        value = -value;
        sign = 0x80;
    }
    value = (value > ULAW_CLIP ? ULAW_CLIP : value) + ULAW_BIAS;
    int segment = segment_of(value, 0xff);
    int mantissa = value >> (segment + 3) & 15;
    return (uint8_t) ~(sign | segment << 4 | mantissa);
}

int16_t codec_g711_decode_ulaw(uint8_t code)
{
    int value = (uint8_t)~code;
    int magnitude = ((value & 15) << 3) + ULAW_BIAS;
    magnitude <<= (value & 0x70) >> 4;
    return (int16_t)(value & 0x80 ? ULAW_BIAS - magnitude : magnitude - ULAW_BIAS);
}
