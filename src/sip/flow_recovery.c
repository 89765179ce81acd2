// SPDX-License-Identifier: ISC
// The wait before the next connection (RFC 5626 4.5). Opening it is the caller's work.
#include "sip/flow_recovery.h"

enum {
    BASE_MS = 30000,
    MAXIMUM_TO_BASE = 60, // 1800 s
    BASE_TO_QUICK = 10,   // 3 s
    STABLE_TO_BASE = 2,   // 60 s
    FRAMING_TO_BASE = 3,  // 10 s
    DOUBLINGS_MAX = 6,    // 30 s * 2^6 is beyond the maximum
    SWALLOWED_MAX = 60
};

void sip_flow_recovery_set_base(struct flow_recovery *recovery, uint32_t base_ms)
{
    // A scale that cannot overflow: a base of more than 5 minutes makes no sense.
    const uint32_t base_maximum_ms = 10 * BASE_MS;
    if (base_ms > base_maximum_ms)
        base_ms = base_maximum_ms;
    recovery->base_ms = base_ms ? base_ms : BASE_MS;
}

void sip_flow_recovery_init(struct flow_recovery *recovery, uint32_t base_ms)
{
    *recovery = (struct flow_recovery){ .failures = 0 };
    sip_flow_recovery_set_base(recovery, base_ms);
}

void sip_flow_recovery_registered(struct flow_recovery *recovery, time_ms now)
{
    if (recovery->is_registered) // a refresh
        return;
    recovery->is_registered = true;
    recovery->swallowed = 0;
    recovery->registered_at = now;
}

// From `minimum` to `maximum`, both included.
static uint32_t random_between(struct random *random, uint32_t minimum, uint32_t maximum)
{
    return minimum + random_below(random, maximum - minimum + 1);
}

static uint32_t backed_off_ms(const struct flow_recovery *recovery, struct random *random)
{
    uint32_t doublings = recovery->failures < DOUBLINGS_MAX ? recovery->failures : DOUBLINGS_MAX;
    uint32_t upper = recovery->base_ms << doublings;
    uint32_t maximum = recovery->base_ms * MAXIMUM_TO_BASE;
    if (upper > maximum)
        upper = maximum;
    return random_between(random, upper / 2, upper);
}

static uint32_t quick_ms(const struct flow_recovery *recovery, struct random *random)
{
    return random_between(random, 0, recovery->base_ms / BASE_TO_QUICK);
}

uint32_t sip_flow_recovery_lost(struct flow_recovery *recovery, time_ms now, struct random *random)
{
    bool was_good = recovery->is_registered;
    time_ms lived_ms = was_good ? now - recovery->registered_at : 0;
    recovery->is_registered = false;
    if (was_good && lived_ms >= (time_ms)recovery->base_ms * STABLE_TO_BASE)
        recovery->failures = 0;
    if (recovery->failures == 0) {
        recovery->failures = 1;
        if (was_good)
            return quick_ms(recovery, random);
    }
    uint32_t wait_ms = backed_off_ms(recovery, random);
    if (recovery->failures < UINT32_MAX)
        recovery->failures++;
    return wait_ms;
}

uint32_t sip_flow_recovery_lost_framing(struct flow_recovery *recovery, time_ms now,
                                        struct random *random)
{
    if (!recovery->is_registered)
        return sip_flow_recovery_lost(recovery, now, random);
    time_ms calm_ms = (time_ms)recovery->base_ms / FRAMING_TO_BASE;
    bool is_again = recovery->has_lost_framing && now < recovery->framing_lost_at + calm_ms;
    recovery->is_registered = false;
    recovery->failures = 0;
    recovery->has_lost_framing = true;
    recovery->framing_lost_at = now;
    return is_again ? quick_ms(recovery, random) : 0;
}

uint32_t sip_flow_recovery_lost_idle(struct flow_recovery *recovery, time_ms now,
                                     struct random *random)
{
    if (!recovery->is_registered)
        return sip_flow_recovery_lost(recovery, now, random);
    recovery->is_registered = false;
    return quick_ms(recovery, random);
}

uint32_t sip_flow_recovery_swallowed(struct flow_recovery *recovery, time_ms now,
                                     struct random *random)
{
    if (recovery->swallowed >= SWALLOWED_MAX)
        return sip_flow_recovery_lost(recovery, now, random);
    recovery->swallowed++;
    recovery->is_registered = false;
    return quick_ms(recovery, random);
}

uint32_t sip_flow_recovery_failures(const struct flow_recovery *recovery)
{
    return recovery->is_registered ? 0 : recovery->failures;
}

void sip_flow_recovery_reset(struct flow_recovery *recovery)
{
    recovery->failures = 0;
}
