// SPDX-License-Identifier: ISC
// A request of ours outside any dialog: who it is from and to, and by which routes it leaves
// (RFC 3261 8.1.1, RFC 3608 6.1).
#pragma once

#include "agent/settings.h"
#include "sip/registration.h"
#include "util/limits.h"

struct initial_request {
    struct slice uri;
    struct slice from; // value with tag
    struct slice to;
    struct slice call_id;
    uint32_t cseq; // of the last attempt
};

// Texts are copied into `arena`. `uri` is the Request-URI; the caller appears as `from` (a header
// value without tag), or as the address of record when that is empty.
void initial_request_init(struct initial_request *request, struct arena *arena,
                          const struct agent_settings *settings, struct random *random,
                          struct slice uri, struct slice from);
// Whether the request must go by TLS, and its Contact be a SIPS URI: its Request-URI or the first
// of its routes is one (8.1.1.8, 8.1.2).
bool initial_request_is_secure(const struct initial_request *request,
                               const struct agent_settings *settings,
                               const struct sip_registration *registration);
// To is the address of record, too, as in a REGISTER (10.2).
void initial_request_to_self(struct initial_request *request, struct arena *arena,
                             const struct agent_settings *settings);
// The next attempt: one CSeq more, the same Call-ID and From tag (22.2). `routes` receives the way:
// the outbound proxy, then the Service-Routes of the registration.
void initial_request_frame(struct initial_request *request, const struct agent_settings *settings,
                           const struct sip_registration *registration,
                           struct slice routes[LIMIT_SIP_ROUTES], struct sip_request *frame);
