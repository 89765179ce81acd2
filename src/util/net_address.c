// SPDX-License-Identifier: ISC
#include "util/net_address.h"

#include <arpa/inet.h>
#include <stdio.h>

enum status net_address_parse(struct slice host, uint16_t port, struct net_address *address)
{
    char text[NET_ADDRESS_TEXT_BYTES];
    struct net_address parsed = { .port = port };
    size_t nul;
    if (host.length > 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
        host = slice_make(host.data + 1, host.length - 2);
    if (host.length >= sizeof(text) || slice_find(host, '\0', &nul))
        return STATUS_MALFORMED;
    memcpy(text, host.length ? host.data : "", host.length);
    text[host.length] = '\0';
    if (inet_pton(AF_INET, text, parsed.bytes) == 1)
        parsed.family = NET_IPV4;
    else if (inet_pton(AF_INET6, text, parsed.bytes) == 1)
        parsed.family = NET_IPV6;
    else
        return STATUS_MALFORMED;
    *address = parsed;
    return STATUS_OK;
}

const char *net_address_host(const struct net_address *address, char *text)
{
    text[0] = '\0';
    if (address->family != NET_NONE)
        inet_ntop(address->family == NET_IPV4 ? AF_INET : AF_INET6, address->bytes, text,
                  NET_ADDRESS_TEXT_BYTES);
    return text;
}

const char *net_address_text(const struct net_address *address, char *text)
{
    char host[NET_ADDRESS_TEXT_BYTES];
    net_address_host(address, host);
    snprintf(text, NET_ADDRESS_TEXT_BYTES, address->family == NET_IPV6 ? "[%.45s]:%u" : "%.45s:%u",
             host, address->port);
    return text;
}

bool net_address_same_host(const struct net_address *left, const struct net_address *right)
{
    size_t size = left->family == NET_IPV4 ? 4 : 16;
    return left->family == right->family && memcmp(left->bytes, right->bytes, size) == 0;
}

bool net_address_equal(const struct net_address *left, const struct net_address *right)
{
    return left->port == right->port && net_address_same_host(left, right);
}
