// SPDX-License-Identifier: ISC
// `offhookctl trace`: the messages of a call as a ladder, as they are, or as a file for Wireshark.
#pragma once

#include "ctl/verbs.h"

// The command has been sent; the exit status.
int trace_show(struct connection *connection, const struct options *options);
