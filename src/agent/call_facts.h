// SPDX-License-Identifier: ISC
// Who calls whom: what an INVITE says, as the hook's variables want it (contract, "Variables").
#pragma once

#include "agent/event.h"
#include "agent/settings.h"
#include "sip/message.h"
#include "util/arena.h"

// Fills from, from_name, from_uri, to, to_uri, trust, diversion, user_to_user, call_info, identity
// and the exported headers of *event. The last diverting party is that of Diversion, else of
// History-Info (RFC 5806, RFC 7044).
// All text is copied into `arena`. The number of a caller who asked for privacy (RFC 3323), or
// whose URI has no user, is "anonymous".
void call_facts_read(struct arena *arena, const struct sip_message *invite,
                     const char *const *export_headers, size_t export_count, struct event *event);
// The same for a call of ours. `from` is the identity asked for; empty: the address of record.
void call_facts_dialled(struct arena *arena, const struct agent_settings *settings,
                        const struct sip_uri *target, struct slice from, struct event *event);
// A transfer that the far end asks for: to and to_uri are its target, diversion who refers.
// `user` is the target's user part, unescaped; where it has none, the target stands for it.
void call_facts_transfer(struct slice target, struct slice user, struct slice referred_by,
                         struct event *event);
// "****5910@example.com": the last four of the user part and the host, for logs (decision 19).
struct slice call_facts_mask(struct arena *arena, const struct sip_uri *uri);
