// SPDX-License-Identifier: ISC
#include "hook/hook_left.h"

#include "util/memory.h"

#include <stdlib.h>

struct group {
    struct list_link link;
    uint32_t call;
    struct hook_run run;
};

void hook_left_init(struct hook_left *left)
{
    list_init(&left->list);
}

void hook_left_add(struct hook_left *left, uint32_t run, uint32_t call, time_ms until)
{
    struct group *group = memory_new(sizeof(*group));
    hook_run_start(&group->run, 0, run, false);
    group->run.state = HOOK_RUN_RUNNING;
    group->run.live_until = until;
    group->call = call;
    list_append(&left->list, &group->link);
}

bool hook_left_gone(struct hook_left *left, uint32_t run, uint32_t *call)
{
    list_for_each_safe(link, &left->list) {
        struct group *group = list_entry(link, struct group, link);
        if (group->run.id != run)
            continue;
        *call = group->call;
        list_remove(&left->list, &group->link);
        free(group);
        return true;
    }
    return false;
}

void hook_left_call_over(struct hook_left *left, uint32_t call, time_ms until)
{
    list_for_each(link, &left->list) {
        struct group *group = list_entry(link, struct group, link);
        if (group->call == call)
            group->run.live_until = until;
    }
}

void hook_left_stop(struct hook_left *left, time_ms when)
{
    list_for_each(link, &left->list)
        list_entry(link, struct group, link)->run.live_until = when;
}

bool hook_left_has(const struct hook_left *left, uint32_t call)
{
    list_for_each(link, &left->list)
        if (list_entry(link, struct group, link)->call == call)
            return true;
    return false;
}

time_ms hook_left_deadline(const struct hook_left *left)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &left->list)
        deadline =
            time_earliest(deadline, hook_run_deadline(&list_entry(link, struct group, link)->run));
    return deadline;
}

bool hook_left_timeout(struct hook_left *left, time_ms now, time_ms kill_ms, uint32_t *run,
                       enum hook_run_verdict *verdict)
{
    list_for_each(link, &left->list) {
        struct group *group = list_entry(link, struct group, link);
        *verdict = hook_run_timeout(&group->run, now, kill_ms);
        *run = group->run.id;
        if (*verdict != HOOK_RUN_WAIT)
            return true;
    }
    return false;
}

void hook_left_clear(struct hook_left *left)
{
    struct list_link *link;
    while ((link = list_take_first(&left->list)))
        free(list_entry(link, struct group, link));
}
