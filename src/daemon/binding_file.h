// SPDX-License-Identifier: ISC
// The binding at the registrar on disk, so that a next process can take it off: the file `binding`
// of the state directory, of what agent_write_binding says. Mode 0600; no secrets.
#pragma once

#include "agent/agent.h"

// AGENT_BINDING: writes the file, or removes it. Where that fails the line goes on.
void binding_file_keep(const char *state_dir, const struct agent *agent, time_ms now);
// Hands what an earlier process has left to the agent; what is no record is set aside.
void binding_file_take_up(const char *state_dir, struct agent *agent, time_ms now);
