// SPDX-License-Identifier: ISC
// The clients of a scenario: "client 1 says …", "client 1 hears …", "client 1 leaves", and a world
// that does at once what the desk wants, or refuses.
#pragma once

#include "desk/desk.h"

struct clients;

// What the desk wanted: "desk attach".
typedef void clients_wanted(void *user, const char *what);

struct clients *clients_new(struct agent *agent, clients_wanted *wanted, void *user);
struct desk *clients_desk(const struct clients *clients);
// "1 says {…}", where $CALL and $TOKEN are those of `call`, $OTHER another one's id; "1 hears TEXT
// [with TEXT] [without TEXT]", "1 hears nothing", "1 leaves". NULL, or what is wrong.
const char *clients_play(struct clients *clients, time_ms now, const struct call *call,
                         const char *line);
// What is wanted next is refused.
void clients_refuse(struct clients *clients);
// Carries out what has come. True when there was anything.
bool clients_pump(struct clients *clients, time_ms now);
// A line that nobody has expected; NULL: there is none.
const char *clients_unheard(const struct clients *clients);
void clients_free(struct clients *clients);
