// SPDX-License-Identifier: ISC
// A ring of samples by position. A packet's position is its timestamp plus a shift, which is drawn
// anew at every jump, so that positions never jump. `next` is played next, `end` lies behind the
// newest sample held, `heard` behind the newest one that was played: what comes for a position
// before `heard` is too late for good. `next` steps back when packets come late (the delay grows)
// and forward when they have long come early (it shrinks).
#include "media/jitter_buffer.h"

#include "media/rtp_packet.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    DELAY_MIN_MS = 40,
    DELAY_MAX_MS = 200, // and the longest silence put in at once
    LEVEL_MAX_MS = 300, // held; the oldest goes when it is more
    PACKET_MAX_MS = 190,
    RING_MS = 380,      // LEVEL_MAX_MS and what concealment looks back; rounded up to a power of 2
    CONCEAL_MS = 60,    // repeated with a fade, then silence
    PERIOD_MS = 20,     // what is repeated
    CALM_MS = 4000,     // so long early before the delay shrinks
    STEP_MS = 20,       // by which it grows and shrinks
    STRAGGLER_MS = 500, // older than that, and twice in a row, is no straggler but a new start
};

struct seen {
    uint32_t timestamp;
    uint16_t sequence;
    bool is_used;
};

struct jitter_buffer {
    uint32_t rate;
    uint32_t size; // of the ring: a power of 2
    int16_t *samples;
    uint8_t *is_filled; // only ever set from `next` to `end`
    uint32_t shift;     // position - timestamp
    bool has_shift;
    bool is_playing;
    bool has_heard;
    uint32_t next;
    uint32_t end;
    uint32_t heard;
    uint32_t delay; // of the next beginning
    uint32_t least_level;
    uint32_t calm; // samples played since the last look at least_level
    uint32_t concealed_run;
    uint16_t highest;         // sequence
    uint16_t stray_successor; // of the last very old packet
    bool has_stray;
    struct seen seen[LIMIT_JITTER_PACKETS];
    struct jitter_statistics statistics;
};

static uint32_t samples_of(const struct jitter_buffer *buffer, uint32_t milliseconds)
{
    return buffer->rate / 1000 * milliseconds;
}

/* Positions wrap: how far `left` lies behind `right`. */
static int32_t distance(uint32_t left, uint32_t right)
{
    return (int32_t)(left - right);
}

struct jitter_buffer *jitter_buffer_new(uint32_t rate)
{
    struct jitter_buffer *buffer = memory_new(sizeof(*buffer));
    buffer->rate = rate;
    buffer->size = 1;
    while (buffer->size < samples_of(buffer, RING_MS))
        buffer->size *= 2;
    buffer->samples = memory_new(buffer->size * sizeof(*buffer->samples));
    buffer->is_filled = memory_new(buffer->size);
    buffer->delay = samples_of(buffer, DELAY_MIN_MS);
    return buffer;
}

void jitter_buffer_reset(struct jitter_buffer *buffer)
{
    buffer->has_shift = false;
}

static bool is_duplicate(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp)
{
    struct seen *seen = &buffer->seen[sequence % LIMIT_JITTER_PACKETS];
    if (seen->is_used && seen->sequence == sequence && seen->timestamp == timestamp) {
        buffer->statistics.duplicates++;
        return true;
    }
    *seen = (struct seen){ timestamp, sequence, true };
    return false;
}

/* How many samples from `position` on lie in one piece of the ring, at most `count`. */
static size_t piece(const struct jitter_buffer *buffer, uint32_t position, size_t count)
{
    size_t room = buffer->size - (position & (buffer->size - 1));
    return count < room ? count : room;
}

static void clear(struct jitter_buffer *buffer, uint32_t position, size_t count)
{
    while (count) {
        size_t length = piece(buffer, position, count);
        memset(buffer->is_filled + (position & (buffer->size - 1)), 0, length);
        position += (uint32_t)length;
        count -= length;
    }
}

static void store(struct jitter_buffer *buffer, uint32_t position, const int16_t *samples,
                  size_t count)
{
    while (count) {
        size_t length = piece(buffer, position, count);
        size_t index = position & (buffer->size - 1);
        memcpy(buffer->samples + index, samples, length * sizeof(*samples));
        memset(buffer->is_filled + index, 1, length);
        position += (uint32_t)length;
        samples += length;
        count -= length;
    }
}

static void skip(struct jitter_buffer *buffer, uint32_t count)
{
    size_t level = jitter_buffer_level(buffer);
    clear(buffer, buffer->next, count < level ? count : level);
    buffer->next += count;
    buffer->statistics.overflowed += count;
}

/* The stream begins here, or goes on here after a jump: behind what is held, or after a delay. */
static void begin(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp)
{
    bool is_held = jitter_buffer_level(buffer) > 0;
    if (!buffer->is_playing) {
        buffer->heard = buffer->next;
        buffer->has_heard = false;
    }
    buffer->shift = (is_held ? buffer->end : buffer->next + buffer->delay) - timestamp;
    buffer->has_shift = buffer->is_playing = true;
    buffer->has_stray = false;
    buffer->highest = sequence;
    buffer->calm = 0;
    buffer->least_level = UINT32_MAX;
}

/* Steps back, so that packets as late as this one will come in time. */
static void grow(struct jitter_buffer *buffer, uint32_t count)
{
    uint32_t maximum = samples_of(buffer, DELAY_MAX_MS);
    buffer->next -= count;
    buffer->delay += samples_of(buffer, STEP_MS);
    if (buffer->delay > maximum)
        buffer->delay = maximum;
    buffer->calm = 0;
    buffer->least_level = UINT32_MAX;
}

static bool is_restart(struct jitter_buffer *buffer, uint16_t sequence, uint32_t age)
{
    bool is_next_stray = buffer->has_stray && buffer->stray_successor == sequence;
    buffer->has_stray = age > samples_of(buffer, STRAGGLER_MS);
    buffer->stray_successor = (uint16_t)(sequence + 1);
    return buffer->has_stray && is_next_stray;
}

/* A packet whose time has passed. True when it can still be played; a jump when it cannot be late,
 * because it is newer than all others. */
static bool admit_late(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       size_t count)
{
    uint32_t position = timestamp + buffer->shift;
    bool is_newest = sequence_distance(buffer->highest, sequence) > 0;
    uint32_t lateness = buffer->next - position;
    if (distance(position, buffer->heard) < 0) {
        if (is_newest || is_restart(buffer, sequence, buffer->heard - position)) {
            buffer->statistics.resyncs++;
            begin(buffer, sequence, timestamp);
            return true;
        }
        buffer->statistics.late++;
        uint32_t step = samples_of(buffer, STEP_MS);
        if (jitter_buffer_level(buffer) + step <= samples_of(buffer, DELAY_MAX_MS) &&
            lateness <= samples_of(buffer, DELAY_MAX_MS))
            grow(buffer, lateness < step ? lateness : step);
        return false;
    }
    buffer->statistics.late++;
    size_t level = jitter_buffer_level(buffer);
    if ((level ? level : count) + lateness > samples_of(buffer, LEVEL_MAX_MS))
        return false;
    grow(buffer, lateness);
    return true;
}

/* Whether there is a place for the packet; begins anew where it is no place of this stream. */
static bool find_place(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       size_t count)
{
    if (!buffer->has_shift || !buffer->is_playing)
        begin(buffer, sequence, timestamp);
    uint32_t position = timestamp + buffer->shift;
    if (distance(position, buffer->heard) < 0 || distance(position, buffer->next) < 0)
        return admit_late(buffer, sequence, timestamp, count);
    uint32_t newest = jitter_buffer_level(buffer) ? buffer->end : buffer->next;
    if (distance(position, newest) > (int32_t)samples_of(buffer, DELAY_MAX_MS)) {
        buffer->statistics.resyncs++;
        begin(buffer, sequence, timestamp);
    }
    return true;
}

void jitter_buffer_put(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       const int16_t *samples, size_t count)
{
    if (count == 0 || count > samples_of(buffer, PACKET_MAX_MS) ||
        is_duplicate(buffer, sequence, timestamp) ||
        !find_place(buffer, sequence, timestamp, count))
        return;
    uint32_t position = timestamp + buffer->shift;
    uint32_t end = position + (uint32_t)count;
    if (distance(end, buffer->next) > (int32_t)samples_of(buffer, LEVEL_MAX_MS))
        skip(buffer, end - buffer->next - samples_of(buffer, DELAY_MAX_MS));
    store(buffer, position, samples, count);
    if (distance(end, buffer->end) > 0)
        buffer->end = end;
    if (sequence_distance(buffer->highest, sequence) > 0)
        buffer->highest = sequence;
}

static void conceal(struct jitter_buffer *buffer, int16_t *samples, size_t count)
{
    uint32_t limit = samples_of(buffer, CONCEAL_MS);
    uint32_t period = samples_of(buffer, PERIOD_MS);
    size_t i = 0;
    for (; i < count && buffer->has_heard && buffer->concealed_run < limit; i++) {
        uint32_t source = buffer->heard - period + buffer->concealed_run % period;
        int32_t sample = buffer->samples[source & (buffer->size - 1)];
        samples[i] = (int16_t)(sample * (int32_t)(limit - buffer->concealed_run) / (int32_t)limit);
        buffer->concealed_run++;
    }
    buffer->statistics.concealed += i;
    memset(samples + i, 0, (count - i) * sizeof(*samples));
}

/* Plays what is there, or is missing, in one piece; returns how many samples that was. */
static size_t play(struct jitter_buffer *buffer, uint32_t position, int16_t *samples, size_t count)
{
    size_t index = position & (buffer->size - 1);
    size_t length = piece(buffer, position, count);
    uint8_t *is_filled = buffer->is_filled + index;
    const uint8_t *change = memchr(is_filled, !*is_filled, length);
    if (change)
        length = (size_t)(change - is_filled);
    if (!*is_filled) {
        conceal(buffer, samples, length);
        return length;
    }
    memcpy(samples, buffer->samples + index, length * sizeof(*samples));
    memset(is_filled, 0, length);
    buffer->heard = position + (uint32_t)length;
    buffer->has_heard = true;
    buffer->concealed_run = 0;
    return length;
}

/* When for a while there was always more than enough, the sender's clock is faster than ours or the
 * network has become calm. */
static void shrink(struct jitter_buffer *buffer, size_t count)
{
    uint32_t level = (uint32_t)jitter_buffer_level(buffer);
    uint32_t step = samples_of(buffer, STEP_MS);
    if (level < buffer->least_level)
        buffer->least_level = level;
    buffer->calm += (uint32_t)count;
    if (buffer->calm < samples_of(buffer, CALM_MS))
        return;
    if (buffer->least_level > samples_of(buffer, DELAY_MIN_MS))
        skip(buffer, step);
    if (buffer->delay >= samples_of(buffer, DELAY_MIN_MS) + step)
        buffer->delay -= step;
    buffer->calm = 0;
    buffer->least_level = UINT32_MAX;
}

void jitter_buffer_get(struct jitter_buffer *buffer, int16_t *samples, size_t count)
{
    if (!buffer->is_playing) {
        memset(samples, 0, count * sizeof(*samples));
        return;
    }
    for (size_t i = 0; i < count;)
        i += play(buffer, buffer->next + (uint32_t)i, samples + i, count - i);
    buffer->next += (uint32_t)count;
    shrink(buffer, count);
    /* Long silence from the far end: the next packet starts anew, whatever its timestamp. */
    if (jitter_buffer_level(buffer) == 0 &&
        distance(buffer->next, buffer->heard) > (int32_t)samples_of(buffer, DELAY_MAX_MS))
        buffer->is_playing = false;
}

const struct jitter_statistics *jitter_buffer_statistics(const struct jitter_buffer *buffer)
{
    return &buffer->statistics;
}

size_t jitter_buffer_level(const struct jitter_buffer *buffer)
{
    int32_t level = distance(buffer->end, buffer->next);
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
