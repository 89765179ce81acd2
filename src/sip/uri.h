// SPDX-License-Identifier: ISC
// sip:, sips: and tel: URIs (RFC 3261 19.1, 25.1; RFC 3966). Slices borrow from the parsed text.
#pragma once

#include "util/arena.h"
#include "util/slice.h"

enum sip_scheme {
    SIP_SCHEME_OTHER,
    SIP_SCHEME_SIP,
    SIP_SCHEME_SIPS,
    SIP_SCHEME_TEL
};

struct sip_uri {
    enum sip_scheme scheme;
    struct slice text;       // the whole URI as received
    struct slice user;       // escapes kept; empty when none. tel: the subscriber number
    struct slice password;   // escapes kept
    struct slice host;       // IPv6 references with their brackets
    uint32_t port;           // 0 when not given
    struct slice parameters; // ";transport=tls;lr", escapes kept
    struct slice headers;    // behind "?", escapes kept
};

// A scheme we do not know is OK with only scheme and text filled; grammar breaches are MALFORMED.
MUST_USE enum status sip_uri_parse(struct slice text, struct sip_uri *uri);
// RFC 3261 19.1.4.
bool sip_uri_equal(const struct sip_uri *left, const struct sip_uri *right);
// With %HH escapes resolved; an escaped NUL stays escaped, so that no text is cut short.
struct slice sip_uri_unescape(struct arena *arena, struct slice text);
