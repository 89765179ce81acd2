// SPDX-License-Identifier: ISC
// The call machine on one screen: its states and what users may ask for in each.
#pragma once

#include "agent/action.h"

enum call_state {
    CALL_DECIDING,  // INVITE received, no final answer given
    CALL_ANSWERING, // 200 wanted, the media ports are being opened
    CALL_ANSWERED,  // 200 sent, its ACK awaited
    CALL_UP,        // ACK received
    CALL_DRAINING,  // nobody owns it any more: what is queued is played out
    CALL_ENDING,    // BYE sent, or waiting for a connection to send it on
    CALL_OVER,
    CALL_STATE_COUNT,
};

// "deciding"; what users read as OFFHOOK_STATE and in `offhookctl calls`.
const char *call_state_text(enum call_state state);
// Whether an action may be asked for in a state.
bool call_state_admits(enum call_state state, enum action_kind action);
// Whether the machine may go from one state to the other; anything else is a mistake of ours.
bool call_state_may_become(enum call_state from, enum call_state to);
