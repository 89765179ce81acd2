// SPDX-License-Identifier: ISC
// Connecting to one of several servers: in order, the next one when one has failed or lets us wait,
// and the other address family of the same host after a quarter of a second (RFC 8305 5). The first
// whose handshake is complete wins. Connections go by number; making them is the caller's work.
#pragma once

#include "sip/server_selection.h"
#include "util/time_ms.h"

#include <stdbool.h>

enum {
    SERVER_RACE_REASON_BYTES = 512
};

// How far a connection has come that has failed: a certificate says more than silence.
enum server_race_failure {
    SERVER_RACE_UNREACHED = 1,
    SERVER_RACE_SWALLOWED, // it was taken, and then nothing came
    SERVER_RACE_HUNG_UP,
    SERVER_RACE_REFUSED
};

struct server_race {
    const struct server_target *targets; // borrowed
    size_t count;                        // of them that take part; 0: no race is on
    size_t next;
    uint32_t numbers[LIMIT_SERVER_TARGETS]; // of the connections that run, by target; 0: none
    size_t running;
    time_ms next_at;
    int furthest;
    char failure[SERVER_RACE_REASON_BYTES];
};

// A race among the first `count` targets, from `first` on. What ran before is forgotten.
void server_race_begin(struct server_race *race, const struct server_target *targets, size_t count,
                       size_t first);
bool server_race_is_on(const struct server_race *race);
// Whether another connection is to be begun now: as `number`, to *index.
bool server_race_next(struct server_race *race, time_ms now, uint32_t number, size_t *index);
// Whether the connection takes part, and to which target.
bool server_race_find(const struct server_race *race, uint32_t number, size_t *index);
// One is out.
void server_race_failed(struct server_race *race, size_t index, enum server_race_failure how,
                        const char *why);
// Nobody runs, and nobody is left.
bool server_race_is_lost(const struct server_race *race);
// The next connection that runs, to be closed; 0: there is none. The race is over.
uint32_t server_race_end(struct server_race *race);
time_ms server_race_deadline(const struct server_race *race);
