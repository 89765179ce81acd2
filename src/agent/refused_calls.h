// SPDX-License-Identifier: ISC
// Calls that came and were refused before any hook could be asked: counted by reason, and told like
// the end of any other call, as long as they do not come in a flood.
#pragma once

#include "sip/message.h"
#include "util/time_ms.h"

struct agent;

enum call_refusal {
    REFUSAL_LIMIT,       // limits.calls, or more requests than are kept
    REFUSAL_STOPPING,    // the daemon stops
    REFUSAL_OFFER,       // no common codec, or no session we could have
    REFUSAL_UNSUPPORTED, // extensions, bodies or answers that we do not know
    REFUSAL_MALFORMED,
    REFUSAL_INTERVAL, // the caller is told a longer session interval, and calls again
    REFUSAL_MERGED,   // the same call by another way: the first one is a call
    REFUSAL_COUNT
};

struct refused_calls {
    uint64_t counted[REFUSAL_COUNT];
    time_ms told_until; // the time that those which were told are paid with
    uint64_t untold;    // since the last one that was told
};

// "limit": as metrics and status name it.
const char *call_refusal_text(enum call_refusal refusal);
// The INVITE is answered with `status`. `why` is for people; empty: what the status stands for.
void refused_calls_note(struct agent *agent, time_ms now, const struct sip_message *invite,
                        enum call_refusal refusal, uint32_t status, struct slice why);
