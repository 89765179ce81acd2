// SPDX-License-Identifier: ISC
// The verb `ask`: sound files, and the keys that answer them.
#pragma once

#include "ctl/verbs.h"

int ask_show(struct connection *connection, const struct options *options);
