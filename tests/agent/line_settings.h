// SPDX-License-Identifier: ISC
// The settings of the line that suites of the agent play with.
#pragma once

#include "agent/settings.h"

// Everything may be dialled; nothing is answered unless a test says so.
static inline struct agent_settings line_settings(const char *aor, const char *route)
{
    static const char *const realms[] = { "example.com" };
    static const char *const allow[] = { "*", "*@*" };
    return (struct agent_settings){
        .line = "home",
        .aor = aor,
        .username = "alice",
        .password = "secret",
        .realms = realms,
        .realm_count = 1,
        .instance_id = "",
        .route = route,
        .expires_s = 600,
        .calls_max = 8,
        .dial_allow = allow,
        .dial_allow_count = 2,
        .dial_max_calls = 8,
        .dial_per_hour = 50,
        .incoming = { .kind = ACTION_REJECT, .code = 480 },
        .codecs = { CODEC_PCMU },
        .codec_count = 1,
    };
}
