// SPDX-License-Identifier: ISC
// How one hook has fared. A value inside the queue.
#pragma once

#include "util/slice.h"
#include "util/time_ms.h"

enum {
    HOOK_DURATIONS_KEPT = 32,
    HOOK_ERROR_BYTES = 200
};

struct hook_statistics {
    const char *name; // of the file, relative to the folder of the hooks
    uint64_t runs;
    uint64_t failures;
    uint64_t timeouts;
    uint64_t dropped;  // events that found the queue full
    bool is_failing;   // the last run has
    time_ms failed_at; // the last time; TIME_NEVER: it has not
    time_ms median_ms;
    time_ms longest_ms;
    const char *last_error; // the last line on stderr, or what went wrong
};

struct hook_figures {
    struct hook_statistics counted; // without median and last_error
    time_ms durations[HOOK_DURATIONS_KEPT];
    size_t next_duration;
    char last_error[HOOK_ERROR_BYTES];
};

// A run could not be started; `why` is told as the last error.
void hook_figures_absent(struct hook_figures *figures, time_ms now, const char *why);
void hook_figures_ended(struct hook_figures *figures, time_ms now, time_ms duration,
                        bool is_healthy);
// A line on standard error; what is too long is cut.
void hook_figures_error_line(struct hook_figures *figures, struct slice line);
// A run has said nothing in time.
void hook_figures_undecided(struct hook_figures *figures, const char *why);
// What may be shown of a line on standard output: not the digits that `ask` prints when the hook
// does not take them.
struct slice hook_figures_shown(struct slice line);
// Such a line that was no decision; `why` may be "".
void hook_figures_no_decision(struct hook_figures *figures, const char *sentence, struct slice line,
                              const char *why);
// last_error is borrowed.
void hook_figures_read(const struct hook_figures *figures, struct hook_statistics *statistics);
