// SPDX-License-Identifier: ISC
// One client of the control socket: JSON lines in, JSON lines out (contract, "Control socket").
#pragma once

#include "desk/commands.h"
#include "util/buffer.h"
#include "util/time_ms.h"

struct control_session;

struct control_command {
    int64_t id;
    const struct control_verb *verb;
    struct slice call;  // short id; empty when not given
    struct slice args;  // words of the command, as in a hook's decision
    struct slice event; // of `claim`
    int64_t rate;       // of `audio`; 0 when not given
    // What the client has given last, with this command or one before it; empty when it has none.
    struct slice token;
};

struct control_session *control_session_new(void);
void control_session_receive(struct control_session *session, struct slice bytes);
// The next command, its texts borrowed until the next call. What is not one has been answered.
bool control_session_next(struct control_session *session, struct control_command *command);
// The client has sent what cannot be read on; close it when its answer has been written.
bool control_session_is_broken(const struct control_session *session);

// Nothing more is read from the client.
void control_session_end(struct control_session *session);

// `fields` is the inside of a JSON object ("" or "\"calls\":[]"), from a control_json writer.
void control_session_reply(struct control_session *session, int64_t id, struct slice fields);
// `error` is one of over, refused, usage, no, far-end: what exit codes are made of.
void control_session_refuse(struct control_session *session, int64_t id, const char *error,
                            const char *text);
// The same with further fields, as in a reply.
void control_session_refuse_with(struct control_session *session, int64_t id, const char *error,
                                 const char *text, struct slice fields);
void control_session_watch(struct control_session *session, bool is_watching);
bool control_session_is_watching(const struct control_session *session);
// One event line, to those that watch.
void control_session_tell(struct control_session *session, struct slice line);
// One event line, whether it watches or not.
void control_session_push(struct control_session *session, struct slice line);
// What is to be sent; the caller consumes it.
struct buffer *control_session_outgoing(struct control_session *session);
void control_session_free(struct control_session *session);
