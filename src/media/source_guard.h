// SPDX-License-Identifier: ISC
// Whom to believe and where to send (decision 17, threat M7): the negotiated address, or one other
// that is learnt once, from two valid packets in a row of one source within 2 s of the first packet
// that came, and only as long as nothing has come from the negotiated one.
#pragma once

#include "media/rtp_packet.h"
#include "util/net_address.h"
#include "util/time_ms.h"

struct source_guard {
    struct net_address negotiated;
    struct net_address learnt; // family NET_NONE until then
    struct net_address candidate;
    uint32_t candidate_ssrc;
    uint16_t candidate_sequence;
    time_ms learn_until;
    bool is_locked;
};

// A new negotiated address opens the guard again; the same one changes nothing.
void source_guard_set(struct source_guard *guard, time_ms now,
                      const struct net_address *negotiated);
// Whether a valid packet from there is to be played.
bool source_guard_admits(struct source_guard *guard, time_ms now, const struct net_address *from,
                         const struct rtp_packet *packet);
const struct net_address *source_guard_destination(const struct source_guard *guard);
