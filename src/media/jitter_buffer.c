// SPDX-License-Identifier: ISC
// Packets in the order of their positions. A packet's position is its timestamp plus a shift, which
// is drawn anew at every jump, so that positions never jump. `next` is taken next, `end` lies
// behind the newest packet held, `heard` behind the newest one that was taken: what comes for a
// position before `heard` is too late for good. `next` steps back when packets come late: the delay
// grows. It shrinks by what is left out of packets when they have come too early for a while, which
// is longer when shrinking has proved wrong.
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
    CALM_MS = 1000,     // so long early before the delay shrinks
    CALM_MAX_MS = 8000, // where it had to grow again soon
    REGRET_MS = 8000,   // which is soon
    PATIENCE_MS = 500,  // that what is to be left out waits for a quiet moment
    STEP_MS = 20,       // by which it grows
    STRAGGLER_MS = 500  // older than that, and twice in a row, is no straggler but a new start
};

struct seen {
    uint32_t timestamp;
    uint16_t sequence;
    bool is_used;
};

struct held {
    struct jitter_packet packet; // its payload is owned
    uint32_t position;
};

struct jitter_buffer {
    uint32_t rate;
    struct held held[LIMIT_JITTER_PACKETS]; // by position
    size_t count;
    char *taken;    // the payload that was given out last
    uint32_t shift; // position - timestamp
    bool has_shift;
    bool is_playing;
    uint32_t next;
    uint32_t end;
    uint32_t heard;
    uint32_t delay; // of the next beginning
    uint32_t least_level;
    uint32_t calm;            // units taken since the last look at least_level
    uint32_t calm_needed;     // before the next
    uint32_t since_short;     // units taken since something was left out, up to REGRET_MS
    uint32_t excess;          // to be left out
    uint32_t waited;          // units taken since there is an excess
    uint16_t highest;         // sequence
    uint16_t stray_successor; // of the last very old packet
    bool has_stray;
    struct seen seen[LIMIT_JITTER_PACKETS];
    struct jitter_statistics statistics;
};

static uint32_t units_of(const struct jitter_buffer *buffer, uint32_t milliseconds)
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
    buffer->delay = units_of(buffer, DELAY_MIN_MS);
    buffer->calm_needed = units_of(buffer, CALM_MS);
    buffer->since_short = units_of(buffer, REGRET_MS);
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

/* The first one held is out of it; its payload is the caller's. */
static char *remove_first(struct jitter_buffer *buffer)
{
    char *payload = (char *)(uintptr_t)buffer->held[0].packet.payload.data;
    memmove(buffer->held, buffer->held + 1, --buffer->count * sizeof(*buffer->held));
    return payload;
}

static uint32_t end_of(const struct held *held)
{
    return held->position + held->packet.duration;
}

/* What lies before `next` goes. */
static void drop_passed(struct jitter_buffer *buffer)
{
    while (buffer->count && distance(end_of(&buffer->held[0]), buffer->next) <= 0)
        free(remove_first(buffer));
}

static void store(struct jitter_buffer *buffer, const struct jitter_packet *packet,
                  uint32_t position)
{
    size_t place = buffer->count;
    char *payload = memory_new(packet->payload.length);
    memcpy(payload, packet->payload.data, packet->payload.length);
    while (place && distance(buffer->held[place - 1].position, position) > 0)
        place--;
    memmove(buffer->held + place + 1, buffer->held + place,
            (buffer->count - place) * sizeof(*buffer->held));
    buffer->count++;
    buffer->held[place] = (struct held){ .packet = *packet, .position = position };
    buffer->held[place].packet.payload.data = payload;
}

static void skip(struct jitter_buffer *buffer, uint32_t count)
{
    buffer->next += count;
    buffer->statistics.overflowed += count;
    drop_passed(buffer);
}

static void watch_anew(struct jitter_buffer *buffer)
{
    buffer->calm = buffer->excess = 0;
    buffer->least_level = UINT32_MAX;
}

/* The stream begins here, or goes on here after a jump: behind what is held, or after a delay. */
static void begin(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp)
{
    bool is_held = jitter_buffer_level(buffer) > 0;
    if (!buffer->is_playing)
        buffer->heard = buffer->next;
    buffer->shift = (is_held ? buffer->end : buffer->next + buffer->delay) - timestamp;
    buffer->has_shift = buffer->is_playing = true;
    buffer->has_stray = false;
    buffer->highest = sequence;
    watch_anew(buffer);
}

/* Steps back, so that packets as late as this one will come in time. */
static void grow(struct jitter_buffer *buffer, uint32_t count)
{
    uint32_t maximum = units_of(buffer, DELAY_MAX_MS);
    buffer->next -= count;
    buffer->delay += units_of(buffer, STEP_MS);
    if (buffer->delay > maximum)
        buffer->delay = maximum;
    uint32_t most = units_of(buffer, CALM_MAX_MS);
    if (buffer->since_short < units_of(buffer, REGRET_MS))
        buffer->calm_needed = buffer->calm_needed * 2 < most ? buffer->calm_needed * 2 : most;
    buffer->since_short = units_of(buffer, REGRET_MS);
    watch_anew(buffer);
}

static bool is_restart(struct jitter_buffer *buffer, uint16_t sequence, uint32_t age)
{
    bool is_next_stray = buffer->has_stray && buffer->stray_successor == sequence;
    buffer->has_stray = age > units_of(buffer, STRAGGLER_MS);
    buffer->stray_successor = (uint16_t)(sequence + 1);
    return buffer->has_stray && is_next_stray;
}

/* A packet whose time has passed. True when it can still be played; a jump when it cannot be late,
 * because it is newer than all others. */
static bool admit_late(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       uint32_t count)
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
        uint32_t step = units_of(buffer, STEP_MS);
        if (jitter_buffer_level(buffer) + step <= units_of(buffer, DELAY_MAX_MS) &&
            lateness <= units_of(buffer, DELAY_MAX_MS))
            grow(buffer, lateness < step ? lateness : step);
        return false;
    }
    buffer->statistics.late++;
    uint32_t level = jitter_buffer_level(buffer);
    if ((level ? level : count) + lateness > units_of(buffer, LEVEL_MAX_MS))
        return false;
    grow(buffer, lateness);
    return true;
}

/* Whether there is a place for the packet; begins anew where it is no place of this stream. */
static bool find_place(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       uint32_t count)
{
    if (!buffer->has_shift || !buffer->is_playing)
        begin(buffer, sequence, timestamp);
    uint32_t position = timestamp + buffer->shift;
    if (distance(position, buffer->heard) < 0 || distance(position, buffer->next) < 0)
        return admit_late(buffer, sequence, timestamp, count);
    uint32_t newest = jitter_buffer_level(buffer) ? buffer->end : buffer->next;
    if (distance(position, newest) > (int32_t)units_of(buffer, DELAY_MAX_MS)) {
        buffer->statistics.resyncs++;
        begin(buffer, sequence, timestamp);
    }
    return true;
}

void jitter_buffer_put(struct jitter_buffer *buffer, const struct jitter_packet *packet)
{
    if (packet->duration == 0 || packet->duration > units_of(buffer, PACKET_MAX_MS) ||
        is_duplicate(buffer, packet->sequence, packet->timestamp) ||
        !find_place(buffer, packet->sequence, packet->timestamp, packet->duration))
        return;
    uint32_t position = packet->timestamp + buffer->shift;
    uint32_t end = position + packet->duration;
    if (distance(end, buffer->next) > (int32_t)units_of(buffer, LEVEL_MAX_MS))
        skip(buffer, end - buffer->next - units_of(buffer, DELAY_MAX_MS));
    if (buffer->count == LIMIT_JITTER_PACKETS)
        skip(buffer, end_of(&buffer->held[0]) - buffer->next);
    store(buffer, packet, position);
    if (distance(end, buffer->end) > 0)
        buffer->end = end;
    if (sequence_distance(buffer->highest, packet->sequence) > 0)
        buffer->highest = packet->sequence;
}

/* When for a while there was always more than enough, the sender's clock is faster than ours or the
 * network has become calm. */
static void watch_level(struct jitter_buffer *buffer, uint32_t taken)
{
    uint32_t level = jitter_buffer_level(buffer);
    uint32_t least = units_of(buffer, DELAY_MIN_MS);
    uint32_t regret = units_of(buffer, REGRET_MS);
    if (level < buffer->least_level)
        buffer->least_level = level;
    buffer->calm += taken;
    buffer->waited += buffer->excess ? taken : 0;
    buffer->since_short += buffer->since_short < regret ? taken : 0;
    if (buffer->calm < buffer->calm_needed)
        return;
    uint32_t excess = buffer->least_level > least ? buffer->least_level - least : 0;
    buffer->delay = buffer->delay > least + excess ? buffer->delay - excess : least;
    if (!excess && buffer->calm_needed > units_of(buffer, CALM_MS))
        buffer->calm_needed /= 2;
    watch_anew(buffer);
    buffer->excess = excess;
    if (!excess)
        buffer->waited = 0;
}

static void take_first(struct jitter_buffer *buffer, struct jitter_piece *piece)
{
    const struct held *first = &buffer->held[0];
    piece->kind = JITTER_PACKET;
    piece->packet = first->packet;
    piece->skip = buffer->next - first->position;
    piece->length = first->packet.duration - piece->skip;
    piece->excess = buffer->excess;
    piece->is_urgent = buffer->waited >= units_of(buffer, PATIENCE_MS);
    buffer->next = end_of(first);
    if (distance(buffer->next, buffer->heard) > 0)
        buffer->heard = buffer->next;
    buffer->taken = remove_first(buffer);
}

/* Up to the next packet, in one piece where that one tells of it. */
static void take_loss(struct jitter_buffer *buffer, uint32_t count, struct jitter_piece *piece)
{
    piece->kind = JITTER_LOSS;
    piece->length = count;
    if (buffer->count) {
        const struct held *first = &buffer->held[0];
        uint32_t gap = first->position - buffer->next;
        bool is_heard = distance(buffer->next, buffer->heard) < 0;
        bool is_told = !is_heard && gap <= first->packet.duration &&
                       gap <= units_of(buffer, CODEC_PTIME_MAX_MS);
        if (is_told)
            piece->packet = first->packet;
        if (is_told || gap < count)
            piece->length = gap;
    }
    buffer->next += piece->length;
}

void jitter_buffer_take(struct jitter_buffer *buffer, uint32_t count, struct jitter_piece *piece)
{
    *piece = (struct jitter_piece){ .kind = JITTER_SILENCE, .length = count };
    free(buffer->taken);
    buffer->taken = NULL;
    if (!buffer->is_playing)
        return;
    drop_passed(buffer);
    if (buffer->count && distance(buffer->held[0].position, buffer->next) <= 0)
        take_first(buffer, piece);
    else
        take_loss(buffer, count, piece);
    watch_level(buffer, piece->length);
    /* Long silence from the far end: the next packet starts anew, whatever its timestamp. */
    if (jitter_buffer_level(buffer) == 0 &&
        distance(buffer->next, buffer->heard) > (int32_t)units_of(buffer, DELAY_MAX_MS))
        buffer->is_playing = false;
}

void jitter_buffer_shortened(struct jitter_buffer *buffer, uint32_t count)
{
    buffer->excess -= count < buffer->excess ? count : buffer->excess;
    buffer->statistics.overflowed += count;
    buffer->since_short = 0;
}

const struct jitter_statistics *jitter_buffer_statistics(const struct jitter_buffer *buffer)
{
    return &buffer->statistics;
}

uint32_t jitter_buffer_level(const struct jitter_buffer *buffer)
{
    int32_t level = distance(buffer->end, buffer->next);
    return buffer->is_playing && level > 0 ? (uint32_t)level : 0;
}

void jitter_buffer_free(struct jitter_buffer *buffer)
{
    if (!buffer)
        return;
    while (buffer->count)
        free(remove_first(buffer));
    free(buffer->taken);
    free(buffer);
}
