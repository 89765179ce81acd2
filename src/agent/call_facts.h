// SPDX-License-Identifier: ISC
// Who calls whom: what an INVITE says, as the hook's variables want it (contract, "Variables").
#pragma once

#include "agent/event.h"
#include "sip/message.h"
#include "util/arena.h"

// Fills from, from_name, from_uri, to, to_uri, trust, diversion and the exported headers of *event.
// All text is copied into `arena`. The number of a caller who asked for privacy (RFC 3323), or
// whose URI has no user, is "anonymous".
void call_facts_read(struct arena *arena, const struct sip_message *invite,
                     const char *const *export_headers, size_t export_count, struct event *event);
// "****5910@example.com": the last four of the user part and the host, for logs (decision 19).
struct slice call_facts_mask(struct arena *arena, const struct sip_uri *uri);
