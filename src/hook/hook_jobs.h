// SPDX-License-Identifier: ISC
// What the hooks of each call have before them; the inside of the hook queue. A job is one event:
// the chain of its own hooks, then that of `any`. The jobs of a call that are only told run one by
// one; one that decides runs beside them, for it may live as long as the call, and what `any` is
// told of it is a job of its own, in its place among those that are told.
#pragma once

#include "hook/hook_files.h"
#include "hook/hook_run.h"
#include "util/list.h"
#include "util/slice.h"

struct hook_job {
    struct list_link link;
    enum event_kind kind;
    char **environment;
    struct slice body; // of its own memory
    char *path;        // NULL: the files of the event
    char *file;        // NULL; else this one alone, which has failed before
    unsigned tries;    // of them that failed
    bool asks_again;   // its last run has ended with EX_TEMPFAIL
    time_ms again_at;
    uint32_t kept;         // 0; else the number of a text that is kept until its hooks are done
    struct hook_file *ran; // the figures of what it runs
    uint32_t first_run;    // of the chain
    size_t index;          // in the chain
    bool is_any;
    bool is_held;    // those that decide about the same event come first
    bool is_settled; // decided, or given up deciding
    struct hook_run run;
};

// What hooks of a call may do at the same time: decide a transfer while the call's hook lives.
enum hook_job_decision {
    HOOK_DECISION_CALL,
    HOOK_DECISION_TRANSFER,
    HOOK_DECISION_NONE, // the hook that has taken the call over
    HOOK_DECISION_COUNT,
    HOOK_LIVING_COUNT = HOOK_DECISION_COUNT + 2 // and the one that is told, and one tried again
};

struct hook_jobs {
    struct list_link link;
    uint32_t call;                                  // 0: the line
    struct list told;                               // the first one runs
    struct list again;                              // what has failed; one of them runs at a time
    struct hook_job *deciding[HOOK_DECISION_COUNT]; // NULL: none is asked
    char trouble[HOOK_ERROR_BYTES];                 // what went wrong last with its hooks
    size_t alive;
    bool is_owning;
    bool is_over;
    bool has_ended; // the job of `ended` is done
    uint64_t dropped;
};

// NULL when there is nothing of that call.
struct hook_jobs *hook_jobs_find(const struct list *calls, uint32_t call);
// Those of the call, made where there are none yet.
struct hook_jobs *hook_jobs_obtain(struct list *calls, uint32_t call);
// The job that a run belongs to, and its call; NULL when it is gone.
struct hook_job *hook_jobs_find_run(const struct list *calls, uint32_t run,
                                    struct hook_jobs **jobs);
// The one of those that are told whose turn it is; NULL: none.
struct hook_job *hook_jobs_told(const struct hook_jobs *jobs);
// Lets go those that are held back for a decision about `kind`; EVENT_COUNT: all.
void hook_jobs_release(struct hook_jobs *jobs, enum event_kind kind);
// The one that has failed and runs again; NULL: none.
struct hook_job *hook_jobs_trying(const struct hook_jobs *jobs);
// Of those that have failed the one that is to run next; NULL: none, or one runs.
struct hook_job *hook_jobs_next_try(const struct hook_jobs *jobs);
// Whether a job has to do with a text that is kept.
bool hook_jobs_has_kept(const struct hook_jobs *jobs, uint32_t kept);
// A job of the same event for the file alone that `job` runs.
struct hook_job *hook_job_again(const struct hook_job *job, time_ms at);
// It runs that file of the hooks' folder alone, with its place in the order of tries.
void hook_job_set_file(struct hook_job *job, const char *file);
bool hook_jobs_is_deciding(const struct hook_jobs *jobs, const struct hook_job *job);
// The jobs that may have a run, and how many.
size_t hook_jobs_living(const struct hook_jobs *jobs, struct hook_job *living[HOOK_LIVING_COUNT]);
// Takes `environment` over; `body` is copied.
struct hook_job *hook_job_new(enum event_kind kind, char **environment, struct slice body);
// The call's id as users know it; "" when it belongs to none.
const char *hook_job_call_id(const struct hook_job *job);
enum hook_job_decision hook_job_decision(const struct hook_job *job);
void hook_job_free(struct hook_job *job);
