// SPDX-License-Identifier: ISC
#include "hook/hook_queue.h"

#include "hook/decision.h"
#include "hook/environment.h"
#include "hook/hook_jobs.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct pending {
    struct list_link link;
    struct hook_output output;
    struct action action;
};

struct hook_queue {
    struct hook_settings settings;
    struct list calls;
    struct list outputs;
    struct pending current; // what the last output borrows from
    uint32_t last_run;
    size_t alive;    // runs in all, those being started too
    time_ms stop_at; // TIME_NEVER; else nothing lives longer
    struct hook_figures figures[EVENT_COUNT];
};

struct hook_queue *hook_queue_new(const struct hook_settings *settings)
{
    struct hook_queue *queue = memory_new(sizeof(*queue));
    queue->settings = *settings;
    queue->stop_at = TIME_NEVER;
    list_init(&queue->calls);
    list_init(&queue->outputs);
    return queue;
}

void hook_queue_reconfigure(struct hook_queue *queue, const struct hook_settings *settings)
{
    queue->settings = *settings;
}

static struct pending *put(struct hook_queue *queue, enum hook_output_kind kind,
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

static void say_default(struct hook_queue *queue, const struct hook_jobs *jobs,
                        struct hook_job *job, const char *why)
{
    if (job->is_settled || !event_wants_decision(job->kind))
        return;
    job->is_settled = true;
    put(queue, HOOK_DEFAULT, jobs, job)->output.why = why;
}

static void start_run(struct hook_queue *queue, time_ms now, const struct hook_jobs *jobs,
                      struct hook_job *job)
{
    hook_run_start(&job->run, now, ++queue->last_run,
                   event_wants_decision(job->kind) && !job->is_any && !job->is_settled);
    queue->alive++;
    struct hook_output *output = &put(queue, HOOK_START, jobs, job)->output;
    output->path = job->path;
    output->name = job->is_any ? "any" : event_kind_text(job->kind);
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
    if (!jobs->call || !jobs->has_ended || !list_is_empty(&jobs->told))
        return;
    for (size_t i = 0; i < HOOK_DECISION_COUNT; i++)
        if (jobs->deciding[i])
            return;
    put(queue, HOOK_CALL_DONE, jobs, NULL);
    list_remove(&queue->calls, &jobs->link);
    free(jobs);
}

static void finish_job(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
{
    if (hook_jobs_is_deciding(jobs, job)) {
        jobs->deciding[hook_job_decision(job)] = NULL;
        if (!job->path)
            hook_jobs_release(jobs, job->kind);
    } else {
        jobs->has_ended = jobs->has_ended || job->kind == EVENT_ENDED;
        list_remove(&jobs->told, &job->link);
    }
    hook_job_free(job);
    drop_call(queue, jobs);
}

/* Events that waited for room or for the one before them. */
static void start_waiting(struct hook_queue *queue, time_ms now)
{
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *told = hook_jobs_told(jobs);
        if (told && !told->is_held && !try_start(queue, now, jobs, told))
            return;
    }
}

/* The end of the job's own chain is followed by that of `any`; of one that decides, `any` has a job
 * of its own. */
static void next_chain(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job)
{
    job->run.state = HOOK_RUN_NONE;
    say_default(queue, jobs, job, "no hook decided");
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
    queue->figures[kind].counted.dropped++;
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
        say_default(queue, jobs, job, "another hook of this call is still deciding or alive");
        hook_job_free(job);
        return;
    }
    *place = job;
    if (!try_start(queue, now, jobs, job)) {
        queue->figures[job->kind].counted.dropped++;
        say_default(queue, jobs, job, "as many hooks as hooks.max are running");
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
    else
        tell(queue, now, jobs, hook_job_new(kind, environment, body));
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
    queue->figures[job->kind].counted.dropped++;
    put(queue, HOOK_TAKEN_OVER, jobs, job);
    finish_job(queue, jobs, job);
}

static void count_alive(struct hook_queue *queue, struct hook_jobs *jobs, int change)
{
    jobs->alive = (size_t)((int)jobs->alive + change);
    bool owns = jobs->alive > 0;
    if (owns == jobs->is_owning || !jobs->call)
        return;
    jobs->is_owning = owns;
    put(queue, owns ? HOOK_OWNING : HOOK_RELEASED, jobs, NULL);
}

static time_ms lingering_until(const struct hook_queue *queue, time_ms now)
{
    return time_earliest(now + queue->settings.linger_ms, queue->stop_at);
}

void hook_queue_started(struct hook_queue *queue, time_ms now, uint32_t run)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    job->run.state = HOOK_RUN_RUNNING;
    job->run.started_at = now;
    if (job->run.wants_decision)
        job->run.decide_until = now + queue->settings.decide_ms;
    if (jobs->is_over || !jobs->call)
        job->run.live_until = lingering_until(queue, now);
    queue->figures[job->kind].counted.runs++;
    count_alive(queue, jobs, 1);
    if (job->path)
        put(queue, HOOK_TAKEN_OVER, jobs, job);
}

void hook_queue_absent(struct hook_queue *queue, time_ms now, uint32_t run, enum status why)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    queue->alive--;
    if (job->path)
        put(queue, HOOK_TAKEN_OVER, jobs, job);
    if (why != STATUS_CLOSED || job->path) {
        hook_figures_absent(&queue->figures[job->kind]);
        next_run(queue, now, jobs, job);
        return;
    }
    /* The file itself may be missing while its folder is there. */
    if (job->index == 0)
        next_run(queue, now, jobs, job);
    else
        next_chain(queue, jobs, job);
    start_waiting(queue, now);
}

static void obey(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job,
                 const struct action *action)
{
    struct pending *pending = put(queue, HOOK_ACTION, jobs, job);
    pending->action = *action;
    pending->action.call = jobs->call;
    hook_run_speak(&job->run);
    if (action_is_final(action->kind))
        job->is_settled = true;
}

/* What the hooks' author would want to know; the last of it is shown by `offhookctl hooks`. */
static void note_line(struct hook_queue *queue, struct hook_job *job, const char *sentence,
                      struct slice line, const char *why)
{
    line = hook_figures_shown(line);
    if (event_wants_decision(job->kind))
        hook_figures_no_decision(&queue->figures[job->kind], sentence, line, why);
    if (job->run.lines++ < LIMIT_HOOK_LINES_LOGGED)
        LOG(DEBUG, sentence, TEXT("event", event_kind_text(job->kind)), SLICE("line", line),
            TEXT("why", why));
}

void hook_queue_line(struct hook_queue *queue, time_ms now, uint32_t run, struct slice line)
{
    struct hook_jobs *jobs;
    struct action action = { .code = 0 };
    const char *why = "";
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    (void)now;
    if (!job || slice_is_empty(slice_trim(line)))
        return;
    enum status status = hook_decision_parse(line, &action, &why);
    if (status == STATUS_MALFORMED)
        note_line(queue, job, "a decision that is wrong:", line, why);
    else if (status != STATUS_OK)
        note_line(queue, job, "on standard output, no decision:", line, why);
    else if (!job->run.wants_decision || job->is_settled || job->run.state != HOOK_RUN_RUNNING)
        note_line(queue, job, "a decision too late or not asked for:", line, why);
    else
        obey(queue, jobs, job, &action);
}

void hook_queue_error_line(struct hook_queue *queue, uint32_t run, struct slice line)
{
    struct hook_jobs *jobs;
    const struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (job)
        hook_figures_error_line(&queue->figures[job->kind], line);
}

void hook_queue_exited(struct hook_queue *queue, time_ms now, uint32_t run, int exit_code)
{
    struct hook_jobs *jobs;
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (!job)
        return;
    hook_figures_ended(&queue->figures[job->kind], now - job->run.started_at,
                       hook_run_is_healthy(exit_code, jobs->is_over));
    queue->alive--;
    count_alive(queue, jobs, -1);
    next_run(queue, now, jobs, job);
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

void hook_queue_call_over(struct hook_queue *queue, time_ms now, uint32_t call)
{
    struct hook_jobs *jobs = hook_jobs_find(&queue->calls, call);
    if (!jobs)
        return;
    jobs->is_over = true;
    struct hook_job *living[HOOK_LIVING_COUNT];
    size_t count = hook_jobs_living(jobs, living);
    for (size_t i = 0; i < count; i++) {
        living[i]->run.live_until = lingering_until(queue, now);
        living[i]->run.decide_until = TIME_NEVER;
        living[i]->is_settled = true;
    }
}

void hook_queue_stop(struct hook_queue *queue, time_ms when)
{
    queue->stop_at = when;
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        for (size_t i = 0; i < count; i++)
            living[i]->run.live_until = when;
    }
}

static void check_job(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                      struct hook_job *job)
{
    enum hook_run_verdict verdict = hook_run_timeout(&job->run, now, queue->settings.kill_ms);
    if (verdict == HOOK_RUN_UNDECIDED) {
        static const char why[] = "the hook said nothing within hooks.decide";
        hook_figures_undecided(&queue->figures[job->kind], why);
        say_default(queue, jobs, job, why);
    }
    if (verdict != HOOK_RUN_WAIT)
        put(queue, verdict == HOOK_RUN_KILL ? HOOK_KILL : HOOK_TERMINATE, jobs, job);
}

void hook_queue_timeout(struct hook_queue *queue, time_ms now)
{
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        for (size_t i = 0; i < count; i++)
            check_job(queue, now, jobs, living[i]);
    }
}

time_ms hook_queue_deadline(const struct hook_queue *queue)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &queue->calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(jobs, living);
        for (size_t i = 0; i < count; i++)
            deadline = time_earliest(deadline, hook_run_deadline(&living[i]->run));
    }
    return deadline;
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
    size_t kind = hook_figures_failing(queue->figures, EVENT_COUNT);
    return kind < EVENT_COUNT ? event_kind_text((enum event_kind)kind) : NULL;
}

void hook_queue_statistics(const struct hook_queue *queue, enum event_kind kind,
                           struct hook_statistics *statistics)
{
    hook_figures_read(&queue->figures[kind], statistics);
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
        struct list_link *told;
        while ((told = list_take_first(&jobs->told)))
            hook_job_free(list_entry(told, struct hook_job, link));
        for (size_t i = 0; i < HOOK_DECISION_COUNT; i++)
            if (jobs->deciding[i])
                hook_job_free(jobs->deciding[i]);
        free(jobs);
    }
    free(queue);
}
