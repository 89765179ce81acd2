// SPDX-License-Identifier: ISC
// `dial`: a call out, and the program that runs while it is up.
#pragma once

#include "ctl/verbs.h"

// Without --detach until the call is over; the status is the program's, or EXIT_NOT_REACHED with
// the reason on standard error. With it the id of the call is printed at once.
int dial_show(struct connection *connection, const struct options *options);
