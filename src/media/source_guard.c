// SPDX-License-Identifier: ISC
#include "media/source_guard.h"

enum {
    RUN_LEAST = 2,     // packets in a row that are evidence
    RUN_STEP_MAX = 10, // sequence numbers from one of them to the next
    GO_ON_MAX = 250,   // from the believed one's last: five seconds of it
    GO_ON_MS = 60,     // its silence before it can be somewhere else
    SILENCE_MS = 2000,
    FORMER_MS = 1000
};

void source_guard_set(struct source_guard *guard, time_ms now, const struct net_address *negotiated)
{
    if (guard->negotiated.family != NET_NONE && net_address_equal(&guard->negotiated, negotiated))
        return;
    struct net_address former = { .family = NET_NONE };
    if (guard->believed)
        former = guard->believed->address;
    *guard =
        (struct source_guard){ .negotiated = *negotiated, .former = former, .changed_at = now };
}

/* The one from there, else the place of the one that is of least use. */
static struct source *find_source(struct source_guard *guard, const struct net_address *from)
{
    struct source *oldest = NULL;
    for (size_t i = 0; i < SOURCE_GUARD_SOURCES; i++) {
        struct source *source = &guard->sources[i];
        if (source->address.family != NET_NONE && net_address_equal(&source->address, from))
            return source;
        if (source == guard->believed)
            continue;
        if (!oldest || source->address.family == NET_NONE || source->last < oldest->last)
            oldest = source;
        if (source->address.family == NET_NONE)
            break;
    }
    *oldest = (struct source){ .address = *from };
    return oldest;
}

static void count(struct source *source, time_ms now, const struct rtp_packet *packet)
{
    int distance = sequence_distance(source->sequence, packet->sequence);
    bool is_first = source->run == 0 || source->ssrc != packet->ssrc;
    source->last = now;
    if (!is_first && distance == 0)
        return;
    bool goes_on = !is_first && distance > 0 && distance < RUN_STEP_MAX;
    source->run = goes_on ? source->run + 1 : 1;
    source->ssrc = packet->ssrc;
    source->sequence = packet->sequence;
}

/* Rule 2. Counted before the packet changes anything. */
static bool follows(const struct source *believed, const struct rtp_packet *packet)
{
    int distance = believed ? sequence_distance(believed->sequence, packet->sequence) : 0;
    return believed && believed->ssrc == packet->ssrc && distance > 0 && distance < GO_ON_MAX;
}

static bool is_negotiated(const struct source_guard *guard, const struct source *source)
{
    return net_address_equal(&source->address, &guard->negotiated);
}

static bool is_host(const struct source_guard *guard, const struct source *source)
{
    return net_address_same_host(&source->address, &guard->negotiated);
}

static bool may_be_first(const struct source_guard *guard, time_ms now, const struct source *source)
{
    bool is_former =
        guard->former.family != NET_NONE && net_address_equal(&source->address, &guard->former);
    return source->run >= RUN_LEAST && (!is_former || now >= guard->changed_at + FORMER_MS);
}

/* Rules 4 and 5: another stream than the one that is believed. */
static bool wins(const struct source_guard *guard, time_ms now, const struct source *source)
{
    const struct source *believed = guard->believed;
    bool is_of_host = is_host(guard, source);
    bool is_silent = now >= believed->last + SILENCE_MS;
    if (is_negotiated(guard, believed))
        return is_of_host && is_silent && source->run >= RUN_LEAST;
    if (source->heard > believed->heard && is_of_host >= is_host(guard, believed))
        return true;
    bool may = is_silent || (is_of_host && !is_host(guard, believed));
    return may && source->run >= RUN_LEAST;
}

static bool may_take_over(const struct source_guard *guard, time_ms now,
                          const struct source *source, bool is_following)
{
    const struct source *believed = guard->believed;
    if (is_negotiated(guard, source))
        return true;
    if (!believed)
        return may_be_first(guard, now, source);
    if (is_following && now >= believed->last + GO_ON_MS && source->run >= RUN_LEAST)
        return true;
    return wins(guard, now, source);
}

bool source_guard_admits(struct source_guard *guard, time_ms now, const struct net_address *from,
                         const struct rtp_packet *packet)
{
    bool is_following = follows(guard->believed, packet);
    struct source *source = find_source(guard, from);
    count(source, now, packet);
    if (source != guard->believed) {
        if (!may_take_over(guard, now, source, is_following))
            return false;
        if (is_following && guard->believed) /* it is the same one, with all that was heard of it */
            source->heard = guard->believed->heard;
        guard->believed = source;
    }
    source->heard++;
    return true;
}

void source_guard_prove(struct source_guard *guard, time_ms now, const struct net_address *from,
                        const struct rtp_packet *packet)
{
    const struct source *believed = guard->believed;
    bool is_newest = !believed || believed->ssrc != packet->ssrc ||
                     sequence_distance(believed->sequence, packet->sequence) > 0;
    struct source *source = find_source(guard, from);
    if (source != believed && !is_newest)
        return; /* late, from where it was */
    count(source, now, packet);
    guard->believed = source;
    source->heard++;
}

const struct net_address *source_guard_destination(const struct source_guard *guard)
{
    return guard->believed ? &guard->believed->address : &guard->negotiated;
}
