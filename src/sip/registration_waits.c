// SPDX-License-Identifier: ISC
#include "sip/registration_waits.h"

enum {
    BASE_MS = 30000,
    BASE_MAX_MS = 300000,
    MAXIMUM_TO_BASE = 60,
    REFUSED_BASE_MS = 600000, // half of it at least
    REFUSED_MAX_MS = 3600000,
    DOUBLINGS_MAX = 16,
    BELIEVED_MAX = 3 // failures in a row whose Retry-After may be shorter than the law's wait
};

void registration_waits_init(struct registration_waits *waits, uint32_t base_ms)
{
    *waits = (struct registration_waits){ .failures = 0 };
    registration_waits_set_base(waits, base_ms);
}

void registration_waits_set_base(struct registration_waits *waits, uint32_t base_ms)
{
    if (base_ms > BASE_MAX_MS)
        base_ms = BASE_MAX_MS;
    waits->base_ms = base_ms ? base_ms : BASE_MS;
}

bool registration_waits_is_fault(uint32_t status)
{
    return status == 408 || status == 423 || status == 480 || status == 486 || status == 491 ||
           (status >= 500 && status < 600);
}

/* A random 50 to 100 % of what doubles with each failure. */
static time_ms law_ms(const struct registration_waits *waits, bool is_fault, struct random *random)
{
    uint32_t base = is_fault ? waits->base_ms : REFUSED_BASE_MS;
    uint32_t maximum = is_fault ? waits->base_ms * MAXIMUM_TO_BASE : REFUSED_MAX_MS;
    unsigned shift = waits->failures < DOUBLINGS_MAX ? waits->failures : DOUBLINGS_MAX;
    uint64_t wait = (uint64_t)base << shift;
    if (wait > maximum)
        wait = maximum;
    return (time_ms)(wait / 2 + random_below(random, (uint32_t)(wait / 2) + 1));
}

static time_ms asked_ms(const struct sip_message *response)
{
    return response ? (time_ms)sip_message_retry_after_s(response) * 1000 : 0;
}

bool registration_waits_doubts(const struct registration_waits *waits,
                               const struct sip_message *response)
{
    return waits->may_doubt && asked_ms(response) > waits->base_ms;
}

time_ms registration_waits_doubted(struct registration_waits *waits, struct random *random)
{
    uint32_t least = waits->base_ms / 3;
    waits->may_doubt = false;
    waits->failures++;
    return (time_ms)least + random_below(random, waits->base_ms - least + 1);
}

time_ms registration_waits_next(struct registration_waits *waits, bool is_fault,
                                const struct sip_message *response, struct random *random)
{
    time_ms wait = law_ms(waits, is_fault, random);
    time_ms asked = asked_ms(response);
    waits->failures++;
    if (asked > wait)
        return asked;
    if (asked && is_fault && waits->failures <= BELIEVED_MAX)
        return asked + (time_ms)random_below(random, 1000);
    return wait;
}

void registration_waits_reset(struct registration_waits *waits)
{
    waits->failures = 0;
}

void registration_waits_succeeded(struct registration_waits *waits)
{
    registration_waits_reset(waits);
    waits->may_doubt = true;
}
