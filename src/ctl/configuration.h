// SPDX-License-Identifier: ISC
// `offhookctl reload` and `offhookctl check`.
#pragma once

#include "ctl/verbs.h"

// What the reload has changed, and what waits for a restart.
int configuration_show_changes(struct connection *connection, const struct options *options);
// Whether the file that the daemon reads is right.
int configuration_show_check(struct connection *connection, const struct options *options);
// What offhookd says of another file, with the rights of whoever asks and without a daemon.
int configuration_check_file(const char *file);
