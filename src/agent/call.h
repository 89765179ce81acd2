// SPDX-License-Identifier: ISC
// One call: what each event does to it (RFC 3261 13 to 15). It answers through the endpoint and
// asks for everything else through the outbox.
#pragma once

#include "agent/call_states.h"
#include "agent/negotiation.h"
#include "agent/outbox.h"
#include "sip/endpoint.h"

struct call;

// What all calls share; borrowed for the life of the agent.
struct call_context {
    const struct agent_settings *settings;
    struct sip_endpoint *endpoint;
    struct outbox *outbox;
    struct random *random;
    const struct buffer *contact; // our Contact value; changes with the connection
};

enum call_ender {
    CALL_ENDED_LOCALLY,
    CALL_ENDED_REMOTELY,
    CALL_ENDED_BY_NETWORK
};

// An INVITE outside any dialog has been admitted; `transaction` is to be answered. The event
// `incoming` is put into the outbox.
struct call *call_new(const struct call_context *context, time_ms now, uint32_t number,
                      uint32_t transaction, const struct sip_message *invite);

// What users ask for. REFUSED: not in this state; CLOSED: the call is over; UNSUPPORTED: not for an
// incoming call. *why is a constant sentence.
MUST_USE enum status call_act(struct call *call, time_ms now, const struct action *action,
                              const char **why);
void call_receive_ack(struct call *call, time_ms now, const struct sip_message *ack);
void call_receive_cancel(struct call *call, time_ms now, const struct sip_message *cancel);
void call_receive_bye(struct call *call, time_ms now, uint32_t transaction,
                      const struct sip_message *bye);
// INVITE inside the dialog.
void call_receive_invite(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *invite);
// Our BYE was answered (a final response), or it failed; CLOSED means that the connection was lost.
void call_bye_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_bye_failed(struct call *call, time_ms now, enum status why);
// The line is registered again: a BYE that found no connection is sent now.
void call_line_restored(struct call *call, time_ms now);

void call_media_opened(struct call *call, time_ms now, const struct net_address *rtp,
                       uint16_t rtcp_port);
void call_media_failed(struct call *call, time_ms now);
// What was queued has been played out.
void call_media_drained(struct call *call, time_ms now);
// A hook, program or client that keeps the call alive has come or gone.
void call_own(struct call *call);
void call_disown(struct call *call, time_ms now);
// The daemon stops: the call ends in the politest way its state allows.
void call_stop(struct call *call, time_ms now);

void call_timeout(struct call *call, time_ms now);
time_ms call_deadline(const struct call *call);

uint32_t call_number(const struct call *call);
const char *call_id(const struct call *call);
enum call_state call_state(const struct call *call);
// Its last transaction has ended: it may be freed.
bool call_is_finished(const struct call *call);
uint32_t call_invite_transaction(const struct call *call);
uint32_t call_bye_transaction(const struct call *call);
const struct sip_dialog *call_dialog(const struct call *call);
struct sip_dialog *call_dialog_mutable(struct call *call);
bool call_awaits_ack(const struct call *call, uint32_t cseq);
const struct negotiation *call_negotiation(const struct call *call);
const struct action *call_decision(const struct call *call);
time_ms call_arrived_at(const struct call *call);
// TIME_NEVER when it was not answered.
time_ms call_answered_at(const struct call *call);
// Fills what hooks are told; slices are borrowed from the call.
void call_event(const struct call *call, enum event_kind kind, struct event *event);
// Figures of the media, for the event `ended`; copied.
void call_set_media_figures(struct call *call, const struct media_statistics *statistics);
void call_free(struct call *call);
