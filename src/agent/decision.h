// SPDX-License-Identifier: ISC
// One line of a hook's output, or the configuration's `incoming`, as an action (contract,
// "Decisions").
#pragma once

#include "agent/action.h"
#include "util/buffer.h"

// UNSUPPORTED: the first word is no decision; log the line, obey nothing. MALFORMED: a decision
// used wrongly, *why is a constant sentence. *action is untouched then.
MUST_USE enum status decision_parse(struct slice line, struct action *action, const char **why);
// The same of a decision that is known; `words` are those behind it.
MUST_USE enum status decision_read(enum action_kind kind, struct slice words, struct action *action,
                                   const char **why);
// The decision as a hook would say it.
void decision_write(const struct action *action, struct buffer *text);
