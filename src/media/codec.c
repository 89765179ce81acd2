// SPDX-License-Identifier: ISC
#include "media/codec.h"

#include "media/codec_g711.h"

static const struct {
    uint32_t rate;
    uint32_t clock_rate;
    uint8_t (*encode)(int16_t sample);
    int16_t (*decode)(uint8_t code);
} codecs[] = {
    [MEDIA_CODEC_PCMA] = { 8000, 8000, codec_g711_encode_alaw, codec_g711_decode_alaw },
    [MEDIA_CODEC_PCMU] = { 8000, 8000, codec_g711_encode_ulaw, codec_g711_decode_ulaw },
};

uint32_t codec_rate(enum media_codec codec)
{
    return codecs[codec].rate;
}

uint32_t codec_clock_rate(enum media_codec codec)
{
    return codecs[codec].clock_rate;
}

size_t codec_encode(enum media_codec codec, const int16_t *samples, size_t count, uint8_t *payload)
{
    for (size_t i = 0; i < count; i++)
        payload[i] = codecs[codec].encode(samples[i]);
    return count;
}

size_t codec_decode(enum media_codec codec, struct slice payload, int16_t *samples, size_t maximum)
{
    size_t count = payload.length < maximum ? payload.length : maximum;
    for (size_t i = 0; i < count; i++)
        samples[i] = codecs[codec].decode((uint8_t)payload.data[i]);
    return count;
}
