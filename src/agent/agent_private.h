// SPDX-License-Identifier: ISC
// The inside of the agent, shared by the files agent*.c only.
#pragma once

#include "agent/agent.h"
#include "agent/dial_rules.h"
#include "agent/own_request.h"
#include "sip/digest.h"

/* The binding that a reload has made superfluous, until the registrar has taken it off. */
struct departure {
    struct sip_registration *registration; // NULL: there is none
    struct sip_digest *digest;             // with the credentials it was made with
    uint32_t transaction;
    bool needs_connection; // a new one, afterwards
};

/* OPTIONS to a server that answers no keep-alives. */
struct flow_probe {
    uint32_t transaction; // 0: none is on its way
    bool has_answered;    // one of before, and never failed to since
    bool is_useless;      // on this connection
};

struct agent {
    const struct agent_settings *settings;
    struct random *random;
    struct sip_endpoint *endpoint;
    struct sip_digest *digest;
    struct sip_registration *registration;
    struct departure departure;
    struct call_table *calls;
    struct outbox outbox;
    struct buffer bindings;       // Contacts of the last answer to agent_ask_bindings, one a line
    struct list messages;         // MESSAGEs of ours that await their answers
    struct told *told;            // what the last output borrows from
    struct buffer contact;        // header value
    struct buffer secure_contact; // the same with sips:
    struct buffer registrar;      // Request-URI of REGISTER
    struct slice route;           // to the outbound proxy
    struct agent_link link;       // while is_linked
    struct net_address seen;      // by the registrar, while the registration has moved there
    bool has_moved;               // on this connection; it may have been refused
    struct flow_probe probe;
    struct call_context context;
    struct dial_rules dial_rules;
    struct refused_calls refused;
    uint64_t events_refused; // that found no room
    time_ms told_refused_at;
    uint64_t undialled;        // that the log has not told of
    time_ms tell_undialled_at; // not before
    uint32_t last_number;
    uint32_t last_message;
    uint32_t register_transaction;
    uint32_t online_expires_s;
    char expires_text[16];
    char offline_reason[256];
    char reconnect_reason[256];
    bool is_tls; // the connection
    bool is_linked;
    bool is_online;
    bool has_said_offline;
    bool is_stopping;
    bool has_said_stopped;
    bool is_binding_stale; // what is kept of it on disk
};

// agent_receive.c: one output of the endpoint, to whom it concerns.
void agent_handle(struct agent *agent, time_ms now, const struct sip_output *input);

// agent_messages.c
void agent_receive_message(struct agent *agent, time_ms now, uint32_t transaction,
                           const struct sip_message *message);
// A NOTIFY outside any dialog: a message summary nobody has subscribed to (RFC 3842).
void agent_receive_notify(struct agent *agent, uint32_t transaction,
                          const struct sip_message *notify);
// False when the transaction is none of theirs.
bool agent_message_answered(struct agent *agent, time_ms now, uint32_t transaction,
                            const struct sip_message *response);
bool agent_message_failed(struct agent *agent, uint32_t transaction, enum status why);
void agent_messages_free(struct agent *agent);

// agent_records.c: the next record that is to be kept: of a call that is not over (before bytes
// leave), or of one that is (when its last bytes have left).
bool agent_next_record(struct agent *agent, bool is_over, struct agent_output *output);
// Likewise of the binding, before the bytes leave that change it.
bool agent_next_binding(struct agent *agent, struct agent_output *output);

// agent_dial.c: transfers that hooks have accepted are dialled, and how they fare is reported.
void agent_pursue_transfers(struct agent *agent, time_ms now);

// agent.c
// Sets up registration and digest by the settings.
void agent_make_line(struct agent *agent, uint32_t start_jitter_ms);
void agent_go_offline(struct agent *agent, struct slice why);

// agent_contact.c
// Registers on the connection that is up.
void agent_connect_line(struct agent *agent, time_ms now);
// An answer to REGISTER is about to be taken: what we look like from there.
void agent_see_answer(struct agent *agent, const struct sip_message *response);
// An answer to REGISTER has been taken: what it says of our Contact.
void agent_see_registered(struct agent *agent, const struct sip_message *response);

// agent_probe.c
// False when the transaction is not the probe's.
bool agent_probe_answered(struct agent *agent, uint32_t transaction, uint32_t status);
bool agent_probe_failed(struct agent *agent, time_ms now, uint32_t transaction, enum status why);
void agent_probe_link_up(struct agent *agent);

// agent_reconfigure.c
void agent_credentials(const struct agent_settings *settings,
                       struct sip_digest_settings *credentials);
// What becomes of the old binding. True when it had something to say.
bool agent_pump_departure(struct agent *agent, time_ms now);
void agent_departure_free(struct agent *agent);
