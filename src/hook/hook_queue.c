// SPDX-License-Identifier: ISC
#include "hook/environment.h"
#include "hook/hook_queue_private.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* When a hook that has failed is tried again, each time after the one before. */
static const time_ms tries_ms[] = { 10 * 1000, 60 * 1000, 5 * 60 * 1000 };

enum {
    HOOK_TRIES = sizeof(tries_ms) / sizeof(*tries_ms)
};

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
    pending->output = (struct hook_output){ .kind = kind, .call = jobs->call };
    if (job) {
        pending->output.run = job->run.id;
        pending->output.event = job->kind;
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

static const char *chain_of(const struct hook_job *job)
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
    output->name = chain_of(job);
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

static void drop_call(struct hook_queue *queue, struct hook_jobs *jobs)
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

static void put_kept(struct hook_queue *queue, enum hook_output_kind kind,
                     const struct hook_jobs *jobs, uint32_t kept)
{
    hook_queue_put(queue, kind, jobs, NULL)->output.kept = kept;
}

static void finish_job(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
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
        put_kept(queue, HOOK_KEPT_DONE, jobs, kept);
    drop_call(queue, jobs);
}

void hook_queue_start_again(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs)
{
    struct hook_job *job = hook_jobs_next_try(jobs);
    if (job && job->again_at <= now && queue->stop_at == TIME_NEVER)
        try_start(queue, now, jobs, job);
}

/* Events that waited for room or for the one before them. */
static void start_waiting(struct hook_queue *queue, time_ms now)
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
static void next_chain(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
{
    job->run.state = HOOK_RUN_NONE;
    hook_files_passed(&queue->files, chain_of(job), job->first_run);
    hook_queue_say_default(queue, jobs, job, "no hook decided");
    if (job->is_any || hook_jobs_is_deciding(jobs, job)) {
        finish_job(queue, jobs, job);
        return;
    }
    job->is_any = true;
    job->index = 0;
}

/* A hook that took the call over has no chain. The job may be gone with it, and its call's jobs. */
static void next_run(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                     struct hook_job *job)
{
    bool decides = hook_jobs_is_deciding(jobs, job);
    job->run.state = HOOK_RUN_NONE;
    job->index++;
    if (job->path)
        finish_job(queue, jobs, job);
    else if (decides && job->is_settled)
        next_chain(queue, jobs, job); /* somebody has decided: the others are not asked */
    else if (decides)
        try_start(queue, now, jobs, job);
    start_waiting(queue, now);
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
    start_waiting(queue, now);
}

/* The far end has its 200: the text is ours to lose. */
static void keep(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                 struct hook_job *job)
{
    struct hook_output *output = &hook_queue_put(queue, HOOK_KEEP, jobs, NULL)->output;
    output->kept = job->kept = ++queue->last_kept;
    output->environment = job->environment;
    output->body = job->body;
    tell(queue, now, jobs, job);
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
        finish_job(queue, jobs, job);
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
    else if (kind == EVENT_MESSAGE)
        keep(queue, now, jobs, hook_job_new(kind, environment, body));
    else
        tell(queue, now, jobs, hook_job_new(kind, environment, body));
}

void hook_queue_event_kept(struct hook_queue *queue, time_ms now, enum event_kind kind,
                           char **environment, struct slice body, uint32_t kept)
{
    struct hook_job *job = hook_job_new(kind, environment, body);
    job->kept = kept;
    if (kept > queue->last_kept)
        queue->last_kept = kept;
    tell(queue, now, hook_jobs_obtain(&queue->calls, 0), job);
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
    finish_job(queue, jobs, job);
}

static void count_alive(struct hook_queue *queue, struct hook_jobs *jobs, int change)
{
    jobs->alive = (size_t)((int)jobs->alive + change);
    bool owns = jobs->alive > 0;
    if (owns == jobs->is_owning || !jobs->call)
        return;
    jobs->is_owning = owns;
    hook_queue_put(queue, owns ? HOOK_OWNING : HOOK_RELEASED, jobs, NULL);
}

/* Events that come once and are not told again. */
static bool is_tried_again(const struct hook_job *job)
{
    return (job->kind == EVENT_MESSAGE || job->kind == EVENT_ENDED) && !job->path;
}

/* True when the job, which was tried again, is to be tried once more. */
static bool fails_again(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                        struct hook_job *job)
{
    if (++job->tries < HOOK_TRIES) {
        job->again_at = now + tries_ms[job->tries];
        return true;
    }
    LOG(ERROR, "hook has failed too often and is not tried again", TEXT("hook", job->file),
        TEXT("event", event_kind_text(job->kind)), NUMBER("times", HOOK_TRIES + 1));
    if (job->kept)
        put_kept(queue, HOOK_GIVEN_UP, jobs, job->kept);
    return false;
}

/* After a run, or what should have been one. */
static void go_on(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                  struct hook_job *job, bool has_failed)
{
    if (has_failed)
        snprintf(jobs->trouble, sizeof(jobs->trouble), "%.60s: %.130s", job->ran->name,
                 job->ran->figures.last_error[0] ? job->ran->figures.last_error : "it has failed");
    if (job->file) {
        job->run.state = HOOK_RUN_NONE;
        if (!has_failed || !fails_again(queue, now, jobs, job))
            finish_job(queue, jobs, job);
        start_waiting(queue, now);
        return;
    }
    if (has_failed && is_tried_again(job)) {
        struct hook_job *again = hook_job_again(job, now + tries_ms[0]);
        list_append(&jobs->again, &again->link);
        LOG(NOTICE, "hook has failed and will be tried again", TEXT("hook", again->file),
            TEXT("event", event_kind_text(job->kind)));
    }
    next_run(queue, now, jobs, job);
}

void hook_queue_started(struct hook_queue *queue, time_ms now, uint32_t run, const char *file)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    job->ran = hook_files_obtain(&queue->files, chain_of(job), file);
    job->ran->last_run = run;
    job->run.state = HOOK_RUN_RUNNING;
    job->run.started_at = now;
    if (job->run.wants_decision)
        job->run.decide_until = now + queue->settings.decide_ms;
    if (jobs->is_over || !jobs->call)
        job->run.live_until = hook_queue_lingering_until(queue, now);
    job->ran->figures.counted.runs++;
    count_alive(queue, jobs, 1);
    if (job->path)
        hook_queue_put(queue, HOOK_TAKEN_OVER, jobs, job);
}

void hook_queue_failed(struct hook_queue *queue, time_ms now, uint32_t run, const char *file,
                       const char *why)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    queue->alive--;
    job->ran = hook_files_obtain(&queue->files, chain_of(job), file);
    job->ran->last_run = run;
    hook_figures_absent(&job->ran->figures, now, why);
    if (job->path)
        hook_queue_put(queue, HOOK_TAKEN_OVER, jobs, job);
    go_on(queue, now, jobs, job, true);
}

void hook_queue_absent(struct hook_queue *queue, time_ms now, uint32_t run)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    queue->alive--;
    if (job->path)
        hook_queue_put(queue, HOOK_TAKEN_OVER, jobs, job);
    job->run.state = HOOK_RUN_NONE;
    /* The file itself may be missing while its folder is there. */
    if (job->file || job->path)
        finish_job(queue, jobs, job);
    else if (job->index == 0)
        next_run(queue, now, jobs, job);
    else
        next_chain(queue, jobs, job);
    start_waiting(queue, now);
}

void hook_queue_exited(struct hook_queue *queue, time_ms now, uint32_t run, int exit_code)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job || !job->ran)
        return;
    bool is_healthy = hook_run_is_healthy(exit_code, jobs->is_over);
    hook_figures_ended(&job->ran->figures, now, now - job->run.started_at, is_healthy);
    if (job->run.lines > LIMIT_HOOK_LINES_LOGGED)
        LOG(NOTICE, "hook has printed more lines than are logged", TEXT("hook", job->ran->name),
            NUMBER("lines", job->run.lines));
    queue->alive--;
    count_alive(queue, jobs, -1);
    go_on(queue, now, jobs, job, !is_healthy);
}

void hook_queue_left(struct hook_queue *queue, time_ms now, uint32_t run)
{
    struct hook_jobs *jobs;
    if (!hook_jobs_find_run(&queue->calls, run, &jobs))
        return;
    hook_left_add(&queue->left, run, jobs->call,
                  jobs->is_over || !jobs->call ? hook_queue_lingering_until(queue, now)
                                               : queue->stop_at);
}

void hook_queue_left_gone(struct hook_queue *queue, uint32_t run)
{
    uint32_t call;
    if (!hook_left_gone(&queue->left, run, &call))
        return;
    struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    if (jobs)
        drop_call(queue, jobs);
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
