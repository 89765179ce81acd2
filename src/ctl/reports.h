// SPDX-License-Identifier: ISC
// The verbs that print what the daemon answers, as it is: objects, tables, and events as they come.
#pragma once

#include "ctl/verbs.h"

int report_object(struct connection *connection, const struct options *options);
int report_calls(struct connection *connection, const struct options *options);
int report_hooks(struct connection *connection, const struct options *options);
int report_bindings(struct connection *connection, const struct options *options);
// Of flush and drain: the milliseconds that the far end has heard.
int report_heard(struct connection *connection, const struct options *options);
int report_watch(struct connection *connection, const struct options *options);
