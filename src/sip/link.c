// SPDX-License-Identifier: ISC
// States: IDLE until started, RESOLVING, CONNECTING, UP until the connection is lost, WAITING until
// it is tried again. Servers and races are in link_servers.c.
#include "sip/link_private.h"
#include "util/log.h"
#include "util/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    HURRY_TO_BASE = 10,    // of the least time between waits cut short: 3 s
    DEAD_WITHIN_MS = 90000 // after a ping without an answer the end of the connection is its death
};

struct link *link_new(const struct link_settings *settings, struct random *random)
{
    struct link *link = memory_new(sizeof(*link));
    link->settings = settings;
    link->random = random;
    link->stream = sip_stream_new();
    link->retry_at = link->better_at = TIME_NEVER;
    link->source = "";
    sip_idle_limit_init(&link->idle_limit);
    sip_keep_alive_init(&link->keep_alive, settings->keepalive_ms, false);
    sip_flow_recovery_init(&link->recovery, settings->retry_base_ms);
    return link;
}

void link_put(struct link *link, const struct link_output *output)
{
    if (link->output_count < LINK_OUTPUTS_MAX)
        link->outputs[link->output_count++] = *output;
}

void link_become(struct link *link, enum link_state state)
{
    assert(link_state_may_become(link->state, state));
    LOG(DEBUG, "link state", TEXT("from", link_state_text(link->state)),
        TEXT("to", link_state_text(state)));
    link->state = state;
    link->changes++;
}

void link_wait(struct link *link, time_ms now, uint32_t wait_ms, const char *why)
{
    snprintf(link->failure, sizeof(link->failure), "%s", why);
    link->retry_at = now + wait_ms;
    if (link->retry_at < link->not_before)
        link->retry_at = link->not_before;
    link_become(link, LINK_IS_WAITING);
    LOG(WARNING, "no connection", TEXT("server", link->settings->server.host), TEXT("why", why),
        NUMBER("retry_in_s", (link->retry_at - now) / 1000));
}

// --- a connection that is up

/* What was learned is of one host. */
static void see_host(struct link *link, time_ms now)
{
    const char *host = link->targets[link->target_index].host;
    if (strcmp(link->idle_host, host) != 0)
        sip_idle_limit_init(&link->idle_limit);
    snprintf(link->idle_host, sizeof(link->idle_host), "%s", host);
    sip_keep_alive_limit(&link->keep_alive, now, link->idle_limit.interval_ms);
}

/* The connection stands: everything about it begins anew. */
static void come_up(struct link *link, time_ms now, uint32_t connection, size_t index)
{
    link->connection = connection;
    link->target_index = index;
    link->better_at = TIME_NEVER;
    link->retry_at = TIME_NEVER;
    sip_stream_reset(link->stream);
    link->is_broken = false;
    link_become(link, LINK_IS_UP);
    link->connects++;
    link->up_since = link->message_at = link->traffic_at = now;
    link->pinged_at = 0;
    link->failure[0] = '\0';
    see_host(link, now);
    sip_keep_alive_connected(&link->keep_alive, now, link->random);
    LOG(INFO, "connected", TEXT("server", link->targets[index].host));
    link_put(link, &(struct link_output){ .kind = LINK_UP,
                                          .connection = connection,
                                          .has_other = index + 1 < link->target_count });
}

static void drop_connection(struct link *link, const char *why)
{
    snprintf(link->lost_text, sizeof(link->lost_text), "%s", why);
    sip_keep_alive_link_lost(&link->keep_alive);
    link_put(link, &(struct link_output){ .kind = LINK_CLOSE, .connection = link->connection });
    link_put(link, &(struct link_output){ .kind = LINK_LOST,
                                          .connection = link->connection,
                                          .reason = link->lost_text });
    link->connection = 0;
}

/* The end of a connection that was asked by a ping, and has said nothing since, is its death found
 * out; another one was closed at its age. */
static bool is_of_a_kind(struct link *link, time_ms now, enum link_loss loss)
{
    struct idle_limit *limit = &link->idle_limit;
    bool is_asked = link->pinged_at && now - link->pinged_at <= DEAD_WITHIN_MS;
    bool is_closed = loss == LINK_LOSS_CLOSED;
    if (is_closed && is_asked && sip_idle_limit_closed_despite_pings(limit, now - link->message_at))
        return true;
    if (is_asked && (is_closed || loss == LINK_LOSS_DEAD))
        return sip_idle_limit_silent(limit, link->quiet_ms);
    return is_closed && sip_idle_limit_closed(limit, now - link->traffic_at);
}

/* Whether this is how the server, or a NAT on the way, ends idle connections. */
static bool is_idle_loss(struct link *link, time_ms now, enum link_loss loss)
{
    const struct idle_limit *limit = &link->idle_limit;
    uint32_t before = limit->interval_ms;
    bool is_like = is_of_a_kind(link, now, loss);
    if (limit->interval_ms != before)
        LOG(NOTICE, "the server or a NAT ends idle connections: they are kept alive before that",
            TEXT("server", link->idle_host), NUMBER("after_s", limit->known_ms / 1000),
            NUMBER("keepalive_s", limit->interval_ms / 1000));
    return is_like;
}

static uint32_t wait_after(struct link *link, time_ms now, enum link_loss loss)
{
    struct flow_recovery *recovery = &link->recovery;
    if (loss == LINK_LOSS_SWALLOWED)
        return sip_flow_recovery_swallowed(recovery, now, link->random);
    if (sip_stream_fault(link->stream)[0])
        return sip_flow_recovery_lost_framing(recovery, now, link->random);
    if (is_idle_loss(link, now, loss))
        return sip_flow_recovery_lost_idle(recovery, now, link->random);
    return sip_flow_recovery_lost(recovery, now, link->random);
}

void link_lose(struct link *link, time_ms now, enum link_loss loss, const char *why)
{
    uint32_t wait_ms = wait_after(link, now, loss);
    link_end_race(link, &link->probe);
    drop_connection(link, why);
    link_wait(link, now, wait_ms, link->lost_text);
}

void link_connected(struct link *link, time_ms now, uint32_t connection)
{
    size_t index;
    if (server_race_find(&link->race, connection, &index)) {
        link->race.numbers[index] = 0; /* it is no runner any more */
        link_end_race(link, &link->race);
        come_up(link, now, connection, index);
    } else if (server_race_find(&link->probe, connection, &index)) {
        link->probe.numbers[index] = 0;
        link_end_race(link, &link->probe);
        LOG(NOTICE, "back to the preferred server", TEXT("server", link->targets[index].host));
        drop_connection(link, "back to the preferred server");
        link_become(link, LINK_IS_CONNECTING);
        come_up(link, now, connection, index);
    }
}

static void runner_failed(struct link *link, struct server_race *race, size_t index,
                          enum server_race_failure how, const char *why)
{
    link_put(link, &(struct link_output){ .kind = LINK_CLOSE, .connection = race->numbers[index] });
    server_race_failed(race, index, how, why);
    if (race->count > 1)
        LOG(INFO, "a server is not reached", TEXT("server", race->targets[index].host),
            TEXT("why", why));
}

void link_closed(struct link *link, time_ms now, uint32_t connection, enum server_race_failure how,
                 const char *why)
{
    size_t index;
    if (connection && connection == link->connection) {
        link_lose(link, now, LINK_LOSS_CLOSED, why);
    } else if (server_race_find(&link->race, connection, &index)) {
        runner_failed(link, &link->race, index, how, why);
        link_turn_race(link, now);
    } else if (server_race_find(&link->probe, connection, &index)) {
        runner_failed(link, &link->probe, index, how, why);
        link_turn_probe(link, now);
    }
}

void link_received(struct link *link, time_ms now, uint32_t connection, struct slice bytes)
{
    if (connection != link->connection)
        return;
    link->traffic_at = now;
    link->pinged_at = 0;
    sip_keep_alive_activity(&link->keep_alive, now);
    sip_stream_append(link->stream, now, bytes);
}

void link_sent(struct link *link, time_ms now)
{
    link->message_at = link->traffic_at = now;
}

void link_registered(struct link *link, time_ms now, uint32_t flow_timer_s, bool is_outbound_agreed)
{
    sip_flow_recovery_registered(&link->recovery, now);
    sip_keep_alive_flow_timer(&link->keep_alive, now, flow_timer_s);
    if (is_outbound_agreed)
        sip_keep_alive_promised(&link->keep_alive);
    memcpy(link->good, link->targets, sizeof(link->good));
    link->good_count = link->target_count;
    if (link->target_index > 0)
        link->better_at = now + link_better_wait_ms(link);
}

void link_reconnect(struct link *link, time_ms now, const char *why, bool is_swallowed)
{
    bool has_other = link->target_index + 1 < link->target_count;
    if (link->state != LINK_IS_UP)
        return;
    if (!has_other) {
        link_lose(link, now, is_swallowed ? LINK_LOSS_SWALLOWED : LINK_LOSS_DEAD, why);
        return;
    }
    link_end_race(link, &link->probe);
    drop_connection(link, why);
    LOG(NOTICE, "the next server is tried", TEXT("why", link->lost_text));
    link_connect_from(link, now, link->target_index + 1);
}

// --- what comes from outside

static bool is_same_server(const struct server_wanted *left, const struct server_wanted *right)
{
    return strcmp(left->host, right->host) == 0 && left->port == right->port &&
           left->is_tls == right->is_tls && left->has_transport == right->has_transport;
}

void link_reconfigure(struct link *link, time_ms now, const struct link_settings *settings)
{
    bool is_racing = link->state == LINK_IS_CONNECTING;
    if (!is_same_server(&link->settings->server, &settings->server))
        link->good_count = 0; /* the last known addresses are another's */
    link->settings = settings;
    link_end_race(link, &link->probe); /* it borrows from the old ones, as does the race */
    link_end_race(link, &link->race);
    sip_keep_alive_set_interval(&link->keep_alive, now, settings->keepalive_ms);
    sip_flow_recovery_set_base(&link->recovery, settings->retry_base_ms);
    if (is_racing)
        link_start(link, now);
}

void link_not_before(struct link *link, time_ms when)
{
    link->not_before = when;
}

void link_hurry(struct link *link, time_ms now)
{
    if (link->state != LINK_IS_WAITING)
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

void link_restart(struct link *link, time_ms now, const char *why)
{
    sip_flow_recovery_reset(&link->recovery);
    if (link->state == LINK_IS_UP) {
        link_end_race(link, &link->probe);
        drop_connection(link, why);
    }
    link->failure[0] = '\0';
    link_start(link, now);
}

void link_network_changed(struct link *link, time_ms now, const struct link_way *way)
{
    link_hurry(link, now);
    if (link->state != LINK_IS_UP)
        return;
    if (way->is_there && way->is_same)
        sip_keep_alive_probe(&link->keep_alive, now);
    else if (way->is_there)
        link_restart(link, now, "our address has changed");
    else if (way->is_elsewhere)
        link_restart(link, now, "the way to the server is gone");
}

void link_set_busy(struct link *link, time_ms now, bool is_busy)
{
    link->is_busy = is_busy;
    link_turn_probe(link, now);
}

// --- time

/* A server for which pings do not count is asked by a request instead. */
static void ping(struct link *link, time_ms now)
{
    sip_keep_alive_sent_ping(&link->keep_alive, now);
    if (!link->pinged_at) {
        link->pinged_at = now;
        link->quiet_ms = now - link->traffic_at;
    }
    link->traffic_at = now;
    link_put(link, &(struct link_output){ .kind = LINK_SEND,
                                          .connection = link->connection,
                                          .bytes = slice_of("\r\n\r\n") });
    if (link->idle_limit.needs_messages)
        link_put(link, &(struct link_output){ .kind = LINK_PROBE });
}

static void turn_keep_alive(struct link *link, time_ms now)
{
    switch (sip_keep_alive_timeout(&link->keep_alive, now)) {
    case KEEP_ALIVE_NOTHING:
        break;
    case KEEP_ALIVE_SEND_PING:
        ping(link, now);
        break;
    case KEEP_ALIVE_SEND_PROBE:
        link_put(link, &(struct link_output){ .kind = LINK_PROBE });
        break;
    case KEEP_ALIVE_FLOW_DEAD:
        link_lose(link, now, LINK_LOSS_DEAD,
                  "the server does not answer the keep-alive: the connection is dead");
        break;
    }
}

void link_timeout(struct link *link, time_ms now)
{
    if (now >= link->retry_at)
        link_start(link, now);
    if (now >= link->better_at)
        link_look_for_better(link, now);
    link_turn_race(link, now);
    link_turn_probe(link, now);
    if (link->state != LINK_IS_UP)
        return;
    if (now >= sip_stream_deadline(link->stream)) {
        sip_stream_timeout(link->stream, now);
        link_lose(link, now, LINK_LOSS_ORDINARY, "a message was not completed in time");
        return;
    }
    turn_keep_alive(link, now);
}

time_ms link_deadline(const struct link *link)
{
    time_ms deadline = time_earliest(link->retry_at, sip_keep_alive_deadline(&link->keep_alive));
    if (link->output_count || link->is_question_due || (link->connection && link->is_broken))
        return 0;
    deadline = time_earliest(deadline, link->better_at);
    deadline = time_earliest(deadline, server_race_deadline(&link->race));
    deadline = time_earliest(deadline, server_race_deadline(&link->probe));
    return link->connection ? time_earliest(deadline, sip_stream_deadline(link->stream)) : deadline;
}

// --- outputs

/* The header block may still be answered; nothing behind it can be trusted. */
static bool give_broken(struct link *link, time_ms now, struct link_output *output,
                        struct slice bytes)
{
    if (!link->is_broken) {
        link->is_broken = true;
        *output = (struct link_output){ .kind = LINK_MESSAGE,
                                        .bytes = bytes,
                                        .fault_status = sip_stream_fault_status(link->stream),
                                        .fault = sip_stream_fault(link->stream) };
        return true;
    }
    link_lose(link, now, LINK_LOSS_ORDINARY, sip_stream_fault(link->stream));
    return false;
}

/* The next message of the stream; false when there is none. */
static bool read_stream(struct link *link, time_ms now, struct link_output *output)
{
    struct slice item;
    while (link->connection) {
        switch (sip_stream_next(link->stream, &item)) {
        case SIP_STREAM_NOTHING:
            return false;
        case SIP_STREAM_MESSAGE:
            link->message_at = now;
            *output = (struct link_output){ .kind = LINK_MESSAGE, .bytes = item };
            return true;
        case SIP_STREAM_PING:
            *output = (struct link_output){ .kind = LINK_SEND,
                                            .connection = link->connection,
                                            .bytes = slice_of("\r\n") };
            return true;
        case SIP_STREAM_PONG:
            sip_keep_alive_pong(&link->keep_alive, now);
            break;
        case SIP_STREAM_BROKEN:
            if (give_broken(link, now, output, item))
                return true;
            break;
        }
    }
    return false;
}

bool link_next_output(struct link *link, time_ms now, struct link_output *output)
{
    if (!link->output_count && read_stream(link, now, output))
        return true;
    if (!link->output_count)
        return link_next_question(link, output);
    *output = link->outputs[0];
    link->output_count--;
    memmove(link->outputs, link->outputs + 1, link->output_count * sizeof(*link->outputs));
    return true;
}

const struct server_target *link_targets(const struct link *link, size_t *count)
{
    *count = link->target_count;
    return link->targets;
}

void link_facts(const struct link *link, struct link_facts *facts)
{
    *facts = (struct link_facts){
        .state = link->state,
        .target = link->target_count ? &link->targets[link->target_index] : NULL,
        .rank = link->target_count ? link->target_index + 1 : 0,
        .servers = link->target_count,
        .source = link->source,
        .last_failure = link->failure,
        .up_since = link->up_since,
        .next_attempt_at = link->retry_at,
        .connects = link->connects,
        .idle_limit_ms = link->idle_limit.known_ms,
        .keepalive_ms = link->keep_alive.interval_ms,
    };
}

uint32_t link_changes(const struct link *link)
{
    return link->changes;
}

void link_free(struct link *link)
{
    if (!link)
        return;
    server_selection_free(link->selection);
    sip_stream_free(link->stream);
    free(link);
}
