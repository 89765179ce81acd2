// SPDX-License-Identifier: ISC
// When hooks have had their time: for a first word, after the call, at the daemon's end, and when
// what has failed is tried again.
#include "hook/hook_queue_private.h"

time_ms hook_queue_lingering_until(const struct hook_queue *queue, time_ms now)
{
    return time_earliest(now + queue->settings.linger_ms, queue->stop_at);
}

void hook_queue_call_over(struct hook_queue *queue, time_ms now, uint32_t call)
{
    struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    if (!jobs)
        return;
    jobs->is_over = true;
    hook_left_call_over(&queue->left, call, hook_queue_lingering_until(queue, now));
    struct hook_job *living[HOOK_LIVING_COUNT];
    size_t count = hook_jobs_living(jobs, living);
    for (size_t i = 0; i < count; i++) {
        living[i]->run.live_until = hook_queue_lingering_until(queue, now);
        living[i]->run.decide_until = TIME_NEVER;
        living[i]->is_settled = true;
    }
}

void hook_queue_stop(struct hook_queue *queue, time_ms when)
{
    queue->stop_at = when;
    hook_left_stop(&queue->left, when);
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        for (size_t i = 0; i < count; i++)
            living[i]->run.live_until = when;
    }
}

static enum hook_output_kind signal_of(enum hook_run_verdict verdict)
{
    return verdict == HOOK_RUN_KILL ? HOOK_KILL : HOOK_TERMINATE;
}

static void check_job(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                      struct hook_job *job)
{
    enum hook_run_verdict verdict = hook_run_timeout(&job->run, now, queue->settings.kill_ms);
    if (verdict == HOOK_RUN_UNDECIDED) {
        static const char why[] = "the hook said nothing within hooks.decide";
        hook_figures_undecided(&job->ran->figures, why);
        hook_queue_say_default(queue, jobs, job, why);
    }
    if (verdict != HOOK_RUN_WAIT)
        hook_queue_put(queue, signal_of(verdict), jobs, job);
}

static void check_left(struct hook_queue *queue, time_ms now)
{
    enum hook_run_verdict verdict;
    uint32_t run;
    while (hook_left_timeout(&queue->left, now, queue->settings.kill_ms, &run, &verdict))
        hook_queue_put(queue, signal_of(verdict), NULL, NULL)->output.run = run;
}

void hook_queue_timeout(struct hook_queue *queue, time_ms now)
{
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        for (size_t i = 0; i < count; i++)
            check_job(queue, now, jobs, living[i]);
        hook_queue_start_again(queue, now, jobs);
    }
    check_left(queue, now);
}

/* Whoever finds no room waits for the end of another, not for a time. */
static time_ms next_try_at(const struct hook_queue *queue, const struct hook_jobs *jobs)
{
    const struct hook_job *job = hook_jobs_next_try(jobs);
    bool can_start = queue->alive < queue->settings.alive_max && queue->stop_at == TIME_NEVER;
    return job && can_start ? job->again_at : TIME_NEVER;
}

time_ms hook_queue_deadline(const struct hook_queue *queue)
{
    time_ms deadline = hook_left_deadline(&queue->left);
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        deadline = time_earliest(deadline, next_try_at(queue, jobs));
        for (size_t i = 0; i < count; i++)
            deadline = time_earliest(deadline, hook_run_deadline(&living[i]->run));
    }
    return deadline;
}
