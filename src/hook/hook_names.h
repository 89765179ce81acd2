// SPDX-License-Identifier: ISC
// Names in the folder of the hooks: which are run, and what is wrong with the others (contract,
// "Events").
#pragma once

#include "util/buffer.h"

// `name` is that of a file there, or of a folder with a slash behind it. False when it is run, or
// is hidden; otherwise one sentence is appended that says why it is not.
bool hook_names_explain(const char *name, struct buffer *why);
// An event or "any", or the same with ".d/": its files are to be looked at.
bool hook_names_is_chain(const char *name);
