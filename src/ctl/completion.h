// SPDX-License-Identifier: ISC
// `offhookctl completion bash|zsh|fish`: a script for the shell, made from the table of verbs.
#pragma once

#include "ctl/verbs.h"

// Needs no daemon; `connection` is NULL.
int completion_show(struct connection *connection, const struct options *options);
