// SPDX-License-Identifier: ISC
// The configuration as the parts of the daemon want it. Texts are borrowed from the configuration.
#pragma once

#include "agent/settings.h"
#include "daemon/config.h"
#include "daemon/sip_link.h"

void settings_agent(const struct config *config, struct agent_settings *settings);
void settings_link(const struct config *config, struct sip_link_settings *settings);
enum {
    SETTINGS_SECRETS_MAX = 4
};

// The files that hold the password and our TLS key, ended by NULL. Warns when the kernel cannot
// hide them from hooks.
void settings_secrets(const struct config *config, const char *hidden[SETTINGS_SECRETS_MAX + 1]);
