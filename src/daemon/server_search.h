// SPDX-License-Identifier: ISC
// Joins sip/server_selection, which knows what to ask, and io/resolver, which can.
#pragma once

#include "io/loop.h"
#include "sip/server_selection.h"

struct server_search;

// The complete list, which may be empty; borrowed for the length of the call, in which no search
// may be started or cancelled.
typedef void server_search_found(void *user, const struct server_selection *selection);

// `random` is borrowed.
struct server_search *server_search_new(struct loop *loop, struct random *random);
// One at a time: a new one takes the place of the old. What needs no DNS is found at once.
void server_search_start(struct server_search *search, const struct server_wanted *wanted,
                         server_search_found *found, void *user);
void server_search_cancel(struct server_search *search);
void server_search_free(struct server_search *search);
