// SPDX-License-Identifier: ISC
// Decoded audio by timestamp, played out a little later than it came, so that late and reordered
// packets find their place. Loss is concealed; a jump of sequence or timestamp starts anew; nothing
// is "late" for ever (P25c, M9).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct jitter_buffer;

struct jitter_statistics {
    uint64_t late; // packets that came after their turn
    uint64_t duplicates;
    uint64_t resyncs;    // jumps
    uint64_t concealed;  // samples
    uint64_t overflowed; // samples thrown away because the sender is too fast
};

// `rate` is samples per second; one timestamp unit is one sample.
struct jitter_buffer *jitter_buffer_new(uint32_t rate);
// Samples of one packet; more than 190 ms of them are refused.
void jitter_buffer_put(struct jitter_buffer *buffer, uint16_t sequence, uint32_t timestamp,
                       const int16_t *samples, size_t count);
// Fills `count` samples, at most 20 ms: audio, concealment or silence.
void jitter_buffer_get(struct jitter_buffer *buffer, int16_t *samples, size_t count);
// A new source: what is held is still played, and the first packet to come follows it.
void jitter_buffer_reset(struct jitter_buffer *buffer);
const struct jitter_statistics *jitter_buffer_statistics(const struct jitter_buffer *buffer);
// Samples waiting to be played.
size_t jitter_buffer_level(const struct jitter_buffer *buffer);
void jitter_buffer_free(struct jitter_buffer *buffer);
