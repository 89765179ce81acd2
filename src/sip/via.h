// SPDX-License-Identifier: ISC
// One Via value (RFC 3261 20.42, 18.2; RFC 3581).
#pragma once

#include "util/slice.h"

struct sip_via {
    struct slice transport; // "TLS"
    struct slice host;
    uint32_t port; // 0 when not given
    struct slice parameters;
    struct slice branch;   // empty when absent
    struct slice received; // empty when absent
    uint32_t rport;        // 0 when absent or without value
};

MUST_USE enum status sip_via_parse(struct slice text, struct sip_via *via);
