// SPDX-License-Identifier: ISC
// The verb `audio`: the call's audio on standard input and output, for pipes.
#pragma once

#include "ctl/verbs.h"

int pumping_show(struct connection *connection, const struct options *options);
