// SPDX-License-Identifier: ISC
// An event as the environment of a hook: fixed names, tamed values, from scratch (contract,
// "Variables"; threats H1 to H4). The faithful text is for JSON only.
#pragma once

#include "agent/event.h"
#include "util/buffer.h"

struct hook_environment_settings {
    const char *bindir;    // first in PATH
    const char *directory; // OFFHOOK_DIR and HOME
    const char *socket;    // OFFHOOK_SOCKET
    const char *state_dir; // OFFHOOK_STATE_DIR
    uint32_t rate;         // OFFHOOK_RATE
};

// "NAME=value" texts, ended by NULL; free with hook_environment_free.
char **hook_environment_new(const struct event *event,
                            const struct hook_environment_settings *settings);
char **hook_environment_copy(char *const *environment);
// A copy with one more, "NAME=value".
char **hook_environment_with(char *const *environment, const char *variable);
void hook_environment_free(char **environment);
// The value of a variable; NULL when it is not there.
const char *hook_environment_value(char *const *environment, const char *name);
// All names that can occur, a line each, without HDR_<NAME>.
void hook_environment_names(struct buffer *names);
