// SPDX-License-Identifier: ISC
#include "hook/hook_jobs.h"

#include "hook/environment.h"
#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

struct hook_jobs *hook_jobs_find(const struct list *calls, uint32_t call)
{
    list_for_each(link, calls) {
        struct hook_jobs *jobs = list_entry(link, struct hook_jobs, link);
        if (jobs->call == call)
            return jobs;
    }
    return NULL;
}

struct hook_jobs *hook_jobs_obtain(struct list *calls, uint32_t call)
{
    struct hook_jobs *jobs = hook_jobs_find(calls, call);
    if (jobs)
        return jobs;
    jobs = memory_new(sizeof(*jobs));
    jobs->call = call;
    list_init(&jobs->told);
    list_init(&jobs->again);
    list_append(calls, &jobs->link);
    return jobs;
}

struct hook_job *hook_job_new(enum event_kind kind, char **environment, struct slice body)
{
    struct hook_job *job = memory_new(sizeof(*job));
    char *copy = body.length ? memcpy(memory_new(body.length), body.data, body.length) : NULL;
    *job = (struct hook_job){ .kind = kind, .environment = environment };
    job->body = slice_make(copy, body.length);
    return job;
}

void hook_job_free(struct hook_job *job)
{
    hook_environment_free(job->environment);
    free((char *)job->body.data);
    free(job->path);
    free(job->file);
    free(job);
}

struct hook_job *hook_jobs_told(const struct hook_jobs *jobs)
{
    struct list_link *first = list_first(&jobs->told);
    return first ? list_entry(first, struct hook_job, link) : NULL;
}

struct hook_job *hook_jobs_trying(const struct hook_jobs *jobs)
{
    list_for_each(link, &jobs->again) {
        struct hook_job *job = list_entry(link, struct hook_job, link);
        if (job->run.state != HOOK_RUN_NONE)
            return job;
    }
    return NULL;
}

struct hook_job *hook_jobs_next_try(const struct hook_jobs *jobs)
{
    struct hook_job *next = NULL;
    list_for_each(link, &jobs->again) {
        struct hook_job *job = list_entry(link, struct hook_job, link);
        if (job->run.state != HOOK_RUN_NONE)
            return NULL;
        if (!next || job->again_at < next->again_at)
            next = job;
    }
    return next;
}

static bool holds(const struct list *list, uint32_t kept)
{
    list_for_each(link, list)
        if (list_entry(link, struct hook_job, link)->kept == kept)
            return true;
    return false;
}

bool hook_jobs_has_kept(const struct hook_jobs *jobs, uint32_t kept)
{
    return holds(&jobs->told, kept) || holds(&jobs->again, kept);
}

void hook_job_set_file(struct hook_job *job, const char *file)
{
    job->file = memory_copy_text(file);
    job->is_any = strcmp(file, "any") == 0 || strncmp(file, "any.d/", 6) == 0;
    job->is_settled = true;
}

struct hook_job *hook_job_again(const struct hook_job *job, time_ms at)
{
    struct hook_job *again =
        hook_job_new(job->kind, hook_environment_copy(job->environment), job->body);
    hook_job_set_file(again, job->ran->name);
    again->ran = job->ran;
    again->again_at = at;
    again->kept = job->kept;
    return again;
}

void hook_jobs_release(struct hook_jobs *jobs, enum event_kind kind)
{
    list_for_each(link, &jobs->told) {
        struct hook_job *job = list_entry(link, struct hook_job, link);
        if (kind == EVENT_COUNT || job->kind == kind)
            job->is_held = false;
    }
}

const char *hook_job_call_id(const struct hook_job *job)
{
    const char *id = hook_environment_value(job->environment, "OFFHOOK_CALL");
    return id ? id : "";
}

enum hook_job_decision hook_job_decision(const struct hook_job *job)
{
    if (job->path)
        return HOOK_DECISION_NONE;
    return job->kind == EVENT_TRANSFER ? HOOK_DECISION_TRANSFER : HOOK_DECISION_CALL;
}

bool hook_jobs_is_deciding(const struct hook_jobs *jobs, const struct hook_job *job)
{
    return jobs->deciding[hook_job_decision(job)] == job;
}

size_t hook_jobs_living(const struct hook_jobs *jobs, struct hook_job *living[HOOK_LIVING_COUNT])
{
    size_t count = 0;
    for (size_t i = 0; i < HOOK_DECISION_COUNT; i++)
        if (jobs->deciding[i])
            living[count++] = jobs->deciding[i];
    if (hook_jobs_told(jobs))
        living[count++] = hook_jobs_told(jobs);
    if (hook_jobs_trying(jobs))
        living[count++] = hook_jobs_trying(jobs);
    return count;
}

struct hook_job *hook_jobs_find_run(const struct list *calls, uint32_t run, struct hook_jobs **jobs)
{
    list_for_each(link, calls) {
        *jobs = list_entry(link, struct hook_jobs, link);
        struct hook_job *living[HOOK_LIVING_COUNT];
        size_t count = hook_jobs_living(*jobs, living);
        for (size_t i = 0; i < count; i++)
            if (living[i]->run.state != HOOK_RUN_NONE && living[i]->run.id == run)
                return living[i];
    }
    return NULL;
}
