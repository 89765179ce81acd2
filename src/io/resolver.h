// SPDX-License-Identifier: ISC
// Names to addresses by c-ares, on the loop.
#pragma once

#include "io/loop.h"
#include "util/net_address.h"

enum {
    RESOLVER_ADDRESSES_MAX = 16
};

struct resolver;

// count 0: *error says why, in plain words.
typedef void resolver_found(void *user, const struct net_address *addresses, size_t count,
                            const char *error);

struct resolver *resolver_new(struct loop *loop);
// One at a time: a new lookup takes the place of the old one. An IP literal is answered in the next
// turn of the loop.
void resolver_lookup(struct resolver *resolver, const char *host, uint16_t port,
                     resolver_found *found, void *user);
void resolver_cancel(struct resolver *resolver);
void resolver_free(struct resolver *resolver);
