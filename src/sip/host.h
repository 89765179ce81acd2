// SPDX-License-Identifier: ISC
// host [ ":" port ] as URIs and Via have it (RFC 3261 25.1; RFC 5118 for IPv6).
#pragma once

#include "util/slice.h"

// Takes a host name, an IPv4 address or an IPv6 reference (brackets kept) from the start of *text.
MUST_USE enum status sip_host_take(struct slice *text, struct slice *host);
// 1 to 65535; MALFORMED otherwise.
MUST_USE enum status sip_host_read_port(struct slice digits, uint32_t *port);
// Names without case, addresses by value ("[::1]" is "[0:0::1]").
bool sip_host_equal(struct slice left, struct slice right);
