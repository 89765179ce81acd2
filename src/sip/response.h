// SPDX-License-Identifier: ISC
// A response to a request (RFC 3261 8.2.6): Via, From, To, Call-ID and CSeq copied, Record-Route
// copied into 18x and 2xx of a dialog-forming request (12.1.1). The topmost Via tells where the
// request came from, as 18.2.1 and RFC 3581 want.
#pragma once

#include "sip/message.h"
#include "sip/writer.h"
#include "util/net_address.h"

struct sip_response {
    uint32_t status;
    struct slice reason; // empty: the standard phrase
    struct slice to_tag; // added when the request's To has none; empty for 100 Trying
    struct slice lines;  // further header lines
    struct slice content_type;
    struct slice body;
    struct net_address source; // of the request; NET_NONE: not known
};

void sip_response_write(struct sip_writer *writer, const struct sip_message *request,
                        const struct sip_response *response);
