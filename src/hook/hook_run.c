// SPDX-License-Identifier: ISC
#include "hook/hook_run.h"

void hook_run_start(struct hook_run *run, time_ms now, uint32_t id, bool wants_decision)
{
    *run = (struct hook_run){
        .id = id,
        .state = HOOK_RUN_STARTING,
        .wants_decision = wants_decision,
        .started_at = now,
        .decide_until = TIME_NEVER,
        .live_until = TIME_NEVER,
        .kill_at = TIME_NEVER,
    };
}

bool hook_run_is_alive(const struct hook_run *run)
{
    return run->state >= HOOK_RUN_RUNNING;
}

void hook_run_speak(struct hook_run *run)
{
    run->has_spoken = true;
    run->decide_until = TIME_NEVER;
}

time_ms hook_run_deadline(const struct hook_run *run)
{
    switch (run->state) {
    case HOOK_RUN_RUNNING:
        return time_earliest(run->decide_until, run->live_until);
    case HOOK_RUN_TERMINATING:
        return run->kill_at;
    case HOOK_RUN_NONE:
    case HOOK_RUN_STARTING:
    case HOOK_RUN_KILLED:
        break;
    }
    return TIME_NEVER;
}

enum hook_run_verdict hook_run_timeout(struct hook_run *run, time_ms now, time_ms kill_ms)
{
    if (now < hook_run_deadline(run) || !hook_run_is_alive(run))
        return HOOK_RUN_WAIT;
    if (run->state == HOOK_RUN_TERMINATING) {
        run->state = HOOK_RUN_KILLED;
        return HOOK_RUN_KILL;
    }
    bool is_undecided = now >= run->decide_until;
    run->state = HOOK_RUN_TERMINATING;
    run->kill_at = now + kill_ms;
    return is_undecided ? HOOK_RUN_UNDECIDED : HOOK_RUN_TERMINATE;
}

bool hook_run_is_healthy(int exit_code, bool is_call_over)
{
    return exit_code == 0 || exit_code == 1 || (exit_code == 3 && is_call_over);
}
