// SPDX-License-Identifier: ISC
// The clients of the control socket, by number: what each has said, what it may, owns and waits
// for, and what it is told. What a client asks of calls is asked of the agent; everything else that
// is wanted of the world is an output. Opens nothing, reads no clock.
#pragma once

#include "agent/agent.h"
#include "desk/audio_words.h"
#include "desk/trace_ring.h"
#include "util/log.h"

struct desk;

// Borrowed for the life of the desk.
struct desk_settings {
    struct agent *agent;
    struct trace_ring *trace;
};

enum desk_output_kind {
    DESK_SEND,  // `bytes` to the client; the pipes of its ATTACH go with them if `has_pipes`
    DESK_CLOSE, // the client cannot be served on: desk_leave follows

    // Words of a client that want an answer at once: desk_done.
    DESK_ATTACH,     // pipes to hear and say, as `wish` says: how many, and `number` is their rate
    DESK_FLUSH,      // drop what is queued on the call: desk_heard tells the end
    DESK_PLAY_OUT,   // tell when it is played: likewise
    DESK_MUTE,       //
    DESK_UNMUTE,     //
    DESK_BRIDGE,     // the audio of `call` and `other`
    DESK_CHECK_HOOK, // whether `text` may be run as a hook
    DESK_TEST,       // run the hooks of `event` without a call: desk_rehearsed with `number`
    DESK_STATUS,     // the five below: `fields` of the answer
    DESK_CALLS,      //
    DESK_SHOW,       // of `call`
    DESK_HOOKS,      //
    DESK_TRACED,     // whose messages these are
    DESK_RELOAD,     // `fields` of the answer, or `why` not
    DESK_CHECK,      //

    DESK_LOG,           // at `level` from now on
    DESK_REREGISTER,    // the operator does not want to wait
    DESK_RELEASE,       // the client hears and says nothing on the call any more
    DESK_UNBRIDGE,      // of `call`
    DESK_VERB,          // a verb was used on the call: its hooks have time
    DESK_DECIDED,       // `action` was carried out on the call
    DESK_EVENT_DECIDED, // `event` needs no hook any more
    DESK_EVENT_LAPSED,  // it does, as if nobody had claimed it: `text` says why
    DESK_OUTPUT_COUNT
};

struct desk_output {
    enum desk_output_kind kind;
    uint32_t client;
    uint32_t call;
    uint32_t other;
    struct slice bytes; // borrowed until the next call
    bool has_pipes;
    struct audio_wish wish;
    const char *text;
    struct event event; // borrowed until the next call
    enum action_kind action;
    enum log_level level;
};

// What has become of a word that wanted an answer.
struct desk_done {
    enum status status; // MALFORMED: used wrongly; else refused
    const char *why;    // not OK
    struct slice fields;
    uint32_t number;
    size_t pipes;
};

struct desk *desk_new(const struct desk_settings *settings);

// A client's number, which is never that of another one; 0: as many as may be are connected. Who is
// in charge (root, the daemon's own user) has places beyond that; who says nothing gives way.
uint32_t desk_come(struct desk *desk, time_ms now, bool is_in_charge);
// The line for a client that was not let in.
void desk_write_full(struct buffer *line);
void desk_receive(struct desk *desk, uint32_t client, struct slice bytes);
// Its calls are without this owner, nothing is waited for any more.
void desk_leave(struct desk *desk, time_ms now, uint32_t client);
// Carries out one command of one client; what it leads to comes before the next one, whoever sends
// that. False when there was none.
bool desk_work(struct desk *desk, time_ms now);
// The answer to the output that wanted one; before anything else.
void desk_done(struct desk *desk, time_ms now, const struct desk_done *done);

// An event, to every client that watches; to its call's owners, with the `environment` when it was
// answered. True: a client has claimed it and has until `deadline` to decide.
MUST_USE bool desk_event(struct desk *desk, const struct event *event, char *const *environment,
                         time_ms wall, time_ms deadline);
// Who has dialled this call may speak and hear before it is answered.
void desk_early(struct desk *desk, const struct event *event, char *const *environment);
// What an action that takes time has come to; `status` 0: the call ended first.
void desk_result(struct desk *desk, uint32_t call, enum action_kind action, uint32_t status);
// What `ask` has come to: it is complete, or nothing more came in time.
void desk_asked(struct desk *desk, uint32_t call, bool is_complete, const char *digits);
// A digit, to the clients that watch or own the call.
void desk_digit(struct desk *desk, uint32_t call, const char *digit, time_ms wall);
// Of a message, or of the question who is registered.
void desk_message_result(struct desk *desk, uint32_t number, uint32_t status);
// What `flush` (or `drain`) has come to.
void desk_heard(struct desk *desk, uint32_t call, bool is_flush, uint32_t heard_ms);
// The end of a DESK_TEST: the fields of its answer.
void desk_rehearsed(struct desk *desk, uint32_t number, struct slice fields);
// Nobody gets an answer about this call any more but that it is over.
void desk_call_over(struct desk *desk, uint32_t call);

void desk_timeout(struct desk *desk, time_ms now);
time_ms desk_deadline(const struct desk *desk);
// Pull until false after every input.
bool desk_next_output(struct desk *desk, time_ms now, struct desk_output *output);
// How many events have lapsed so far.
uint64_t desk_claims_lapsed(const struct desk *desk);
// Nobody is told anything any more; the calls are left as they are.
void desk_free(struct desk *desk);
