// SPDX-License-Identifier: ISC
// What a call is made of, for the files call*.c only; call_private.h has what they do for each
// other.
#pragma once

#include "agent/awaited_ack.h"
#include "agent/call.h"
#include "agent/call_left_over.h"
#include "agent/call_place.h"
#include "agent/digit_collection.h"
#include "agent/digit_twins.h"
#include "agent/early_dialogs.h"
#include "agent/initial_request.h"
#include "agent/own_request.h"
#include "agent/owners.h"
#include "sip/reliable_provisional.h"
#include "sip/session_timer.h"
#include "util/limits.h"

enum {
    CALL_TOKEN_LENGTH = 24,
    CALL_TAG_LENGTH = 16,
    CALL_FIGURE_BYTES = 24
};

// The response to INVITE that is to be sent when the media ports are open.
enum call_wish {
    CALL_WISH_NONE,
    CALL_WISH_PROGRESS,
    CALL_WISH_ANSWER
};

// What our requests are for; one of each may be on its way. PRACK needs no memory.
enum call_purpose {
    CALL_SENDS_INVITE,
    CALL_SENDS_BYE,
    CALL_SENDS_CHANGE, // re-INVITE or UPDATE
    CALL_SENDS_INFO,
    CALL_SENDS_REFER,
    CALL_SENDS_NOTIFY,
    CALL_SENDS_COUNT
};

enum call_change_kind {
    CALL_CHANGE_NONE,
    CALL_CHANGE_REFRESH, // nothing changes: session timer, new Contact
    CALL_CHANGE_HOLD,
    CALL_CHANGE_RESUME
};

// A change of the session that we begin (RFC 3261 14, RFC 3311); call_change.c.
struct call_change {
    enum call_change_kind kind;   // on its way, or the last one
    enum call_change_kind wanted; // waits until it may be sent
    time_ms asked_at;             // the one wanted, or else the last one
    time_ms at;                   // not before; TIME_NEVER: when something happens
    time_ms until;                // our re-INVITE is given up
    enum sdp_direction direction_before;
    bool has_offer;
    bool update_is_refused; // for good, whatever Allow says
    unsigned glares;        // in a row
    unsigned refusals;      // in a row, each to be tried again
};

// Reliable provisional responses of ours (RFC 3262); call_reliable.c.
struct call_reliable {
    struct sip_reliable_provisional sequence;
    bool is_supported; // by the caller
    bool is_required;
    uint32_t status; // of the one that awaits its PRACK
    struct buffer lines;
    struct buffer body;
    bool has_offer;          // it carried our offer: PRACK brings the answer
    bool has_settled;        // a PRACK has confirmed our description
    uint32_t next_status;    // 180 or 183 that waits for the PRACK; 0: none
    bool has_answer_waiting; // the 200 waits for the PRACK
};

// The INVITE of ours; call_dial.c.
struct call_dial {
    struct initial_request request;
    struct early_dialogs early;
    bool is_allowed;
    bool wants_media; // ports were asked for
    bool has_early;   // early media is wanted
    bool is_cancelled;
    bool is_detached;
    bool has_hook;
    uint32_t ring_s;
    time_ms give_up_at; // waiting for the line, then for the answer
    uint32_t referrer;
    struct slice referred_by;
    struct slice replaces;
    bool is_anonymous;
    struct slice identity; // P-Preferred-Identity; empty: none
};

// Transfers, ours and theirs (RFC 3515); call_transfer.c.
struct call_transfer {
    bool is_sent;       // our REFER is not settled
    time_ms give_up_at; // its last NOTIFY
    uint32_t asked;     // the transaction of their REFER that awaits a decision; 0: none
    unsigned refers;    // theirs so far
    uint32_t event_id;  // CSeq of the one accepted; 0: it was the first (RFC 3515 2.4.6)
    bool is_subscribed; // they are to hear how it goes
    bool is_dial_wanted;
    struct slice target, target_user; // Refer-To, and its user part unescaped
    struct slice replaces;
    struct slice referred_by;
    uint32_t reported; // the status they know
    uint32_t wanted;   // the status they should know
};

struct call {
    struct call_place place;
    const struct call_context *context;
    struct arena *arena;
    uint32_t number;
    char id[CALL_ID_LENGTH + 1];
    char token[CALL_TOKEN_LENGTH + 1];
    char tag[CALL_TAG_LENGTH + 1];
    bool is_outgoing;
    enum call_state state;
    struct event facts; // who calls whom; copied into `arena`

    struct sip_message *invite; // theirs; NULL when we call
    uint32_t invite_transaction;
    struct sip_dialog *dialog; // NULL until our INVITE is answered
    bool is_secure;            // our Contact must be a SIPS URI (12.1)
    struct negotiation *negotiation;
    struct slice session;   // the first description of ours, in `arena`
    struct awaited_ack ack; // of the INVITE or of a re-INVITE
    struct buffer own_ack;  // the last one of ours, for a repeated 2xx
    uint32_t own_ack_cseq;
    struct own_request sent[CALL_SENDS_COUNT];
    bool wants_bye;         // no connection: BYE when the line is restored
    bool wants_hangup;      // BYE as soon as the ACK allows it (15)
    bool has_outlived_link; // a refresh is due when the line is restored

    struct call_mark mark;
    struct call_left_over left;
    bool is_told; // the hook `ended` has been started
    struct call_dial dial;
    struct call_reliable reliable;
    struct call_transfer transfer;
    struct sip_session_timer timer;
    struct call_change change;
    bool takes_update; // the far end's Allow
    bool takes_info;

    enum call_wish wish;
    uint32_t progress_status; // of CALL_WISH_PROGRESS: 180 or 183
    uint32_t told_status;     // what users last wanted the caller to be told: 180 or 183
    unsigned told_changes;
    unsigned notices;       // logged of what may be repeated at will
    struct action decision; // `answer`: its program
    bool has_media;         // ports are open
    bool has_session;       // the media was told to start
    bool has_program;       // it was asked for
    bool is_held;
    struct owners owners;

    time_ms arrived_at;
    time_ms answered_at;
    time_ms ring_again_at; // 13.3.1.1: a provisional response every minute
    time_ms expires_at;    // Expires of the INVITE, or `ignore`
    uint32_t expiry_status;
    time_ms ring_until;             // without a decision; only the far end could end it otherwise
    struct digit_collection digits; // heard
    struct digit_twins twins;       // of them
    bool has_logged_flood;
    bool is_sending_digits;                       // the result is due
    char digits_to_send[LIMIT_DIGITS_QUEUED + 1]; // by INFO
    uint32_t digit_ms, digit_gap_ms;
    time_ms digit_over_at, next_digit_at; // tone and gap; an answered one waits for their end
    uint32_t code;
    char reason[256];
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
