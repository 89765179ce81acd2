// SPDX-License-Identifier: ISC
// Carries out what the hook queue orders: finds and checks the executable, starts it, feeds its
// output back.
#pragma once

#include "hook/hook_queue.h"
#include "io/child_process.h"
#include "io/program_file.h"

struct hook_runner;

struct hook_runner_settings {
    const char *folder;        // hooks.dir
    uid_t owner;               // of the configuration: hooks may belong to it, or to root
    const char *const *hidden; // what hooks must not read
};

// The texts of `settings` are borrowed until hook_runner_reconfigure. `queue` is told what becomes
// of the runs.
struct hook_runner *hook_runner_new(struct loop *loop, struct child_reaper *reaper,
                                    const struct hook_runner_settings *settings,
                                    struct hook_queue *queue);
// Where a hook begins.
struct hook_place {
    const char *directory; // it works in
    const char *mark_from; // NULL, or as in struct child_settings
    const char *mark_to;
};

const char *hook_runner_folder(const struct hook_runner *runner);
// For the hooks that are started from now on.
void hook_runner_reconfigure(struct hook_runner *runner,
                             const struct hook_runner_settings *settings);
// HOOK_START. True when it runs; false when there is none or it could not be started, which the
// queue has been told.
bool hook_runner_start(struct hook_runner *runner, time_ms now, const struct hook_output *output,
                       const struct hook_place *place);
// Whether an executable may be run as a hook; otherwise `why` is a sentence.
MUST_USE enum status hook_runner_check(const struct hook_runner *runner, const char *path,
                                       char why[PROGRAM_WHY_BYTES]);
// Makes a working folder for hooks; what keeps it from being made is said in the log.
void hook_runner_make_folder(const char *directory);
void hook_runner_signal(struct hook_runner *runner, uint32_t run, int signal);
void hook_runner_free(struct hook_runner *runner);
