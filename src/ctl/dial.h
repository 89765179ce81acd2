// SPDX-License-Identifier: ISC
// The verb `dial` behind the daemon's first answer: the call lives as long as this process.
#pragma once

#include "ctl/connection.h"
#include "ctl/verbs.h"

// Waits for the answer, runs options->program as a child if there is one and hangs up when it ends;
// without one waits for the end of the call. The exit status: the program's, 0 for a call that was
// answered, else EXIT_NOT_REACHED with the reason on standard error.
int dial_follow(struct connection *connection, const struct options *options, const char *call);
