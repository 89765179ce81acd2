// SPDX-License-Identifier: ISC
#include "daemon/server_search.h"

#include "io/resolver.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

struct server_search {
    struct resolver *resolver;
    struct random *random;
    struct server_selection *selection;
    server_search_found *found;
    void *user;
};

struct server_search *server_search_new(struct loop *loop, struct random *random)
{
    struct server_search *search = memory_new(sizeof(*search));
    search->resolver = resolver_new(loop);
    search->random = random;
    return search;
}

static void go_on(struct server_search *search);

static void on_answered(void *user, const struct dns_answer *answer)
{
    struct server_search *search = user;
    LOG(DEBUG, "DNS answer", NUMBER("outcome", answer->outcome),
        NUMBER("records", (int64_t)answer->count));
    server_selection_take(search->selection, answer);
    go_on(search);
}

static void go_on(struct server_search *search)
{
    struct dns_query query;
    if (server_selection_next_query(search->selection, &query)) {
        LOG(DEBUG, "DNS question", TEXT("name", query.name), NUMBER("kind", query.kind));
        resolver_ask(search->resolver, &query, on_answered, search);
        return;
    }
    struct server_selection *selection = search->selection;
    search->selection = NULL;
    search->found(search->user, selection);
    server_selection_free(selection);
}

void server_search_start(struct server_search *search, const struct server_wanted *wanted,
                         server_search_found *found, void *user)
{
    server_search_cancel(search);
    search->selection = server_selection_new(wanted, search->random);
    search->found = found;
    search->user = user;
    resolver_begin(search->resolver);
    go_on(search);
}

void server_search_cancel(struct server_search *search)
{
    resolver_cancel(search->resolver);
    server_selection_free(search->selection);
    search->selection = NULL;
}

void server_search_free(struct server_search *search)
{
    if (!search)
        return;
    server_search_cancel(search);
    resolver_free(search->resolver);
    free(search);
}
