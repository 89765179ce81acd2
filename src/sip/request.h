// SPDX-License-Identifier: ISC
// A request of ours as a value: what the writer needs beside the Via, which the endpoint adds
// (RFC 3261 8.1.1).
#pragma once

#include "sip/method.h"
#include "sip/uri.h"
#include "sip/writer.h"

struct sip_request {
    uint32_t user; // whose it is, given back with what comes of it; 0: nobody's in particular
    enum sip_method method;
    struct slice uri;  // Request-URI
    struct slice from; // header value with tag
    struct slice to;   // header value, with tag inside a dialog
    struct slice call_id;
    uint32_t cseq;
    const struct slice *routes; // Route values in order
    size_t route_count;
    struct slice lines; // further header lines, written by a sip_writer; Contact, Authorization …
    struct slice content_type;
    struct slice body;
};

// Start line, Via, Max-Forwards 70, Route, From, To, Call-ID, CSeq, lines, User-Agent, body.
void sip_request_write(struct sip_writer *writer, const struct sip_request *request,
                       struct slice via);
// Without lines and body; everything is copied into `arena`.
struct sip_request sip_request_copy(struct arena *arena, const struct sip_request *request);
// A URI without what may not stand in a Request-URI: headers and the method parameter (19.1.1).
void sip_request_append_uri(struct buffer *buffer, const struct sip_uri *uri);
