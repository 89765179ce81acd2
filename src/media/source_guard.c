// SPDX-License-Identifier: ISC
#include "media/source_guard.h"

enum {
    LEARN_MS = 2000
};

void source_guard_set(struct source_guard *guard, time_ms now, const struct net_address *negotiated)
{
    if (guard->negotiated.family != NET_NONE && net_address_equal(&guard->negotiated, negotiated))
        return;
    *guard = (struct source_guard){ .negotiated = *negotiated, .learn_until = now + LEARN_MS };
}

static bool is_second_of_candidate(const struct source_guard *guard, const struct net_address *from,
                                   const struct rtp_packet *packet)
{
    int distance = sequence_distance(guard->candidate_sequence, packet->sequence);
    return net_address_equal(&guard->candidate, from) && guard->candidate_ssrc == packet->ssrc &&
           distance > 0 && distance < 10;
}

bool source_guard_admits(struct source_guard *guard, time_ms now, const struct net_address *from,
                         const struct rtp_packet *packet)
{
    /* What signalling named is believed at any time, also after something else was learnt. */
    if (net_address_equal(from, &guard->negotiated)) {
        guard->learnt.family = NET_NONE;
        guard->is_locked = true;
        return true;
    }
    if (guard->learnt.family != NET_NONE && net_address_equal(from, &guard->learnt))
        return true;
    /* The window opens with the first packet: the far end may ring long before it speaks. */
    if (guard->candidate.family == NET_NONE)
        guard->learn_until = now + LEARN_MS;
    if (guard->is_locked || now > guard->learn_until)
        return false;
    if (is_second_of_candidate(guard, from, packet)) {
        guard->learnt = *from;
        guard->is_locked = true;
        return true;
    }
    guard->candidate = *from;
    guard->candidate_ssrc = packet->ssrc;
    guard->candidate_sequence = packet->sequence;
    return false;
}

const struct net_address *source_guard_destination(const struct source_guard *guard)
{
    return guard->learnt.family == NET_NONE ? &guard->negotiated : &guard->learnt;
}
