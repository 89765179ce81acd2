// SPDX-License-Identifier: ISC
// name-addr and addr-spec: From, To, Contact, Route, P-Asserted-Identity (RFC 3261 20, 25.1).
#pragma once

#include "sip/uri.h"

struct sip_address {
    struct slice display_name; // raw: quotes taken off, backslash escapes kept
    struct sip_uri uri;
    struct slice
        parameters;   // header parameters. Without <>, what follows ";" is theirs, not the URI's
    bool is_wildcard; // Contact: *
};

// One address; the whole text must be used. MALFORMED otherwise.
MUST_USE enum status sip_address_parse(struct slice text, struct sip_address *address);
// With backslash escapes resolved.
struct slice sip_address_display_name(struct arena *arena, const struct sip_address *address);
