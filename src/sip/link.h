// SPDX-License-Identifier: ISC
// The one connection to the server, as far as anything about it has to be decided: which servers
// there are, to which to connect and when, keeping alive, noticing death, how long to wait
// (RFC 5626 4.5), whether to go back to a better server. Bytes become messages here. Connections go
// by number; making, writing and closing them is the caller's work.
#pragma once

#include "sip/server_race.h"
#include "sip/stream.h"

struct link;

struct link_settings {
    struct server_wanted server; // the outbound proxy, else the domain
    uint32_t keepalive_ms;
    uint32_t retry_base_ms; // 0: the RFC's 30 s
};

enum link_state {
    LINK_IS_IDLE,
    LINK_IS_RESOLVING,
    LINK_IS_CONNECTING,
    LINK_IS_UP,
    LINK_IS_WAITING,
    LINK_STATE_COUNT
};

enum link_output_kind {
    LINK_RESOLVE, // ask for `query`; link_resolved has the answer
    LINK_CONNECT, // make `connection` to `to`; link_connected or link_closed tells what became of
                  // it
    LINK_CLOSE,   // `connection`, behind what has been sent; nothing is to be told of it any more
    LINK_SEND,    // `bytes` onto it, without link_sent
    LINK_MESSAGE, // `bytes` has come over it: one whole message; with a `fault` only the header
                  // block as far as it came, to be answered if possible and not to be carried out
    LINK_UP,      // `connection` is the one; `has_other`: another server would be tried next
    LINK_LOST,    // the one is closed, for that `reason`
    LINK_PROBE    // it must be asked by a request whether the server lives
};

struct link_output {
    enum link_output_kind kind;
    uint32_t connection;
    bool is_first;          // RESOLVE: of a search; those of a search before do not count any more
    struct dns_query query; // its name, and all texts, are borrowed until the next call
    struct net_address to;
    struct slice bytes;
    uint32_t fault_status; // MESSAGE: what to answer with; 0: it is whole
    const char *fault;
    const char *reason;
    bool has_other;
};

// How the machine would reach a server at present.
struct link_way {
    bool is_there;     // one leads to the server of the connection
    bool is_elsewhere; // one leads to some server of the list
    bool is_same;      // it leaves by the address that the connection has
};

struct link_facts {
    enum link_state state;
    const struct server_target
        *target; // of the connection, or tried last; NULL: none was found yet
    size_t rank; // from 1: its place among the servers of the name
    size_t servers;
    const char *source;       // "SRV", "address", or "last known address"
    const char *last_failure; // plain words; "" when there was none
    time_ms up_since;
    time_ms next_attempt_at; // TIME_NEVER unless waiting
    uint32_t connects;       // so far
    uint32_t idle_limit_ms;  // after which the server closes idle connections; 0: none is known
    uint32_t keepalive_ms;   // between keep-alives
};

// `settings` are borrowed until link_reconfigure.
struct link *link_new(const struct link_settings *settings, struct random *random);
// Other settings take the place of the old ones, which may go afterwards. Keep-alives and waits go
// by them at once, link_registered must tell the Flow-Timer again; the connection stays.
void link_reconfigure(struct link *link, time_ms now, const struct link_settings *settings);
void link_start(struct link *link, time_ms now);
void link_resolved(struct link *link, time_ms now, const struct dns_answer *answer);
void link_connected(struct link *link, time_ms now, uint32_t connection);
// It has failed, or the other side has closed it.
void link_closed(struct link *link, time_ms now, uint32_t connection, enum server_race_failure how,
                 const char *why);
void link_received(struct link *link, time_ms now, uint32_t connection, struct slice bytes);
// A message of ours has left.
void link_sent(struct link *link, time_ms now);
// The registration lives on this connection: it is a good one. The figures are those of the 200.
void link_registered(struct link *link, time_ms now, uint32_t flow_timer_s,
                     bool is_outbound_agreed);
// The connection does not serve: close it and make another, at the next server of the list at once
// if there is one (RFC 3263 4.3); each is tried once before the wait. `is_swallowed`: it has
// answered nothing since it was made.
void link_reconnect(struct link *link, time_ms now, const char *why, bool is_swallowed);
// There is no point in connecting before: the registrar wants to be left alone. 0: no such wish.
void link_not_before(struct link *link, time_ms when);
// What kept us from connecting may be over: a waiting link tries now.
void link_hurry(struct link *link, time_ms now);
// Addresses or routes have changed, or the machine has been asleep. A connection whose address is
// no longer the one we would use, or to which no way leads while one leads to another server of the
// list, is given up at once; another one must answer a ping; a waiting link tries now. With no way
// at all a cable may be out for a moment: the connection may outlast it.
void link_network_changed(struct link *link, time_ms now, const struct link_way *way);
// Other settings have come for the connection: closes it and makes one by them, without a wait.
void link_restart(struct link *link, time_ms now, const char *why);
// While a call is on, a short break would disturb: no better server is moved to.
void link_set_busy(struct link *link, time_ms now, bool is_busy);
time_ms link_deadline(const struct link *link);
void link_timeout(struct link *link, time_ms now);
// Pull until false after every input.
bool link_next_output(struct link *link, time_ms now, struct link_output *output);

void link_facts(const struct link *link, struct link_facts *facts);
// Which servers there are; *count of them.
const struct server_target *link_targets(const struct link *link, size_t *count);
// Counts what link_facts would tell otherwise, but for `up_since`.
uint32_t link_changes(const struct link *link);
const char *link_state_text(enum link_state state);
// Whether the machine may go from one state to the other; anything else is a mistake of ours.
bool link_state_may_become(enum link_state from, enum link_state to);
void link_free(struct link *link);
