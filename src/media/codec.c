// SPDX-License-Identifier: ISC
#include "media/codec.h"

#include "media/codec_g711.h"

static const struct {
    uint32_t rate;
    uint32_t clock_rate;
    size_t (*encode)(const int16_t *samples, size_t count, uint8_t *payload);
    size_t (*decode)(struct slice payload, int16_t *samples, size_t maximum);
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
    return codecs[codec].encode(samples, count, payload);
}

size_t codec_decode(enum media_codec codec, struct slice payload, int16_t *samples, size_t maximum)
{
    return codecs[codec].decode(payload, samples, maximum);
}
