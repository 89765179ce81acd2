// SPDX-License-Identifier: ISC
// Opus for speech, one channel at 48 kHz (RFC 6716, 7587; libopus, seen only here). A stereo stream
// is mixed by its decoder.
#include "build_config.h"

#include "media/codec_operations.h"

#ifdef HAVE_OPUS
#include <opus.h>

#include <stdlib.h>
#include <string.h>

enum {
    RATE = 48000,
    BITRATE = 32000,    // speech of the full band (RFC 7587 3.1.1)
    BITRATE_MIN = 6000, // RFC 7587 6.1
    COMPLEXITY = 5,     // half of the processor's time for what nobody hears
    DTX_BYTES = 2,      // a packet that need not be sent is no longer
    GRAIN = RATE / 400  // the decoder's smallest step
};

static opus_int32 bandwidth_of(uint32_t rate)
{
    if (rate == 0 || rate > 24000)
        return OPUS_BANDWIDTH_FULLBAND;
    if (rate > 16000)
        return OPUS_BANDWIDTH_SUPERWIDEBAND;
    if (rate > 12000)
        return OPUS_BANDWIDTH_WIDEBAND;
    return rate > 8000 ? OPUS_BANDWIDTH_MEDIUMBAND : OPUS_BANDWIDTH_NARROWBAND;
}

static opus_int32 bitrate_of(uint32_t most)
{
    if (most == 0 || most > BITRATE)
        return BITRATE;
    return most < BITRATE_MIN ? BITRATE_MIN : (opus_int32)most;
}

static void *encoder_new(const struct codec_settings *settings)
{
    int error;
    OpusEncoder *encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &error);
    if (!encoder)
        abort();
    opus_encoder_ctl(encoder, OPUS_SET_BITRATE(bitrate_of(settings->bitrate_max)));
    opus_encoder_ctl(encoder, OPUS_SET_MAX_BANDWIDTH(bandwidth_of(settings->playback_rate_max)));
    opus_encoder_ctl(encoder, OPUS_SET_COMPLEXITY(COMPLEXITY));
    opus_encoder_ctl(encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(encoder, OPUS_SET_INBAND_FEC(settings->has_fec));
    opus_encoder_ctl(encoder, OPUS_SET_DTX(settings->has_dtx));
    return encoder;
}

static size_t encode(void *state, const int16_t *samples, size_t count, uint8_t *payload)
{
    opus_int32 length = opus_encode(state, samples, (int)count, payload, CODEC_PAYLOAD_MAX);
    return length > DTX_BYTES ? (size_t)length : 0;
}

static void set_loss(void *state, uint32_t percent)
{
    opus_encoder_ctl(state, OPUS_SET_PACKET_LOSS_PERC(percent < 100 ? (opus_int32)percent : 100));
}

static void encoder_free(void *state)
{
    opus_encoder_destroy(state);
}

static void *decoder_new(void)
{
    int error;
    OpusDecoder *decoder = opus_decoder_create(RATE, 1, &error);
    if (!decoder)
        abort();
    return decoder;
}

static size_t samples_of(struct slice payload)
{
    int count =
        opus_packet_get_nb_samples((const uint8_t *)payload.data, (opus_int32)payload.length, RATE);
    return count > 0 ? (size_t)count : 0;
}

static size_t decode(void *state, struct slice payload, int16_t *samples, size_t maximum)
{
    int count = opus_decode(state, (const uint8_t *)payload.data, (opus_int32)payload.length,
                            samples, (int)maximum, 0);
    return count > 0 ? (size_t)count : 0;
}

/* The packet that follows has a copy of the last frame, if the far end sends such (RFC 6716
 * 2.1.7). */
static bool conceal(void *state, struct slice next, int16_t *samples, size_t count)
{
    int16_t whole[CODEC_SAMPLES_MAX];
    size_t length = (count + GRAIN - 1) / GRAIN * GRAIN;
    if (length > CODEC_SAMPLES_MAX)
        return false;
    bool has_next = !slice_is_empty(next);
    int given = opus_decode(state, has_next ? (const uint8_t *)next.data : NULL,
                            (opus_int32)next.length, whole, (int)length, has_next);
    if (given < (int)count)
        return false;
    memcpy(samples, whole, count * sizeof(*samples));
    return true;
}

static void decoder_free(void *state)
{
    opus_decoder_destroy(state);
}

const struct codec_operations codec_opus_operations = {
    .encoder_new = encoder_new,
    .encode = encode,
    .set_loss = set_loss,
    .encoder_free = encoder_free,
    .decoder_new = decoder_new,
    .decode = decode,
    .conceal = conceal,
    .decoder_free = decoder_free,
    .samples_of = samples_of,
};
#else
const struct codec_operations codec_opus_operations = { .decode = NULL };
#endif
