// SPDX-License-Identifier: ISC
#pragma once

#include "util/slice.h"

// The bytes of the valid UTF-8 sequence (RFC 3629) that begins `text`, its code point in *code; 0
// when there is none. `text` is not empty.
size_t utf8_read(struct slice text, uint32_t *code);
