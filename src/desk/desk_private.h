// SPDX-License-Identifier: ISC
// The inside of the desk, shared by the files desk*.c only.
#pragma once

#include "desk/claims.h"
#include "desk/control_session.h"
#include "desk/desk.h"
#include "util/index.h"
#include "util/limits.h"
#include "util/list.h"

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
    struct list_link link;        // of its client's
    struct index_link by_number;  // of all
    struct index_link by_other;   // PENDING_BRIDGE
    struct pending *next_settled; // while they are settled
    struct client *client;
    int64_t id;
    enum pending_kind kind;
    uint32_t number; // of the call, the message or the test
    enum action_kind action;
    uint32_t other;        // PENDING_BRIDGE: the other call
    enum owner_kind owner; // PENDING_CALL
};

enum {
    DESK_PLACES = LIMIT_CONTROL_CLIENTS + LIMIT_CONTROL_KEPT
};

struct client {
    uint32_t number;
    struct desk *desk;
    struct control_session *session;
    struct list pending;
    struct list_link watching; // desk->watchers
    struct list_link saying;   // desk->speakers, while it has lines to be read
    struct list_link told;     // desk->told, while it has bytes to be sent
    time_ms since;             // it has come
    bool has_spoken;           // a whole command
    bool is_dismissed;         // it has been told so, and goes
    bool is_saying;
    bool is_told;
    bool has_pipes; // they go with its next bytes
};

typedef void desk_conclude(struct client *client, time_ms now,
                           const struct control_command *command, const struct desk_done *done);

struct desk {
    struct desk_settings settings;
    struct client *clients[DESK_PLACES]; // each at its number modulo so many
    size_t client_count;
    uint32_t last_client;
    struct list watchers;
    struct list speakers;
    struct list told;
    struct index waiting; // pending, by number
    struct index bridged; // PENDING_BRIDGE, by the other call
    struct control_claims *claims;
    struct list outputs;
    struct client *in_hand;         // whose command waits for desk_done; NULL: nobody's
    struct control_command command; // that one
    struct desk_output asked;       // what was asked
    desk_conclude *conclude;
    struct arena *arena; // of what was asked
};

// desk_places.c: whether another may come; if need be, one that has said nothing goes.
bool desk_has_room(struct desk *desk, bool is_in_charge);
// Those that have never said anything go after half a minute.
void desk_drop_silent(struct desk *desk, time_ms now);
time_ms desk_silence_deadline(const struct desk *desk);

// The call of that id; NULL as soon as its end was told.
const struct call *desk_call(const struct desk *desk, struct slice id);
// An output, in order.
void desk_put(struct desk *desk, const struct desk_output *output);
// One that wants an answer; `conclude` is called once the world has done what is asked.
void desk_ask(struct client *client, const struct control_command *command,
              const struct desk_output *output, desk_conclude *conclude);
// A client, and what it is told.
struct client *desk_client(const struct desk *desk, uint32_t number);
void client_reply(struct client *client, int64_t id, struct slice fields);
// The answer is what the world has said: a desk_conclude.
void client_reply_done(struct client *client, time_ms now, const struct control_command *command,
                       const struct desk_done *done);
// "usage" for what is MALFORMED, "over" for what is CLOSED, "refused" for everything else.
void client_refuse(struct client *client, int64_t id, enum status status, const char *why);
void client_push(struct client *client, struct slice line);
// Its session has bytes to be sent, or is broken.
void client_tell(struct client *client);

// desk_pending.c: what clients wait for, and the calls they own.
struct pending *client_expect(struct client *client, int64_t id, enum pending_kind kind,
                              uint32_t number, enum action_kind action);
// With the number of the other call.
void client_expect_bridge(struct client *client, int64_t id, uint32_t call, uint32_t other);
bool client_owns(const struct client *client, uint32_t call);
// From now on the client owns the call and hears what becomes of it, as long as it is connected;
// `id` is that of the command.
void client_own(struct client *client, int64_t id, uint32_t call, enum owner_kind kind);
// Nothing is waited for any more; the calls are without this owner.
void client_release(struct client *client, time_ms now);
// Only that nothing is waited for.
void client_forget(struct client *client);
