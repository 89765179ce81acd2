// SPDX-License-Identifier: ISC
// The command `test`: its words as a rehearsal, and the rehearsal's end as an answer.
#pragma once

#include "daemon/control_server.h"
#include "desk/control_session.h"

// False: refused, and answered. Otherwise the report of *number is to be awaited.
bool control_test_begin(struct control_session *session,
                        const struct control_server_settings *settings, time_ms now,
                        const struct control_command *command, uint32_t *number);
void control_test_end(struct control_session *session, int64_t id,
                      const struct rehearsal_report *report);
