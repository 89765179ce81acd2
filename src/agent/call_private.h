// SPDX-License-Identifier: ISC
// What the files call*.c do for each other.
#pragma once

#include "agent/call_parts.h"

// The one place where a call's state changes and is logged.
void call_become(struct call *call, enum call_state state);
// Refuses or answers a request of theirs without a body.
void call_reply(struct call *call, time_ms now, uint32_t transaction, uint32_t status,
                struct slice lines);
// What the far end says that it can do.
void call_learn_allow(struct call *call, const struct sip_message *message);

// Whether one more line may be logged of what the far end or a client brings about at will.
bool call_may_note(struct call *call);

// A call in state DIALLING, DECIDING or ENDING is made of it.
struct call *call_make(const struct call_context *context, time_ms now, uint32_t number);

// 3261 13.3.1.1: whatever only rings ends when a proxy would end it (timer C).
enum {
    CALL_RING_MS = 180000
};

// call_timers.c
// It may go on undecided for three minutes from now.
void call_ring_on(struct call *call, time_ms now);
// The connection is lost: a CANCEL may never come.
void call_ring_less(struct call *call, time_ms now);

// call_keeping.c
// What the far end is owed in the state as it is.
enum call_debt call_debt(const struct call *call);
// The INVITE has left: what a CANCEL must repeat of it.
void call_keep_sent(struct call *call);

// call_left_over.c
// The line is restored: what could not be sent is sent now.
void call_pay_debt(struct call *call, time_ms now);
// Whether the answer to a BYE ends the call: what is refused to who is not registered does not.
bool call_bye_is_settled(const struct call *call, uint32_t status);
// The connection is lost and with it our INVITE's transaction. True when it has to be cancelled on
// the next one; for its users the call is over.
bool call_cancel_later(struct call *call, time_ms now);
// The same for a BYE.
void call_bye_later(struct call *call, time_ms now);
// A 2xx that crossed our CANCEL: ACK and BYE (15.1.1).
void call_end_answered(struct call *call, time_ms now, const struct sip_message *response);
// A CANCEL has not ended them in time.
void call_end_early_dialogs(struct call *call, time_ms now);
// Nobody could be told in time.
void call_left_over_give_up(struct call *call, time_ms now);
// It has ended.
void call_log_left_over(struct call *call, time_ms now);

// call_requests.c
// Our Contact value, with sips: in a dialog that wants it (12.1).
struct slice call_contact(const struct call *call);
// Sends what `sent[purpose]` says, with the next CSeq.
void call_send(struct call *call, time_ms now, enum call_purpose purpose);
// Nobody waits any more for what is on its way inside the dialog: the call is over.
void call_abandon_requests(struct call *call, time_ms now);
// The ACK for a 2xx, with the credentials of its INVITE; kept for repetitions.
void call_send_ack(struct call *call, enum call_purpose purpose);

// call_dial.c
void call_dial_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_dial_failed(struct call *call, time_ms now, enum status why);
// Goes on when hooks, line and media ports allow it.
void call_dial_go_on(struct call *call, time_ms now);
void call_dial_timeout(struct call *call, time_ms now);
// For the INVITE on its way, with the reason that is set.
void call_send_cancel(struct call *call, time_ms now);
// Not answered yet: CANCEL, or nothing when no INVITE has left.
void call_cancel(struct call *call, time_ms now, const char *result, enum call_ender by);

// call_change.c
// OK: it will be sent as soon as it may.
MUST_USE enum status call_change_ask(struct call *call, time_ms now, enum call_change_kind kind,
                                     const char **why);
void call_change_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_change_failed(struct call *call, time_ms now, enum status why);
// Something that was in the way may be gone.
void call_change_go_on(struct call *call, time_ms now);
void call_change_timeout(struct call *call, time_ms now);
// Our re-INVITE has no final answer, only provisional ones: it is cancelled.
void call_change_give_up(struct call *call, time_ms now);

// call_their_change.c
// Hold and resume are told once.
void call_tell_hold(struct call *call);

// call_answer.c
// A provisional or negative response to the INVITE, with Contact where a dialog is meant.
void call_respond(struct call *call, time_ms now, uint32_t status, struct slice reason,
                  struct slice lines);
// 13.3.1.1: a provisional response every minute.
void call_ring_again(struct call *call, time_ms now);
// Opens the media ports first when need be, then sends 183 or 200.
void call_answer(struct call *call, time_ms now, enum call_wish wish);
void call_repeat_answer(struct call *call, time_ms now);
// The session description of a message; empty when there is none.
struct slice call_description(const struct sip_message *message);
// The media is to run, or to run differently.
void call_tell_media(struct call *call);
// The far end's answer to our offer. False when there is none or it cannot be used, which is
// logged; `bringer` says where it was looked for.
bool call_accept_answer(struct call *call, struct slice answer, const char *bringer);
// A response with a session description to INVITE or UPDATE; a 2xx to INVITE is kept for its ACK.
void call_send_session(struct call *call, time_ms now, uint32_t transaction,
                       const struct sip_message *request, uint32_t status, struct slice body);
// Starts the program of the decision, once.
void call_run_program(struct call *call);
// The call is up: audio may flow, hooks are told.
void call_come_up(struct call *call, time_ms now);

// call_reliable.c
void call_reliable_init(struct call *call, const struct sip_message *invite);
// Whether a provisional response with or without a description is to be sent reliably.
bool call_reliable_is_wanted(const struct call *call, bool has_body);
// Sends it now, or when the PRACK for the one before has come.
void call_reliable_send(struct call *call, time_ms now, uint32_t status, struct slice body);
bool call_reliable_is_open(const struct call *call);
void call_reliable_timeout(struct call *call, time_ms now);
void call_reliable_clear(struct call *call);
// UAC: acknowledges a reliable response inside its early dialog.
void call_send_prack(struct call *call, time_ms now, struct early_dialog *early);

// call_transfer.c
MUST_USE enum status call_transfer_ask(struct call *call, time_ms now, const struct action *action,
                                       const char **why);
void call_refer_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_refer_failed(struct call *call, time_ms now, enum status why);
void call_notify_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_notify_failed(struct call *call, time_ms now, enum status why);
// `accept` or `reject` of their REFER; REFUSED when there is none.
MUST_USE enum status call_transfer_decide(struct call *call, time_ms now,
                                          const struct action *action, const char **why);
void call_transfer_timeout(struct call *call, time_ms now);
// The call ends: whoever waits for a transfer is told.
void call_transfer_over(struct call *call, time_ms now);

// call_digits.c
MUST_USE enum status call_digits_send(struct call *call, time_ms now, const struct action *action,
                                      const char **why);
// `ask`: the result comes when the digits have, or will not come.
MUST_USE enum status call_digits_ask(struct call *call, time_ms now, const struct action *action,
                                     const char **why);
// The call ends: what was heard and not told is told.
void call_digits_over(struct call *call);
// The pause after a digit sent by INFO, which has been answered, is over.
void call_next_digit(struct call *call, time_ms now);
void call_info_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_info_failed(struct call *call, time_ms now, enum status why);
void call_digits_timeout(struct call *call, time_ms now);

// call_ending.c
void call_set_reason(struct call *call, uint32_t code, struct slice reason);
// Code and text of a Reason header take the place of ours.
void call_read_reason(struct call *call, const struct sip_message *message);
// A negative final answer to the INVITE: the call is over.
void call_refuse(struct call *call, time_ms now, uint32_t status, struct slice reason,
                 struct slice lines, const char *result, enum call_ender by);
// BYE, as soon as the dialog's state allows one; the call is over for its users at once.
void call_hang_up(struct call *call, time_ms now, const char *reason, enum call_ender by);
// 12.2.1.2: what the answer to a request inside the dialog says of the dialog. On 481 and 408 it is
// over: BYE.
void call_heed_answer(struct call *call, time_ms now, const struct sip_message *response);
// The same for a request that found no answer: TIMED_OUT is as good as 408.
void call_heed_failure(struct call *call, time_ms now, enum status why);
// For its users the call is over.
void call_close(struct call *call, time_ms now, const char *result, enum call_ender by);
// Nothing more to be sent.
void call_conclude(struct call *call, time_ms now, const char *result, enum call_ender by);
void call_send_bye(struct call *call, time_ms now);
void call_bye_answered(struct call *call, time_ms now, const struct sip_message *response);
void call_bye_failed(struct call *call, time_ms now, enum status why);
