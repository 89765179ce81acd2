// SPDX-License-Identifier: ISC
// offhookctl's side of the control socket: commands, their answers, and a stream of events.
#pragma once

#include <jansson.h>
#include <stdbool.h>

struct connection;

// $OFFHOOK_SOCKET, else `path`. NULL when the daemon is not reachable (said on standard error).
struct connection *connection_open(const char *path);
// Sends a command; `call` and `args` may be NULL. $OFFHOOK_TOKEN goes with those on the call of
// $OFFHOOK_CALL. False when the connection is gone.
bool connection_send(struct connection *connection, const char *command, const char *call,
                     const char *args);
// The same with more keys, which it takes over.
bool connection_send_with(struct connection *connection, const char *command, const char *call,
                          const char *args, json_t *keys);
// The next line as JSON, for json_decref; NULL at the end.
json_t *connection_receive(struct connection *connection);
// Receiving ends so many seconds from now (0: with what is there; INFINITY: never); then
// connection_has_timed_out.
void connection_limit(struct connection *connection, double seconds);
bool connection_has_timed_out(const struct connection *connection);
// The next of the descriptors that came with what has been received, for close(); -1: none is left.
int connection_take_descriptor(struct connection *connection);
// To be polled for reading, once everything that is there has been received.
int connection_descriptor(const struct connection *connection);
// Whether it is the event of that name, of that call (NULL: of any, or of none).
bool connection_is_event(const json_t *event, const char *name, const char *call);
void connection_close(struct connection *connection);
