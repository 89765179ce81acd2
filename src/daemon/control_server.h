// SPDX-License-Identifier: ISC
// The control socket: clients, their sessions, and what commands do.
#pragma once

#include "agent/agent.h"
#include "daemon/config.h"
#include "daemon/expiry_watch.h"
#include "daemon/hook_runner.h"
#include "daemon/kept_messages.h"
#include "daemon/media_port.h"
#include "daemon/rehearsal.h"
#include "daemon/sip_link.h"
#include "desk/claims.h"
#include "desk/trace_ring.h"
#include "hook/hook_queue.h"

struct control_server;

// Reads the configuration again; `report` becomes the inside of the answer, or with REFUSED the
// one line that says why not.
typedef enum status control_reload(void *user, time_ms now, struct buffer *report);
typedef enum status control_check(void *user, struct buffer *report);

// What commands look at and act on; all borrowed.
struct control_server_settings {
    const char *path;
    struct agent *agent;
    struct sip_link *link;
    struct media_ports *media;
    struct hook_queue *hooks;
    const struct hook_runner *runner;
    struct kept_messages *kept;
    const struct call_journal *journal;
    struct trace_ring *trace;
    const struct config_trouble *trouble;
    const struct expiry_watch *expiry;
    control_reload *reload;
    control_check *check;
    void *user; // of the two
    struct rehearsals *rehearsals;
    struct control_claims *claims;
    time_ms started_at;
};

MUST_USE enum status control_server_new(struct loop *loop,
                                        const struct control_server_settings *settings,
                                        struct control_server **server, char *text, size_t size);
// To every client that watches; to `asked`, the number of the client that is to decide (0: none
// is), with the call's token; to the owner of a call that is answered with `environment`.
void control_server_event(struct control_server *server, const struct event *event, uint32_t asked,
                          char *const *environment);
// Who has dialled this call may speak and hear before it is answered.
void control_server_early(struct control_server *server, const struct event *event,
                          char *const *environment);
// What an action that takes time has come to; `status` 0: the call ended first.
void control_server_result(struct control_server *server, uint32_t call, enum action_kind action,
                           uint32_t status);
// What `ask` has come to: it is complete, or nothing more came in time.
void control_server_asked(struct control_server *server, uint32_t call, bool is_complete,
                          const char *digits);
// A digit, to the clients that watch or own the call.
void control_server_digit(struct control_server *server, uint32_t call, const char *digit);
void control_server_message_result(struct control_server *server, uint32_t number, uint32_t status);
// What `flush` (or `drain`) has come to.
void control_server_heard(struct control_server *server, uint32_t call, bool is_flush,
                          uint32_t heard_ms);
void control_server_rehearsed(struct control_server *server, const struct rehearsal_report *report);
// Nobody gets an answer about this call any more but that it is over.
void control_server_call_over(struct control_server *server, uint32_t call);
// A socket that somebody has removed is made again; looked at every few seconds.
void control_server_watch_socket(struct control_server *server, time_ms now);
time_ms control_server_deadline(const struct control_server *server);
// Carries out what has come; true when there was anything. Called by the pump.
bool control_server_pump(struct control_server *server, time_ms now);
void control_server_free(struct control_server *server);
