// SPDX-License-Identifier: ISC
// Connecting to one of several servers: in order, the next one when one has failed or lets us wait,
// and the other address family of the same host after a quarter of a second (RFC 8305 5). The first
// whose handshake is complete wins.
#pragma once

#include "io/tls_connection.h"
#include "sip/server_selection.h"

struct connection_race;

struct connection_race_events {
    // Belongs to the receiver, with connection_events of its own to be set at once.
    void (*won)(void *user, struct tls_connection *connection, size_t index);
};

// Copies `targets`; the texts of `settings` are borrowed, its `to` does not count. The first
// connection begins at once; `first` is its index.
struct connection_race *
connection_race_new(struct loop *loop, const struct connection_settings *settings,
                    const struct server_target *targets, size_t count, size_t first,
                    const struct connection_race_events *events, void *user);
// Outside the callbacks of connections: sees off those that have failed, begins the next one. True
// when all have failed.
bool connection_race_turn(struct connection_race *race, time_ms now);
// The machine has a way to one of these servers; whether anybody is there is another question.
bool connection_race_is_possible(const struct server_target *targets, size_t count);
// Why the one that came furthest has failed: one plain sentence.
const char *connection_race_failure(const struct connection_race *race);
time_ms connection_race_deadline(const struct connection_race *race);
// The target tried last.
size_t connection_race_index(const struct connection_race *race);
// Not within `won`. Everything that has not won is closed.
void connection_race_free(struct connection_race *race);
