// SPDX-License-Identifier: ISC
#include "daemon/rehearsal.h"

#include "agent/decision.h"
#include "hook/environment.h"
#include "io/file.h"
#include "util/limits.h"
#include "util/list.h"
#include "util/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CALL = 1, // the only one in each queue
    PATH_BYTES = 4096
};

struct rehearsal {
    struct list_link link;
    uint32_t number;
    enum event_kind kind;
    struct hook_queue *queue;
    struct hook_runner *runner;
    struct buffer decisions;
    const char *why;
    char *directory;
};

struct rehearsals {
    struct loop *loop;
    struct child_reaper *reaper;
    struct rehearsals_settings settings;
    struct list list;
    uint32_t last;
    struct rehearsal *reported; // freed with the next call
};

struct rehearsals *rehearsals_new(struct loop *loop, struct child_reaper *reaper,
                                  const struct rehearsals_settings *settings)
{
    struct rehearsals *rehearsals = memory_new(sizeof(*rehearsals));
    *rehearsals = (struct rehearsals){ .loop = loop, .reaper = reaper, .settings = *settings };
    list_init(&rehearsals->list);
    return rehearsals;
}

void rehearsals_reconfigure(struct rehearsals *rehearsals,
                            const struct rehearsals_settings *settings)
{
    rehearsals->settings = *settings;
    list_for_each(link, &rehearsals->list) {
        struct rehearsal *rehearsal = list_entry(link, struct rehearsal, link);
        hook_runner_reconfigure(rehearsal->runner, &settings->runner);
    }
}

static char *folder_new(const struct rehearsals *rehearsals)
{
    char folder[PATH_BYTES];
    snprintf(folder, sizeof(folder), "%.3000s/calls/test-%u", rehearsals->settings.state_dir,
             rehearsals->last);
    hook_runner_make_folder(folder);
    return memory_copy_text(folder);
}

enum status rehearsals_start(struct rehearsals *rehearsals, time_ms now, const struct event *event,
                             uint32_t *number)
{
    if (rehearsals->list.count >= LIMIT_REHEARSALS)
        return STATUS_REFUSED;
    struct rehearsal *rehearsal = memory_new(sizeof(*rehearsal));
    struct hook_environment_settings environment = rehearsals->settings.environment;
    rehearsal->number = *number = ++rehearsals->last;
    rehearsal->kind = event->kind;
    rehearsal->directory = folder_new(rehearsals);
    environment.directory = rehearsal->directory;
    buffer_init(&rehearsal->decisions, LIMIT_CONTROL_LINE / 2);
    rehearsal->queue = hook_queue_new(&rehearsals->settings.queue);
    rehearsal->runner = hook_runner_new(rehearsals->loop, rehearsals->reaper,
                                        &rehearsals->settings.runner, rehearsal->queue);
    list_append(&rehearsals->list, &rehearsal->link);
    hook_queue_event(rehearsal->queue, now, event->kind, CALL,
                     hook_environment_new(event, &environment), event->body);
    return STATUS_OK;
}

static void note_decision(struct rehearsal *rehearsal, time_ms now, const struct action *action)
{
    if (rehearsal->decisions.length)
        buffer_append_byte(&rehearsal->decisions, '\n');
    decision_write(action, &rehearsal->decisions);
    if (action_is_final(action->kind)) /* what follows is lingering */
        hook_queue_call_over(rehearsal->queue, now, CALL);
}

static void carry_out(struct rehearsal *rehearsal, time_ms now, const struct hook_output *output)
{
    switch (output->kind) {
    case HOOK_START:
        (void)hook_runner_start(rehearsal->runner, now, output,
                                &(struct hook_place){ .directory = rehearsal->directory });
        break;
    case HOOK_ACTION:
        note_decision(rehearsal, now, output->action);
        break;
    case HOOK_DEFAULT:
        rehearsal->why = output->why;
        break;
    case HOOK_TERMINATE:
        hook_runner_signal(rehearsal->runner, output->run, SIGTERM);
        break;
    case HOOK_KILL:
        hook_runner_signal(rehearsal->runner, output->run, SIGKILL);
        break;
    case HOOK_OWNING:
    case HOOK_RELEASED:
    case HOOK_TAKEN_OVER:
    case HOOK_KEEP:
    case HOOK_KEPT_DONE:
    case HOOK_GIVEN_UP:
    case HOOK_CALL_DONE:
        break;
    }
}

static void rehearsal_free(struct rehearsal *rehearsal)
{
    if (!rehearsal)
        return;
    hook_runner_free(rehearsal->runner);
    hook_queue_free(rehearsal->queue);
    file_remove_folder(rehearsal->directory);
    buffer_free(&rehearsal->decisions);
    free(rehearsal->directory);
    free(rehearsal);
}

/* True when nothing runs any more. */
static bool pump_one(struct rehearsal *rehearsal, time_ms now)
{
    struct hook_output output;
    hook_queue_timeout(rehearsal->queue, now);
    while (hook_queue_next_output(rehearsal->queue, now, &output))
        carry_out(rehearsal, now, &output);
    return hook_queue_alive(rehearsal->queue) == 0;
}

/* Of all files; the last error is that of the first one with an error. */
static void sum_up(const struct hook_queue *queue, struct hook_statistics *sum)
{
    struct hook_statistics one;
    *sum = (struct hook_statistics){ .name = "", .last_error = "", .failed_at = TIME_NEVER };
    for (size_t i = 0; hook_queue_statistics(queue, i, &one); i++) {
        sum->runs += one.runs;
        sum->failures += one.failures;
        sum->timeouts += one.timeouts;
        sum->dropped += one.dropped;
        if (one.longest_ms > sum->longest_ms)
            sum->longest_ms = one.longest_ms;
        if (one.last_error[0] && !sum->last_error[0]) {
            sum->last_error = one.last_error;
            sum->name = one.name;
        }
    }
}

bool rehearsals_pump(struct rehearsals *rehearsals, time_ms now, struct rehearsal_report *report)
{
    rehearsal_free(rehearsals->reported);
    rehearsals->reported = NULL;
    list_for_each_safe(link, &rehearsals->list) {
        struct rehearsal *rehearsal = list_entry(link, struct rehearsal, link);
        if (!pump_one(rehearsal, now))
            continue;
        list_remove(&rehearsals->list, &rehearsal->link);
        rehearsals->reported = rehearsal;
        *report = (struct rehearsal_report){
            .number = rehearsal->number,
            .decisions = buffer_slice(&rehearsal->decisions),
            .why = rehearsal->why,
        };
        sum_up(rehearsal->queue, &report->statistics);
        return true;
    }
    return false;
}

time_ms rehearsals_deadline(const struct rehearsals *rehearsals)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &rehearsals->list) {
        const struct rehearsal *rehearsal = list_entry(link, struct rehearsal, link);
        deadline = time_earliest(deadline, hook_queue_deadline(rehearsal->queue));
    }
    return deadline;
}

void rehearsals_free(struct rehearsals *rehearsals)
{
    if (!rehearsals)
        return;
    rehearsal_free(rehearsals->reported);
    while (!list_is_empty(&rehearsals->list))
        rehearsal_free(list_entry(list_take_first(&rehearsals->list), struct rehearsal, link));
    free(rehearsals);
}
