// SPDX-License-Identifier: ISC
// The clock of the CRLF keep-alive (RFC 5626 3.5.1, 4.4.1). Writing the ping and seeing the pong in
// the stream is the caller's and sip/stream.h's work.
#include "sip/keep_alive.h"

enum {
    PONG_WAIT_MS = 10000,    // 4.4.1
    INTERVAL_MIN_MS = 10000, // for a Flow-Timer; a smaller one is nonsense or an attack
    INTERVAL_MAX_MS = 3600 * 1000
};

// 80 to 100 % of the interval, so that clients of one server do not ping in step.
static void schedule_ping(struct keep_alive *keep_alive, time_ms now)
{
    keep_alive->is_awaiting_pong = false;
    keep_alive->deadline = TIME_NEVER;
    if (!keep_alive->random || !keep_alive->interval_ms)
        return;
    uint32_t fifth = keep_alive->interval_ms / 5;
    keep_alive->deadline =
        now + keep_alive->interval_ms - fifth + random_below(keep_alive->random, fifth + 1);
}

void sip_keep_alive_init(struct keep_alive *keep_alive, uint32_t interval_ms, bool pong_required)
{
    if (interval_ms > INTERVAL_MAX_MS)
        interval_ms = INTERVAL_MAX_MS;
    *keep_alive = (struct keep_alive){ .configured_ms = interval_ms,
                                       .interval_ms = interval_ms,
                                       .is_pong_required = pong_required,
                                       .deadline = TIME_NEVER };
}

static uint32_t bounded(const struct keep_alive *keep_alive, uint32_t interval_ms)
{
    if (interval_ms > keep_alive->configured_ms)
        interval_ms = keep_alive->configured_ms;
    bool is_limited = keep_alive->limit_ms && interval_ms > keep_alive->limit_ms;
    return is_limited ? keep_alive->limit_ms : interval_ms;
}

static void take_interval(struct keep_alive *keep_alive, time_ms now, uint32_t interval_ms)
{
    interval_ms = bounded(keep_alive, interval_ms);
    if (interval_ms == keep_alive->interval_ms)
        return;
    keep_alive->interval_ms = interval_ms;
    if (!keep_alive->is_awaiting_pong)
        schedule_ping(keep_alive, now);
}

void sip_keep_alive_limit(struct keep_alive *keep_alive, time_ms now, uint32_t limit_ms)
{
    if (limit_ms == keep_alive->limit_ms)
        return;
    keep_alive->limit_ms = limit_ms;
    take_interval(keep_alive, now, limit_ms ? keep_alive->interval_ms : UINT32_MAX);
}

void sip_keep_alive_connected(struct keep_alive *keep_alive, time_ms now, struct random *random)
{
    keep_alive->random = random;
    keep_alive->interval_ms = bounded(keep_alive, keep_alive->configured_ms);
    keep_alive->is_pong_promised = false;
    schedule_ping(keep_alive, now);
}

void sip_keep_alive_link_lost(struct keep_alive *keep_alive)
{
    keep_alive->random = NULL;
    keep_alive->is_awaiting_pong = false;
    keep_alive->deadline = TIME_NEVER;
}

void sip_keep_alive_promised(struct keep_alive *keep_alive)
{
    keep_alive->is_pong_promised = true;
}

void sip_keep_alive_flow_timer(struct keep_alive *keep_alive, time_ms now, uint32_t seconds)
{
    uint32_t interval_ms = keep_alive->configured_ms;
    if (seconds && seconds < INTERVAL_MAX_MS / 1000 && interval_ms > seconds * 1000)
        interval_ms = seconds * 1000 < INTERVAL_MIN_MS ? INTERVAL_MIN_MS : seconds * 1000;
    take_interval(keep_alive, now, interval_ms);
}

void sip_keep_alive_set_interval(struct keep_alive *keep_alive, time_ms now, uint32_t interval_ms)
{
    if (interval_ms > INTERVAL_MAX_MS)
        interval_ms = INTERVAL_MAX_MS;
    if (interval_ms == keep_alive->configured_ms) // the same again must not put the ping off
        return;
    keep_alive->configured_ms = interval_ms;
    sip_keep_alive_flow_timer(keep_alive, now, 0);
}

void sip_keep_alive_probe(struct keep_alive *keep_alive, time_ms now)
{
    if (keep_alive->random && keep_alive->interval_ms && !keep_alive->is_awaiting_pong)
        keep_alive->deadline = now;
}

void sip_keep_alive_sent_ping(struct keep_alive *keep_alive, time_ms now)
{
    if (!keep_alive->random)
        return;
    keep_alive->is_awaiting_pong = true;
    keep_alive->deadline = now + PONG_WAIT_MS;
}

void sip_keep_alive_pong(struct keep_alive *keep_alive, time_ms now)
{
    if (!keep_alive->random)
        return;
    keep_alive->has_ponged = true;
    if (keep_alive->is_awaiting_pong)
        schedule_ping(keep_alive, now);
}

void sip_keep_alive_activity(struct keep_alive *keep_alive, time_ms now)
{
    if (keep_alive->is_awaiting_pong)
        schedule_ping(keep_alive, now);
}

time_ms sip_keep_alive_deadline(const struct keep_alive *keep_alive)
{
    return keep_alive->deadline;
}

enum sip_keep_alive_verdict sip_keep_alive_timeout(struct keep_alive *keep_alive, time_ms now)
{
    if (now < keep_alive->deadline)
        return KEEP_ALIVE_NOTHING;
    if (!keep_alive->is_awaiting_pong) {
        schedule_ping(keep_alive, now); // should the ping not be sent, the next one is
        return KEEP_ALIVE_SEND_PING;
    }
    if (sip_keep_alive_is_answered(keep_alive)) {
        sip_keep_alive_link_lost(keep_alive);
        keep_alive->has_ponged = false; // the next server has to show it anew
        return KEEP_ALIVE_FLOW_DEAD;
    }
    schedule_ping(keep_alive, now);
    return KEEP_ALIVE_SEND_PROBE;
}

bool sip_keep_alive_is_answered(const struct keep_alive *keep_alive)
{
    return keep_alive->has_ponged || keep_alive->is_pong_required || keep_alive->is_pong_promised;
}
