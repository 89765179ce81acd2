// SPDX-License-Identifier: ISC
#include "io/resolver.h"

#include "io/clock.h"
#include "io/socket_address.h"
#include "util/limits.h"
#include "util/memory.h"

#include <ares.h>

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    WATCHED_MAX = 16,
    POLL_MS = 200,
    ATTEMPT_MS = 1500, // and twice that for the second
    TRIES = 2,
    CLASS_IN = 1,
    TYPE_SRV = 33,
    TYPE_NAPTR = 35
};

/* A socket of c-ares. It may have any number: nothing here counts descriptors. */
struct watched {
    struct resolver *resolver;
    int fd; // -1: free place
    struct loop_watch *readable;
    struct loop_watch *writable;
};

struct resolver {
    struct loop *loop;
    ares_channel channel; // NULL between lookups
    struct loop_timer *timer;
    struct watched watched[WATCHED_MAX];
    resolver_answered *answered; // NULL when nothing is asked
    void *user;
};

/* What c-ares may do now: with these descriptors, and with whatever has waited too long. */
static void process(struct resolver *resolver, ares_socket_t readable, ares_socket_t writable)
{
    if (!resolver->channel)
        return;
    ares_process_fd(resolver->channel, readable, writable);
    loop_timer_at(resolver->timer, resolver->answered ? clock_now() + POLL_MS : TIME_NEVER);
}

static void on_timer(void *user)
{
    process(user, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void on_readable(void *user)
{
    const struct watched *watched = user;
    process(watched->resolver, watched->fd, ARES_SOCKET_BAD);
}

static void on_writable(void *user)
{
    const struct watched *watched = user;
    process(watched->resolver, ARES_SOCKET_BAD, watched->fd);
}

static struct watched *find_watched(struct resolver *resolver, int fd)
{
    for (size_t i = 0; i < WATCHED_MAX; i++)
        if (resolver->watched[i].fd == fd)
            return &resolver->watched[i];
    return NULL;
}

static void on_socket(void *user, ares_socket_t fd, int wants_read, int wants_write)
{
    struct resolver *resolver = user;
    struct watched *watched = find_watched(resolver, fd);
    if (watched) {
        loop_watch_free(watched->readable);
        loop_watch_free(watched->writable);
        *watched = (struct watched){ .resolver = resolver, .fd = -1 };
    }
    if ((!wants_read && !wants_write) || !(watched = find_watched(resolver, -1)))
        return;
    watched->fd = fd;
    if (wants_read)
        watched->readable = loop_watch_readable(resolver->loop, fd, on_readable, watched);
    if (wants_write)
        watched->writable = loop_watch_writable(resolver->loop, fd, on_writable, watched);
}

static enum dns_outcome outcome_of(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_SUCCESS: /* an answer of other types */
        return DNS_ABSENT;
    case ARES_ETIMEOUT:
        return DNS_SILENT;
    default:
        return DNS_BROKEN;
    }
}

/* Of reading an answer: a bad name is the server's fault then, not that of what was asked. */
static int read_status(int status)
{
    return status == ARES_EBADNAME ? ARES_EBADRESP : status;
}

/* False when the lookup was given up: nothing may be touched then. */
static bool is_wanted(int status)
{
    return status != ARES_ECANCELLED && status != ARES_EDESTRUCTION;
}

static void answer(struct resolver *resolver, int status, struct dns_answer answer)
{
    resolver_answered *answered = resolver->answered;
    resolver->answered = NULL;
    answer.outcome = answer.count ? DNS_FOUND : outcome_of(status);
    answered(resolver->user, &answer);
}

static void on_naptr(void *user, int status, int timeouts, unsigned char *bytes, int length)
{
    struct ares_naptr_reply *replies = NULL;
    struct dns_naptr records[LIMIT_SERVER_RECORDS];
    size_t count = 0;
    (void)timeouts;
    if (!is_wanted(status))
        return;
    if (status == ARES_SUCCESS)
        status = read_status(ares_parse_naptr_reply(bytes, length, &replies));
    for (const struct ares_naptr_reply *reply = replies; reply && count < LIMIT_SERVER_RECORDS;
         reply = reply->next)
        records[count++] =
            (struct dns_naptr){ reply->order, reply->preference, (const char *)reply->flags,
                                (const char *)reply->service, reply->replacement };
    answer(user, status,
           (struct dns_answer){ .naptr = records, .count = count, .ttl_s = UINT32_MAX });
    ares_free_data(replies);
}

static void on_srv(void *user, int status, int timeouts, unsigned char *bytes, int length)
{
    struct ares_srv_reply *replies = NULL;
    struct dns_srv records[LIMIT_SERVER_RECORDS];
    size_t count = 0;
    (void)timeouts;
    if (!is_wanted(status))
        return;
    if (status == ARES_SUCCESS)
        status = read_status(ares_parse_srv_reply(bytes, length, &replies));
    for (const struct ares_srv_reply *reply = replies; reply && count < LIMIT_SERVER_RECORDS;
         reply = reply->next)
        records[count++] =
            (struct dns_srv){ reply->priority, reply->weight, reply->port, reply->host };
    answer(user, status,
           (struct dns_answer){ .srv = records, .count = count, .ttl_s = UINT32_MAX });
    ares_free_data(replies);
}

static void on_addresses(void *user, int status, int timeouts, struct ares_addrinfo *info)
{
    struct net_address addresses[LIMIT_SERVER_RECORDS];
    struct dns_answer found = { .addresses = addresses, .ttl_s = UINT32_MAX };
    (void)timeouts;
    for (const struct ares_addrinfo_node *node = info ? info->nodes : NULL;
         node && found.count < LIMIT_SERVER_RECORDS; node = node->ai_next) {
        struct sockaddr_storage storage = { 0 };
        memcpy(&storage, node->ai_addr, node->ai_addrlen);
        socket_address_read(&storage, &addresses[found.count]);
        if (addresses[found.count].family == NET_NONE)
            continue;
        found.count++;
        if (node->ai_ttl >= 0 && (uint32_t)node->ai_ttl < found.ttl_s)
            found.ttl_s = (uint32_t)node->ai_ttl;
    }
    ares_freeaddrinfo(info);
    if (is_wanted(status))
        answer(user, status, found);
}

static void close_channel(struct resolver *resolver)
{
    ares_channel channel = resolver->channel;
    resolver->channel = NULL;
    resolver->answered = NULL;
    if (channel)
        ares_destroy(channel);
}

struct resolver *resolver_new(struct loop *loop)
{
    struct resolver *resolver = memory_new(sizeof(*resolver));
    resolver->loop = loop;
    for (size_t i = 0; i < WATCHED_MAX; i++)
        resolver->watched[i] = (struct watched){ .resolver = resolver, .fd = -1 };
    if (ares_library_init(ARES_LIB_INIT_ALL) != 0)
        abort();
    resolver->timer = loop_timer_new(loop, on_timer, resolver);
    return resolver;
}

void resolver_begin(struct resolver *resolver)
{
    struct ares_options options = {
        .timeout = ATTEMPT_MS,
        .tries = TRIES,
        .sock_state_cb = on_socket,
        .sock_state_cb_data = resolver,
    };
    close_channel(resolver);
    if (ares_init_options(&resolver->channel, &options,
                          ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB) != 0)
        resolver->channel = NULL; /* no memory, or no descriptor: questions fail */
}

void resolver_ask(struct resolver *resolver, const struct dns_query *query,
                  resolver_answered *answered, void *user)
{
    const struct ares_addrinfo_hints hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
    resolver->answered = answered;
    resolver->user = user;
    if (!resolver->channel) {
        answer(resolver, ARES_EFILE, (struct dns_answer){ .count = 0 });
        return;
    }
    loop_timer_at(resolver->timer, clock_now() + POLL_MS);
    switch (query->kind) {
    case DNS_NAPTR:
        ares_query(resolver->channel, query->name, CLASS_IN, TYPE_NAPTR, on_naptr, resolver);
        break;
    case DNS_SRV:
        ares_query(resolver->channel, query->name, CLASS_IN, TYPE_SRV, on_srv, resolver);
        break;
    case DNS_ADDRESSES:
        ares_getaddrinfo(resolver->channel, query->name, NULL, &hints, on_addresses, resolver);
        break;
    }
}

void resolver_cancel(struct resolver *resolver)
{
    loop_timer_at(resolver->timer, TIME_NEVER);
    close_channel(resolver);
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    resolver_cancel(resolver);
    ares_library_cleanup();
    loop_timer_free(resolver->timer);
    free(resolver);
}
