// SPDX-License-Identifier: ISC
// Addresses as values: rows that read back, rows that are none.
#include "tests/suite.h"
#include "util/net_address.h"

static const struct row {
    const char *host;
    const char *text;
} rows[] = {
    { "192.0.2.1", "192.0.2.1:5061" },
    { "2001:db8::1", "[2001:db8::1]:5061" },
    { "[2001:DB8:0:0::1]", "[2001:db8::1]:5061" },
    { "::ffff:192.0.2.1", "[::ffff:192.0.2.1]:5061" },
    { "2001:db8:1111:2222:3333:4444:5555:6666", "[2001:db8:1111:2222:3333:4444:5555:6666]:5061" },
};

START_TEST(addresses_read_and_print)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct net_address address, again;
        char text[NET_ADDRESS_TEXT_BYTES];
        ck_assert(net_address_parse(slice_of(rows[i].host), 5061, &address) == STATUS_OK);
        ck_assert_str_eq(net_address_text(&address, text), rows[i].text);
        net_address_host(&address, text);
        ck_assert(net_address_parse(slice_of(text), 5061, &again) == STATUS_OK);
        ck_assert(net_address_equal(&address, &again));
        again.port = 1;
        ck_assert(!net_address_equal(&address, &again));
        ck_assert(net_address_same_host(&address, &again));
        again.bytes[3] ^= 1;
        ck_assert(!net_address_same_host(&address, &again));
    }
}
END_TEST

START_TEST(a_name_is_no_address_and_changes_nothing)
{
    static const char *const bad[] = {
        "",
        "example.org",
        "192.0.2",
        "192.0.2.256",
        "192.0.2.1 ",
        "[]",
        "[2001:db8::1",
        "2001:db8::1::2",
        "fe80::1%eth0",
        "0000000000000000000000000000000000000000000000000000000000000000"
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct net_address address = { .port = 77 };
        ck_assert_msg(net_address_parse(slice_of(bad[i]), 1, &address) == STATUS_MALFORMED, "%s",
                      bad[i]);
        ck_assert_uint_eq(address.port, 77);
    }
}
END_TEST

START_TEST(a_nul_byte_does_not_end_an_address)
{
    struct net_address address;
    ck_assert(net_address_parse(slice_make("192.0.2.1\0.evil", 15), 1, &address) ==
              STATUS_MALFORMED);
}
END_TEST

START_TEST(no_address_has_no_host)
{
    struct net_address none = { .family = NET_NONE };
    char text[NET_ADDRESS_TEXT_BYTES];
    ck_assert_str_eq(net_address_host(&none, text), "");
}
END_TEST

SUITE_MAIN("util/net_address", addresses_read_and_print, a_name_is_no_address_and_changes_nothing,
           a_nul_byte_does_not_end_an_address, no_address_has_no_host)
