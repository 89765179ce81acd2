// SPDX-License-Identifier: ISC
// What the agent must know of the configuration. Texts and lists are borrowed: the daemon's
// configuration lives as long as the agent.
#pragma once

#include "agent/action.h"
#include "sdp/offer_answer.h"

enum {
    AGENT_CODECS_MAX = 8
};

/* What depends on the registrar unless the user says otherwise. */
enum agent_choice {
    AGENT_AUTO,
    AGENT_ALWAYS,
    AGENT_NEVER
};

struct agent_settings {
    const char *line; // the name users know
    const char *aor;  // "sips:alice@example.com"
    const char *username;
    const char *password;
    const char *const *realms; // that get credentials; none: learnt at the first registration
    size_t realm_count;
    const char *instance_id; // "" = RFC 5626 is not offered
    const char *route;       // "<sip:proxy.example.com;lr>", or ""
    bool allow_md5;
    bool auth_in_dialog; // a challenge inside a dialog is answered (decision 13)
    bool logs_numbers;   // in full, instead of their last four characters
    uint32_t expires_s;
    uint32_t retry_base_ms;       // sip/registration_waits.h; 0: the RFC's 30 s
    uint32_t start_jitter_ms;     // the first REGISTER of the process waits up to so long
    enum agent_choice gruu;       // AUTO: used where outbound has been agreed, too
    enum agent_choice follow_nat; // AUTO: the Contact is corrected where it has not
    uint32_t calls_max;
    const char *const *dial_allow; // patterns; none: nothing may be dialled
    size_t dial_allow_count;
    uint32_t dial_max_calls;
    uint32_t dial_per_hour;
    struct action incoming; // the decision when no hook decides
    enum codec codecs[AGENT_CODECS_MAX];
    size_t codec_count;
    enum sdp_srtp srtp;
    const char *const *export_headers;
    size_t export_header_count;
};
