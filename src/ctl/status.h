// SPDX-License-Identifier: ISC
// `status`: how the line fares, as somebody wants to read it who was woken up for it.
#pragma once

#include "ctl/verbs.h"

// Asks for the status, and for the hooks unless it prints JSON.
int status_show(struct connection *connection, const struct options *options);
