// SPDX-License-Identifier: ISC
// What a refused REGISTER means to the operator, and what to do about it.
#pragma once

#include "util/slice.h"

#include <stdint.h>

// One plain sentence without its end; never NULL.
const char *registration_advice(uint32_t status);
// The refusal speaks of our Route header: leaving it out may be all that is needed.
bool registration_refuses_route(uint32_t status, struct slice reason);
// What to do where the sentence does not say it, to be put behind the status; "" when there is
// nothing.
const char *registration_remedy(uint32_t status);
