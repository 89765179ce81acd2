// SPDX-License-Identifier: ISC
// A Unix stream socket that listens, and its connections.
#pragma once

#include "io/loop.h"
#include "util/slice.h"

struct unix_listener;
struct unix_connection;

typedef void unix_accepted(void *user, int fd);

// Mode 0660 and group `group` where that group exists, else 0600. A dead socket in the way is
// replaced; a live one is REFUSED. *text (of `size`) says what went wrong.
MUST_USE enum status unix_listener_new(struct loop *loop, const char *path, const char *group,
                                       unix_accepted *accepted, void *user,
                                       struct unix_listener **listener, char *text, size_t size);
// Whether its socket is still what lies at the path.
bool unix_listener_is_there(const struct unix_listener *listener);
// Removes the socket, too, if it is still ours.
void unix_listener_free(struct unix_listener *listener);

// Whether root, or our own user, has connected.
bool unix_peer_is_in_charge(int fd);

struct unix_events {
    void (*received)(void *user, struct slice bytes);
    void (*closed)(void *user); // once; free the connection outside its callbacks
};

// Takes the descriptor over.
struct unix_connection *unix_connection_new(struct loop *loop, int fd,
                                            const struct unix_events *events, void *user);
// REFUSED when the reader is more than LIMIT_CONTROL_BACKLOG behind. `count` descriptors go with
// the first of the bytes, not without one; they are taken over, also when they cannot be passed.
MUST_USE enum status unix_connection_pass(struct unix_connection *connection, struct slice bytes,
                                          const int *fds, size_t count);
void unix_connection_free(struct unix_connection *connection);
