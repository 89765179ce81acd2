// SPDX-License-Identifier: ISC
#include "media/playout.h"

#include "media/jitter_buffer.h"
#include "media/resampler.h"
#include "media/shorten.h"
#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUIET = 200,     // root mean square of a pause
    QUIET_PART = 2,  // one part in so many is left out of it
    SPOKEN_PART = 4, // and of speech
};

struct stream { // of one codec
    struct codec_decoder *decoder;
    struct resampler *resampler; // to the rate of what is played
};

struct playout {
    uint32_t rate;
    struct jitter_buffer *jitter;
    struct stream streams[CODEC_COUNT];    // made when the first packet is decoded
    enum codec codec;                      // of what was decoded last
    uint32_t clock_rate;                   // of what was put in last
    int16_t queued[2 * CODEC_SAMPLES_MAX]; // decoded, not yet played
    size_t queued_count;
    uint64_t concealed; // units
};

struct playout *playout_new(uint32_t rate)
{
    struct playout *playout = memory_new(sizeof(*playout));
    playout->rate = rate;
    playout->jitter = jitter_buffer_new(CODEC_UNITS);
    return playout;
}

void playout_set_rate(struct playout *playout, uint32_t rate)
{
    if (rate == playout->rate)
        return;
    playout->rate = rate;
    playout->queued_count = 0;
    for (size_t i = 0; i < CODEC_COUNT; i++) {
        if (!playout->streams[i].resampler)
            continue;
        resampler_free(playout->streams[i].resampler);
        playout->streams[i].resampler = resampler_new(codec_rate((enum codec)i), rate);
    }
}

void playout_put(struct playout *playout, uint16_t sequence, uint32_t timestamp, enum codec codec,
                 struct slice payload)
{
    uint32_t clock_rate = codec_clock_rate(codec);
    if (clock_rate != playout->clock_rate) /* other timestamps: it follows what is there */
        jitter_buffer_reset(playout->jitter);
    playout->clock_rate = clock_rate;
    struct jitter_packet packet = {
        .sequence = sequence,
        .timestamp = timestamp * (CODEC_UNITS / clock_rate),
        .duration = codec_duration(codec, payload),
        .codec = codec,
        .payload = payload,
    };
    jitter_buffer_put(playout->jitter, &packet);
}

static struct stream *stream_of(struct playout *playout, enum codec codec)
{
    struct stream *stream = &playout->streams[codec];
    if (!stream->decoder) {
        stream->decoder = codec_decoder_new(codec);
        stream->resampler = resampler_new(codec_rate(codec), playout->rate);
    }
    return stream;
}

static void queue(struct playout *playout, struct stream *stream, const int16_t *samples,
                  size_t count)
{
    playout->queued_count += resampler_convert(stream->resampler, samples, count,
                                               playout->queued + playout->queued_count);
}

static void queue_silence(struct playout *playout, uint32_t units)
{
    size_t count = units / (CODEC_UNITS / playout->rate);
    memset(playout->queued + playout->queued_count, 0, count * sizeof(*playout->queued));
    playout->queued_count += count;
}

/* Whoever speaks pauses: a thousandth of the power that can be said loudly. */
static bool is_quiet(const int16_t *samples, size_t count)
{
    uint64_t power = 0;
    for (size_t i = 0; i < count; i++)
        power += (uint64_t)(samples[i] * samples[i]);
    return power < (uint64_t)QUIET * QUIET * count;
}

/* What is late is made up for where it is quiet, later anywhere. Returns the samples left out. */
static size_t make_up(const struct jitter_piece *piece, int16_t *samples, size_t count,
                      uint32_t units)
{
    bool is_pause = is_quiet(samples, count);
    size_t wanted = piece->excess / units;
    size_t most = count / (is_pause ? QUIET_PART : SPOKEN_PART);
    if (!wanted || (!is_pause && !piece->is_urgent))
        return 0;
    return shorten(samples, count, wanted < most ? wanted : most, CODEC_UNITS / units);
}

static void play_packet(struct playout *playout, const struct jitter_piece *piece)
{
    int16_t samples[CODEC_SAMPLES_MAX];
    enum codec codec = piece->packet.codec;
    struct stream *stream = stream_of(playout, codec);
    uint32_t units = CODEC_UNITS / codec_rate(codec); /* a sample is so many */
    size_t count = codec_decoder_run(stream->decoder, piece->packet.payload, samples);
    size_t skip = piece->skip / units;
    playout->codec = codec;
    if (count <= skip) {
        queue_silence(playout, piece->length);
        return;
    }
    count -= skip;
    size_t left_out = make_up(piece, samples + skip, count, units);
    if (left_out)
        jitter_buffer_shortened(playout->jitter, (uint32_t)left_out * units);
    queue(playout, stream, samples + skip, count - left_out);
}

static void play_loss(struct playout *playout, const struct jitter_piece *piece)
{
    int16_t samples[CODEC_SAMPLES_MAX];
    bool is_told = piece->packet.codec == playout->codec;
    if (playout->codec == CODEC_NONE) {
        queue_silence(playout, piece->length);
        return;
    }
    struct stream *stream = stream_of(playout, playout->codec);
    uint32_t units = CODEC_UNITS / codec_rate(playout->codec);
    size_t count = piece->length / units;
    size_t said = codec_decoder_conceal(
        stream->decoder, is_told ? piece->packet.payload : slice_empty(), samples, count);
    playout->concealed += said * units;
    queue(playout, stream, samples, count);
}

static void play_next(struct playout *playout, size_t missing)
{
    struct jitter_piece piece;
    uint32_t units = CODEC_UNITS / playout->rate;
    jitter_buffer_take(playout->jitter, (uint32_t)missing * units, &piece);
    if (piece.kind == JITTER_PACKET)
        play_packet(playout, &piece);
    else if (piece.kind == JITTER_LOSS)
        play_loss(playout, &piece);
    else
        queue_silence(playout, piece.length);
}

void playout_get(struct playout *playout, int16_t *samples, size_t count)
{
    assert(count <= CODEC_RATE_MAX / 50);
    while (playout->queued_count < count)
        play_next(playout, count - playout->queued_count);
    memcpy(samples, playout->queued, count * sizeof(*samples));
    playout->queued_count -= count;
    memmove(playout->queued, playout->queued + count,
            playout->queued_count * sizeof(*playout->queued));
}

bool playout_is_empty(const struct playout *playout)
{
    return !playout->queued_count && !jitter_buffer_level(playout->jitter);
}

void playout_reset(struct playout *playout)
{
    jitter_buffer_reset(playout->jitter);
}

void playout_statistics(const struct playout *playout, struct playout_statistics *statistics)
{
    const struct jitter_statistics *jitter = jitter_buffer_statistics(playout->jitter);
    *statistics = (struct playout_statistics){
        .late = jitter->late,
        .duplicates = jitter->duplicates,
        .concealed_ms = playout->concealed * 1000 / CODEC_UNITS,
    };
}

void playout_free(struct playout *playout)
{
    if (!playout)
        return;
    for (size_t i = 0; i < CODEC_COUNT; i++) {
        codec_decoder_free(playout->streams[i].decoder);
        resampler_free(playout->streams[i].resampler);
    }
    jitter_buffer_free(playout->jitter);
    free(playout);
}
