// SPDX-License-Identifier: ISC
// Joins the core and io: gives inputs to the agent, hooks and clients, carries out what they want,
// arms one timer.
#pragma once

#include "daemon/config.h"

struct engine;

// Takes `config` over; `source` is where a reload finds the next one. NULL with one line in *error
// when the daemon cannot start.
struct engine *engine_new(struct config *config, const struct config_source *source,
                          struct config_error *error);
// Until SIGTERM or SIGINT, and then until every call has ended, at most 5 s.
void engine_run(struct engine *engine);
void engine_free(struct engine *engine);
