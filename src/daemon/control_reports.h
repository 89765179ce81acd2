// SPDX-License-Identifier: ISC
// What status, calls, show and hooks say: the insides of JSON objects.
#pragma once

#include "agent/agent.h"
#include "daemon/rehearsal.h"

struct engine;

void control_report_status(struct buffer *json, const struct engine *engine, time_ms now);
// Those that find room in LIMIT_CONTROL_CALLS; left_out counts the others.
void control_report_calls(struct buffer *json, const struct engine *engine, time_ms now);
void control_report_call(struct buffer *json, const struct engine *engine, time_ms now,
                         const struct call *call);
void control_report_hooks(struct buffer *json, const struct engine *engine, time_ms now);
void control_report_rehearsal(struct buffer *json, const struct rehearsal_report *report);
