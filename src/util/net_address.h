// SPDX-License-Identifier: ISC
// An IP address and port as a value; no sockets.
#pragma once

#include "util/slice.h"

#include <stdbool.h>
#include <stdint.h>

enum net_family {
    NET_NONE,
    NET_IPV4,
    NET_IPV6
};

struct net_address {
    enum net_family family;
    uint8_t bytes[16]; // network order; IPv4 uses the first 4
    uint16_t port;
};

enum {
    NET_ADDRESS_TEXT_BYTES = 64
};

// "192.0.2.1", "2001:db8::1" or "[2001:db8::1]"; a name is MALFORMED. *address untouched on
// failure.
MUST_USE enum status net_address_parse(struct slice host, uint16_t port,
                                       struct net_address *address);
// The host part alone, without brackets. `text` holds NET_ADDRESS_TEXT_BYTES; returns `text`.
const char *net_address_host(const struct net_address *address, char *text);
// "192.0.2.1:5061" or "[2001:db8::1]:5061".
const char *net_address_text(const struct net_address *address, char *text);
// Why nothing may be sent there: multicast, broadcast, unspecified, link-local, and loopback unless
// `allows_loopback`; also of an IPv4 address inside an IPv6 one. NULL: it may.
const char *net_address_fault(const struct net_address *address, bool allows_loopback);
bool net_address_is_loopback(const struct net_address *address);
bool net_address_equal(const struct net_address *left, const struct net_address *right);
bool net_address_same_host(const struct net_address *left, const struct net_address *right);
