// SPDX-License-Identifier: ISC
// JSON text, written piece by piece. Faithful: what is no UTF-8 becomes U+FFFD, control characters
// are escaped.
#pragma once

#include "agent/event.h"
#include "util/buffer.h"
#include "util/time_ms.h"

// "name": behind a comma where one is needed.
void control_json_name(struct buffer *json, const char *name);
void control_json_text(struct buffer *json, const char *name, struct slice value);
// One of an array.
void control_json_item(struct buffer *json, struct slice value);
void control_json_number(struct buffer *json, const char *name, int64_t value);
void control_json_bool(struct buffer *json, const char *name, bool value);
// RFC 3339 in UTC with milliseconds.
void control_json_time(struct buffer *json, const char *name, time_ms wall);
// The inside of an object: every field of the event that is not empty. Never the token.
void control_json_event_fields(struct buffer *json, const struct event *event);
// "environment":["OFFHOOK_CALL=k3f9",…]: those of the variables whose names begin so.
void control_json_environment(struct buffer *json, char *const *environment);
// A whole event line: {"v":1,"event":…,"t":…}; for who is asked to decide, with the token.
void control_json_event(struct buffer *json, const struct event *event, bool has_token,
                        time_ms wall);
// One digit of the far end: {"v":1,"event":"dtmf","call":…,"digit":"5","t":…}
void control_json_digit(struct buffer *json, struct slice call, struct slice digit, time_ms wall);
