// SPDX-License-Identifier: ISC
// The verb `play`: sound files to the far end.
#pragma once

#include "ctl/verbs.h"

int play_show(struct connection *connection, const struct options *options);
