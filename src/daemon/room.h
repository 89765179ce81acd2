// SPDX-License-Identifier: ISC
// Whether there is room for what the configuration allows.
#pragma once

#include "daemon/config.h"

// Has the process allowed the descriptors that limits.calls and hooks.max may need; what cannot be
// had, or too few audio.ports, is said in the log.
void room_make(const struct config *config);
