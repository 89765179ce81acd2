// SPDX-License-Identifier: ISC
// How long to wait before the next connection (RFC 5626 4.5). The first try after a good flow comes
// at a random 0 to 3 s; then min(1800 s, 30 s * 2^failures), of which a random 50 to 100 %. A flow
// is good once it has registered; one that does not last a minute counts as a failure, too, so that
// a server that registers us and hangs up is not hammered.
#pragma once

#include "util/random.h"
#include "util/time_ms.h"

#include <stdbool.h>

struct flow_recovery {
    uint32_t base_ms;
    uint32_t failures;
    bool is_registered;
    time_ms registered_at;
    uint32_t swallowed; // in a row
    bool has_lost_framing;
    time_ms framing_lost_at; // the last time
};

// `base_ms` 0: the RFC's 30 s. The other times scale with it: 1/10 (3 s), 2 (60 s), 60 (1800 s).
void sip_flow_recovery_init(struct flow_recovery *recovery, uint32_t base_ms);
// Another base for the waits to come.
void sip_flow_recovery_set_base(struct flow_recovery *recovery, uint32_t base_ms);
// The present flow has registered.
void sip_flow_recovery_registered(struct flow_recovery *recovery, time_ms now);
// The flow was lost, or a connection could not be made: the milliseconds to wait before the next
// try.
uint32_t sip_flow_recovery_lost(struct flow_recovery *recovery, time_ms now, struct random *random);
// A good flow was given up because of what somebody sent over it, which was neither the server's
// fault nor the network's: at once, and at a random 0 to 3 s when that was so a moment ago. No wait
// grows for it. What has not registered is a failure like any other.
uint32_t sip_flow_recovery_lost_framing(struct flow_recovery *recovery, time_ms now,
                                        struct random *random);
// A good flow was closed as this server, or a NAT on the way to it, closes all that are idle: a
// random 0 to 3 s, and no wait grows for it.
uint32_t sip_flow_recovery_lost_idle(struct flow_recovery *recovery, time_ms now,
                                     struct random *random);
// The server has taken a connection and answered nothing, as one that starts does: likewise, for
// some ten minutes.
uint32_t sip_flow_recovery_swallowed(struct flow_recovery *recovery, time_ms now,
                                     struct random *random);
// Failures in a row, for status.
uint32_t sip_flow_recovery_failures(const struct flow_recovery *recovery);
// The operator asked, or the network changed: the next wait is a short one.
void sip_flow_recovery_reset(struct flow_recovery *recovery);
