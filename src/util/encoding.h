// SPDX-License-Identifier: ISC
// Bytes as text and back: hexadecimal (lower case) and base64 (RFC 4648 4).
#pragma once

#include "util/buffer.h"

void encoding_append_hex(struct buffer *buffer, const void *bytes, size_t size);
void encoding_append_base64(struct buffer *buffer, const void *bytes, size_t size);
// Appends the decoded bytes; padding may be missing. MALFORMED leaves `buffer` as it was.
MUST_USE enum status encoding_decode_base64(struct slice text, struct buffer *buffer);
