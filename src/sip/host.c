// SPDX-License-Identifier: ISC
#include "sip/host.h"

#include "sip/character.h"
#include "util/net_address.h"

static bool is_hexadecimal_or(char byte, const char *others)
{
    return sip_character_hex(byte) >= 0 || (byte && strchr(others, byte));
}

// net_address_parse decides, but RFC 3261's grammar once produced three colons in front of an
// embedded IPv4 address: RFC 5118 4.10 wants them understood.
static bool is_ipv6(struct slice text)
{
    char tolerated[48];
    struct net_address address;
    size_t colons;
    size_t dot;
    if (text.length > sizeof(tolerated))
        return false;
    for (size_t i = 0; i < text.length; i++)
        if (!is_hexadecimal_or(text.data[i], ":."))
            return false;
    if (slice_find_text(text, slice_of(":::"), &colons) && slice_find(text, '.', &dot)) {
        memcpy(tolerated, text.data, colons);
        memcpy(tolerated + colons, text.data + colons + 1, text.length - colons - 1);
        text = slice_make(tolerated, text.length - 1);
    }
    return net_address_parse(text, 0, &address) == STATUS_OK && address.family == NET_IPV6;
}

// domainlabels must not be empty and must not begin or end with "-"; one "." may end the name.
static bool is_name(struct slice name)
{
    char previous = '.';
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        if ((byte == '.' || byte == '-') && previous == '.')
            return false;
        if (byte == '.' && previous == '-')
            return false;
        previous = byte;
    }
    return name.length > 0 && name.length <= 255 && previous != '-';
}

enum status sip_host_take(struct slice *text, struct slice *host)
{
    size_t length;
    if (text->length && text->data[0] == '[') {
        if (!slice_find(*text, ']', &length) || !is_ipv6(slice_make(text->data + 1, length - 1)))
            return STATUS_MALFORMED;
        length++;
    } else {
        length = sip_character_span(*text, SIP_HOST);
        if (!is_name(slice_first(*text, length)))
            return STATUS_MALFORMED;
    }
    *host = slice_first(*text, length);
    *text = slice_make(text->data + length, text->length - length);
    return STATUS_OK;
}

enum status sip_host_read_port(struct slice digits, uint32_t *port)
{
    uint64_t number;
    if (slice_to_number(digits, UINT16_MAX, &number) != STATUS_OK || number == 0)
        return STATUS_MALFORMED;
    *port = (uint32_t)number;
    return STATUS_OK;
}

bool sip_host_equal(struct slice left, struct slice right)
{
    struct net_address left_address;
    struct net_address right_address;
    if (slice_equal_ignoring_case(left, right))
        return true;
    return net_address_parse(left, 0, &left_address) == STATUS_OK &&
           net_address_parse(right, 0, &right_address) == STATUS_OK &&
           net_address_same_host(&left_address, &right_address);
}
