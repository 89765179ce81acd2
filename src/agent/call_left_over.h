// SPDX-License-Identifier: ISC
// What a call may leave to its next connection or to the next process, for the files call*.c only.
#pragma once

#include "agent/call_record.h"

// How the call looked when its record was given out last; call_keeping.c.
struct call_mark {
    bool is_given;
    enum call_debt debt;
    uint32_t revision; // of all that a BYE or CANCEL would say
    bool awaits_ack;
    bool has_ended;
    bool is_told;
};

// A debt that outlives its connection or its process; call_left_over.c.
struct call_left_over {
    bool is_restored;    // another process has left the call
    enum call_debt debt; // then
    time_ms since;       // when it was first found so
    time_ms give_up_at;
    time_ms pay_at;          // though not registered
    bool wants_cancel;       // no connection: CANCEL when the line is restored
    time_ms bye_at;          // early dialogs that a CANCEL has not ended by then get a BYE
    struct sip_request sent; // our last INVITE, in `arena`; cseq 0: none has left
    struct slice via;        // of it
    struct slice invite;     // theirs, which has no final answer or lacks its ACK
};
