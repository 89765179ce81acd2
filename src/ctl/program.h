// SPDX-License-Identifier: ISC
// The verb `run`: a program whose standard input and output are the audio of the call.
#pragma once

#include "ctl/verbs.h"

int program_show(struct connection *connection, const struct options *options);
