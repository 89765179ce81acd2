// SPDX-License-Identifier: ISC
// The words of the command `dial` (contract): options, then the target.
#pragma once

#include "agent/call.h"

// "[--ring S] [--wait S] [--from ID] [--early] [--detach] [--hook PATH] TARGET [PROGRAM [ARG…]]": a
// program, which gets the audio, or a hook may only be given with --detach, and by its absolute
// path. *order borrows from `words` and *program.
// MALFORMED: *why is a constant sentence.
MUST_USE enum status control_dial_parse(struct slice words, struct call_order *order,
                                        struct action *program, const char **why);
