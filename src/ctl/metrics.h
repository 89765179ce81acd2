// SPDX-License-Identifier: ISC
// `offhookctl metrics`: status and hooks in the text format that Prometheus and others collect.
#pragma once

#include "ctl/verbs.h"

int metrics_show(struct connection *connection, const struct options *options);
