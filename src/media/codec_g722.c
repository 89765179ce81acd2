// SPDX-License-Identifier: ISC
// G.722 at 64 kbit/s: 16 kHz in half a byte a sample (spandsp, seen only here).
#include "build_config.h"

#include "media/codec_operations.h"

#ifdef HAVE_SPANDSP
#include <spandsp.h>
#include <stdlib.h>

enum {
    BITS_PER_SECOND = 64000
};

static void *encoder_new(const struct codec_settings *settings)
{
    (void)settings;
    g722_encode_state_t *state = g722_encode_init(NULL, BITS_PER_SECOND, 0);
    if (!state)
        abort();
    return state;
}

static size_t encode(void *state, const int16_t *samples, size_t count, uint8_t *payload)
{
    int length = g722_encode(state, payload, samples, (int)count);
    return length > 0 ? (size_t)length : 0;
}

static void encoder_free(void *state)
{
    g722_encode_free(state);
}

static void *decoder_new(void)
{
    g722_decode_state_t *state = g722_decode_init(NULL, BITS_PER_SECOND, 0);
    if (!state)
        abort();
    return state;
}

static size_t samples_of(struct slice payload)
{
    return 2 * payload.length;
}

static size_t decode(void *state, struct slice payload, int16_t *samples, size_t maximum)
{
    size_t length = payload.length < maximum / 2 ? payload.length : maximum / 2;
    int count = g722_decode(state, samples, (const uint8_t *)payload.data, (int)length);
    return count > 0 ? (size_t)count : 0;
}

static void decoder_free(void *state)
{
    g722_decode_free(state);
}

const struct codec_operations codec_g722_operations = {
    .encoder_new = encoder_new,
    .encode = encode,
    .encoder_free = encoder_free,
    .decoder_new = decoder_new,
    .decode = decode,
    .decoder_free = decoder_free,
    .samples_of = samples_of,
};
#else
const struct codec_operations codec_g722_operations = { .decode = NULL };
#endif
