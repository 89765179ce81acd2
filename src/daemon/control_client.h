// SPDX-License-Identifier: ISC
// The inside of the control server, shared by the files control_*.c that carry commands out.
#pragma once

#include "daemon/control_server.h"
#include "desk/control_session.h"
#include "io/unix_listener.h"
#include "util/list.h"

struct control_server {
    struct loop *loop;
    struct control_server_settings settings;
    char *path; // of its socket
    struct unix_listener *listener;
    time_ms look_at; // whether its socket is still there
    bool is_missing; // which has been said
    struct list clients;
    uint32_t last_client;
    time_ms full_said_at; // when a refusal was logged last
};

enum pending_kind {
    PENDING_ACTION,  // the command is answered when its result comes
    PENDING_MESSAGE, // likewise
    PENDING_BINDINGS,
    PENDING_TEST,
    PENDING_CALL,  // the client owns this call and hears its events
    PENDING_FLUSH, // answered with what was heard
    PENDING_DRAIN,
    PENDING_BRIDGE, // answered when one of the two calls is over
};

// What a client waits for.
struct pending {
    struct list_link link;
    int64_t id;
    enum pending_kind kind;
    uint32_t number; // of the call or the message
    enum action_kind action;
    uint32_t other;        // PENDING_BRIDGE: the other call
    enum owner_kind owner; // PENDING_CALL
};

struct client {
    struct list_link link;
    uint32_t number; // never that of another one
    struct control_server *server;
    struct unix_connection *connection;
    struct control_session *session;
    struct list pending;
    bool is_gone;
};

const struct control_server_settings *control_client_settings(const struct client *client);
// The call of that id; NULL as soon as its end was told.
const struct call *control_client_call(const struct client *client, struct slice id);
// Sends what the session has to say.
void control_client_flush(struct client *client);
// The same, with descriptors, which are taken over.
void control_client_pass(struct client *client, const int *fds, size_t count);

// control_pending.c: what clients wait for, and the calls they own.
struct pending *control_client_expect(struct client *client, int64_t id, enum pending_kind kind,
                                      uint32_t number, enum action_kind action);
// "usage" for what is MALFORMED, "refused" for everything else.
void control_client_refuse(struct client *client, const struct control_command *command,
                           enum status status, const char *why);

// There is no such call any more.
void control_client_refuse_over(struct client *client, const struct control_command *command);
bool control_client_owns(const struct client *client, uint32_t call);
// From now on the client owns the call and hears what becomes of it, as long as it is connected;
// `id` is that of the command.
void control_client_own(struct client *client, int64_t id, uint32_t call, enum owner_kind kind);
// Nothing is waited for any more; the calls are without this owner.
void control_client_release(struct client *client, time_ms now);

// control_calls.c: commands on calls, and what goes out of the line.
void control_calls_act(struct client *client, time_ms now, const struct control_command *command);
void control_calls_dial(struct client *client, time_ms now, const struct control_command *command);
void control_calls_message(struct client *client, time_ms now,
                           const struct control_command *command);
void control_calls_bindings(struct client *client, time_ms now,
                            const struct control_command *command);

// control_audio.c: CONTROL_AUDIO and what follows it.
void control_audio(struct client *client, time_ms now, const struct control_command *command);
// The client is gone.
void control_audio_release(struct client *client, uint32_t call);
// What was queued on the call has been dropped: its owners are told.
void control_audio_tell_flushed(struct client *client, uint32_t call, uint32_t heard_ms);
// The end of `flush` and `drain`.
void control_audio_tell_heard(struct client *client, int64_t id, uint32_t heard_ms);

// The registrar has answered what control_calls_bindings asked.
void control_calls_reply_bindings(struct client *client, int64_t id);
