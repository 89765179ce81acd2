// SPDX-License-Identifier: ISC
// The control socket and its connections. What clients say and are told is the desk's.
#pragma once

#include "desk/desk.h"
#include "io/loop.h"
#include "media/call_audio.h"

struct control_server;
struct audio_ends;

// `desk` is borrowed for its life. Otherwise *text says why it cannot be.
MUST_USE enum status control_server_new(struct loop *loop, const char *path, struct desk *desk,
                                        struct control_server **server, char *text, size_t size);
// A DESK_SEND or DESK_CLOSE.
void control_server_carry_out(struct control_server *server, const struct desk_output *output);
// The pipes that go with what the client is sent next; they are taken over. How many they are.
size_t control_server_hold(struct control_server *server, uint32_t client,
                           const struct audio_ends *ends);
// Those that are gone leave the desk. True when there were any.
bool control_server_sweep(struct control_server *server, time_ms now);
// A socket that somebody has removed is made again; looked at every few seconds.
void control_server_watch_socket(struct control_server *server, time_ms now);
time_ms control_server_deadline(const struct control_server *server);
void control_server_free(struct control_server *server);
