// SPDX-License-Identifier: ISC
#include "media/audio_speaker.h"

#include "media/resampler.h"
#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    RELEASED_FRAMES = 25, // more than a pipe holds
    FLUSH_ROUNDS_MAX = 3, // ticks; who goes on writing is heard again then
    FLUSH_BYTES = 64 * 1024
};

struct audio_speaker {
    uint32_t number;
    uint32_t owner;
    uint32_t rate;
    uint32_t call_rate;
    struct resampler *resampler; // to the call's rate
    size_t queued_bytes;         // at the most two frames
    bool is_at_end;
    bool is_released;
    unsigned frames_left;  // of a released one
    unsigned flush_rounds; // 0: not flushing
    size_t flushed_bytes;  // in this round
    bool is_wasted;        // nobody will hear it
    bool skips_byte;       // what was flushed ended in the middle of a sample
    bool has_spoken;       // in the frame before
    bool has_come;         // in this tick
    size_t piped_bytes;    // in its pipe, as seen last
    uint64_t fed_bytes;
    size_t late_bytes; // of those that come next, to be dropped
    bool has_writer;
    char queued[2 * AUDIO_FRAME_MAX * 2]; // a frame, and one read ahead
};

static size_t frame_bytes(const struct audio_speaker *speaker)
{
    return speaker->rate / 50 * sizeof(int16_t);
}

struct audio_speaker *audio_speaker_new(uint32_t number, uint32_t owner, uint32_t rate,
                                        uint32_t call_rate)
{
    struct audio_speaker *speaker = memory_new(sizeof(*speaker));
    assert(rate && rate <= AUDIO_RATE_MAX && call_rate <= AUDIO_RATE_MAX);
    speaker->number = number;
    speaker->owner = owner;
    speaker->rate = rate;
    speaker->call_rate = call_rate;
    speaker->has_writer = true;
    speaker->resampler = resampler_new(rate, call_rate);
    return speaker;
}

void audio_speaker_set_call_rate(struct audio_speaker *speaker, uint32_t call_rate)
{
    resampler_free(speaker->resampler);
    speaker->call_rate = call_rate;
    speaker->resampler = resampler_new(speaker->rate, call_rate);
}

uint32_t audio_speaker_number(const struct audio_speaker *speaker)
{
    return speaker->number;
}

uint32_t audio_speaker_owner(const struct audio_speaker *speaker)
{
    return speaker->owner;
}

static bool is_dropping(const struct audio_speaker *speaker)
{
    return speaker->flush_rounds || speaker->is_wasted;
}

void audio_speaker_begin(struct audio_speaker *speaker)
{
    speaker->has_come = false;
    if (!is_dropping(speaker))
        return;
    speaker->flushed_bytes = 0;
    speaker->skips_byte ^= speaker->queued_bytes % 2;
    speaker->queued_bytes = speaker->late_bytes = 0;
}

/* A frame beyond the one that is wanted is read ahead: a writer of many pages is woken only when
 * the page in the pipe is empty, which seldom is at the end of a frame. */
size_t audio_speaker_wants(const struct audio_speaker *speaker)
{
    if (speaker->is_at_end || speaker->flushed_bytes >= FLUSH_BYTES)
        return 0;
    return 2 * frame_bytes(speaker) - speaker->queued_bytes + speaker->late_bytes;
}

/* Returns what is not too late. */
static struct slice drop_late(struct audio_speaker *speaker, struct slice bytes)
{
    size_t length = bytes.length < speaker->late_bytes ? bytes.length : speaker->late_bytes;
    speaker->late_bytes -= length;
    return slice_skip(bytes, length);
}

void audio_speaker_feed(struct audio_speaker *speaker, struct slice bytes)
{
    assert(bytes.length <= audio_speaker_wants(speaker));
    speaker->has_come = speaker->has_come || bytes.length;
    speaker->fed_bytes += bytes.length;
    if (is_dropping(speaker)) {
        speaker->flushed_bytes += bytes.length;
        speaker->skips_byte ^= bytes.length % 2;
        return;
    }
    if (speaker->skips_byte && bytes.length) {
        bytes = slice_make(bytes.data + 1, bytes.length - 1);
        speaker->skips_byte = false;
    }
    bytes = drop_late(speaker, bytes);
    memcpy(speaker->queued + speaker->queued_bytes, bytes.data, bytes.length);
    speaker->queued_bytes += bytes.length;
}

void audio_speaker_end(struct audio_speaker *speaker)
{
    speaker->is_at_end = true;
    speaker->piped_bytes = 0;
}

void audio_speaker_look(struct audio_speaker *speaker, size_t piped_bytes, bool has_writer)
{
    speaker->piped_bytes = piped_bytes;
    speaker->has_writer = has_writer;
}

uint64_t audio_speaker_written(const struct audio_speaker *speaker)
{
    return speaker->fed_bytes + speaker->piped_bytes;
}

size_t audio_speaker_waiting(const struct audio_speaker *speaker)
{
    return speaker->queued_bytes + speaker->piped_bytes;
}

void audio_speaker_drop(struct audio_speaker *speaker, size_t bytes)
{
    speaker->late_bytes = bytes;
}

void audio_speaker_release(struct audio_speaker *speaker)
{
    if (speaker->is_released)
        return;
    speaker->is_released = true;
    speaker->frames_left = RELEASED_FRAMES;
}

void audio_speaker_flush(struct audio_speaker *speaker)
{
    speaker->flush_rounds = FLUSH_ROUNDS_MAX;
}

bool audio_speaker_is_flushing(const struct audio_speaker *speaker)
{
    return speaker->flush_rounds;
}

void audio_speaker_flushed_once(struct audio_speaker *speaker)
{
    speaker->has_spoken = false;
    speaker->frames_left = 0;
    speaker->flushed_bytes = 0;
    speaker->flush_rounds--;
    if (!speaker->has_come || speaker->is_at_end)
        speaker->flush_rounds = 0;
}

void audio_speaker_waste(struct audio_speaker *speaker)
{
    speaker->is_wasted = true;
    speaker->has_spoken = false;
    speaker->queued_bytes = 0;
}

/* What is queued, a frame at the most, with silence behind it. */
static uint32_t play_queued(struct audio_speaker *speaker, int16_t *frame)
{
    int16_t own[AUDIO_FRAME_MAX] = { 0 };
    size_t size = frame_bytes(speaker);
    size_t length = speaker->queued_bytes < size ? speaker->queued_bytes : size;
    memcpy(own, speaker->queued, length & ~(size_t)1);
    speaker->queued_bytes -= length;
    memmove(speaker->queued, speaker->queued + length, speaker->queued_bytes);
    speaker->has_spoken = true;
    resampler_run(speaker->resampler, own, frame);
    return (uint32_t)(length * (AUDIO_RATE_MAX / speaker->rate));
}

bool audio_speaker_play(struct audio_speaker *speaker, bool is_finishing, int16_t *frame,
                        uint32_t *heard)
{
    bool is_finished = is_finishing || speaker->is_released;
    bool is_last_piece =
        speaker->queued_bytes && (speaker->is_at_end || (!speaker->has_come && is_finished));
    speaker->frames_left -= speaker->frames_left > 0;
    if (speaker->queued_bytes < frame_bytes(speaker) && !is_last_piece)
        return false;
    *heard = play_queued(speaker, frame);
    return true;
}

static bool has_tail(const struct audio_speaker *speaker)
{
    return speaker->has_spoken && speaker->rate != speaker->call_rate;
}

bool audio_speaker_play_tail(struct audio_speaker *speaker, int16_t *frame)
{
    static const int16_t silence[AUDIO_FRAME_MAX];
    bool is_there = has_tail(speaker);
    speaker->has_spoken = false;
    if (is_there)
        resampler_run(speaker->resampler, silence, frame);
    return is_there;
}

bool audio_speaker_is_interrupted(const struct audio_speaker *speaker)
{
    return speaker->has_spoken && !speaker->is_at_end && !speaker->is_released;
}

bool audio_speaker_has_more(const struct audio_speaker *speaker)
{
    return speaker->queued_bytes || speaker->has_come;
}

bool audio_speaker_is_empty(const struct audio_speaker *speaker)
{
    return !audio_speaker_waiting(speaker);
}

bool audio_speaker_is_ending(const struct audio_speaker *speaker)
{
    return speaker->is_released || speaker->is_at_end || !speaker->has_writer;
}

bool audio_speaker_is_over(const struct audio_speaker *speaker)
{
    return (speaker->is_at_end && !speaker->queued_bytes && !has_tail(speaker)) ||
           (speaker->is_released && !speaker->frames_left);
}

void audio_speaker_free(struct audio_speaker *speaker)
{
    if (!speaker)
        return;
    resampler_free(speaker->resampler);
    free(speaker);
}
