// SPDX-License-Identifier: ISC
// What a refused REGISTER means to the operator, and what to do about it.
#pragma once

#include <stdint.h>

// One plain sentence without its end; never NULL.
const char *registration_advice(uint32_t status);
// What to do where the sentence does not say it, to be put behind the status; "" when there is
// nothing.
const char *registration_remedy(uint32_t status);
