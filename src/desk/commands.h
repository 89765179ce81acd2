// SPDX-License-Identifier: ISC
// The commands of the control socket: one row each. The same words serve hooks and offhookctl.
#pragma once

#include "agent/action.h"

enum control_query {
    CONTROL_ACTION, // on a call: the row's action
    CONTROL_STATUS,
    CONTROL_CALLS,
    CONTROL_SHOW,
    CONTROL_WATCH,
    CONTROL_CLAIM,
    CONTROL_HOOKS,
    CONTROL_REREGISTER,
    CONTROL_LOG,
    CONTROL_RELOAD,
    CONTROL_CHECK,
    CONTROL_DIAL,
    CONTROL_MESSAGE,
    CONTROL_BINDINGS,
    CONTROL_TRACE,
    CONTROL_TEST,
    CONTROL_AUDIO, // the six below: on a call's audio
    CONTROL_FLUSH,
    CONTROL_DRAIN,
    CONTROL_MUTE,
    CONTROL_UNMUTE,
    CONTROL_BRIDGE,
};

struct control_verb {
    const char *name;
    enum control_query query;
    enum action_kind action; // of CONTROL_ACTION
    bool needs_call;
    bool takes_words; // the text of `args`
    const char *help;
};

// NULL when there is none of that name.
const struct control_verb *control_verb_find(struct slice name);
// The `index`-th row; NULL beyond the last.
const struct control_verb *control_verb_at(size_t index);
