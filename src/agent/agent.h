// SPDX-License-Identifier: ISC
// The user agent of one line: its registration and its calls. Messages, actions and time go in;
// bytes to send, events and media orders are pulled out. Reads no clock, opens nothing.
#pragma once

#include "agent/call_table.h"
#include "agent/refused_calls.h"
#include "sip/registration.h"

struct agent;

// The connection as it stands: what Via and Contact say of it.
struct agent_link {
    bool is_tls;
    struct net_address local;
    struct net_address remote; // NET_NONE: not known
    bool has_other;            // another server would be tried next
};

enum agent_output_kind {
    AGENT_SEND,    // `bytes` onto the connection
    AGENT_EVENT,   // tell hooks and watchers
    AGENT_OUTBOX,  // everything else, as in agent/outbox.h
    AGENT_BINDING, // what agent_write_binding says has changed: keep it, before anything else
};

struct agent_output {
    enum agent_output_kind kind;
    struct slice bytes;       // SEND; borrowed until the next call
    struct event event;       // EVENT; slices borrowed until the next call
    uint32_t transaction;     // EVENT: not 0: agent_event_taken tells whether there was room for it
    struct slice sip_call_id; // EVENT: of the call's INVITE, likewise; empty where there is none
    struct outbox_item item;  // EVENT and OUTBOX
};

// `settings` are borrowed until agent_reconfigure, `random` for the life of the agent.
struct agent *agent_new(const struct agent_settings *settings, struct random *random);
// Other settings take the place of the old ones, which may go afterwards. Calls live on. What the
// registrar must know is told it: the binding of another line is taken off, then the new one made;
// with `needs_connection` over a new connection, which OUTBOX_NEW_CONNECTION asks for.
void agent_reconfigure(struct agent *agent, time_ms now, const struct agent_settings *settings,
                       bool needs_connection);
void agent_link_up(struct agent *agent, time_ms now, const struct agent_link *link);
void agent_link_lost(struct agent *agent, time_ms now, const char *why);
// One whole message. It must live until the outputs have been drained.
void agent_receive(struct agent *agent, time_ms now, const struct sip_message *message);
// One message as it came, parsed into `arena`, which is not to be reset before the outputs have
// been pulled. With a `fault` (a status) it is what broke the framing, for the reason `why`:
// answered if that can be, and not carried out. What cannot be read is dropped and counted.
void agent_receive_bytes(struct agent *agent, time_ms now, struct arena *arena, struct slice bytes,
                         uint32_t fault, const char *why);

// Calls out. The call's number in *number. MALFORMED: no target; REFUSED: by dial.* or
// limits.calls; *why is a constant sentence. Who dials owns the call (agent_own).
MUST_USE enum status agent_dial(struct agent *agent, time_ms now, const struct call_order *order,
                                uint32_t *number, const char **why);
// Sends a MESSAGE (RFC 3428) of plain text; OUTBOX_MESSAGE_RESULT with *number tells the end. The
// rules of dialling hold.
MUST_USE enum status agent_send_message(struct agent *agent, time_ms now, struct slice to,
                                        struct slice text, uint32_t *number, const char **why);
// Asks the registrar who is registered for the address of record; OUTBOX_MESSAGE_RESULT with
// *number tells that agent_bindings has the answer: Contact values, one a line.
MUST_USE enum status agent_ask_bindings(struct agent *agent, time_ms now, uint32_t *number,
                                        const char **why);
struct slice agent_bindings(const struct agent *agent);
// What a hook, client or the configuration asks for; see call_act.
MUST_USE enum status agent_act(struct agent *agent, time_ms now, const struct action *action,
                               const char **why);
// No hook decides: the configuration does.
void agent_decide_default(struct agent *agent, time_ms now, uint32_t call);
void agent_own(struct agent *agent, uint32_t call, enum owner_kind kind, uint32_t who);
void agent_disown(struct agent *agent, time_ms now, uint32_t call, enum owner_kind kind,
                  uint32_t who);
void agent_media_opened(struct agent *agent, time_ms now, uint32_t call,
                        const struct net_address *rtp, uint16_t rtcp_port);
void agent_media_failed(struct agent *agent, time_ms now, uint32_t call);
void agent_media_drained(struct agent *agent, time_ms now, uint32_t call);
void agent_digit(struct agent *agent, time_ms now, uint32_t call, char digit);
// What OUTBOX_MEDIA_DIGITS ordered has left, or cannot leave any more.
void agent_digits_sent(struct agent *agent, uint32_t call, bool have_left);
// Who asked for digits does not wait for them any more.
void agent_cancel_ask(struct agent *agent, uint32_t call);
void agent_media_figures(struct agent *agent, uint32_t call,
                         const struct media_statistics *statistics);
// What a MESSAGE or NOTIFY has brought is kept, and the far end gets its 200; or not, and it is to
// try again later. Given at once for each event that has a transaction.
void agent_event_taken(struct agent *agent, time_ms now, uint32_t transaction, bool is_taken);
// The operator asks for a REGISTER now.
void agent_reregister(struct agent *agent, time_ms now);
// Asks the server by OPTIONS whether it lives, while the line is online; OUTBOX_RECONNECT follows
// when it does not.
void agent_probe(struct agent *agent, time_ms now);
// Ends every call, takes the registration back; OUTBOX_STOPPED follows when all is done.
void agent_stop(struct agent *agent, time_ms now);

// Decision 15: calls survive the death of the process as records, a text each. OUTBOX_RECORD tells
// that one has changed, before what makes the change true; OUTBOX_RECORD_OVER that nothing is owed
// any more, behind what has paid it. `wall` is `now` in
// milliseconds since 1970.
// Writes that of a call; nothing when none is to be kept any more. TOO_LARGE: it cannot be kept.
MUST_USE enum status agent_write_record(const struct agent *agent, time_ms now, time_ms wall,
                                        uint32_t call, struct buffer *text);
// The hook `ended` of a call has been started: its record is to be written again at once. False
// when the call has gone, and its record is to go with it.
bool agent_set_told(struct agent *agent, uint32_t call);
// Takes up what an earlier process has left: it is ended once the line is registered. *number is
// the call's new one. MALFORMED with *why, a constant sentence.
MUST_USE enum status agent_restore(struct agent *agent, time_ms now, time_ms wall,
                                   struct slice record, uint32_t *number, const char **why);
// The binding at the registrar survives it, too (no secrets): what it may have of us, "" when it
// has nothing.
void agent_write_binding(const struct agent *agent, time_ms now, time_ms wall, struct buffer *text);
// Before the first connection: what an earlier process has left there is taken off by the first
// REGISTER. MALFORMED: it is no such record.
MUST_USE enum status agent_restore_binding(struct agent *agent, time_ms now, time_ms wall,
                                           struct slice record);
// Calls of an earlier process that have not ended yet.
size_t agent_count_left_over(const struct agent *agent);
// What agent_event_taken said that there was no room for.
uint64_t agent_count_untaken(const struct agent *agent);
// Calls that were refused before any hook could be asked.
uint64_t agent_count_refused(const struct agent *agent, enum call_refusal refusal);

void agent_timeout(struct agent *agent, time_ms now);
time_ms agent_deadline(const struct agent *agent);
// Pull until false after every input.
bool agent_next_output(struct agent *agent, time_ms now, struct agent_output *output);

const struct call_table *agent_calls(const struct agent *agent);
const struct call *agent_call(const struct agent *agent, uint32_t number);
const struct sip_registration *agent_registration(const struct agent *agent);
const struct agent_settings *agent_settings(const struct agent *agent);
const struct sip_endpoint *agent_endpoint(const struct agent *agent);
void agent_free(struct agent *agent);
