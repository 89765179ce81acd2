// SPDX-License-Identifier: ISC
// How long the registrar is left alone after it has refused us: by RFC 5626 4.5's law, or until its
// Retry-After (RFC 3261 20.33).
#pragma once

#include "sip/message.h"
#include "util/random.h"
#include "util/time_ms.h"

struct registration_waits {
    uint32_t base_ms;
    unsigned failures; // in a row
    bool may_doubt;    // the line was good since a Retry-After was doubted
};

// `base_ms` 0: the RFC's 30 s. It is the first wait after a fault, which grows to 60 times as much.
// What only a person can put right (a wrong password, 403) waits 5 minutes at least, whatever the
// base: accounts get banned for less.
void registration_waits_init(struct registration_waits *waits, uint32_t base_ms);
void registration_waits_set_base(struct registration_waits *waits, uint32_t base_ms);
// Whether it may pass by itself: the registrar has a fault or is busy. All else is for a person.
bool registration_waits_is_fault(uint32_t status);
// A Retry-After of more than a moment, the first after a line that was good: a registrar that
// starts says it to everybody and is there half a minute later. It is doubted once; the next one is
// obeyed.
bool registration_waits_doubts(const struct registration_waits *waits,
                               const struct sip_message *response);
// The wait then: a random third to the whole of the base (10 to 30 s).
time_ms registration_waits_doubted(struct registration_waits *waits, struct random *random);
// One failure more. `response` is the refusal, NULL when it is not the answer that is refused.
time_ms registration_waits_next(struct registration_waits *waits, bool is_fault,
                                const struct sip_message *response, struct random *random);
void registration_waits_reset(struct registration_waits *waits);
// The registrar has taken us: no failure counts any more, and a Retry-After may be doubted again.
void registration_waits_succeeded(struct registration_waits *waits);
