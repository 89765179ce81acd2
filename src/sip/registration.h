// SPDX-License-Identifier: ISC
// One binding at one registrar, over one connection (RFC 3261 10.2, RFC 5626 4.2): when to
// REGISTER, what the answer means, when to try again. The caller owns the connection and the
// transactions.
#pragma once

#include "sip/digest.h"
#include "sip/request.h"
#include "util/time_ms.h"

struct sip_registration;

struct sip_registration_settings {
    struct slice aor;           // URI text, "sips:alice@example.com"
    struct slice registrar;     // Request-URI; empty: derived by sip_registration_registrar
    struct slice instance_id;   // "urn:uuid:…" without <>; empty: no outbound (RFC 5626), no `ob`
    uint32_t expires_s;         // what we ask for
    bool asks_gruu;             // with an instance id: RFC 5627 is offered, too
    uint32_t retry_base_ms;     // registration_waits.h; 0: the RFC's 30 s
    uint32_t start_jitter_ms;   // the first REGISTER of the process waits up to so long (P06d)
    const struct slice *routes; // Route values in order, "<sip:proxy.example.com;lr>"
    size_t route_count;
};

enum sip_registration_state {
    REGISTRATION_IS_OFFLINE,     // no link
    REGISTRATION_IS_REGISTERING, // a REGISTER is on its way
    REGISTRATION_IS_REGISTERED,
    REGISTRATION_IS_WAITING, // for the next attempt; see sip_registration_is_online
    REGISTRATION_IS_STOPPING,
    REGISTRATION_IS_STOPPED,
    REGISTRATION_STATE_COUNT
};

enum sip_registration_output_kind {
    REGISTRATION_SEND,      // `request`, in a new transaction
    REGISTRATION_ONLINE,    // once per change, not per refresh
    REGISTRATION_OFFLINE,   // once per change, and once when the first attempt fails
    REGISTRATION_RECONNECT, // close the connection and open another (flow_recovery.h says when)
    REGISTRATION_STOPPED    // after sip_registration_stop: nothing more will come
};

struct sip_registration_output {
    enum sip_registration_output_kind kind;
    struct sip_request request; // SEND: borrowed until the next call that takes `now`
    uint32_t expires_s;         // ONLINE
    struct slice reason;        // OFFLINE, RECONNECT: a plain sentence; borrowed likewise
    bool is_swallowed; // RECONNECT: no REGISTER on this connection had an answer: as from a server
                       // that starts. No reason to come more seldom.
};

// Copies the settings. `digest` and `random` must outlive the registration.
struct sip_registration *sip_registration_new(const struct sip_registration_settings *settings,
                                              struct sip_digest *digest, struct random *random);
// A link is up: REGISTER now, unless a refusal or Retry-After says to wait. `contact_uri` is our
// Contact on this link without `ob`; where outbound was not agreed the one before is taken off by
// the same REGISTER. Drops the digest's nonces. Called again on the same link it changes the
// Contact.
void sip_registration_connected(struct sip_registration *registration, time_ms now,
                                struct slice contact_uri);
// Whether a 503 is a reason to go to another server (RFC 3263 4.3): RECONNECT then, without a wait.
void sip_registration_set_other(struct sip_registration *registration, bool has_other);
void sip_registration_link_lost(struct sip_registration *registration, time_ms now);
// A response to our REGISTER; others are ignored.
void sip_registration_response(struct sip_registration *registration, time_ms now,
                               const struct sip_message *response);
// The Contact that the answer in hand would have us move to; empty: none. Where that answer does
// not bind ours it is taken at once, and sip_registration_is_moved says so.
void sip_registration_set_seen(struct sip_registration *registration, struct slice contact_uri);
// The transaction ended without response: TIMED_OUT or CLOSED.
void sip_registration_failed(struct sip_registration *registration, time_ms now, enum status why);
// The binding survives the death of the process as a text: what the registrar may have of us. It is
// another one after each REGISTER (before its bytes leave) and after each answer. Empty when there
// is nothing. `wall` is `now` in milliseconds since 1970.
void sip_registration_write_record(const struct sip_registration *registration, time_ms now,
                                   time_ms wall, struct buffer *record);
// Before anything else: what a process of before has left is taken off by the first REGISTER. A
// record of another address is left alone. MALFORMED: it is none.
MUST_USE enum status sip_registration_restore(struct sip_registration *registration, time_ms now,
                                              time_ms wall, struct slice record);
// While registered: REGISTER now with another Contact for the same link (what we look like from
// there), the present one taken off by the same request. Should that be refused, the present one
// stays.
void sip_registration_move(struct sip_registration *registration, struct slice contact_uri);
// The Contact is that of the last sip_registration_move, and was not refused.
bool sip_registration_is_moved(const struct sip_registration *registration);
// The waits after faults from the next one on; as in the settings.
void sip_registration_set_retry(struct sip_registration *registration, uint32_t base_ms);
// Whether RFC 5627 is offered from the next REGISTER on.
void sip_registration_set_gruu(struct sip_registration *registration, bool asks_gruu);
// What is asked for from the next REGISTER on.
void sip_registration_set_expires(struct sip_registration *registration, uint32_t expires_s);
// The operator asks: REGISTER now, whatever we were waiting for; where one is on its way, once more
// behind it.
void sip_registration_refresh(struct sip_registration *registration, time_ms now);
// Takes our binding off, then STOPPED; at most 4 s.
void sip_registration_stop(struct sip_registration *registration, time_ms now);
time_ms sip_registration_deadline(const struct sip_registration *registration);
void sip_registration_timeout(struct sip_registration *registration, time_ms now);
bool sip_registration_next_output(struct sip_registration *registration,
                                  struct sip_registration_output *output);

enum sip_registration_state sip_registration_state(const struct sip_registration *registration);
// "offline", "registering", "registered", "waiting", "stopping", "stopped".
const char *sip_registration_state_text(enum sip_registration_state state);
// Whether the machine may go from one state to the other; anything else is a mistake of ours.
bool sip_registration_may_become(enum sip_registration_state from, enum sip_registration_state to);
// Our binding is alive as far as we know; also while it is refreshed or waits for another try.
bool sip_registration_is_online(const struct sip_registration *registration);
// When the binding ends; TIME_NEVER when there is none.
time_ms sip_registration_registered_until(const struct sip_registration *registration);
// The next REGISTER; TIME_NEVER when none is planned. While it lies ahead and nothing is
// registered, there is no point in connecting earlier.
time_ms sip_registration_next_attempt_at(const struct sip_registration *registration);
// The registrar wants to be left alone until then, whatever becomes of the connection; 0: it does
// not.
time_ms sip_registration_not_before(const struct sip_registration *registration);
// The last failure and what to do about it; empty when the last attempt succeeded.
struct slice sip_registration_last_failure(const struct sip_registration *registration);
// Status of the last final response; 0 when none came.
uint32_t sip_registration_last_status(const struct sip_registration *registration);
// Service-Route values of the last 200 (RFC 3608): Route headers for new requests, after a route to
// the outbound proxy.
size_t sip_registration_service_route_count(const struct sip_registration *registration);
struct slice sip_registration_service_route(const struct sip_registration *registration,
                                            size_t index);
// P-Associated-URI values of the last 200.
size_t sip_registration_associated_uri_count(const struct sip_registration *registration);
struct slice sip_registration_associated_uri(const struct sip_registration *registration,
                                             size_t index);
// Our Contacts carry `ob` and instance id (configured, and not refused by a 439).
bool sip_registration_uses_outbound(const struct sip_registration *registration);
// The last 200 required outbound: the server answers pings (keep_alive.h).
bool sip_registration_is_outbound_agreed(const struct sip_registration *registration);
// The pub-gruu of our Contact in the last 200 (RFC 5627), a URI; empty when there is none.
struct slice sip_registration_gruu(const struct sip_registration *registration);
// Flow-Timer of the last 200 in seconds; 0 when none.
uint32_t sip_registration_flow_timer(const struct sip_registration *registration);
void sip_registration_free(struct sip_registration *registration);

// The Request-URI for an AOR: its scheme, host and port, without user and parameters (10.2).
// MALFORMED when `aor` is no sip or sips URI.
MUST_USE enum status sip_registration_registrar(struct slice aor, struct buffer *registrar);
