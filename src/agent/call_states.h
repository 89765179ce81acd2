// SPDX-License-Identifier: ISC
// The call machine on one screen: its states and what users may ask for in each.
#pragma once

#include "agent/action.h"
#include "sip/method.h"

enum call_state {
    CALL_DIALLING,  // outgoing: a hook's veto, the registration or media ports are awaited
    CALL_CALLING,   // outgoing: INVITE sent
    CALL_RINGING,   // outgoing: a 18x has come
    CALL_DECIDING,  // INVITE received, no final answer given
    CALL_ANSWERING, // 200 wanted: the media ports or a PRACK are awaited
    CALL_ANSWERED,  // 200 sent, its ACK awaited
    CALL_UP,        // incoming: ACK received; outgoing: 200 received, ACK sent
    CALL_DRAINING,  // nobody owns it any more: what is queued is played out
    CALL_ENDING,    // BYE or CANCEL sent, or waiting for a connection to send it on
    CALL_OVER,
    CALL_STATE_COUNT,
};

// "deciding"; what users read as OFFHOOK_STATE and in `offhookctl calls`.
const char *call_state_text(enum call_state state);
// Whether an action may be asked for in a state.
bool call_state_admits(enum call_state state, enum action_kind action);
// What a request of the far end inside the dialog is refused with; 0: it is carried out.
uint32_t call_state_refusal(enum call_state state, enum sip_method method);
// Whether the machine may go from one state to the other; anything else is a mistake of ours.
bool call_state_may_become(enum call_state from, enum call_state to);
// Not yet answered by the callee, whoever that is.
bool call_state_is_early(enum call_state state);
