// SPDX-License-Identifier: ISC
// The value of a=crypto (RFC 4568 4, 6, 9): tag, suite, one inline key, its lifetime, its name.
// Keys are secrets: whoever parses or writes one erases it afterwards.
#pragma once

#include "util/buffer.h"
#include "util/srtp_suite.h"

struct sdp_crypto {
    uint32_t tag;
    struct srtp_key key;
};

// UNSUPPORTED: well-formed, but of a suite or with session parameters that we do not speak, of
// several keys, or without encryption or authentication; MALFORMED otherwise. Nothing of either may
// be used. A lifetime is the promise of who has the key, and is read, not kept.
MUST_USE enum status sdp_crypto_parse(struct slice value, struct sdp_crypto *crypto);
// Appends "1 AES_CM_128_HMAC_SHA1_80 inline:...".
void sdp_crypto_write(struct buffer *buffer, const struct sdp_crypto *crypto);
