// SPDX-License-Identifier: ISC
#include "sip/idle_limit.h"

enum {
    AGE_LEAST_MS = 4000, // what breaks earlier was not idle
    INTERVAL_LEAST_MS = 3000,
    LIKE_MS = 2000, // or a tenth
};

void sip_idle_limit_init(struct idle_limit *limit)
{
    *limit = (struct idle_limit){ .known_ms = 0 };
}

static bool is_like(time_ms left, time_ms right)
{
    time_ms more = left > right ? left : right;
    time_ms less = left > right ? right : left;
    time_ms slack = more / 10 > LIKE_MS ? more / 10 : LIKE_MS;
    return less && more - less <= slack;
}

static bool is_an_age(time_ms age)
{
    return age >= AGE_LEAST_MS && age <= INT32_MAX;
}

/* The limit is the lesser of two ages, and keep-alives come after `percent` of it. */
static void learn(struct idle_limit *limit, time_ms before, time_ms age, unsigned percent)
{
    time_ms least = before < age ? before : age;
    time_ms interval = least * percent / 100;
    limit->known_ms = (uint32_t)least;
    limit->interval_ms = (uint32_t)(interval < INTERVAL_LEAST_MS ? INTERVAL_LEAST_MS : interval);
}

bool sip_idle_limit_closed_despite_pings(struct idle_limit *limit, time_ms age)
{
    bool is_so = limit->interval_ms && limit->closed_age && is_like(limit->known_ms, age);
    limit->needs_messages |= is_so;
    return is_so;
}

bool sip_idle_limit_closed(struct idle_limit *limit, time_ms age)
{
    time_ms before = limit->closed_age;
    if (!is_an_age(age))
        return false;
    limit->closed_age = age;
    if (!is_like(before, age))
        return false;
    learn(limit, before, age, 60);
    return true;
}

/* It died some time before that: half of it is tried, and half of that if need be. Keep-alives do
 * not come to the second. */
bool sip_idle_limit_silent(struct idle_limit *limit, time_ms age)
{
    time_ms before = limit->silent_age;
    if (!is_an_age(age))
        return false;
    limit->silent_age = age;
    if (before * 4 / 5 > age || age * 4 / 5 > before)
        return false;
    learn(limit, before, age, 50);
    return true;
}
