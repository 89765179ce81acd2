// SPDX-License-Identifier: ISC
// Packets by timestamp, given out a little later than they came, so that late and reordered ones
// find their place. What is missing is said to be; a jump of sequence or timestamp starts anew;
// nothing is "late" for ever, and no delay that the network does not need any more stays (P25c,
// M9). Whoever takes them decodes, conceals and shortens.
#pragma once

#include "media/codec.h"

struct jitter_buffer;

struct jitter_packet {
    uint16_t sequence;
    uint32_t timestamp; // in units of the buffer's rate
    uint32_t duration;  // likewise
    enum codec codec;
    struct slice payload;
};

enum jitter_kind {
    JITTER_SILENCE, // there is no stream
    JITTER_PACKET,
    JITTER_LOSS
};

struct jitter_piece {
    enum jitter_kind kind;
    uint32_t length;             // that it fills
    struct jitter_packet packet; // of PACKET; of LOSS the one behind it if that may tell of it
    uint32_t skip;               // of PACKET: so much of its beginning was heard already
    uint32_t excess;             // of PACKET: so much should be left out, to be less late
    bool is_urgent;              // not only where it is quiet
};

struct jitter_statistics {
    uint64_t late; // packets that came after their turn
    uint64_t duplicates;
    uint64_t resyncs;    // jumps
    uint64_t overflowed; // units thrown away because the sender is too fast
};

// `rate` is timestamp units per second.
struct jitter_buffer *jitter_buffer_new(uint32_t rate);
// Copies the payload. A packet longer than 190 ms is refused.
void jitter_buffer_put(struct jitter_buffer *buffer, const struct jitter_packet *packet);
// What comes next, of which `count` units are wanted: a packet as a whole, else at most as much as
// is missing before the next one. The payload is borrowed until the next call.
void jitter_buffer_take(struct jitter_buffer *buffer, uint32_t count, struct jitter_piece *piece);
// So much of the packet taken last was left out.
void jitter_buffer_shortened(struct jitter_buffer *buffer, uint32_t count);
// A new source: what is held is still played, and the first packet to come follows it.
void jitter_buffer_reset(struct jitter_buffer *buffer);
const struct jitter_statistics *jitter_buffer_statistics(const struct jitter_buffer *buffer);
// Units waiting to be taken.
uint32_t jitter_buffer_level(const struct jitter_buffer *buffer);
void jitter_buffer_free(struct jitter_buffer *buffer);
