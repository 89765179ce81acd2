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
