// SPDX-License-Identifier: ISC
// WWW-Authenticate and Proxy-Authenticate (RFC 3261 20.44 and 20.27, RFC 7616 3.3, RFC 7235 4.1): a
// header value may hold several challenges, and their commas also separate parameters.
#pragma once

#include "sip/message.h"

enum digest_algorithm {
    DIGEST_UNKNOWN,
    DIGEST_MD5,
    DIGEST_SHA256,
    DIGEST_SHA512_256
};

struct sip_challenge {
    struct slice scheme; // "Digest", as received
    struct slice realm;  // backslash escapes resolved
    struct slice nonce;  // between its quotes, byte for byte
    struct slice opaque; // between its quotes, byte for byte
    bool has_opaque;
    enum digest_algorithm algorithm; // MD5 where none is named
    bool is_session;                 // "-sess"
    bool has_algorithm;
    struct slice algorithm_text; // as received, for the answer
    bool has_qop;                // anything in it, known or not
    bool has_qop_auth;
    bool has_qop_auth_int;
    bool is_stale;
    bool is_proxy;     // from Proxy-Authenticate
    bool is_digest;    // the scheme is Digest
    bool is_malformed; // not to be answered: grammar, a parameter twice, no realm or no nonce
};

// Reads the challenges of a response in the order received, those of WWW-Authenticate first. What
// does not fit into `maximum` is left out. Texts live as long as the response and the arena.
size_t sip_challenges_read(struct arena *arena, const struct sip_message *response,
                           struct sip_challenge *challenges, size_t maximum);
// The same for one header value.
size_t sip_challenges_parse(struct arena *arena, struct slice value, bool is_proxy,
                            struct sip_challenge *challenges, size_t maximum);

// Takes the next `name=value` of a comma list such as Authentication-Info; the value is without its
// quotes. False at the end, and where the grammar breaks.
bool sip_challenge_parameter_next(struct slice *rest, struct slice *name, struct slice *value);
