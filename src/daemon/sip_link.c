// SPDX-License-Identifier: ISC
#include "daemon/sip_link.h"

#include "daemon/connection_race.h"
#include "io/clock.h"
#include "io/socket_address.h"
#include "io/tls_connection.h"
#include "io/tls_session_store.h"
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
    TEXT_BYTES = 512,
    BETTER_TO_BASE = 20, // of the wait before a better server is looked for: 10 minutes
    HURRY_TO_BASE = 10   // of the least time between waits cut short: 3 s
};

struct sip_link {
    struct loop *loop;
    struct server_search *search;
    const struct sip_link_settings *settings;
    struct random *random;
    struct sip_link_events events;
    void *user;
    enum sip_link_state state;
    struct tls_connection *connection;
    struct tls_session_store *sessions;
    time_ms certificate_expires; // of the connection
    struct sip_stream *stream;
    struct keep_alive keep_alive;
    struct flow_recovery recovery;
    struct buffer outgoing;
    struct connection_race *race;  // NULL unless CONNECTING
    struct connection_race *probe; // for a better server while UP; NULL when none is on
    struct server_target targets[LIMIT_SERVER_TARGETS];
    size_t target_count;
    size_t target_index; // of the connection, or of the last one tried
    const char *source;
    uint32_t ttl_s;
    struct server_target good[LIMIT_SERVER_TARGETS]; // the list with which we registered last
    size_t good_count;
    struct tls_connection *better; // has won while another is up; sip_link_turn changes over
    size_t better_index;
    time_ms better_at;  // look for a better server; TIME_NEVER while on the best
    time_ms not_before; // of the registrar
    time_ms hurry_at;   // the last time that a wait was cut short
    bool wants_other;   // server, after the loss
    bool better_is_closed;
    time_ms retry_at;
    time_ms up_since;
    uint32_t connects;
    uint32_t changes;
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

struct sip_link *sip_link_new(struct loop *loop, struct server_search *search,
                              const struct sip_link_settings *settings, struct random *random,
                              const struct sip_link_events *events, void *user)
{
    struct sip_link *link = memory_new(sizeof(*link));
    link->loop = loop;
    link->search = search;
    link->settings = settings;
    link->random = random;
    link->events = *events;
    link->user = user;
    link->sessions = tls_session_store_new();
    link->certificate_expires = TIME_NEVER;
    link->stream = sip_stream_new();
    link->retry_at = link->better_at = TIME_NEVER;
    link->source = "";
    buffer_init(&link->outgoing, LIMIT_WRITE_QUEUE);
    sip_keep_alive_init(&link->keep_alive, settings->keepalive_ms, false);
    sip_flow_recovery_init(&link->recovery, settings->retry_base_ms);
    return link;
}

static void become(struct sip_link *link, enum sip_link_state state)
{
    LOG(DEBUG, "link state", TEXT("from", state_texts[link->state]),
        TEXT("to", state_texts[state]));
    link->state = state;
    link->changes++;
}

static void wait_for_retry(struct sip_link *link, time_ms now, const char *why)
{
    bool has_lost_framing = sip_stream_fault(link->stream)[0];
    uint32_t wait = has_lost_framing
                        ? sip_flow_recovery_lost_framing(&link->recovery, now, link->random)
                        : sip_flow_recovery_lost(&link->recovery, now, link->random);
    snprintf(link->failure, sizeof(link->failure), "%s", why);
    link->retry_at = now + wait;
    if (link->retry_at < link->not_before)
        link->retry_at = link->not_before;
    become(link, SIP_LINK_WAITING);
    LOG(WARNING, "no connection", TEXT("server", link->settings->server.host), TEXT("why", why),
        NUMBER("retry_in_s", (link->retry_at - now) / 1000));
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
            link->events.message(link->user, item, 0, NULL);
            break;
        case SIP_STREAM_PING:
            sip_link_send(link, slice_of("\r\n"));
            break;
        case SIP_STREAM_PONG:
            sip_keep_alive_pong(&link->keep_alive, now);
            break;
        case SIP_STREAM_BROKEN:
            /* The header block may still be answered; nothing behind it can be trusted. */
            link->events.message(link->user, item, sip_stream_fault_status(link->stream),
                                 sip_stream_fault(link->stream));
            sip_link_flush(link);
            lose(link, sip_stream_fault(link->stream));
            return;
        }
    }
}

/* The connection stands: everything about it begins anew. */
static void come_up(struct sip_link *link, time_ms now, struct tls_connection *connection,
                    size_t index)
{
    static const struct connection_events events = { NULL, on_received, on_closed };
    struct agent_link up = {
        .is_tls = link->settings->server.is_tls,
        .has_other = index + 1 < link->target_count,
    };
    tls_connection_hand_over(connection, &events, link);
    link->connection = connection;
    link->target_index = index;
    link->better_at = TIME_NEVER;
    sip_stream_reset(link->stream);
    buffer_clear(&link->outgoing);
    become(link, SIP_LINK_UP);
    link->certificate_expires = tls_connection_expires(connection);
    link->connects++;
    link->up_since = now;
    link->failure[0] = '\0';
    sip_keep_alive_connected(&link->keep_alive, now, link->random);
    tls_connection_local(connection, &up.local);
    tls_connection_remote(connection, &up.remote);
    LOG(INFO, "connected", TEXT("server", link->targets[index].host),
        TEXT("protocol", tls_connection_protocol(connection)));
    link->events.up(link->user, &up);
}

static void on_better_closed(void *user, enum status why, const char *text)
{
    struct sip_link *link = user;
    (void)why;
    (void)text;
    link->better_is_closed = true;
}

static void on_better_received(void *user, struct slice bytes)
{
    (void)user; /* nobody has asked it anything yet */
    (void)bytes;
}

static void on_won(void *user, struct tls_connection *connection, size_t index)
{
    come_up(user, clock_now(), connection, index);
}

static void on_probe_won(void *user, struct tls_connection *connection, size_t index)
{
    static const struct connection_events events = { NULL, on_better_received, on_better_closed };
    struct sip_link *link = user;
    tls_connection_hand_over(connection, &events, link);
    link->better = connection;
    link->better_index = index;
    link->better_is_closed = false;
}

/* Of the first `count` servers of the list, from `first` on. */
static struct connection_race *race_new(struct sip_link *link, size_t count, size_t first,
                                        const struct connection_race_events *events)
{
    const struct sip_link_settings *settings = link->settings;
    const struct connection_settings connection = {
        .is_tls = settings->server.is_tls,
        .tls = &settings->tls,
        .sessions = link->sessions,
        .connect_ms = CONNECT_MS,
        .user_timeout_ms = USER_TIMEOUT_MS,
    };
    return connection_race_new(link->loop, &connection, link->targets, count, first, events, link);
}

static void connect_from(struct sip_link *link, size_t first)
{
    static const struct connection_race_events events = { on_won };
    become(link, SIP_LINK_CONNECTING);
    link->race = race_new(link, link->target_count, first, &events);
}

static void end_race(struct sip_link *link)
{
    connection_race_free(link->race);
    link->race = NULL;
}

static void end_probe(struct sip_link *link)
{
    connection_race_free(link->probe);
    link->probe = NULL;
    tls_connection_free(link->better);
    link->better = NULL;
}

/* The list as it is now; false when there is none, not even one of before. */
static bool take_targets(struct sip_link *link, const struct server_selection *selection)
{
    const struct server_target *target;
    size_t count = server_selection_count(selection);
    for (size_t i = 0; i < count && (target = server_selection_target(selection, i)); i++)
        link->targets[i] = *target;
    link->target_count = count;
    link->source = server_selection_used_srv(selection) ? "SRV" : "address";
    link->ttl_s = server_selection_ttl(selection);
    if (count || !link->good_count)
        return count > 0;
    LOG(WARNING, "the last known addresses are tried",
        TEXT("why", server_selection_failure(selection)));
    memcpy(link->targets, link->good, sizeof(link->good));
    link->target_count = link->good_count;
    link->source = "last known address";
    return true;
}

static void on_found(void *user, const struct server_selection *selection)
{
    struct sip_link *link = user;
    if (take_targets(link, selection))
        connect_from(link, 0);
    else
        wait_for_retry(link, clock_now(), server_selection_failure(selection));
}

void sip_link_start(struct sip_link *link, time_ms now)
{
    (void)now;
    link->retry_at = TIME_NEVER;
    link->target_index = 0;
    become(link, SIP_LINK_RESOLVING);
    server_search_start(link->search, &link->settings->server, on_found, link);
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

static bool is_same_server(const struct server_wanted *left, const struct server_wanted *right)
{
    return strcmp(left->host, right->host) == 0 && left->port == right->port &&
           left->is_tls == right->is_tls && left->has_transport == right->has_transport;
}

void sip_link_reconfigure(struct sip_link *link, time_ms now,
                          const struct sip_link_settings *settings)
{
    if (!is_same_server(&link->settings->server, &settings->server))
        link->good_count = 0; /* the last known addresses are another's */
    link->settings = settings;
    end_probe(link); /* it borrows from the old ones, as does the race */
    bool is_racing = link->race != NULL;
    end_race(link);
    tls_session_store_forget(link->sessions);
    sip_keep_alive_set_interval(&link->keep_alive, now, settings->keepalive_ms);
    sip_flow_recovery_set_base(&link->recovery, settings->retry_base_ms);
    if (is_racing && link->state == SIP_LINK_CONNECTING)
        sip_link_start(link, now);
}

/* Not before the addresses may have changed, and not so often that it would disturb. */
static time_ms better_wait_ms(const struct sip_link *link)
{
    time_ms least = (time_ms)BETTER_TO_BASE * link->recovery.base_ms;
    time_ms ttl = link->ttl_s == UINT32_MAX ? 0 : (time_ms)link->ttl_s * 1000;
    return ttl > least ? ttl : least;
}

void sip_link_registered(struct sip_link *link, time_ms now, uint32_t flow_timer_s,
                         bool is_outbound_agreed)
{
    sip_flow_recovery_registered(&link->recovery, now);
    sip_keep_alive_flow_timer(&link->keep_alive, now, flow_timer_s);
    if (is_outbound_agreed)
        sip_keep_alive_promised(&link->keep_alive);
    memcpy(link->good, link->targets, sizeof(link->good));
    link->good_count = link->target_count;
    if (link->target_index > 0)
        link->better_at = now + better_wait_ms(link);
}

void sip_link_reconnect(struct sip_link *link, time_ms now, const char *why, bool wants_other)
{
    (void)now;
    if (link->state != SIP_LINK_UP)
        return;
    link->wants_other = wants_other;
    lose(link, why);
}

void sip_link_not_before(struct sip_link *link, time_ms when)
{
    link->not_before = when;
}

void sip_link_hurry(struct sip_link *link, time_ms now)
{
    if (link->state != SIP_LINK_WAITING)
        return;
    time_ms least = link->hurry_at + link->recovery.base_ms / HURRY_TO_BASE;
    time_ms when = link->hurry_at && least > now ? least : now;
    if (when >= link->retry_at)
        return;
    link->hurry_at = now;
    link->retry_at = when < link->not_before ? link->not_before : when;
    link->changes++;
    sip_flow_recovery_reset(&link->recovery);
}

void sip_link_restart(struct sip_link *link, time_ms now, const char *why)
{
    sip_flow_recovery_reset(&link->recovery);
    link->failure[0] = '\0';
    link->changes++;
    if (!link->connection) {
        end_race(link);
        sip_link_start(link, now);
        return;
    }
    link->is_restarting = true;
    lose(link, why);
}

void sip_link_network_changed(struct sip_link *link, time_ms now)
{
    struct net_address remote;
    struct net_address local;
    struct net_address source;
    sip_link_hurry(link, now);
    if (link->state != SIP_LINK_UP)
        return;
    tls_connection_remote(link->connection, &remote);
    tls_connection_local(link->connection, &local);
    if (!socket_address_source(&remote, &source)) {
        /* With no way at all, a cable may be out for a moment: the connection may outlast it. */
        if (connection_race_is_possible(link->targets, link->target_count))
            sip_link_restart(link, now, "the way to the server is gone");
        return;
    }
    if (!net_address_same_host(&local, &source))
        sip_link_restart(link, now, "our address has changed");
    else
        sip_keep_alive_probe(&link->keep_alive, now);
}

static void drop_connection(struct sip_link *link)
{
    tls_connection_free(link->connection);
    link->connection = NULL;
    link->certificate_expires = TIME_NEVER;
    buffer_clear(&link->outgoing);
    sip_keep_alive_link_lost(&link->keep_alive);
}

/* A better server has answered while another one serves. */
static void change_over(struct sip_link *link, time_ms now)
{
    struct tls_connection *better = link->better;
    link->better = NULL;
    end_probe(link);
    LOG(NOTICE, "back to the preferred server",
        TEXT("server", link->targets[link->better_index].host));
    drop_connection(link);
    link->events.lost(link->user, "back to the preferred server");
    link->state = SIP_LINK_CONNECTING;
    come_up(link, now, better, link->better_index);
}

static void turn_better(struct sip_link *link, time_ms now)
{
    bool has_failed =
        link->better ? link->better_is_closed : connection_race_turn(link->probe, now);
    if (has_failed || !link->events.is_idle(link->user)) {
        end_probe(link);
        link->better_at = now + better_wait_ms(link);
    } else if (link->better) {
        change_over(link, now);
    }
}

static void lose_connection(struct sip_link *link, time_ms now)
{
    char why[TEXT_BYTES];
    link->is_lost = false;
    snprintf(why, sizeof(why), "%s", link->lost_text);
    end_probe(link);
    end_race(link);
    drop_connection(link);
    become(link, SIP_LINK_WAITING);
    link->events.lost(link->user, why);
    bool has_other = link->wants_other && link->target_index + 1 < link->target_count;
    link->wants_other = false;
    if (link->is_restarting) {
        link->is_restarting = false;
        sip_link_start(link, now);
    } else if (has_other) {
        LOG(NOTICE, "the next server is tried", TEXT("why", why));
        connect_from(link, link->target_index + 1);
    } else {
        wait_for_retry(link, now, why);
    }
}

static void turn_race(struct sip_link *link, time_ms now)
{
    char why[TEXT_BYTES];
    bool has_failed = connection_race_turn(link->race, now);
    size_t index = connection_race_index(link->race);
    link->changes += index != link->target_index;
    link->target_index = index;
    if (!has_failed)
        return;
    snprintf(why, sizeof(why), "%s", connection_race_failure(link->race));
    end_race(link);
    wait_for_retry(link, now, why);
}

void sip_link_turn(struct sip_link *link, time_ms now)
{
    if (link->is_lost) {
        lose_connection(link, now);
        return;
    }
    if (link->state == SIP_LINK_CONNECTING)
        turn_race(link, now);
    if (link->state == SIP_LINK_UP && link->race)
        end_race(link); /* it has been won */
    if (link->state == SIP_LINK_UP && link->probe)
        turn_better(link, now);
}

/* Only servers before ours in the list; ours goes on until one of them has answered. */
static void look_for_better(struct sip_link *link, time_ms now)
{
    static const struct connection_race_events events = { on_probe_won };
    link->better_at = now + better_wait_ms(link);
    if (link->state != SIP_LINK_UP || link->probe || !link->events.is_idle(link->user))
        return;
    LOG(DEBUG, "the preferred server is tried");
    link->better_at = TIME_NEVER;
    link->probe = race_new(link, link->target_index, 0, &events);
}

void sip_link_timeout(struct sip_link *link, time_ms now)
{
    if (now >= link->retry_at)
        sip_link_start(link, now);
    if (now >= link->better_at)
        look_for_better(link, now);
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
    case KEEP_ALIVE_SEND_PROBE:
        link->events.probe(link->user);
        break;
    case KEEP_ALIVE_FLOW_DEAD:
        lose(link, "the server does not answer the keep-alive: the connection is dead");
        break;
    }
}

time_ms sip_link_deadline(const struct sip_link *link)
{
    if (link->is_lost || (link->state == SIP_LINK_UP && (link->race || link->better)))
        return 0;
    time_ms deadline = time_earliest(link->retry_at, sip_keep_alive_deadline(&link->keep_alive));
    deadline = time_earliest(deadline, link->better_at);
    if (link->race || link->probe)
        deadline = time_earliest(deadline,
                                 connection_race_deadline(link->race ? link->race : link->probe));
    return time_earliest(deadline, sip_stream_deadline(link->stream));
}

uint32_t sip_link_changes(const struct sip_link *link)
{
    return link->changes;
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
        .certificate_expires = link->certificate_expires,
        .host = "",
        .source = link->source,
    };
    if (!link->target_count)
        return;
    const struct server_target *target = &link->targets[link->target_index];
    net_address_text(&target->address, status->remote);
    status->host = target->host;
    status->rank = link->target_index + 1;
    status->servers = link->target_count;
}

void sip_link_free(struct sip_link *link)
{
    if (!link)
        return;
    server_search_cancel(link->search);
    end_race(link);
    end_probe(link);
    tls_connection_free(link->connection);
    tls_session_store_free(link->sessions);
    sip_stream_free(link->stream);
    buffer_free(&link->outgoing);
    free(link);
}
