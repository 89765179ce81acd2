// SPDX-License-Identifier: ISC
// One call, in or out: what each event does to it (RFC 3261 13 to 15). It speaks through the
// endpoint and asks for everything else through the outbox.
#pragma once

#include "agent/call_record.h"
#include "agent/call_states.h"
#include "agent/negotiation.h"
#include "agent/outbox.h"
#include "agent/owners.h"
#include "sip/registration.h"

struct call;

// What all calls share; borrowed for the life of the agent.
struct call_context {
    const struct agent_settings *settings;
    struct sip_endpoint *endpoint;
    struct sip_digest *digest;
    const struct sip_registration *registration;
    struct outbox *outbox;
    struct random *random;
    const struct buffer *contact;        // our Contact value; changes with the connection
    const struct buffer *secure_contact; // the same with sips:
    const bool *is_tls;                  // the connection
    const bool *is_online;
    const bool *is_linked;
    const struct call_table *calls; // whose ids are taken
};

// What a user wants to dial, all of it checked; texts are borrowed.
struct call_order {
    struct slice target;          // Request-URI
    struct slice from;            // identity to show; empty: the address of record
    uint32_t ring_s;              // give up so long after the INVITE; 0: the far end decides
    uint32_t wait_s;              // for the registration
    bool has_early;               // what is played before the answer is wanted
    const struct action *program; // the words get the audio at the answer; NULL: none
    bool has_hook;                // the program is a hook, without the audio
    uint32_t referrer;            // the call whose REFER asks for this one; 0: none
    struct slice referred_by;     // Referred-By of that REFER; empty: none
    struct slice replaces;        // Replaces of the Refer-To; empty: none
    bool is_detached;             // nobody waits: it belongs to its program from the start
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

// An outgoing call. The event `outgoing` is put into the outbox; nothing leaves before call_allow.
struct call *call_new_outgoing(const struct call_context *context, time_ms now, uint32_t number,
                               const struct call_order *order);
// No hook has anything against the outgoing call.
void call_allow(struct call *call, time_ms now);

// What users ask for. REFUSED: not in this state; CLOSED: the call is over. *why is a constant
// sentence. Where action_takes_time, OK means begun: OUTBOX_RESULT tells the end.
MUST_USE enum status call_act(struct call *call, time_ms now, const struct action *action,
                              const char **why);
// A request of the far end inside the dialog that the state of the call does not admit is answered;
// true then, and it is not to be given to one of the functions below.
bool call_refuses(struct call *call, time_ms now, uint32_t transaction, enum sip_method method);
void call_receive_ack(struct call *call, time_ms now, const struct sip_message *ack);
void call_receive_cancel(struct call *call, time_ms now, const struct sip_message *cancel);
void call_receive_bye(struct call *call, time_ms now, uint32_t transaction,
                      const struct sip_message *bye);
// Requests inside the dialog, each with the transaction that is to be answered.
void call_receive_invite(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *invite);
void call_receive_update(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *update);
void call_receive_prack(struct call *call, time_ms now, uint32_t transaction,
                        const struct sip_message *prack);
void call_receive_info(struct call *call, time_ms now, uint32_t transaction,
                       const struct sip_message *info);
void call_receive_refer(struct call *call, time_ms now, uint32_t transaction,
                        const struct sip_message *refer);
void call_receive_notify(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *notify);
// A response to a request of the call's, or why none will come; CLOSED: the connection was lost.
// False: the call waits for no answer to that request.
bool call_receive_response(struct call *call, time_ms now, uint32_t transaction,
                           const struct sip_message *response);
bool call_request_failed(struct call *call, time_ms now, uint32_t transaction, enum status why);
// A 2xx that was acknowledged before: the same ACK again (13.2.2.4). False when it is none of them.
bool call_repeat_ack(struct call *call, const struct sip_message *response);
// A 2xx that no call wants: another branch of a fork, or too late. ACK and BYE (13.2.2.4).
void call_dismiss_answer(const struct call_context *context, time_ms now,
                         const struct sip_message *response);
// The line is registered again: what found no connection is sent now.
void call_line_restored(struct call *call, time_ms now);
// There is a connection, though no registration yet.
void call_link_up(struct call *call, time_ms now);
// The connection is gone; the call stays.
void call_link_lost(struct call *call, time_ms now);
// A digit was heard, by RTP or INFO.
void call_receive_digit(struct call *call, time_ms now, char digit, bool is_info);
// What OUTBOX_MEDIA_DIGITS ordered has left, or cannot leave any more.
void call_digits_sent(struct call *call, bool have_left);
// Who asked for digits has gone.
void call_cancel_ask(struct call *call);
// Digits that found no room or came too fast.
uint64_t call_digits_dropped(const struct call *call);

// A transfer that was accepted: what is to be dialled (once), and how that goes on.
bool call_take_transfer(struct call *call, struct call_order *order);
void call_report_transfer(struct call *call, time_ms now, uint32_t status);
// "sip:target?Replaces=…" for a transfer to the far end of this call (RFC 3891 5). REFUSED when it
// is not up.
MUST_USE enum status call_write_replaces(const struct call *call, struct buffer *uri);
// The call for whose REFER this one was dialled, and what is to be reported there: 100, 180, 200
// or the code of the failure.
uint32_t call_referrer(const struct call *call);
uint32_t call_progress_status(const struct call *call);

void call_media_opened(struct call *call, time_ms now, const struct net_address *rtp,
                       uint16_t rtcp_port);
void call_media_failed(struct call *call, time_ms now);
// What was queued has been played out.
void call_media_drained(struct call *call, time_ms now);
// A hook, program or client that keeps the call alive has come or gone.
void call_own(struct call *call, enum owner_kind kind, uint32_t who);
// Somebody keeps it alive.
bool call_is_kept(const struct call *call);
void call_disown(struct call *call, time_ms now, enum owner_kind kind, uint32_t who);
// The daemon stops: the call ends in the politest way its state allows.
void call_stop(struct call *call, time_ms now);

void call_timeout(struct call *call, time_ms now);
time_ms call_deadline(const struct call *call);

uint32_t call_number(const struct call *call);
const char *call_id(const struct call *call);
// The Call-ID of its messages.
struct slice call_sip_call_id(const struct call *call);
enum call_state call_state(const struct call *call);
// For its users; the far end may not know yet.
bool call_is_over(const struct call *call);
// Its last transaction has ended: it may be freed.
bool call_is_finished(const struct call *call);
uint32_t call_invite_transaction(const struct call *call);
// The dialog that a message belongs to: the call's, or an early one; NULL when it is neither.
struct sip_dialog *call_find_dialog(const struct call *call, const struct sip_message *message);
bool call_is_outgoing(const struct call *call);
// Owned by its program from the dial on.
bool call_is_detached(const struct call *call);
// Its program is a hook.
bool call_has_hook(const struct call *call);
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

// Whether the record on disk is not that of the call as it is (call_record.h), which
// call_record_given settles. An empty text: nothing is to be kept any more.
bool call_is_record_due(const struct call *call);
void call_record_given(struct call *call);
MUST_USE enum status call_write_record(const struct call *call, time_ms now, time_ms wall,
                                       struct buffer *text);
// The hook `ended` has been started; the record that says so is to be taken at once.
void call_set_told(struct call *call);
// A call that an earlier process has left. It ends as soon as the line is registered.
struct call *call_restore(const struct call_context *context, time_ms now, time_ms wall,
                          uint32_t number, const struct call_record *record);
bool call_is_left_over(const struct call *call);
void call_free(struct call *call);
