// SPDX-License-Identifier: ISC
// The configuration as the parts of the daemon want it. Texts are borrowed from the configuration.
#pragma once

#include "agent/settings.h"
#include "daemon/config.h"
#include "daemon/sip_link.h"

void settings_agent(const struct config *config, struct agent_settings *settings);
void settings_link(const struct config *config, struct sip_link_settings *settings);
// A cage (io/child_cage.h) around the files that hold the password and our TLS key; -1 when there
// is nothing to hide or the kernel cannot.
int settings_cage(const struct config *config);
