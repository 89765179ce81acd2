// SPDX-License-Identifier: ISC
// Shared by config.c and config_finish.c only.
#pragma once

#include "daemon/config.h"
#include "util/slice.h"

#define CONFIG_GROUP "offhook" // whose members may use offhookctl

// A NUL-terminated copy; free with free().
char *config_copy(struct slice text);
// Writes the one line and returns REFUSED.
__attribute__((format(printf, 2, 3))) enum status config_fail(struct config_error *error,
                                                              const char *format, ...);
