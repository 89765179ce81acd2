// SPDX-License-Identifier: ISC
// What can be asked of the DNS, and what it may say; plain data, no sockets.
#pragma once

#include "util/net_address.h"

#include <stddef.h>

enum dns_kind {
    DNS_NAPTR,    // RFC 3403
    DNS_SRV,      // RFC 2782
    DNS_ADDRESSES // A and AAAA
};

enum dns_outcome {
    DNS_FOUND,
    DNS_ABSENT, // the name or the record does not exist
    DNS_BROKEN, // the DNS server cannot say
    DNS_SILENT  // no DNS server answers
};

struct dns_naptr {
    uint16_t order;
    uint16_t preference;
    const char *flags;
    const char *service;
    const char *replacement;
};

struct dns_srv {
    uint16_t priority;
    uint16_t weight;
    uint16_t port;
    const char *host;
};

struct dns_query {
    enum dns_kind kind;
    const char *name;
};

// `count` records of the query's kind, in one of the three; 0 unless FOUND.
struct dns_answer {
    enum dns_outcome outcome;
    const struct dns_naptr *naptr;
    const struct dns_srv *srv;
    const struct net_address *addresses; // without port
    size_t count;
    uint32_t ttl_s; // the shortest; UINT32_MAX: not known
};
