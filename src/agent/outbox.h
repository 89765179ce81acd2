// SPDX-License-Identifier: ISC
// What calls and the account want done outside the core, in order, waiting to be pulled.
#pragma once

#include "agent/action.h"
#include "agent/event.h"
#include "agent/told.h"
#include "util/limits.h"
#include "util/list.h"

enum outbox_kind {
    OUTBOX_EVENT,           // tell hooks and watchers
    OUTBOX_MEDIA_OPEN,      // a port pair is wanted: agent_media_opened or agent_media_failed
    OUTBOX_MEDIA_START,     // media may flow, with the negotiated parameters
    OUTBOX_MEDIA_UPDATE,    // the parameters have changed
    OUTBOX_MEDIA_CONNECTED, // the call is up: audio may be sent to the far end
    OUTBOX_MEDIA_PROGRAM,   // start the program of `answer`; none: who dialled may start its own
    OUTBOX_MEDIA_DRAIN,     // play out what is queued: agent_media_drained
    OUTBOX_MEDIA_CLOSE,     // RTCP BYE, ports closed, end of file to the program
    OUTBOX_CALL_OVER,       // verbs on this call fail from now on
    OUTBOX_MEDIA_DIGITS,    // `digits` are to be sent in the media stream: agent_digits_sent
    OUTBOX_DIGIT,           // the far end has pressed digits[0]: tell watchers and owners
    OUTBOX_RESULT,          // what an action that takes time has come to: `action`, `status`
                            // and, of `ask`, `digits`
    OUTBOX_MESSAGE_RESULT,  // of agent_send_message or agent_ask_bindings: `call` is its number,
                            // `status`
    OUTBOX_RECORD,          // what agent_write_record says of the call has changed: keep it, before
                            // anything else is carried out (decision 15)
    OUTBOX_RECORD_OVER,     // the same, but first all that was sent must have left
    OUTBOX_RECONNECT,       // the connection does not serve: close it and make another
    OUTBOX_NEW_CONNECTION,  // the connection has other settings now: close it, make one by them
    OUTBOX_STOPPED,         // everything has ended after agent_stop
    OUTBOX_COUNT
};

struct media_parameters;

struct outbox_item {
    struct list_link link;
    enum outbox_kind kind;
    enum event_kind event;
    uint32_t call;
    const char *text; // RECONNECT: why; MEDIA_OPEN, MEDIA_PROGRAM: the id that users know it by
    // Filled when the item is taken, borrowed until the next one is.
    const struct media_parameters *media; // MEDIA_START, MEDIA_UPDATE
    const struct action *program;         // MEDIA_PROGRAM: its words; none: who dialled may start
    const struct event *facts;            // MEDIA_PROGRAM: what it is told
    bool is_hook;                         // MEDIA_PROGRAM
    bool is_swallowed;                    // RECONNECT: as in sip/registration.h
    char digits[LIMIT_DIGITS_QUEUED + 1];
    enum action_kind action;
    uint32_t status;  // of the far end's answer: 200, or why not; 0: no answer came
    uint32_t tone_ms; // MEDIA_DIGITS
    uint32_t gap_ms;  // MEDIA_DIGITS
    bool as_tones;    // MEDIA_DIGITS: in the audio, else as telephone-events
    struct told
        *told; // EVENT of no call that lives: what it tells; given to whoever takes the item
};

struct outbox {
    struct list items;
};

void outbox_init(struct outbox *outbox);
void outbox_put(struct outbox *outbox, enum outbox_kind kind, uint32_t call);
void outbox_put_event(struct outbox *outbox, enum event_kind event, uint32_t call);
// An event with facts of its own; takes `told` over.
void outbox_put_told(struct outbox *outbox, struct told *told);
void outbox_put_result(struct outbox *outbox, uint32_t call, enum action_kind action,
                       uint32_t status);
// The digits, lengths and method of a `dtmf`.
void outbox_put_digits(struct outbox *outbox, uint32_t call, const struct action *action);
void outbox_put_digit(struct outbox *outbox, uint32_t call, char digit);
// What a call's digits have come to: the event `dtmf`, or the result of `ask`.
void outbox_put_collected(struct outbox *outbox, uint32_t call, const struct digit_output *output);
void outbox_put_message_result(struct outbox *outbox, uint32_t number, uint32_t status);
void outbox_put_reconnect(struct outbox *outbox, const char *why, bool is_swallowed);
// False when empty; otherwise *item is the oldest and gone from the box.
bool outbox_take(struct outbox *outbox, struct outbox_item *item);
void outbox_clear(struct outbox *outbox);
