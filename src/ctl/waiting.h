// SPDX-License-Identifier: ISC
// Verbs that wait: `ring S` and `wait S` beside a call, `wait-online` for the line.
#pragma once

#include "ctl/verbs.h"

// `ring [S]`: 180, then S seconds; EXIT_OVER when the call has ended before.
int waiting_ring(struct connection *connection, const struct options *options);
// `wait [S]`: EXIT_DONE when the time is over, EXIT_OVER when the call is; without S as long as it
// lasts.
int waiting_wait(struct connection *connection, const struct options *options);
// `wait-online [-t S]`: EXIT_DONE as soon as the line is registered; EXIT_NO when the time is over,
// with the reason on standard error.
int waiting_online(struct connection *connection, const struct options *options);
