// SPDX-License-Identifier: ISC
// telephone-events (RFC 4733) in and out. Received: each press once, told by its source, timestamp
// and code, whatever is lost or repeated; a marker or a duration that falls back is another press.
// Sent: one packet a 20 ms tick, the end three times.
#pragma once

#include "media/rtp_packet.h"
#include "util/limits.h"
#include "util/time_ms.h"

enum {
    TELEPHONE_EVENT_BYTES = 4,
    TELEPHONE_EVENTS_KNOWN = 8
};

struct telephone_press {
    bool is_used;
    uint32_t ssrc;
    uint32_t timestamp;
    uint8_t event;
    uint16_t sequence; // of its newest packet
    uint16_t duration; // that it told
    bool has_ended;
    time_ms last; // when a packet of it came
};

struct telephone_events {
    struct telephone_press known[TELEPHONE_EVENTS_KNOWN]; // the newest presses
    size_t newest;                                        // index into known
    char digits[LIMIT_DIGITS_QUEUED];
    size_t count;
    uint64_t dropped; // the oldest, when nobody took them
};

void telephone_events_receive(struct telephone_events *events, time_ms now,
                              const struct rtp_packet *packet);
// A digit that was heard in another way, to stand in the same queue.
void telephone_events_add(struct telephone_events *events, char digit);
// The oldest digit [0-9*#A-D]; false when there is none.
bool telephone_events_next(struct telephone_events *events, char *digit);

struct telephone_tone {
    uint8_t event;
    uint32_t tone_ms;
    uint32_t gap_ms;
};

struct telephone_sender {
    struct telephone_tone queue[LIMIT_DIGITS_QUEUED]; // the first is being sent
    size_t count;
    uint32_t elapsed_ms; // since the tone began
    uint32_t timestamp;  // of its beginning
};

// False: no digit, or the queue is full.
bool telephone_sender_add(struct telephone_sender *sender, char digit, uint32_t tone_ms,
                          uint32_t gap_ms);
// One tick of 20 ms; `now` is the stream's timestamp, `rate` the event's clock. True: this tick's
// packet is `packet` (its payload type, sequence and SSRC are the caller's), not audio.
bool telephone_sender_tick(struct telephone_sender *sender, uint32_t now, uint32_t rate,
                           struct rtp_packet *packet, uint8_t payload[TELEPHONE_EVENT_BYTES]);
// The far end takes no events any more: the queue is emptied.
void telephone_sender_clear(struct telephone_sender *sender);
// The far end may not hear us now: what was being sent is given up, the rest waits.
void telephone_sender_pause(struct telephone_sender *sender);
