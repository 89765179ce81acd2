// SPDX-License-Identifier: ISC
// The commands of the control socket: one row each. The same words serve hooks and offhookctl.
#pragma once

#include "desk/desk.h"

struct client;
struct control_command;

typedef void control_carry(struct client *client, time_ms now,
                           const struct control_command *command, const struct call *call);

enum control_use {
    CONTROL_NEEDS_CALL = 1,
    CONTROL_TAKES_WORDS = 2, // the text of `args`
    CONTROL_ONLY_LOOKS = 4,  // any token lets one
};

struct control_verb {
    const char *name;
    control_carry *carry_out;
    enum action_kind action;      // of a row that acts on a call; else ACTION_COUNT
    enum desk_output_kind output; // of a row that is answered by the world
    unsigned uses;                // of control_use
    const char *help;
};

// NULL when there is none of that name.
const struct control_verb *control_verb_find(struct slice name);
// The `index`-th row; NULL beyond the last.
const struct control_verb *control_verb_at(size_t index);
