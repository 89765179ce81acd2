// SPDX-License-Identifier: ISC
// A request of ours that may have to be sent more than once: with credentials when it is challenged
// (RFC 3261 22.2), with other values when a 422 or 491 asks for them. Keeps what does not change.
#pragma once

#include "sip/digest.h"
#include "sip/endpoint.h"

struct own_request {
    uint32_t transaction; // 0: none is on its way
    enum sip_method method;
    uint32_t cseq;             // of the last attempt
    struct buffer lines;       // header lines without credentials
    struct buffer credentials; // Authorization lines of the last attempt; an ACK repeats them
    const char *content_type;  // a constant
    struct buffer body;
};

void own_request_init(struct own_request *request);
// What the next attempts say; copied.
void own_request_set(struct own_request *request, enum sip_method method, struct slice lines,
                     const char *content_type, struct slice body);
// Sends it. `frame` gives Request-URI, From, To, Call-ID, CSeq and Route. Without `digest` no
// credentials go out.
void own_request_send(struct own_request *request, time_ms now, struct sip_endpoint *endpoint,
                      struct sip_digest *digest, const struct sip_request *frame);
// What a final response means for the credentials. True: a challenge that they answer, send the
// request again. *why is a constant sentence when a challenge is not answered, else "". `digest`
// may be NULL: nothing is answered.
bool own_request_is_challenged(struct sip_digest *digest, const struct sip_message *response,
                               const char **why);
bool own_request_is_open(const struct own_request *request);
// The final answer has come, or it does not matter any more.
void own_request_end(struct own_request *request);
void own_request_clear(struct own_request *request);
