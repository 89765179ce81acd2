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

/* RFC 4291 2.5.5.2 and the well-known prefix of RFC 6052. */
static bool find_ipv4(const struct net_address *address, uint8_t bytes[4])
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    static const uint8_t translated[12] = { 0x00, 0x64, 0xff, 0x9b };
    bool is_inside = address->family == NET_IPV6 && (memcmp(address->bytes, mapped, 12) == 0 ||
                                                     memcmp(address->bytes, translated, 12) == 0);
    if (address->family != NET_IPV4 && !is_inside)
        return false;
    memcpy(bytes, address->bytes + (is_inside ? 12 : 0), 4);
    return true;
}

bool net_address_is_loopback(const struct net_address *address)
{
    static const uint8_t one[16] = { [15] = 1 };
    uint8_t bytes[4];
    if (find_ipv4(address, bytes))
        return bytes[0] == 127;
    return address->family == NET_IPV6 && memcmp(address->bytes, one, 16) == 0;
}

static const char *fault_of_ipv4(const uint8_t bytes[4])
{
    if (bytes[0] == 0)
        return "an unspecified address";
    if (bytes[0] >= 224 && bytes[0] < 240)
        return "a multicast address";
    if (bytes[0] >= 240)
        return "a broadcast or reserved address";
    return bytes[0] == 169 && bytes[1] == 254 ? "a link-local address" : NULL;
}

const char *net_address_fault(const struct net_address *address, bool allows_loopback)
{
    static const uint8_t zero[16];
    uint8_t bytes[4];
    if (net_address_is_loopback(address))
        return allows_loopback ? NULL : "a loopback address";
    if (find_ipv4(address, bytes))
        return fault_of_ipv4(bytes);
    if (address->family == NET_NONE || memcmp(address->bytes, zero, 16) == 0)
        return "an unspecified address";
    if (address->bytes[0] == 0xff)
        return "a multicast address";
    bool is_link_local = address->bytes[0] == 0xfe && (address->bytes[1] & 0xc0) == 0x80;
    return is_link_local ? "a link-local address" : NULL;
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
