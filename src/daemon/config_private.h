// SPDX-License-Identifier: ISC
// Shared by config.c and config_finish.c only.
#pragma once

#include "daemon/config.h"

// Writes the one line and returns REFUSED.
__attribute__((format(printf, 2, 3))) enum status config_fail(struct config_error *error,
                                                              const char *format, ...);
