// SPDX-License-Identifier: ISC
// The verbs of a call as a line of words: the decisions, and what only offhookctl and the control
// socket may ask for (contract, "Verbs").
#pragma once

#include "agent/action.h"

// "hold", "dtmf 123 --method info", "transfer sip:bob@example.com", "transfer --to k3f9": then the
// id of the other call is in action->text for the caller to look up. UNSUPPORTED: no such verb;
// MALFORMED: *why says what is wrong. `call` of *action is kept.
MUST_USE enum status verb_parse(struct slice line, struct action *action, const char **why);
// The same of a verb that is known; `words` are those behind it.
MUST_USE enum status verb_read(enum action_kind kind, struct slice words, struct action *action,
                               const char **why);
