// SPDX-License-Identifier: ISC
// A ring of samples indexed by timestamp. `next` is the timestamp played next; a packet belongs at
// its timestamp, wherever that lies within the window. The delay grows when packets come late and
// shrinks, a frame at a time, when they have long come early.
#include "media/jitter_buffer.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    RING_MS = 1000,
    DELAY_MIN_MS = 40,
    DELAY_MAX_MS = 200,
    CONCEAL_MS = 60, // repeated with a fade, then silence
    CALM_MS = 4000,  // so long early before the delay shrinks
    SHRINK_MS = 20,
    SEEN = 64, // sequence numbers remembered for duplicates
};

struct jitter_buffer {
    uint32_t rate;
    size_t size; // of the ring, samples
    int16_t *samples;
    bool *is_filled;
    uint32_t next; // timestamp
    uint32_t end;  // behind the newest sample
    bool is_playing;
    uint32_t delay;       // samples held before play begins
    uint32_t least_level; // since the last look
    uint32_t calm;        // samples played since the delay last mattered
    int16_t last[480];    // the newest audio played, for concealment
    size_t last_count;
    size_t concealed_run;
    uint16_t seen[SEEN];
    bool has_seen[SEEN];
    struct jitter_statistics statistics;
};

static uint32_t samples_of(const struct jitter_buffer *buffer, uint32_t milliseconds)
{
    return buffer->rate / 1000 * milliseconds;
}

struct jitter_buffer *jitter_buffer_new(uint32_t rate)
{
    struct jitter_buffer *buffer = memory_new(sizeof(*buffer));
    buffer->rate = rate;
    buffer->size = rate / 1000 * RING_MS;
    buffer->samples = memory_new(buffer->size * sizeof(*buffer->samples));
    buffer->is_filled = memory_new(buffer->size * sizeof(*buffer->is_filled));
    buffer->delay = samples_of(buffer, DELAY_MIN_MS);
    return buffer;
}

void jitter_buffer_reset(struct jitter_buffer *buffer)
{
    memset(buffer->is_filled, 0, buffer->size * sizeof(*buffer->is_filled));
    memset(buffer->has_seen, 0, sizeof(buffer->has_seen));
    buffer->is_playing = false;
    buffer->next = buffer->end = 0;
    buffer->concealed_run = 0;
}

static bool is_duplicate(struct jitter_buffer *buffer, uint16_t sequence)
{
    size_t index = sequence % SEEN;
    if (buffer->has_seen[index] && buffer->seen[index] == sequence) {
        buffer->statistics.duplicates++;
        return true;
    }
    buffer->has_seen[index] = true;
    buffer->seen[index] = sequence;
    return false;
}

static void begin(struct jitter_buffer *buffer, uint32_t timestamp)
{
    /* What plays next lies `delay` before the first packet: that much silence comes first. */
    buffer->next = timestamp - buffer->delay;
    buffer->end = timestamp;
    buffer->is_playing = true;
    buffer->least_level = buffer->delay;
    buffer->calm = 0;
}

static void grow_delay(struct jitter_buffer *buffer, uint32_t lateness)
{
    uint32_t maximum = samples_of(buffer, DELAY_MAX_MS);
    uint32_t grown = buffer->delay + lateness;
    uint32_t added = (grown > maximum ? maximum : grown) - buffer->delay;
    buffer->delay += added;
    buffer->next -= added;
    buffer->calm = 0;
}

void jitter_buffer_put(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       const int16_t *samples, size_t count)
{
    if (count == 0 || count > buffer->size / 4 || is_duplicate(buffer, sequence))
        return;
    int32_t ahead = (int32_t)(timestamp - buffer->next);
    int32_t window = (int32_t)(buffer->size - count);
    if (buffer->is_playing &&
        (ahead > window || ahead < -(int32_t)samples_of(buffer, 2 * DELAY_MAX_MS))) {
        buffer->statistics.resyncs++;
        uint32_t delay = buffer->delay;
        jitter_buffer_reset(buffer);
        buffer->delay = delay;
    }
    if (!buffer->is_playing)
        begin(buffer, timestamp);
    ahead = (int32_t)(timestamp - buffer->next);
    if (ahead < 0) {
        buffer->statistics.late++;
        grow_delay(buffer, (uint32_t)-ahead);
        ahead = (int32_t)(timestamp - buffer->next);
        if (ahead < 0)
            return;
    }
    for (size_t i = 0; i < count; i++) {
        size_t index = (timestamp + i) % buffer->size;
        buffer->samples[index] = samples[i];
        buffer->is_filled[index] = true;
    }
    if ((int32_t)(timestamp + (uint32_t)count - buffer->end) > 0)
        buffer->end = timestamp + (uint32_t)count;
}

static void conceal(struct jitter_buffer *buffer, int16_t *sample)
{
    size_t limit = samples_of(buffer, CONCEAL_MS);
    *sample = 0;
    if (buffer->last_count == 0 || buffer->concealed_run >= limit)
        return;
    int32_t source = buffer->last[buffer->concealed_run % buffer->last_count];
    *sample = (int16_t)(source * (int32_t)(limit - buffer->concealed_run) / (int32_t)limit);
    buffer->concealed_run++;
    buffer->statistics.concealed++;
}

static void remember(struct jitter_buffer *buffer, const int16_t *samples, size_t count)
{
    size_t maximum = sizeof(buffer->last) / sizeof(*buffer->last);
    buffer->last_count = count < maximum ? count : maximum;
    memcpy(buffer->last, samples, buffer->last_count * sizeof(*samples));
}

/* A sender whose clock is faster than ours, or a burst after a stall: skip rather than lag. */
static void shrink(struct jitter_buffer *buffer, size_t count)
{
    uint32_t level = (uint32_t)jitter_buffer_level(buffer);
    if (level < buffer->least_level)
        buffer->least_level = level;
    buffer->calm += (uint32_t)count;
    uint32_t excess = samples_of(buffer, DELAY_MAX_MS + DELAY_MIN_MS);
    if (level > excess + samples_of(buffer, DELAY_MAX_MS)) {
        buffer->statistics.overflowed += level - excess;
        buffer->next += level - excess;
    } else if (buffer->calm >= samples_of(buffer, CALM_MS)) {
        if (buffer->least_level > samples_of(buffer, DELAY_MIN_MS + SHRINK_MS)) {
            buffer->next += samples_of(buffer, SHRINK_MS);
            buffer->statistics.overflowed += samples_of(buffer, SHRINK_MS);
            uint32_t minimum = samples_of(buffer, DELAY_MIN_MS);
            uint32_t shrunk = buffer->delay - samples_of(buffer, SHRINK_MS);
            buffer->delay = buffer->delay > minimum && shrunk > minimum ? shrunk : minimum;
        }
        buffer->calm = 0;
        buffer->least_level = level;
    }
}

void jitter_buffer_get(struct jitter_buffer *buffer, int16_t *samples, size_t count)
{
    size_t real = 0;
    if (!buffer->is_playing) {
        memset(samples, 0, count * sizeof(*samples));
        return;
    }
    bool has_begun = (int32_t)(buffer->end - buffer->next) > (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        size_t index = (buffer->next + i) % buffer->size;
        if (buffer->is_filled[index]) {
            samples[i] = buffer->samples[index];
            buffer->is_filled[index] = false;
            real++;
        } else {
            conceal(buffer, &samples[i]);
        }
    }
    buffer->next += (uint32_t)count;
    if (real == count) {
        buffer->concealed_run = 0;
        remember(buffer, samples, count);
    }
    if (real)
        shrink(buffer, count);
    /* Long silence from the far end: the next packet starts anew, whatever its timestamp. */
    if (!has_begun &&
        (int32_t)(buffer->next - buffer->end) > (int32_t)samples_of(buffer, DELAY_MAX_MS))
        jitter_buffer_reset(buffer);
}

const struct jitter_statistics *jitter_buffer_statistics(const struct jitter_buffer *buffer)
{
    return &buffer->statistics;
}

size_t jitter_buffer_level(const struct jitter_buffer *buffer)
{
    int32_t level = (int32_t)(buffer->end - buffer->next);
    return buffer->is_playing && level > 0 ? (size_t)level : 0;
}

void jitter_buffer_free(struct jitter_buffer *buffer)
{
    if (!buffer)
        return;
    free(buffer->samples);
    free(buffer->is_filled);
    free(buffer);
}
