// SPDX-License-Identifier: ISC
// Asks the DNS one question after the other, by c-ares, on the loop.
#pragma once

#include "io/loop.h"
#include "util/dns_record.h"

struct resolver;

// Borrowed for the length of the call, in which the next question may be asked.
typedef void resolver_answered(void *user, const struct dns_answer *answer);

struct resolver *resolver_new(struct loop *loop);
// Reads /etc/resolv.conf and /etc/hosts anew. Not to be called by `answered`.
void resolver_begin(struct resolver *resolver);
// The answer comes in a later turn, after 5 s at the latest for each DNS server; at once where
// /etc/hosts has it.
void resolver_ask(struct resolver *resolver, const struct dns_query *query,
                  resolver_answered *answered, void *user);
// No answer comes any more. Not to be called by `answered`.
void resolver_cancel(struct resolver *resolver);
void resolver_free(struct resolver *resolver);
