// SPDX-License-Identifier: ISC
// One run of one executable: how long it may take, and whether it was healthy. A value inside the
// queue.
#pragma once

#include "agent/event.h"
#include "util/limits.h"
#include "util/time_ms.h"

enum hook_run_state {
    HOOK_RUN_NONE,
    HOOK_RUN_STARTING,
    HOOK_RUN_RUNNING,
    HOOK_RUN_TERMINATING,
    HOOK_RUN_KILLED
};

enum hook_run_verdict {
    HOOK_RUN_WAIT,
    HOOK_RUN_UNDECIDED,
    HOOK_RUN_TERMINATE,
    HOOK_RUN_KILL
};

struct hook_run {
    uint32_t id;
    enum hook_run_state state;
    bool wants_decision;
    bool has_spoken; // a word or a verb
    time_ms started_at;
    time_ms decide_until; // TIME_NEVER once it has spoken
    time_ms live_until;   // after the call is over
    time_ms kill_at;
    unsigned lines; // that were no decision
    unsigned words; // that decided nothing for good
    int last_word;
};

void hook_run_start(struct hook_run *run, time_ms now, uint32_t id, bool wants_decision);
bool hook_run_is_alive(const struct hook_run *run);
void hook_run_speak(struct hook_run *run);
time_ms hook_run_deadline(const struct hook_run *run);
// What is due: UNDECIDED (then it is terminating), TERMINATE or KILL.
enum hook_run_verdict hook_run_timeout(struct hook_run *run, time_ms now, time_ms kill_ms);
// Exit 0 and 1 are healthy, as with grep; 3 is once the call is over.
bool hook_run_is_healthy(int exit_code, bool is_call_over);
