// SPDX-License-Identifier: ISC
// What the far end says, from packets of any codec that may come to samples at one rate: put in
// order (jitter_buffer.h), decoded, concealed, and shortened where it has become late.
#pragma once

#include "media/codec.h"

struct playout;

struct playout_statistics {
    uint64_t late;
    uint64_t duplicates;
    uint64_t concealed_ms;
};

// `rate` is samples per second of what is played.
struct playout *playout_new(uint32_t rate);
// It changes; what is held stays.
void playout_set_rate(struct playout *playout, uint32_t rate);
// A packet with the timestamp of its codec's clock. What is no payload of the codec is dropped.
void playout_put(struct playout *playout, uint16_t sequence, uint32_t timestamp, enum codec codec,
                 struct slice payload);
// Fills `count` samples, at most 20 ms: audio, concealment or silence.
void playout_get(struct playout *playout, int16_t *samples, size_t count);
// Nothing of the stream is held any more.
bool playout_is_empty(const struct playout *playout);
// A new source: what is held is still played, and the first packet to come follows it.
void playout_reset(struct playout *playout);
void playout_statistics(const struct playout *playout, struct playout_statistics *statistics);
void playout_free(struct playout *playout);
