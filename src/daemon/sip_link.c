// SPDX-License-Identifier: ISC
#include "daemon/sip_link.h"

#include "io/clock.h"
#include "io/tls_connection.h"
#include "sip/flow_recovery.h"
#include "sip/keep_alive.h"
#include "sip/stream.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECT_MS = 15000,
    USER_TIMEOUT_MS = 20000,
    TEXT_BYTES = 512
};

struct sip_link {
    struct loop *loop;
    struct resolver *resolver;
    const struct sip_link_settings *settings;
    struct random *random;
    struct sip_link_events events;
    void *user;
    enum sip_link_state state;
    struct tls_connection *connection;
    struct sip_stream *stream;
    struct keep_alive keep_alive;
    struct flow_recovery recovery;
    struct buffer outgoing;
    struct net_address addresses[RESOLVER_ADDRESSES_MAX];
    size_t address_count;
    size_t address_index; // the one tried now
    time_ms retry_at;
    time_ms up_since;
    uint32_t connects;
    bool is_restarting; // lost because of other settings: sip_link_turn connects anew at once
    bool is_lost;       // the connection has told that it is closed; sip_link_turn acts on it
    char lost_text[TEXT_BYTES];
    char failure[TEXT_BYTES];
};

static const char *const state_texts[] = {
    [SIP_LINK_IDLE] = "idle",
    [SIP_LINK_RESOLVING] = "resolving the name",
    [SIP_LINK_CONNECTING] = "connecting",
    [SIP_LINK_UP] = "connected",
    [SIP_LINK_WAITING] = "waiting to try again",
};

struct sip_link *sip_link_new(struct loop *loop, struct resolver *resolver,
                              const struct sip_link_settings *settings, struct random *random,
                              const struct sip_link_events *events, void *user)
{
    struct sip_link *link = memory_new(sizeof(*link));
    link->loop = loop;
    link->resolver = resolver;
    link->settings = settings;
    link->random = random;
    link->events = *events;
    link->user = user;
    link->stream = sip_stream_new();
    link->retry_at = TIME_NEVER;
    buffer_init(&link->outgoing, LIMIT_WRITE_QUEUE);
    sip_keep_alive_init(&link->keep_alive, settings->keepalive_ms, false);
    sip_flow_recovery_init(&link->recovery, settings->retry_base_ms);
    return link;
}

void sip_link_reconfigure(struct sip_link *link, time_ms now,
                          const struct sip_link_settings *settings)
{
    link->settings = settings;
    sip_keep_alive_set_interval(&link->keep_alive, now, settings->keepalive_ms);
    sip_flow_recovery_set_base(&link->recovery, settings->retry_base_ms);
}

static void become(struct sip_link *link, enum sip_link_state state)
{
    LOG(DEBUG, "link state", TEXT("from", state_texts[link->state]),
        TEXT("to", state_texts[state]));
    link->state = state;
}

static void wait_for_retry(struct sip_link *link, time_ms now, const char *why)
{
    uint32_t wait = sip_flow_recovery_lost(&link->recovery, now, link->random);
    snprintf(link->failure, sizeof(link->failure), "%s", why);
    link->retry_at = now + wait;
    become(link, SIP_LINK_WAITING);
    LOG(WARNING, "no connection", TEXT("server", link->settings->host), TEXT("why", why),
        NUMBER("retry_in_s", wait / 1000));
}

static void on_connected(void *user)
{
    struct sip_link *link = user;
    struct agent_link up = { .is_tls = link->settings->is_tls };
    time_ms now = clock_now();
    become(link, SIP_LINK_UP);
    link->connects++;
    link->up_since = now;
    link->failure[0] = '\0';
    sip_keep_alive_connected(&link->keep_alive, now, link->random);
    tls_connection_local(link->connection, &up.local);
    tls_connection_remote(link->connection, &up.remote);
    LOG(INFO, "connected", TEXT("server", link->settings->host),
        TEXT("protocol", tls_connection_protocol(link->connection)));
    link->events.up(link->user, &up);
}

static void lose(struct sip_link *link, const char *why)
{
    if (link->is_lost)
        return;
    link->is_lost = true;
    snprintf(link->lost_text, sizeof(link->lost_text), "%s", why);
}

static void on_closed(void *user, enum status why, const char *text)
{
    (void)why;
    lose(user, text);
}

static void on_received(void *user, struct slice bytes)
{
    struct sip_link *link = user;
    time_ms now = clock_now();
    struct slice item;
    sip_keep_alive_activity(&link->keep_alive, now);
    sip_stream_append(link->stream, now, bytes);
    while (!link->is_lost) {
        switch (sip_stream_next(link->stream, &item)) {
        case SIP_STREAM_NOTHING:
            return;
        case SIP_STREAM_MESSAGE:
            link->events.message(link->user, item);
            break;
        case SIP_STREAM_PING:
            sip_link_send(link, slice_of("\r\n"));
            break;
        case SIP_STREAM_PONG:
            sip_keep_alive_pong(&link->keep_alive, now);
            break;
        case SIP_STREAM_BROKEN:
            /* The header block may still be answered; nothing behind it can be trusted. */
            if (item.length)
                link->events.message(link->user, item);
            sip_link_flush(link);
            lose(link, sip_stream_fault(link->stream));
            return;
        }
    }
}

static void connect_now(struct sip_link *link)
{
    static const struct connection_events events = { on_connected, on_received, on_closed };
    const struct sip_link_settings *settings = link->settings;
    struct connection_settings connection = {
        .to = link->addresses[link->address_index],
        .is_tls = settings->is_tls,
        .name = settings->name,
        .ca_file = settings->ca_file,
        .cert_file = settings->cert_file,
        .key_file = settings->key_file,
        .allow_wildcard = settings->allow_wildcard,
        .connect_ms = CONNECT_MS,
        .user_timeout_ms = USER_TIMEOUT_MS,
    };
    become(link, SIP_LINK_CONNECTING);
    sip_stream_reset(link->stream);
    buffer_clear(&link->outgoing);
    link->connection = tls_connection_new(link->loop, &connection, &events, link);
}

static void on_found(void *user, const struct net_address *addresses, size_t count,
                     const char *error)
{
    struct sip_link *link = user;
    if (!count) {
        wait_for_retry(link, clock_now(), error);
        return;
    }
    memcpy(link->addresses, addresses, count * sizeof(*addresses));
    link->address_count = count;
    link->address_index = 0;
    connect_now(link);
}

void sip_link_start(struct sip_link *link, time_ms now)
{
    (void)now;
    link->retry_at = TIME_NEVER;
    become(link, SIP_LINK_RESOLVING);
    resolver_lookup(link->resolver, link->settings->host, link->settings->port, on_found, link);
}

void sip_link_send(struct sip_link *link, struct slice bytes)
{
    if (link->state != SIP_LINK_UP || link->is_lost)
        return;
    buffer_append(&link->outgoing, bytes);
    if (buffer_status(&link->outgoing) != STATUS_OK)
        lose(link, "the server does not take what we send");
}

void sip_link_flush(struct sip_link *link)
{
    if (link->state != SIP_LINK_UP || link->is_lost || !link->outgoing.length)
        return;
    if (tls_connection_send(link->connection, buffer_slice(&link->outgoing)) != STATUS_OK)
        lose(link, "the connection broke while sending");
    buffer_clear(&link->outgoing);
}

void sip_link_registered(struct sip_link *link, time_ms now, uint32_t flow_timer_s,
                         bool is_outbound_agreed)
{
    sip_flow_recovery_registered(&link->recovery, now);
    sip_keep_alive_flow_timer(&link->keep_alive, now, flow_timer_s);
    if (is_outbound_agreed)
        sip_keep_alive_promised(&link->keep_alive);
}

void sip_link_reconnect(struct sip_link *link, time_ms now, const char *why)
{
    (void)now;
    if (link->state == SIP_LINK_UP)
        lose(link, why);
}

void sip_link_restart(struct sip_link *link, time_ms now, const char *why)
{
    sip_flow_recovery_reset(&link->recovery);
    link->failure[0] = '\0';
    if (!link->connection) {
        sip_link_start(link, now);
        return;
    }
    link->is_restarting = true;
    lose(link, why);
}

void sip_link_turn(struct sip_link *link, time_ms now)
{
    char why[TEXT_BYTES];
    if (!link->is_lost)
        return;
    bool was_up = link->state == SIP_LINK_UP;
    link->is_lost = false;
    snprintf(why, sizeof(why), "%s", link->lost_text);
    tls_connection_free(link->connection);
    link->connection = NULL;
    buffer_clear(&link->outgoing);
    sip_keep_alive_link_lost(&link->keep_alive);
    if (was_up)
        link->events.lost(link->user, why);
    if (link->is_restarting) {
        link->is_restarting = false;
        sip_link_start(link, now);
        return;
    }
    /* Another address of the same name before the long wait. */
    if (!was_up && ++link->address_index < link->address_count) {
        LOG(INFO, "trying the next address", TEXT("why", why));
        connect_now(link);
        return;
    }
    wait_for_retry(link, now, why);
}

void sip_link_timeout(struct sip_link *link, time_ms now)
{
    if (now >= link->retry_at)
        sip_link_start(link, now);
    if (now >= sip_stream_deadline(link->stream)) {
        sip_stream_timeout(link->stream, now);
        lose(link, "a message was not completed in time");
    }
    switch (sip_keep_alive_timeout(&link->keep_alive, now)) {
    case KEEP_ALIVE_NOTHING:
        break;
    case KEEP_ALIVE_SEND_PING:
        sip_link_send(link, slice_of("\r\n\r\n"));
        sip_keep_alive_sent_ping(&link->keep_alive, now);
        break;
    case KEEP_ALIVE_FLOW_DEAD:
        lose(link, "the server does not answer the keep-alive: the connection is dead");
        break;
    }
}

time_ms sip_link_deadline(const struct sip_link *link)
{
    if (link->is_lost)
        return 0;
    time_ms deadline = time_earliest(link->retry_at, sip_keep_alive_deadline(&link->keep_alive));
    return time_earliest(deadline, sip_stream_deadline(link->stream));
}

void sip_link_status(const struct sip_link *link, struct sip_link_status *status)
{
    bool is_up = link->state == SIP_LINK_UP;
    *status = (struct sip_link_status){
        .state = link->state,
        .state_text = state_texts[link->state],
        .protocol = is_up ? tls_connection_protocol(link->connection) : "",
        .last_failure = link->failure,
        .up_since = link->up_since,
        .next_attempt_at = link->retry_at,
        .connects = link->connects,
    };
    if (link->address_count)
        net_address_text(&link->addresses[link->address_index % link->address_count],
                         status->remote);
}

void sip_link_free(struct sip_link *link)
{
    if (!link)
        return;
    resolver_cancel(link->resolver);
    tls_connection_free(link->connection);
    sip_stream_free(link->stream);
    buffer_free(&link->outgoing);
    free(link);
}
