// SPDX-License-Identifier: ISC
#pragma once

#include "util/random.h"

// Seeds from the kernel; waits for it to be ready at boot.
void entropy_seed(struct random *random);
