// SPDX-License-Identifier: ISC
// The one SIP connection together with its reconnecting: resolve, connect, keep alive, notice
// death, wait as RFC 5626 4.5 says, try again. Bytes become messages here.
#pragma once

#include "agent/agent.h"
#include "daemon/server_search.h"
#include "io/loop.h"
#include "io/tls_settings.h"

struct sip_link;

struct sip_link_settings {
    struct server_wanted server; // the outbound proxy, else the domain
    struct tls_settings tls;
    uint32_t keepalive_ms;
    uint32_t retry_base_ms; // 0: the RFC's 30 s
};

// The calls in which they happen must not free the link.
struct sip_link_events {
    void (*up)(void *user, const struct agent_link *link);
    void (*lost)(void *user, const char *why);
    // One whole message, for the length of the call; or, with a status and a reason, what broke the
    // framing, to be answered so and not to be carried out.
    void (*message)(void *user, struct slice bytes, uint32_t fault, const char *why);
    // The server answers no keep-alives: whether it lives must be asked by a request.
    void (*probe)(void *user);
    // Whether a short break would disturb nobody: then a better server may be moved to.
    bool (*is_idle)(void *user);
};

enum sip_link_state {
    SIP_LINK_IDLE,
    SIP_LINK_RESOLVING,
    SIP_LINK_CONNECTING,
    SIP_LINK_UP,
    SIP_LINK_WAITING
};

struct sip_link_status {
    enum sip_link_state state;
    const char *state_text;
    const char *protocol; // "TLS1.3", "TCP"; "" when not up
    char remote[NET_ADDRESS_TEXT_BYTES];
    const char *host;         // its name; "" when none was found yet
    size_t rank;              // from 1: its place among the servers of the name
    size_t servers;           // so many were found
    const char *source;       // "SRV", "address", or "last known address"
    const char *last_failure; // plain words; "" when there was none
    time_ms up_since;
    time_ms next_attempt_at;     // TIME_NEVER unless waiting
    uint32_t connects;           // so far
    time_ms certificate_expires; // the server's, in ms since 1970; TIME_NEVER when not up, or TCP
};

// `settings` and its texts are borrowed until sip_link_reconfigure.
struct sip_link *sip_link_new(struct loop *loop, struct server_search *search,
                              const struct sip_link_settings *settings, struct random *random,
                              const struct sip_link_events *events, void *user);
// Other settings take the place of the old ones, which may go afterwards. Keep-alives and waits go
// by them at once, sip_link_registered must tell the Flow-Timer again; the connection stays.
void sip_link_reconfigure(struct sip_link *link, time_ms now,
                          const struct sip_link_settings *settings);
void sip_link_start(struct sip_link *link, time_ms now);
// Collected until sip_link_flush: one write per turn.
void sip_link_send(struct sip_link *link, struct slice bytes);
void sip_link_flush(struct sip_link *link);
// The registration lives on this flow: it is a good one. The figures are those of the 200.
void sip_link_registered(struct sip_link *link, time_ms now, uint32_t flow_timer_s,
                         bool is_outbound_agreed);
// The connection does not serve: close it and make another. `wants_other`: to the next server of
// the list, at once if there is one (RFC 3263 4.3); each is tried once before the wait.
void sip_link_reconnect(struct sip_link *link, time_ms now, const char *why, bool wants_other);
// There is no point in connecting before: the registrar wants to be left alone. 0: no such wish.
void sip_link_not_before(struct sip_link *link, time_ms when);
// What kept us from connecting may be over: a waiting link tries now.
void sip_link_hurry(struct sip_link *link, time_ms now);
// The machine's addresses or routes have changed, or it has been asleep. A connection whose address
// is no longer the one we would use, or to which no way leads while one leads to another server of
// the list, is given up at once; another one must answer a ping; a waiting link tries now.
void sip_link_network_changed(struct sip_link *link, time_ms now);
// Other settings have come for the connection: closes it and makes one by them, without a wait.
void sip_link_restart(struct sip_link *link, time_ms now, const char *why);
// Outside the callbacks of the connection: does what they have put off.
void sip_link_turn(struct sip_link *link, time_ms now);
void sip_link_timeout(struct sip_link *link, time_ms now);
time_ms sip_link_deadline(const struct sip_link *link);
// Counts what sip_link_status would tell otherwise, but for `up_since`.
uint32_t sip_link_changes(const struct sip_link *link);
void sip_link_status(const struct sip_link *link, struct sip_link_status *status);
// Closes for good; no callback comes any more.
void sip_link_free(struct sip_link *link);
