// SPDX-License-Identifier: ISC
// The verb `record`: what the far end says, until it has said it.
#pragma once

#include "ctl/verbs.h"

int record_show(struct connection *connection, const struct options *options);
