// SPDX-License-Identifier: ISC
// The one SIP connection: carries out what sip/link.h decides, with sockets, TLS and the DNS.
#pragma once

#include "agent/agent.h"
#include "io/loop.h"
#include "io/tls_settings.h"
#include "sip/link.h"

struct sip_link;

struct sip_link_settings {
    struct link_settings link;
    struct tls_settings tls;
};

// The calls in which they happen must not free the link.
struct sip_link_events {
    void (*up)(void *user, const struct agent_link *link);
    void (*lost)(void *user, const char *why);
    // One message, for the length of the call. `fault` 0: it is whole; else the stream is broken,
    // only the header block is there, `why` says what is wrong, and `fault` is the status to answer
    // with.
    void (*message)(void *user, struct slice bytes, uint32_t fault, const char *why);
    // It must be asked by a request whether the server lives.
    void (*probe)(void *user);
    // Whether a short break would disturb nobody: then a better server may be moved to.
    bool (*is_idle)(void *user);
};

struct sip_link_status {
    struct link_facts facts;
    const char *state_text;
    const char *protocol; // "TLS1.3", "TCP"; "" when not up
    char remote[NET_ADDRESS_TEXT_BYTES];
    const char *host;            // its name; "" when none was found yet
    time_ms certificate_expires; // the server's, in ms since 1970; TIME_NEVER when not up, or TCP
};

// `settings` and its texts are borrowed until sip_link_reconfigure.
struct sip_link *sip_link_new(struct loop *loop, const struct sip_link_settings *settings,
                              struct random *random, const struct sip_link_events *events,
                              void *user);
// As link_reconfigure.
void sip_link_reconfigure(struct sip_link *link, time_ms now,
                          const struct sip_link_settings *settings);
void sip_link_start(struct sip_link *link, time_ms now);
// Collected until sip_link_flush: one write per turn.
void sip_link_send(struct sip_link *link, struct slice bytes);
void sip_link_flush(struct sip_link *link);
// These as in sip/link.h; what follows from them comes with the next sip_link_turn.
void sip_link_registered(struct sip_link *link, time_ms now, uint32_t flow_timer_s,
                         bool is_outbound_agreed);
void sip_link_reconnect(struct sip_link *link, time_ms now, const char *why, bool is_swallowed);
void sip_link_not_before(struct sip_link *link, time_ms when);
void sip_link_hurry(struct sip_link *link, time_ms now);
void sip_link_network_changed(struct sip_link *link, time_ms now);
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
