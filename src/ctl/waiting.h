// SPDX-License-Identifier: ISC
// Verbs that wait beside a call: `ring S` and `wait S`.
#pragma once

#include "ctl/verbs.h"

// `ring [S]`: 180, then S seconds; EXIT_OVER when the call has ended before.
int waiting_ring(struct connection *connection, const struct options *options);
// `wait [S]`: EXIT_DONE when the time is over, EXIT_OVER when the call is; without S as long as it
// lasts.
int waiting_wait(struct connection *connection, const struct options *options);
