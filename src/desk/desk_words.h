// SPDX-License-Identifier: ISC
// What the words of the control socket do: the handlers of the rows in commands.c. `call` is the
// call that the command is on, where its row needs one; else NULL. Each answers, or awaits what it
// is to answer.
#pragma once

#include "desk/desk_private.h"

// Of a call: the row's action.
control_carry desk_word_act;
// Of the call's audio.
control_carry desk_word_audio;
control_carry desk_word_bridge;
control_carry desk_word_await;
control_carry desk_word_set;
// Of the line.
control_carry desk_word_dial;
control_carry desk_word_message;
control_carry desk_word_bindings;
control_carry desk_word_reregister;
control_carry desk_word_test;
control_carry desk_word_trace;
control_carry desk_word_log;
// The row's output is answered.
control_carry desk_word_look;
// Of the client.
control_carry desk_word_watch;
control_carry desk_word_claim;
