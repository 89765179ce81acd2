// SPDX-License-Identifier: ISC
// One line of a hook's output, or the configuration's `incoming`, as an action (contract,
// "Decisions").
#pragma once

#include "agent/action.h"
#include "util/buffer.h"

// UNSUPPORTED: the first word is no decision; log the line, obey nothing. MALFORMED: a decision
// used wrongly, *why is a constant sentence. *action is untouched then.
MUST_USE enum status hook_decision_parse(struct slice line, struct action *action,
                                         const char **why);
// The decision as a hook would say it.
void hook_decision_write(const struct action *action, struct buffer *text);
