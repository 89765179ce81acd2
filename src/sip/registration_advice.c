// SPDX-License-Identifier: ISC
#include "sip/registration_advice.h"

#include <string.h>

/* Of proxies that take a Route in a request outside a dialog for an attack. */
static bool speaks_of_route(struct slice reason)
{
    static const char word[] = "route";
    for (size_t i = 0; i + strlen(word) <= reason.length; i++)
        if (slice_equal_ignoring_case(slice_make(reason.data + i, strlen(word)), slice_of(word)))
            return true;
    return false;
}

bool registration_refuses_route(uint32_t status, struct slice reason)
{
    return status >= 400 && status < 500 && speaks_of_route(reason);
}

const char *registration_advice(uint32_t status)
{
    switch (status) {
    case 403:
        return "the registrar forbids this account: check username and aor, then the password; or "
               "as many telephones are registered already as it allows";
    case 404:
        return "the registrar does not know this address: check aor";
    case 423:
        return "the registrar wants another registration.expires and does not say which";
    case 503:
        return "the registrar is out of service; it is tried again";
    case 408:
    case 500:
    case 504:
        return "the registrar has a fault; it is tried again";
    default:
        break;
    }
    if (status >= 300 && status < 400)
        return "the registrar redirects, which is never followed: ask the provider for the right "
               "outbound_proxy";
    return "the registrar refuses";
}

const char *registration_remedy(uint32_t status)
{
    switch (status) {
    case 400:
    case 420:
        return ": if it takes offence at RFC 5626, set registration.outbound = false";
    case 421:
    case 494:
        return ": it wants a security agreement, which is not spoken here: ask the provider for an "
               "access without it";
    case 480:
    case 486:
    case 491:
        return ": it is tried again";
    default:
        return status >= 600 ? ": ask the provider" : "";
    }
}
