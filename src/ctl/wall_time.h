// SPDX-License-Identifier: ISC
// The times in the daemon's answers: RFC 3339 in UTC with milliseconds.
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

// Milliseconds since 1970; false when `value` is no such text.
bool wall_time_read(const json_t *value, int64_t *wall_ms);
