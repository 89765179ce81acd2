// SPDX-License-Identifier: ISC
// How the runs of hooks fare: started, absent, failed, ended, with processes left behind; what must
// not be lost is tried again.
#include "hook/hook_queue_private.h"
#include "util/limits.h"
#include "util/log.h"

#include <stdio.h>

/* When a hook that has failed is tried again, each time after the one before. */
static const time_ms tries_ms[] = { 10 * 1000, 60 * 1000, 5 * 60 * 1000 };

enum {
    HOOK_TRIES = sizeof(tries_ms) / sizeof(*tries_ms),
    EXIT_AGAIN = 75, // EX_TEMPFAIL of sysexits.h: what it needs is not there now
    AGAIN_MS = 15 * 60 * 1000,
    AGAIN_TRIES = HOOK_TRIES + 24 * 4 // for a day
};

static void count_alive(struct hook_queue *queue, struct hook_jobs *jobs, int change)
{
    jobs->alive = (size_t)((int)jobs->alive + change);
    bool owns = jobs->alive > 0;
    if (owns == jobs->is_owning || !jobs->call)
        return;
    jobs->is_owning = owns;
    hook_queue_put(queue, owns ? HOOK_OWNING : HOOK_RELEASED, jobs, NULL);
}

/* Events that come once and are not told again; others when the hook asks for it. */
static bool is_tried_again(const struct hook_jobs *jobs, const struct hook_job *job)
{
    if (job->path || event_wants_decision(job->kind))
        return false;
    if (job->kind == EVENT_MESSAGE || job->kind == EVENT_ENDED)
        return true;
    return job->asks_again && jobs->again.count < LIMIT_HOOK_EVENTS_QUEUED;
}

/* TIME_NEVER: no more. Who insists keeps the job, and its call's folder, so not all calls may. */
static time_ms wait_before_try(const struct hook_queue *queue, const struct hook_job *job)
{
    if (job->tries < HOOK_TRIES)
        return tries_ms[job->tries];
    bool may_insist = job->tries < AGAIN_TRIES && queue->calls.count <= LIMIT_HOOK_KEPT;
    return job->asks_again && may_insist ? AGAIN_MS : TIME_NEVER;
}

/* True when the job, which was tried again, is to be tried once more. */
static bool fails_again(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                        struct hook_job *job)
{
    job->tries++;
    time_ms wait = wait_before_try(queue, job);
    if (wait != TIME_NEVER) {
        job->again_at = now + wait;
        return true;
    }
    LOG(ERROR, "hook has failed too often and is not tried again", TEXT("hook", job->file),
        TEXT("event", event_kind_text(job->kind)), NUMBER("times", job->tries + 1));
    if (job->kept)
        hook_queue_put(queue, HOOK_GIVEN_UP, jobs, NULL)->output.kept = job->kept;
    return false;
}

/* The next process tries it again, should this one be killed. */
static void keep(struct hook_queue *queue, const struct hook_jobs *jobs, struct hook_job *job)
{
    if (job->kept || job->kind != EVENT_ENDED)
        return;
    struct hook_output *output = &hook_queue_put(queue, HOOK_KEEP, jobs, job)->output;
    output->kept = job->kept = hook_queue_next_kept(queue);
    output->environment = job->environment;
    output->file = job->file;
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
            hook_queue_finish_job(queue, jobs, job);
        hook_queue_start_waiting(queue, now);
        return;
    }
    if (has_failed && is_tried_again(jobs, job)) {
        struct hook_job *again = hook_job_again(job, now + tries_ms[0]);
        list_append(&jobs->again, &again->link);
        keep(queue, jobs, again);
        LOG(NOTICE, "hook has failed and will be tried again", TEXT("hook", again->file),
            TEXT("event", event_kind_text(job->kind)));
    }
    hook_queue_next_run(queue, now, jobs, job);
}

static void note_file(struct hook_queue *queue, struct hook_job *job, const char *file)
{
    job->ran = hook_files_obtain(&queue->files, hook_queue_chain(job), file);
    job->ran->last_run = job->run.id;
}

void hook_queue_started(struct hook_queue *queue, time_ms now, uint32_t run, const char *file)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    note_file(queue, job, file);
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
    job->asks_again = false;
    queue->alive--;
    note_file(queue, job, file);
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
        hook_queue_finish_job(queue, jobs, job);
    else if (job->index == 0)
        hook_queue_next_run(queue, now, jobs, job);
    else
        hook_queue_next_chain(queue, jobs, job);
    hook_queue_start_waiting(queue, now);
}

void hook_queue_exited(struct hook_queue *queue, time_ms now, uint32_t run, int exit_code)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job || !job->ran)
        return;
    bool is_healthy = hook_run_is_healthy(exit_code, jobs->is_over || job->kind == EVENT_ENDED);
    hook_figures_ended(&job->ran->figures, now, now - job->run.started_at, is_healthy);
    if (job->run.lines > LIMIT_HOOK_LINES_LOGGED)
        LOG(NOTICE, "hook has printed more lines than are logged", TEXT("hook", job->ran->name),
            NUMBER("lines", job->run.lines));
    job->asks_again = exit_code == EXIT_AGAIN;
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
        hook_queue_drop_call(queue, jobs);
}
