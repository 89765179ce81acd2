// SPDX-License-Identifier: ISC
// Processes that hooks have left behind in their process groups: they may linger like the hook
// itself, then they are ended. A value inside the queue.
#pragma once

#include "hook/hook_run.h"
#include "util/list.h"

struct hook_left {
    struct list list;
};

void hook_left_init(struct hook_left *left);
// The group of the run goes on until then; TIME_NEVER: its call is not over.
void hook_left_add(struct hook_left *left, uint32_t run, uint32_t call, time_ms until);
// Nobody is in it any more. Tells its call; false: it was not known.
bool hook_left_gone(struct hook_left *left, uint32_t run, uint32_t *call);
void hook_left_call_over(struct hook_left *left, uint32_t call, time_ms until);
// None goes on for longer.
void hook_left_stop(struct hook_left *left, time_ms when);
bool hook_left_has(const struct hook_left *left, uint32_t call);
time_ms hook_left_deadline(const struct hook_left *left);
// The next one that is due, and what for; false when there is none.
bool hook_left_timeout(struct hook_left *left, time_ms now, time_ms kill_ms, uint32_t *run,
                       enum hook_run_verdict *verdict);
void hook_left_clear(struct hook_left *left);
