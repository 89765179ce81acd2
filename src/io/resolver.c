// SPDX-License-Identifier: ISC
#include "io/resolver.h"

#include "io/clock.h"
#include "io/socket_address.h"
#include "util/memory.h"

#include <ares.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WATCHED_MAX = 16,
    POLL_MS = 200,
    ATTEMPT_MS = 3000,
    TRIES = 2
};

struct resolver {
    struct loop *loop;
    ares_channel channel;
    struct loop_timer *timer;
    struct {
        int fd;
        struct loop_watch *readable;
        struct loop_watch *writable;
    } watched[WATCHED_MAX];
    resolver_found *found;
    void *user;
    uint16_t port;
    uint32_t round; // answers to cancelled lookups are told by it
    struct net_address literal;
};

static void process(void *user)
{
    struct resolver *resolver = user;
    fd_set readable;
    fd_set writable;
    struct timeval none = { 0 };
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    int highest = ares_fds(resolver->channel, &readable, &writable);
    if (highest && select(highest, &readable, &writable, NULL, &none) < 0)
        return;
    ares_process(resolver->channel, &readable, &writable);
}

static void on_socket(void *user, ares_socket_t fd, int wants_read, int wants_write)
{
    struct resolver *resolver = user;
    for (size_t i = 0; i < WATCHED_MAX; i++) {
        if (resolver->watched[i].fd != fd)
            continue;
        loop_watch_free(resolver->watched[i].readable);
        loop_watch_free(resolver->watched[i].writable);
        resolver->watched[i].readable = resolver->watched[i].writable = NULL;
        resolver->watched[i].fd = -1;
    }
    for (size_t i = 0; (wants_read || wants_write) && i < WATCHED_MAX; i++) {
        if (resolver->watched[i].fd != -1)
            continue;
        resolver->watched[i].fd = fd;
        if (wants_read)
            resolver->watched[i].readable =
                loop_watch_readable(resolver->loop, fd, process, resolver);
        if (wants_write)
            resolver->watched[i].writable =
                loop_watch_writable(resolver->loop, fd, process, resolver);
        return;
    }
}

static void answer(struct resolver *resolver, const struct net_address *addresses, size_t count,
                   const char *error)
{
    resolver_found *found = resolver->found;
    resolver->found = NULL;
    loop_timer_at(resolver->timer, TIME_NEVER);
    if (found)
        found(resolver->user, addresses, count, error);
}

struct lookup {
    struct resolver *resolver;
    uint32_t round;
};

static void on_answer(void *user, int status, int timeouts, struct ares_addrinfo *info)
{
    struct lookup *lookup = user;
    struct resolver *resolver = lookup->resolver;
    struct net_address addresses[RESOLVER_ADDRESSES_MAX];
    size_t count = 0;
    char text[160];
    (void)timeouts;
    bool is_current = lookup->round == resolver->round;
    free(lookup);
    for (struct ares_addrinfo_node *node = info ? info->nodes : NULL;
         node && count < RESOLVER_ADDRESSES_MAX; node = node->ai_next) {
        struct sockaddr_storage storage = { 0 };
        memcpy(&storage, node->ai_addr, node->ai_addrlen);
        socket_address_read(&storage, &addresses[count]);
        addresses[count].port = resolver->port;
        count += addresses[count].family != NET_NONE;
    }
    ares_freeaddrinfo(info);
    if (!is_current || status == ARES_ECANCELLED || status == ARES_EDESTRUCTION)
        return;
    snprintf(text, sizeof(text), "the name cannot be resolved: %s", ares_strerror(status));
    answer(resolver, addresses, count, count ? "" : text);
}

static void on_timer(void *user)
{
    struct resolver *resolver = user;
    if (resolver->literal.family != NET_NONE) {
        struct net_address literal = resolver->literal;
        resolver->literal.family = NET_NONE;
        answer(resolver, &literal, 1, "");
        return;
    }
    process(resolver);
    if (resolver->found)
        loop_timer_at(resolver->timer, clock_now() + POLL_MS);
}

struct resolver *resolver_new(struct loop *loop)
{
    struct resolver *resolver = memory_new(sizeof(*resolver));
    struct ares_options options = {
        .timeout = ATTEMPT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = resolver,
    };
    resolver->loop = loop;
    for (size_t i = 0; i < WATCHED_MAX; i++)
        resolver->watched[i].fd = -1;
    if (ares_library_init(ARES_LIB_INIT_ALL) != 0 ||
        ares_init_options(&resolver->channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) != 0)
        abort();
    resolver->timer = loop_timer_new(loop, on_timer, resolver);
    return resolver;
}

void resolver_lookup(struct resolver *resolver, const char *host, uint16_t port,
                     resolver_found *found, void *user)
{
    struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    resolver_cancel(resolver);
    resolver->found = found;
    resolver->user = user;
    resolver->port = port;
    if (net_address_parse(slice_of(host), port, &resolver->literal) == STATUS_OK) {
        loop_timer_at(resolver->timer, 0);
        return;
    }
    struct lookup *lookup = memory_new(sizeof(*lookup));
    *lookup = (struct lookup){ .resolver = resolver, .round = resolver->round };
    loop_timer_at(resolver->timer, clock_now() + POLL_MS);
    ares_getaddrinfo(resolver->channel, host, NULL, &hints, on_answer, lookup);
}

void resolver_cancel(struct resolver *resolver)
{
    resolver->round++;
    resolver->found = NULL;
    resolver->literal.family = NET_NONE;
    loop_timer_at(resolver->timer, TIME_NEVER);
    ares_cancel(resolver->channel);
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    ares_destroy(resolver->channel);
    ares_library_cleanup();
    loop_timer_free(resolver->timer);
    free(resolver);
}
