// SPDX-License-Identifier: ISC
// The sums of digest authentication (RFC 7616 3.4) as plain functions of text.
#pragma once

#include "sip/challenge.h"

enum {
    DIGEST_HEX_BYTES = 65 // of the longest hash, with NUL
};

// The hash, in lower-case hexadecimal and NUL-terminated, of `parts` joined by ":". `hex` holds
// DIGEST_HEX_BYTES. The algorithm must not be DIGEST_UNKNOWN.
void sip_digest_hash(enum digest_algorithm algorithm, const struct slice *parts, size_t count,
                     char *hex);

struct digest_question {
    enum digest_algorithm algorithm;
    struct slice ha1; // hexadecimal; that of the session for "-sess"
    struct slice nonce;
    struct slice qop;   // "auth", "auth-int" or empty (RFC 2069)
    struct slice count; // nc, 8 digits
    struct slice cnonce;
    struct slice method; // empty for rspauth (3.5)
    struct slice uri;
    struct slice body;
};

// The `response` (or rspauth) for it. `hex` holds DIGEST_HEX_BYTES.
void sip_digest_response(const struct digest_question *question, char *hex);
