// SPDX-License-Identifier: ISC
// What hooks print, line by line: decisions are obeyed, the rest is told to their author.
#include "agent/decision.h"
#include "hook/hook_queue_private.h"
#include "util/log.h"

#include <stdio.h>

/* True for the words that decide nothing for good, said over and over. */
static bool is_repeated(struct hook_job *job, enum action_kind kind)
{
    if (action_is_final(kind))
        return false;
    bool is_same = job->run.last_word == (int)kind + 1;
    job->run.last_word = (int)kind + 1;
    return is_same || ++job->run.words > LIMIT_HOOK_WORDS;
}

static void obey(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job,
                 const struct action *action)
{
    hook_run_speak(&job->run);
    if (is_repeated(job, action->kind))
        return;
    struct pending *pending = hook_queue_put(queue, HOOK_ACTION, jobs, job);
    pending->action = *action;
    pending->action.call = jobs->call;
    if (action_is_final(action->kind))
        job->is_settled = true;
}

/* What the hooks' author would want to know; the last of it is shown by `offhookctl hooks`. */
static void note_line(struct hook_jobs *jobs, struct hook_job *job, enum log_level level,
                      const char *sentence, struct slice line, const char *why)
{
    line = hook_figures_shown(line);
    if (event_wants_decision(job->kind) && !job->is_any) {
        hook_figures_no_decision(&job->ran->figures, sentence, line, why);
        snprintf(jobs->trouble, sizeof(jobs->trouble), "%.60s: %.130s", job->ran->name,
                 job->ran->figures.last_error);
    } else {
        level = LOG_LEVEL_DEBUG;
    }
    if (job->run.lines++ < LIMIT_HOOK_LINES_LOGGED && log_is_enabled(level))
        LOG_WITH_FIELDS(level, sentence, TEXT("hook", job->ran->name),
                        TEXT("call", hook_job_call_id(job)), SLICE("line", line), TEXT("why", why),
                        { .name = NULL });
}

void hook_queue_line(struct hook_queue *queue, time_ms now, uint32_t run, struct slice line)
{
    struct hook_jobs *jobs;
    struct action action = { .code = 0 };
    const char *why = "";
    struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    (void)now;
    if (!job || !job->ran || slice_is_empty(slice_trim(line)))
        return;
    enum status status = decision_parse(line, &action, &why);
    if (status == STATUS_MALFORMED)
        note_line(jobs, job, LOG_LEVEL_WARNING, "a decision that is wrong:", line, why);
    else if (status != STATUS_OK)
        note_line(jobs, job, LOG_LEVEL_WARNING, "on standard output, no decision:", line, why);
    else if (!job->run.wants_decision || job->is_settled || job->run.state != HOOK_RUN_RUNNING)
        note_line(jobs, job, LOG_LEVEL_DEBUG, "a decision too late or not asked for:", line, why);
    else
        obey(queue, jobs, job, &action);
}

void hook_queue_error_line(struct hook_queue *queue, uint32_t run, struct slice line)
{
    struct hook_jobs *jobs;
    const struct hook_job *job = hook_jobs_find_run(&queue->calls, run, &jobs);
    if (job && job->ran)
        hook_figures_error_line(&job->ran->figures, line);
}
