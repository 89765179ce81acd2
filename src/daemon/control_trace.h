// SPDX-License-Identifier: ISC
// The answer to `trace`: one line an entry, then the reply.
#pragma once

#include "daemon/control_server.h"
#include "desk/control_session.h"

void control_trace(struct control_session *session, const struct control_server_settings *settings,
                   const struct control_command *command);
