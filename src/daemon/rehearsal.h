// SPDX-License-Identifier: ISC
// Hooks run without a call, for `offhookctl test`: each rehearsal has a hook queue of its own, so
// that nothing it decides reaches a call and nothing it does is counted.
#pragma once

#include "daemon/hook_runner.h"
#include "hook/environment.h"
#include "util/buffer.h"

struct rehearsals;

struct rehearsal_report {
    uint32_t number;
    struct slice decisions; // one a line, as the hook said them
    const char *why;        // why the configuration decides; NULL when a hook has, or need not
    struct hook_statistics statistics;
};

struct rehearsals_settings {
    struct hook_settings queue;
    struct hook_runner_settings runner;
    struct hook_environment_settings environment; // without directory
    const char *state_dir;                        // where the working folders are made
};

// The texts of `settings` are borrowed until rehearsals_reconfigure.
struct rehearsals *rehearsals_new(struct loop *loop, struct child_reaper *reaper,
                                  const struct rehearsals_settings *settings);
void rehearsals_reconfigure(struct rehearsals *rehearsals,
                            const struct rehearsals_settings *settings);
// The report will bear *number. REFUSED when too many are under way.
MUST_USE enum status rehearsals_start(struct rehearsals *rehearsals, time_ms now,
                                      const struct event *event, uint32_t *number);
// Carries out what is due. True when one has ended: *report is borrowed until the next call.
bool rehearsals_pump(struct rehearsals *rehearsals, time_ms now, struct rehearsal_report *report);
time_ms rehearsals_deadline(const struct rehearsals *rehearsals);
void rehearsals_free(struct rehearsals *rehearsals);
