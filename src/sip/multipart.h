// SPDX-License-Identifier: ISC
// The parts of a multipart body, one level deep (RFC 2046 5.1, RFC 5621).
#pragma once

#include "util/slice.h"

struct sip_multipart {
    struct slice boundary;
    struct slice rest; // behind the last delimiter found
    size_t part_count;
};

struct sip_part {
    struct slice content_type; // "text/plain" when the part has none
    struct slice disposition;  // Content-Disposition and Content-Encoding, empty when there is none
    struct slice encoding;
    struct slice body;
};

// MALFORMED when `content_type` is not multipart, has no usable boundary, or `body` does not have
// it.
MUST_USE enum status sip_multipart_open(struct sip_multipart *multipart, struct slice content_type,
                                        struct slice body);
// False at the end, or beyond LIMIT_SIP_PARTS. The last part may lack its closing delimiter.
bool sip_multipart_next(struct sip_multipart *multipart, struct sip_part *part);
// Whether a Content-Type without its parameters is `type`, without case.
bool sip_multipart_is_type(struct slice content_type, const char *type);
// Whether who understands `types`, a list that ends with NULL, may take a body: it is of one of
// them and not encoded, or optional, or it has parts of which that is true: of all, of
// multipart/alternative of one (RFC 3261 8.2.3, 20.11; RFC 5621).
bool sip_multipart_is_understood(const struct sip_part *body, const char *const *types);
// Whether a Content-Encoding is more than "identity".
bool sip_multipart_is_encoded(struct slice encoding);
