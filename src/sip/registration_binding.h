// SPDX-License-Identifier: ISC
// What a 200 to REGISTER grants: which Contact is ours and for how long (RFC 3261 10.2.4; the P01
// cases), Service-Route, P-Associated-URI, Flow-Timer, GRUU (RFC 5627).
#pragma once

#include "sip/message.h"
#include "util/random.h"
#include "util/time_ms.h"

enum {
    REGISTRATION_URIS_MAX = 8
};

struct registration_binding {
    struct arena *arena;
    uint32_t expires_s; // never more than was asked for; may be 0: nothing was registered
    struct slice service_routes[REGISTRATION_URIS_MAX];
    size_t service_route_count;
    struct slice associated_uris[REGISTRATION_URIS_MAX];
    size_t associated_uri_count;
    bool is_outbound_agreed;
    uint32_t flow_timer_s;
    struct slice public_gruu;    // of our Contact, a URI; empty when there is none
    struct slice temporary_gruu; // likewise; ours to know, used for nothing yet
};

// Replaces what an earlier 200 said. `asked_s` stands where the 200 names no time.
void registration_binding_read(struct registration_binding *binding,
                               const struct sip_message *response, struct slice contact_uri,
                               struct slice instance_id, uint32_t asked_s);
// Contacts with our instance id at other URIs than `sent`, ours as it was written, while that is
// there, too: what a process of before has left behind. Their URIs, `maximum` at most; borrowed
// from `response`.
size_t registration_binding_strays(const struct sip_message *response, struct slice sent,
                                   struct slice instance_id, struct slice *uris, size_t maximum);
// When to refresh: at a random 0.5 to 0.9 of the time granted, and 5 s before its end at the
// latest.
time_ms registration_binding_refresh_ms(uint32_t expires_s, struct random *random);
void registration_binding_clear(struct registration_binding *binding);
