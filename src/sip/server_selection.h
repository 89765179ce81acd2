// SPDX-License-Identifier: ISC
// Where to connect (RFC 3263 4): from a name over NAPTR (RFC 3403), SRV (RFC 2782) and addresses to
// the list of servers in the order in which they are to be tried. Says what to ask the DNS next;
// asking is the caller's work.
#pragma once

#include "util/dns_record.h"
#include "util/limits.h"
#include "util/random.h"

enum {
    SERVER_NAME_BYTES = 256
};

struct server_wanted {
    const char *host;
    uint16_t port; // 0: not given, so that NAPTR and SRV are asked
    bool is_tls;
    bool has_transport; // given by the user: NAPTR is not asked (4.1)
};

struct server_target {
    char host[SERVER_NAME_BYTES]; // of the SRV record, else the wanted one
    struct net_address address;   // with port
};

struct server_selection;

// Copies `wanted`; `random` weighs the SRV records.
struct server_selection *server_selection_new(const struct server_wanted *wanted,
                                              struct random *random);
// What to ask next, its name borrowed until the answer; false: the list is complete.
bool server_selection_next_query(const struct server_selection *selection, struct dns_query *query);
// The answer to it.
void server_selection_take(struct server_selection *selection, const struct dns_answer *answer);

// At most LIMIT_SERVER_TARGETS; both families of a host take turns, IPv6 first (RFC 8305 4).
size_t server_selection_count(const struct server_selection *selection);
const struct server_target *server_selection_target(const struct server_selection *selection,
                                                    size_t index);
// The shortest time for which the addresses hold, in seconds; UINT32_MAX for a literal.
uint32_t server_selection_ttl(const struct server_selection *selection);
// Whether an SRV record led here.
bool server_selection_used_srv(const struct server_selection *selection);
// Why there is no target, and what to do: one plain sentence. Empty when there are some.
const char *server_selection_failure(const struct server_selection *selection);
// Whether the DNS could not be asked, so that addresses known from before may still be right.
bool server_selection_is_dns_down(const struct server_selection *selection);
void server_selection_free(struct server_selection *selection);
