// SPDX-License-Identifier: ISC
// Received telephone-events (RFC 4733): each press once, told by its timestamp, whatever is lost or
// repeated.
#pragma once

#include "media/rtp_packet.h"
#include "util/limits.h"

struct telephone_events {
    bool has_last;
    uint32_t last_timestamp;
    uint32_t last_ssrc;
    char digits[LIMIT_DIGITS_QUEUED];
    size_t count;
    uint64_t dropped; // the oldest, when nobody took them
};

void telephone_events_receive(struct telephone_events *events, const struct rtp_packet *packet);
// The oldest digit [0-9*#A-D]; false when there is none.
bool telephone_events_next(struct telephone_events *events, char *digit);
