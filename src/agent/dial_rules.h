// SPDX-License-Identifier: ISC
// What may be dialled, how often and how many at once: no surprise on the phone bill. Fails closed:
// without a pattern nothing may be dialled (contract, `dial`).
#pragma once

#include "agent/settings.h"
#include "util/limits.h"
#include "util/time_ms.h"

struct dial_rules {
    time_ms dialled_at[LIMIT_DIALS]; // of the last hour, oldest first
    size_t count;
};

// The Request-URI for what a user asks to dial, in `uri`: a SIP or tel URI, user@host, or a number,
// whose visual separators go (RFC 3966 5.1.1) and whose host is that of the address of record.
// MALFORMED: none of these; *why is a constant sentence.
MUST_USE enum status dial_rules_target(const struct agent_settings *settings, struct slice wanted,
                                       struct buffer *uri, const char **why);
// Whether a target may be dialled: a pattern with "@" is held against user@host, one without
// against the user part of addresses at our own host, without parameters but user=phone; "*" stands
// for any text, "?" for one character. A pattern of digits allows numbers only: digits and visual
// separators. Never allowed: maddr, method, ttl, headers, a password.
bool dial_rules_allow(const struct agent_settings *settings, struct slice uri);
// Counts one dial. REFUSED: dial.per_hour would be passed.
MUST_USE enum status dial_rules_count(struct dial_rules *rules, time_ms now, uint32_t per_hour);
