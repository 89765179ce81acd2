// SPDX-License-Identifier: ISC
// How many descriptors the process may have.
#pragma once

#include <stddef.h>

// Raises it to `wanted`, as far as may be; never lowers it. How many it may have then.
size_t descriptors_allow(size_t wanted);
