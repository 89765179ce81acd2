// SPDX-License-Identifier: ISC
// L16: samples as they are, in network byte order (RFC 3551 4.5.11).
#include "media/codec_operations.h"

static size_t encode(void *state, const int16_t *samples, size_t count, uint8_t *payload)
{
    (void)state;
    for (size_t i = 0; i < count; i++) {
        payload[2 * i] = (uint8_t)((uint16_t)samples[i] >> 8);
        payload[2 * i + 1] = (uint8_t)samples[i];
    }
    return 2 * count;
}

static size_t samples_of(struct slice payload)
{
    return payload.length % 2 ? 0 : payload.length / 2;
}

static size_t decode(void *state, struct slice payload, int16_t *samples, size_t maximum)
{
    (void)state;
    const uint8_t *bytes = (const uint8_t *)payload.data;
    size_t count = samples_of(payload) < maximum ? samples_of(payload) : maximum;
    for (size_t i = 0; i < count; i++)
        samples[i] = (int16_t)(uint16_t)(bytes[2 * i] << 8 | bytes[2 * i + 1]);
    return count;
}

const struct codec_operations codec_l16_operations = {
    .encode = encode,
    .decode = decode,
    .samples_of = samples_of,
};
