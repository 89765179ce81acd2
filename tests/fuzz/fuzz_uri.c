// SPDX-License-Identifier: ISC
// URIs, addresses, Via values and parameters: two lines are two values to be compared.
#include "fuzz.h"
#include "sip/address.h"
#include "sip/parameters.h"
#include "sip/via.h"

static void check_inside(struct slice part, struct slice whole)
{
    FUZZ_ASSERT(part.length == 0 ||
                (part.data >= whole.data && part.data + part.length <= whole.data + whole.length));
}

static void check_uri(struct slice text, const struct sip_uri *uri)
{
    FUZZ_ASSERT(sip_uri_equal(uri, uri));
    FUZZ_ASSERT(uri->port <= UINT16_MAX);
    check_inside(uri->user, text);
    check_inside(uri->password, text);
    check_inside(uri->host, text);
    check_inside(uri->parameters, text);
    check_inside(uri->headers, text);
    struct arena *arena = arena_new();
    struct slice plain = sip_uri_unescape(arena, uri->user);
    FUZZ_ASSERT(plain.length <= uri->user.length);
    FUZZ_ASSERT(plain.length == 0 || !memchr(plain.data, '\0', plain.length));
    arena_free(arena);
}

static void check_address(struct slice text)
{
    struct sip_address address;
    struct slice tag;
    if (sip_address_parse(text, &address) != STATUS_OK)
        return;
    check_inside(address.display_name, text);
    FUZZ_ASSERT(sip_parameters_are_valid(address.parameters));
    if (sip_parameters_find(address.parameters, "tag", &tag))
        check_inside(tag, text);
    if (!address.is_wildcard)
        check_uri(text, &address.uri);
    struct arena *arena = arena_new();
    FUZZ_ASSERT(sip_address_display_name(arena, &address).length <= address.display_name.length);
    arena_free(arena);
}

static void check_via(struct slice text)
{
    struct sip_via via;
    if (sip_via_parse(text, &via) != STATUS_OK)
        return;
    check_inside(via.host, text);
    check_inside(via.branch, text);
    check_inside(via.received, text);
    FUZZ_ASSERT(via.port <= UINT16_MAX && via.rport <= UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice second;
    struct slice first = slice_cut(slice_make((const char *)data, size), '\n', &second);
    struct sip_uri left;
    struct sip_uri right;
    bool is_left = sip_uri_parse(first, &left) == STATUS_OK;
    bool is_right = sip_uri_parse(second, &right) == STATUS_OK;
    if (is_left)
        check_uri(first, &left);
    if (is_left && is_right)
        FUZZ_ASSERT(sip_uri_equal(&left, &right) == sip_uri_equal(&right, &left));
    check_address(first);
    check_via(first);
    return 0;
}
