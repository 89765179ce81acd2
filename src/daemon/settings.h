// SPDX-License-Identifier: ISC
// The configuration as the parts of the daemon want it. One object holds it all, and what borrows
// from it changes over to the next one at a reload, all at once; then the old one is freed.
#pragma once

#include "agent/settings.h"
#include "daemon/config.h"
#include "daemon/hook_runner.h"
#include "daemon/media_port.h"
#include "daemon/rehearsal.h"
#include "daemon/sip_link.h"
#include "hook/environment.h"

enum {
    SETTINGS_HIDDEN_MAX = 9
};

struct settings {
    struct config *config;
    struct agent_settings agent;
    struct sip_link_settings link;
    time_ms own_certificate_expires; // in ms since 1970; TIME_NEVER without one
    struct media_ports_settings media;
    struct hook_settings hooks;
    struct hook_runner_settings runner;
    struct hook_environment_settings environment; // without directory
    struct rehearsals_settings rehearsals;
    char *hidden[SETTINGS_HIDDEN_MAX + 1]; // what children must not read: see io/child_cage.h
};

// Takes `config` over, which config_obtain has made. `instance_id` is borrowed.
struct settings *settings_new(struct config *config, const char *instance_id);
// NULL is fine.
void settings_free(struct settings *settings);
