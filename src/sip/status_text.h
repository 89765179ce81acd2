// SPDX-License-Identifier: ISC
// The reason phrases of RFC 3261 21 and the RFCs that add to it.
#pragma once

#include <stdint.h>

// Never NULL; a code without a phrase of its own gets that of its class (x00).
const char *sip_status_text(uint32_t status);
