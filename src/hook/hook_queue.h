// SPDX-License-Identifier: ISC
// Which hook runs when: order per call, chains, deadlines, limits (contract, "Events" and
// "Decisions"). Starts nothing itself: runs are ordered by outputs and reported back.
#pragma once

#include "agent/action.h"
#include "agent/event.h"
#include "hook/hook_figures.h"

struct hook_queue;

struct hook_settings {
    time_ms decide_ms; // for a first word or verb
    time_ms linger_ms; // after the call is over
    time_ms kill_ms;   // from TERM to KILL
    uint32_t alive_max;
};

enum hook_output_kind {
    HOOK_START,     // the `index`-th executable of the hook `name`: started, absent or failed?
    HOOK_ACTION,    // what a hook has decided
    HOOK_DEFAULT,   // nobody decides: the configuration does
    HOOK_TERMINATE, // TERM to the run's process group
    HOOK_KILL,
    HOOK_OWNING,     // the first hook of a call lives
    HOOK_RELEASED,   // the last one is gone
    HOOK_TAKEN_OVER, // hook_queue_take_over: it lives, or cannot be started
    HOOK_KEEP,      // what a hook has failed with and is tried again: its number, environment, file
    HOOK_KEPT_DONE, // nothing is left to do about it; if it was given up, that stays
    HOOK_GIVEN_UP,  // a hook of it has failed too often
    HOOK_CALL_DONE, // after `ended` and all lingering: the call's folder may go
};

struct hook_output {
    enum hook_output_kind kind;
    uint32_t run;
    uint32_t call;
    char call_id[CALL_ID_LENGTH + 1]; // what users know it by; "" where there is none
    enum event_kind event;
    const char *name; // START: the file's name, "incoming" or "any"
    const char *path; // START: this executable instead; NULL: none
    const char *file; // START, KEEP: this one of the hooks' folder instead; NULL: none
    uint32_t kept;    // KEEP, KEPT_DONE, GIVEN_UP
    size_t index;     // START: 0 is the file itself, then those of its folder
    char *const *environment;
    struct slice body;
    const struct action *action;
    const char *why; // DEFAULT: a constant sentence
};

struct hook_queue *hook_queue_new(const struct hook_settings *settings);
// For the waits that begin from now on.
void hook_queue_reconfigure(struct hook_queue *queue, const struct hook_settings *settings);
// Takes `environment` over (hook_environment_new). `body` is copied.
void hook_queue_event(struct hook_queue *queue, time_ms now, enum event_kind kind, uint32_t call,
                      char **environment, struct slice body);
// Whether an event more of that call would find room; one that has none is dropped and counted.
bool hook_queue_has_room(struct hook_queue *queue, enum event_kind kind, uint32_t call);
// The number of the next event to be kept until its hooks are done.
uint32_t hook_queue_next_kept(struct hook_queue *queue);
// As hook_queue_event, of the line, for an event that is kept under that number: by this process,
// or by an earlier one, then its hooks begin anew, or the one of them (`file`) that had failed is
// tried again. HOOK_KEPT_DONE follows.
void hook_queue_event_kept(struct hook_queue *queue, time_ms now, enum event_kind kind,
                           char **environment, struct slice body, uint32_t kept, const char *file);
// The same for one that somebody else has decided: its own hooks are not asked, `any` is told.
void hook_queue_event_decided(struct hook_queue *queue, time_ms now, enum event_kind kind,
                              uint32_t call, char **environment);
// Starts the executable `path` as a hook that owns the call and decides nothing. Told by
// HOOK_TAKEN_OVER, behind HOOK_OWNING where it lives.
void hook_queue_take_over(struct hook_queue *queue, time_ms now, uint32_t call, char **environment,
                          const char *path);
// `file` is its name, relative to the folder of the hooks.
void hook_queue_started(struct hook_queue *queue, time_ms now, uint32_t run, const char *file);
// There is no such executable: the chain is at its end.
void hook_queue_absent(struct hook_queue *queue, time_ms now, uint32_t run);
// It could not be started (said in the log already): the next one's turn comes.
void hook_queue_failed(struct hook_queue *queue, time_ms now, uint32_t run, const char *file,
                       const char *why);
// One line of its standard output, without the line end.
void hook_queue_line(struct hook_queue *queue, time_ms now, uint32_t run, struct slice line);
// One line of its standard error.
void hook_queue_error_line(struct hook_queue *queue, uint32_t run, struct slice line);
// `exit_code` is -1 when a signal ended it.
void hook_queue_exited(struct hook_queue *queue, time_ms now, uint32_t run, int exit_code);
// Before hook_queue_exited: processes of its own are left behind in its group.
void hook_queue_left(struct hook_queue *queue, time_ms now, uint32_t run);
// They are gone.
void hook_queue_left_gone(struct hook_queue *queue, uint32_t run);
// A verb was used on this call: as good as a word.
void hook_queue_verb(struct hook_queue *queue, uint32_t call);
// A verb was carried out on this call. If it decides, the hooks behind are not asked.
void hook_queue_decided(struct hook_queue *queue, uint32_t call, enum action_kind kind);
void hook_queue_call_over(struct hook_queue *queue, time_ms now, uint32_t call);
// The daemon stops: what still runs at `when` is ended then, whatever hooks.linger says; also what
// is started from now on.
void hook_queue_stop(struct hook_queue *queue, time_ms when);
void hook_queue_timeout(struct hook_queue *queue, time_ms now);
time_ms hook_queue_deadline(const struct hook_queue *queue);
bool hook_queue_next_output(struct hook_queue *queue, time_ms now, struct hook_output *output);
size_t hook_queue_alive(const struct hook_queue *queue);
// The file of a hook that has failed with its last run; NULL when there is none.
const char *hook_queue_failing(const struct hook_queue *queue);
// What went wrong last with the hooks of a call; NULL when nothing did.
const char *hook_queue_trouble(const struct hook_queue *queue, uint32_t call);
// Of the `index`-th file that has been run, or should have been; false beyond the last.
bool hook_queue_statistics(const struct hook_queue *queue, size_t index,
                           struct hook_statistics *statistics);
void hook_queue_free(struct hook_queue *queue);
