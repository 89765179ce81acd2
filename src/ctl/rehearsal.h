// SPDX-License-Identifier: ISC
// `offhookctl test`: what a hook decided without a call, and what it got wrong.
#pragma once

#include "ctl/verbs.h"

// The command has been sent; the exit status.
int rehearsal_show(struct connection *connection, const struct options *options);
