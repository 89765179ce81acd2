// SPDX-License-Identifier: ISC
// What must be known of a call to end it after this process has been killed (decision 15), as a
// text of lines "key=value": the dialog, what the far end is owed, and the facts of `ended`. No
// audio, no secrets. Times are milliseconds since 1970.
#pragma once

#include "agent/event.h"
#include "sip/dialog.h"
#include "sip/message.h"
#include "util/time_ms.h"

// What is still to be sent so that nothing of the call is left at the far end.
enum call_debt {
    CALL_OWES_NOTHING,
    CALL_OWES_REFUSAL, // a final answer to the INVITE that came
    CALL_OWES_CANCEL,  // and BYE, where the far end has answered meanwhile
    CALL_OWES_BYE,
};

struct call_record {
    enum call_debt debt;
    bool is_outgoing;
    struct slice id; // the short one
    time_ms arrived_at;
    time_ms answered_at; // TIME_NEVER: it was not
    time_ms left_at;     // when it was first found left over; TIME_NEVER: it is live
    bool has_ended;      // for its users: the facts of the end are there
    bool is_told;        // the hook `ended` has been started
    struct event facts;  // of a call; of its end where has_ended

    struct sip_dialog_state *dialogs; // BYE, REFUSAL: one; CANCEL: those that are early
    size_t dialog_count;
    uint32_t ack_cseq; // BYE of a caller: the INVITE whose 2xx may still lack its ACK; 0: none

    struct sip_request sent; // CANCEL: the INVITE as it left, without lines and body
    struct slice via;        // CANCEL: its Via value

    // REFUSAL, and BYE before the ACK has come: the head of the INVITE, so that it can be answered.
    struct slice invite;
};

// What of an INVITE must be kept to answer it.
void call_record_write_invite(struct sip_writer *writer, const struct sip_message *invite);
// Facts of the call are left out when all does not fit into the buffer; TOO_LARGE when the rest
// does not.
MUST_USE enum status call_record_write(const struct call_record *record, struct buffer *text);
// Texts of *record are copied into `arena`. MALFORMED with *why, a constant sentence, for anything
// that call_record_write would not have written.
MUST_USE enum status call_record_parse(struct arena *arena, struct slice text,
                                       struct call_record *record, const char **why);
