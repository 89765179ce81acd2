// SPDX-License-Identifier: ISC
// The inside of the queue, shared by the files hook_queue*.c only.
#pragma once

#include "hook/hook_jobs.h"
#include "hook/hook_left.h"
#include "hook/hook_queue.h"

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
    uint32_t last_kept;
    struct hook_files files;
    struct hook_left left;
};

// An output to be filled in, behind the others; `jobs` and `job` may be NULL.
struct pending *hook_queue_put(struct hook_queue *queue, enum hook_output_kind kind,
                               const struct hook_jobs *jobs, const struct hook_job *job);
// Nobody decides about what the job is about: told once.
void hook_queue_say_default(struct hook_queue *queue, const struct hook_jobs *jobs,
                            struct hook_job *job, const char *why);
// "incoming", or "any": whose files the job runs.
const char *hook_queue_chain(const struct hook_job *job);
// After a run: the next one of the chain, or the end of it. The job may be gone then, and its
// call's jobs.
void hook_queue_next_run(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs,
                         struct hook_job *job);
void hook_queue_next_chain(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job);
// The job is done with, and freed.
void hook_queue_finish_job(struct hook_queue *queue, struct hook_jobs *jobs, struct hook_job *job);
// Events that waited for room or for the one before them.
void hook_queue_start_waiting(struct hook_queue *queue, time_ms now);
// Where nothing is left of a call.
void hook_queue_drop_call(struct hook_queue *queue, struct hook_jobs *jobs);
// What has failed and is due runs again.
void hook_queue_start_again(struct hook_queue *queue, time_ms now, struct hook_jobs *jobs);
// How long what runs after its call may go on.
time_ms hook_queue_lingering_until(const struct hook_queue *queue, time_ms now);
