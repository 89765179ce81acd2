// SPDX-License-Identifier: ISC
// What a client may do (contract, "Control socket"). Whoever may open the socket may command; a
// token, once given, narrows that to the call it belongs to and to commands that only look.
#pragma once

#include "desk/commands.h"

// Whether `given`, the client's token, lets it carry out `verb`; `call` is the token of the call
// that the command is on, empty when it is on none. A client without a token may do everything.
// Otherwise *why is a constant sentence.
MUST_USE bool control_rights_allow(const struct control_verb *verb, struct slice given,
                                   struct slice call, const char **why);
