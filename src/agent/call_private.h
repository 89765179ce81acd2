// SPDX-License-Identifier: ISC
// The inside of a call, shared by call.c, call_answer.c and call_ending.c only.
#pragma once

#include "agent/awaited_ack.h"
#include "agent/call.h"
#include "sip/dialog.h"

enum {
    CALL_ID_LENGTH = 4,
    CALL_TOKEN_LENGTH = 24,
    CALL_TAG_LENGTH = 16,
    CALL_FIGURE_BYTES = 24
};

// The final response that is to be sent when the media ports are open.
enum call_wish {
    CALL_WISH_NONE,
    CALL_WISH_PROGRESS,
    CALL_WISH_ANSWER
};

struct call {
    const struct call_context *context;
    struct arena *arena;
    uint32_t number;
    char id[CALL_ID_LENGTH + 1];
    char token[CALL_TOKEN_LENGTH + 1];
    char tag[CALL_TAG_LENGTH + 1];
    enum call_state state;
    struct event facts; // who calls whom; copied into `arena`

    struct sip_message *invite;
    uint32_t invite_transaction;
    struct sip_dialog *dialog;
    struct negotiation *negotiation;
    struct slice session;   // the first description of ours, in `arena`
    struct awaited_ack ack; // of the INVITE or of a re-INVITE
    uint32_t bye_transaction;
    bool wants_bye;    // no connection: BYE when the line is restored
    bool wants_hangup; // BYE as soon as the ACK allows it (15)

    enum call_wish wish;
    struct action decision; // `answer`: its program
    bool has_media;         // ports are open
    bool is_held;
    unsigned owners;

    time_ms arrived_at;
    time_ms answered_at;
    time_ms ring_again_at; // 13.3.1.1: a provisional response every minute
    time_ms expires_at;    // Expires of the INVITE, or `ignore`
    uint32_t expiry_status;

    uint32_t code;
    char reason[128];
    const char *result;
    enum call_ender ended_by;
    char figures[6][CALL_FIGURE_BYTES]; // code, ring, talk, mos, loss, jitter
};

enum {
    CALL_FIGURE_CODE,
    CALL_FIGURE_RING,
    CALL_FIGURE_TALK,
    CALL_FIGURE_MOS,
    CALL_FIGURE_LOSS,
    CALL_FIGURE_JITTER
};

// The one place where a call's state changes and is logged.
void call_become(struct call *call, enum call_state state);

// call_answer.c
// A provisional or negative response to the INVITE, with Contact where a dialog is meant.
void call_respond(struct call *call, time_ms now, uint32_t status, struct slice reason,
                  struct slice lines);
// Opens the media ports first when need be, then sends 183 or 200.
void call_answer(struct call *call, time_ms now, enum call_wish wish);
void call_repeat_answer(struct call *call, time_ms now);

// call_ending.c
// A negative final answer to the INVITE: the call is over.
void call_refuse(struct call *call, time_ms now, uint32_t status, struct slice reason,
                 struct slice lines, const char *result, enum call_ender by);
// BYE, as soon as the dialog's state allows one; the call is over for its users at once.
void call_hang_up(struct call *call, time_ms now, const char *reason, enum call_ender by);
// Nothing more to be sent.
void call_conclude(struct call *call, time_ms now, const char *result, enum call_ender by);
