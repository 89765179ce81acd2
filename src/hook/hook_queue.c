// SPDX-License-Identifier: ISC
#include "hook/environment.h"
#include "hook/hook_queue_private.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct hook_queue *hook_queue_new(const struct hook_settings *settings)
{
    struct hook_queue *queue = memory_new(sizeof(*queue));
    queue->settings = *settings;
    queue->stop_at = TIME_NEVER;
    list_init(&queue->calls);
    list_init(&queue->outputs);
    hook_files_init(&queue->files);
    hook_left_init(&queue->left);
    return queue;
}

void hook_queue_reconfigure(struct hook_queue *queue, const struct hook_settings *settings)
{
    queue->settings = *settings;
}

struct pending *hook_queue_put(struct hook_queue *queue, enum hook_output_kind kind,
                               const struct hook_jobs *jobs, const struct hook_job *job)
{
    struct pending *pending = memory_new(sizeof(*pending));
    pending->output = (struct hook_output){ .kind = kind, .call = jobs ? jobs->call : 0 };
    if (job) {
        pending->output.run = job->run.id;
        pending->output.event = job->kind;
        snprintf(pending->output.call_id, sizeof(pending->output.call_id), "%s",
                 hook_job_call_id(job));
    }
    list_append(&queue->outputs, &pending->link);
    return pending;
}

void hook_queue_say_default(struct hook_queue *queue, const struct hook_jobs *jobs,
                            struct hook_job *job, const char *why)
{
    if (job->is_settled || !event_wants_decision(job->kind))
        return;
    job->is_settled = true;
    hook_queue_put(queue, HOOK_DEFAULT, jobs, job)->output.why = why;
}

const char *hook_queue_chain(const struct hook_job *job)
{
    return job->is_any ? "any" : event_kind_text(job->kind);
}

static void count_dropped(struct hook_queue *queue, enum event_kind kind)
{
    const char *name = event_kind_text(kind);
    hook_files_obtain(&queue->files, name, name)->figures.counted.dropped++;
}

static void start_run(struct hook_queue *queue, time_ms now, const struct hook_jobs *jobs,
                      struct hook_job *job)
{
    hook_run_start(&job->run, now, ++queue->last_run,
                   event_wants_decision(job->kind) && !job->is_any && !job->is_settled);
    if (job->index == 0)
        job->first_run = job->run.id;
    queue->alive++;
    struct hook_output *output = &hook_queue_put(queue, HOOK_START, jobs, job)->output;
    output->path = job->path;
    output->file = job->file;
    output->name = hook_queue_chain(job);
    output->index = job->index;
    output->environment = job->environment;
    output->body = job->body;
}

/* True when it runs or need not run; false when there is no room. */
static bool try_start(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                      struct hook_job *job)
{
    if (job->run.state != HOOK_RUN_NONE)
        return true;
    if (queue->alive >= queue->settings.alive_max)
        return false;
    start_run(queue, now, jobs, job);
    return true;
}

void hook_queue_drop_call(struct hook_queue *queue, struct hook_jobs *jobs)
{
    if (!jobs->call || !jobs->has_ended || !list_is_empty(&jobs->told) ||
        !list_is_empty(&jobs->again) || hook_left_has(&queue->left, jobs->call))
        return;
    for (size_t i = 0; i < HOOK_DECISION_COUNT; i++)
        if (jobs->deciding[i])
            return;
    hook_queue_put(queue, HOOK_CALL_DONE, jobs, NULL);
    list_remove(&queue->calls, &jobs->link);
    free(jobs);
}

void hook_queue_finish_job(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
{
    uint32_t kept = job->kept;
    if (job->file) {
        list_remove(&jobs->again, &job->link);
    } else if (hook_jobs_is_deciding(jobs, job)) {
        jobs->deciding[hook_job_decision(job)] = NULL;
        if (!job->path)
            hook_jobs_release(jobs, job->kind);
    } else {
        jobs->has_ended = jobs->has_ended || job->kind == EVENT_ENDED;
        list_remove(&jobs->told, &job->link);
    }
    hook_job_free(job);
    if (kept && !hook_jobs_has_kept(jobs, kept))
        hook_queue_put(queue, HOOK_KEPT_DONE, jobs, NULL)->output.kept = kept;
    hook_queue_drop_call(queue, jobs);
}

void hook_queue_start_again(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs)
{
    struct hook_job *job = hook_jobs_next_try(jobs);
    if (job && job->again_at <= now && queue->stop_at == TIME_NEVER)
        try_start(queue, now, jobs, job);
}

/* Events that waited for room or for the one before them. */
void hook_queue_start_waiting(struct hook_queue *queue, time_ms now)
{
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *told = hook_jobs_told(jobs);
        if (told && !told->is_held && !try_start(queue, now, jobs, told))
            return;
        hook_queue_start_again(queue, now, jobs);
    }
}

/* The end of the job's own chain is followed by that of `any`; of one that decides, `any` has a job
 * of its own. */
void hook_queue_next_chain(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
{
    job->run.state = HOOK_RUN_NONE;
    hook_files_passed(&queue->files, hook_queue_chain(job), job->first_run);
    hook_queue_say_default(queue, jobs, job,
                           job->kind == EVENT_OUTGOING ? "no hook objects" : "no hook decided");
    if (job->is_any || hook_jobs_is_deciding(jobs, job)) {
        hook_queue_finish_job(queue, jobs, job);
        return;
    }
    job->is_any = true;
    job->index = 0;
}

/* A hook that took the call over has no chain. The job may be gone with it, and its call's jobs. */
void hook_queue_next_run(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                         struct hook_job *job)
{
    bool decides = hook_jobs_is_deciding(jobs, job);
    job->run.state = HOOK_RUN_NONE;
    job->index++;
    if (job->path)
        hook_queue_finish_job(queue, jobs, job);
    else if (decides && job->is_settled)
        hook_queue_next_chain(queue, jobs, job); /* decided: the others are not asked */
    else if (decides)
        try_start(queue, now, jobs, job);
    hook_queue_start_waiting(queue, now);
}

static bool queue_is_full(struct hook_queue *queue, struct hook_jobs *jobs, enum event_kind kind)
{
    if (jobs->told.count < LIMIT_HOOK_EVENTS_QUEUED || kind == EVENT_ENDED)
        return false;
    if (!jobs->dropped++)
        LOG(DEBUG, "hook queue is full", TEXT("event", event_kind_text(kind)));
    count_dropped(queue, kind);
    return true;
}

/* In the order of the call's events: whatever comes behind lets go what is held back. */
static void tell(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                 struct hook_job *job)
{
    hook_jobs_release(jobs, EVENT_COUNT);
    list_append(&jobs->told, &job->link);
    hook_queue_start_waiting(queue, now);
}

static void tell_any(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                     enum event_kind kind, char **environment, bool is_held)
{
    if (queue_is_full(queue, jobs, kind)) {
        hook_environment_free(environment);
        return;
    }
    struct hook_job *job = hook_job_new(kind, environment, slice_empty());
    job->is_any = job->is_settled = true;
    job->is_held = is_held;
    tell(queue, now, jobs, job);
}

/* `any` hears of it when the hooks that decide are done, at the latest before the call's next
 * event: one of them may live as long as the call. */
static void ask(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs, struct hook_job *job)
{
    struct hook_job **place = &jobs->deciding[hook_job_decision(job)];
    bool is_taken = *place != NULL;
    tell_any(queue, now, jobs, job->kind, hook_environment_copy(job->environment), !is_taken);
    if (is_taken) {
        hook_queue_say_default(queue, jobs, job,
                               "another hook of this call is still deciding or alive");
        hook_job_free(job);
        return;
    }
    *place = job;
    if (!try_start(queue, now, jobs, job)) {
        count_dropped(queue, job->kind);
        hook_queue_say_default(queue, jobs, job, "as many hooks as hooks.max are running");
        hook_queue_finish_job(queue, jobs, job);
    }
}

void hook_queue_event(struct hook_queue *queue, time_ms now, enum event_kind kind, uint32_t call,
                      char **environment, struct slice body)
{
    struct hook_jobs *jobs = hook_jobs_obtain(&queue->calls, call);
    if (event_wants_decision(kind))
        ask(queue, now, jobs, hook_job_new(kind, environment, body));
    else if (queue_is_full(queue, jobs, kind))
        hook_environment_free(environment);
    else
        tell(queue, now, jobs, hook_job_new(kind, environment, body));
}

bool hook_queue_has_room(struct hook_queue *queue, enum event_kind kind, uint32_t call)
{
    return !queue_is_full(queue, hook_jobs_obtain(&queue->calls, call), kind);
}

uint32_t hook_queue_next_kept(struct hook_queue *queue)
{
    return ++queue->last_kept;
}

void hook_queue_event_kept(struct hook_queue *queue, time_ms now, enum event_kind kind,
                           char **environment, struct slice body, uint32_t kept, const char *file)
{
    struct hook_jobs *jobs = hook_jobs_obtain(&queue->calls, 0);
    struct hook_job *job = hook_job_new(kind, environment, body);
    job->kept = kept;
    if (kept > queue->last_kept)
        queue->last_kept = kept;
    if (!file) {
        tell(queue, now, jobs, job);
        return;
    }
    hook_job_set_file(job, file);
    list_append(&jobs->again, &job->link);
    hook_queue_start_waiting(queue, now);
}

void hook_queue_event_decided(struct hook_queue *queue, time_ms now, enum event_kind kind,
                              uint32_t call, char **environment)
{
    tell_any(queue, now, hook_jobs_obtain(&queue->calls, call), kind, environment, false);
}

void hook_queue_take_over(struct hook_queue *queue, time_ms now, uint32_t call, char **environment,
                          const char *path)
{
    struct hook_jobs *jobs = hook_jobs_obtain(&queue->calls, call);
    struct hook_job *job = hook_job_new(EVENT_ANSWERED, environment, slice_empty());
    job->path = memory_copy_text(path);
    job->is_settled = true;
    jobs->deciding[HOOK_DECISION_NONE] = job;
    if (try_start(queue, now, jobs, job))
        return;
    count_dropped(queue, job->kind);
    hook_queue_put(queue, HOOK_TAKEN_OVER, jobs, job);
    hook_queue_finish_job(queue, jobs, job);
}

void hook_queue_verb(struct hook_queue *queue, uint32_t call)
{
    struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    for (size_t i = 0; jobs && i < HOOK_DECISION_COUNT; i++)
        if (jobs->deciding[i])
            hook_run_speak(&jobs->deciding[i]->run);
}

void hook_queue_decided(struct hook_queue *queue, uint32_t call, enum action_kind kind)
{
    struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    if (!jobs || !action_is_decision(kind) || !action_is_final(kind))
        return;
    struct hook_job *job = jobs->deciding[HOOK_DECISION_TRANSFER];
    if (!job || (kind != ACTION_ACCEPT && kind != ACTION_REJECT))
        job = jobs->deciding[HOOK_DECISION_CALL];
    if (job)
        job->is_settled = true;
}

bool hook_queue_next_output(struct hook_queue *queue, time_ms now, struct hook_output *output)
{
    (void)now;
    struct list_link *link = list_take_first(&queue->outputs);
    if (!link)
        return false;
    struct pending *pending = list_entry(link, struct pending, link);
    queue->current = *pending;
    free(pending);
    *output = queue->current.output;
    output->action = &queue->current.action;
    return true;
}

size_t hook_queue_alive(const struct hook_queue *queue)
{
    return queue->alive;
}

const char *hook_queue_failing(const struct hook_queue *queue)
{
    return hook_files_failing(&queue->files);
}

const char *hook_queue_trouble(const struct hook_queue *queue, uint32_t call)
{
    const struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    return jobs && jobs->trouble[0] ? jobs->trouble : NULL;
}

bool hook_queue_statistics(const struct hook_queue *queue, size_t index,
                           struct hook_statistics *statistics)
{
    const struct hook_file *file = hook_files_at(&queue->files, index);
    if (!file)
        return false;
    hook_figures_read(&file->figures, statistics);
    statistics->name = file->name;
    return true;
}

static void free_jobs(struct list *list)
{
    struct list_link *link;
    while ((link = list_take_first(list)))
        hook_job_free(list_entry(link, struct hook_job, link));
}

void hook_queue_free(struct hook_queue *queue)
{
    struct list_link *link;
    if (!queue)
        return;
    while ((link = list_take_first(&queue->outputs)))
        free(list_entry(link, struct pending, link));
    while ((link = list_take_first(&queue->calls))) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        free_jobs(&jobs->told);
        free_jobs(&jobs->again);
        for (size_t i = 0; i < HOOK_DECISION_COUNT; i++)
            if (jobs->deciding[i])
                hook_job_free(jobs->deciding[i]);
        free(jobs);
    }
    hook_left_clear(&queue->left);
    hook_files_clear(&queue->files);
    free(queue);
}
