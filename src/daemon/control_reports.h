// SPDX-License-Identifier: ISC
// What status, calls, show and hooks say: the insides of JSON objects.
#pragma once

#include "daemon/control_server.h"

void control_report_status(struct buffer *json, const struct control_server_settings *settings,
                           time_ms now);
// Those that find room in LIMIT_CONTROL_CALLS; left_out counts the others.
void control_report_calls(struct buffer *json, const struct control_server_settings *settings,
                          time_ms now);
void control_report_call(struct buffer *json, const struct control_server_settings *settings,
                         time_ms now, const struct call *call);
void control_report_hooks(struct buffer *json, const struct control_server_settings *settings,
                          time_ms now);
