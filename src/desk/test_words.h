// SPDX-License-Identifier: ISC
// The words of the command `test` (contract, "Administration"): an event made up, so that its hook
// can be run without a call.
#pragma once

#include "agent/event.h"
#include "util/arena.h"
#include "util/status.h"

// "EVENT [NAME=VALUE]…" with the names of the contract's variables in lower case (from, from_name,
// to, digits, body …), or of a header that has a hyphen ("X-Door=1"); a word without "=" goes on
// with the value before it. What is not given has a sensible value. *event borrows from `arena`.
// MALFORMED: *why is a constant sentence.
MUST_USE enum status control_test_parse(struct slice words, struct arena *arena,
                                        struct event *event, const char **why);
