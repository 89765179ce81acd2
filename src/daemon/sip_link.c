// SPDX-License-Identifier: ISC
#include "daemon/sip_link.h"

#include "io/clock.h"
#include "io/resolver.h"
#include "io/socket_address.h"
#include "io/tls_connection.h"
#include "io/tls_session_store.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    CONNECT_MS = 15000,
    USER_TIMEOUT_MS = 20000,
    SLOTS_MAX = 2 * LIMIT_SERVER_TARGETS + 2 // two races, and those that are about to be freed
};

/* A connection under its number. */
struct slot {
    struct sip_link *link;
    struct tls_connection *connection; // NULL: free place
    uint32_t number;
    bool is_over;   // to be freed outside of its callbacks
    bool is_closed; // it has told so; the rules hear of it behind what it has brought
    enum server_race_failure how;
    char why[SERVER_RACE_REASON_BYTES];
};

struct sip_link {
    struct loop *loop;
    struct resolver *resolver;
    const struct sip_link_settings *settings;
    struct sip_link_events events;
    void *user;
    struct link *rules;
    struct tls_session_store *sessions;
    struct slot slots[SLOTS_MAX];
    struct slot *up; // NULL: none
    struct buffer outgoing;
    bool is_pumping;
};

static void pump(struct sip_link *link);

static void on_connected(void *user)
{
    const struct slot *slot = user;
    if (slot->is_over)
        return;
    link_connected(slot->link->rules, clock_now(), slot->number);
    pump(slot->link);
}

static void on_received(void *user, struct slice bytes)
{
    const struct slot *slot = user;
    if (slot->is_over)
        return;
    link_received(slot->link->rules, clock_now(), slot->number, bytes);
    pump(slot->link);
}

static enum server_race_failure failure_of(enum status why)
{
    if (why == STATUS_REFUSED)
        return SERVER_RACE_REFUSED;
    if (why == STATUS_NEED_MORE)
        return SERVER_RACE_SWALLOWED;
    return why == STATUS_CLOSED ? SERVER_RACE_HUNG_UP : SERVER_RACE_UNREACHED;
}

static void on_closed(void *user, enum status why, const char *text)
{
    struct slot *slot = user;
    if (slot->is_closed)
        return;
    slot->is_closed = true;
    slot->how = failure_of(why);
    snprintf(slot->why, sizeof(slot->why), "%s", text);
}

static struct slot *find_slot(struct sip_link *link, uint32_t number)
{
    for (size_t i = 0; i < SLOTS_MAX; i++)
        if (link->slots[i].connection && !link->slots[i].is_over && link->slots[i].number == number)
            return &link->slots[i];
    return NULL;
}

static void connect_to(struct sip_link *link, time_ms now, const struct link_output *output)
{
    static const struct connection_events events = { on_connected, on_received, on_closed };
    const struct connection_settings connection = {
        .to = output->to,
        .is_tls = link->settings->link.server.is_tls,
        .tls = &link->settings->tls,
        .sessions = link->sessions,
        .connect_ms = CONNECT_MS,
        .user_timeout_ms = USER_TIMEOUT_MS,
    };
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        struct slot *slot = &link->slots[i];
        if (slot->connection)
            continue;
        *slot = (struct slot){ .link = link, .number = output->connection };
        slot->connection = tls_connection_new(link->loop, &connection, &events, slot);
        return;
    }
    link_closed(link->rules, now, output->connection, SERVER_RACE_UNREACHED,
                "too many connections at once");
}

void sip_link_flush(struct sip_link *link)
{
    if (!link->up || !link->outgoing.length)
        return;
    if (tls_connection_send(link->up->connection, buffer_slice(&link->outgoing)) != STATUS_OK)
        on_closed(link->up, STATUS_SYSTEM, "the connection broke while sending");
    buffer_clear(&link->outgoing);
}

/* What waits to leave over the one that is up is no business of the others. */
static void close_slot(struct sip_link *link, uint32_t number)
{
    struct slot *slot = find_slot(link, number);
    if (!slot)
        return;
    if (slot == link->up) {
        sip_link_flush(link);
        link->up = NULL;
    }
    slot->is_over = true;
}

static void come_up(struct sip_link *link, const struct link_output *output)
{
    struct agent_link up = {
        .is_tls = link->settings->link.server.is_tls,
        .has_other = output->has_other,
    };
    link->up = find_slot(link, output->connection);
    if (!link->up) /* closed meanwhile; that it is lost follows */
        return;
    buffer_clear(&link->outgoing);
    tls_connection_local(link->up->connection, &up.local);
    tls_connection_remote(link->up->connection, &up.remote);
    link->events.up(link->user, &up);
}

static void on_answered(void *user, const struct dns_answer *answer)
{
    struct sip_link *link = user;
    LOG(DEBUG, "DNS answer", NUMBER("outcome", answer->outcome),
        NUMBER("records", (int64_t)answer->count));
    link_resolved(link->rules, clock_now(), answer);
    pump(link);
}

static void ask(struct sip_link *link, const struct link_output *output)
{
    if (output->is_first)
        resolver_begin(link->resolver);
    LOG(DEBUG, "DNS question", TEXT("name", output->query.name),
        NUMBER("kind", output->query.kind));
    resolver_ask(link->resolver, &output->query, on_answered, link);
}

static void carry_out(struct sip_link *link, time_ms now, const struct link_output *output)
{
    switch (output->kind) {
    case LINK_RESOLVE:
        ask(link, output);
        break;
    case LINK_CONNECT:
        connect_to(link, now, output);
        break;
    case LINK_CLOSE:
        close_slot(link, output->connection);
        break;
    case LINK_SEND:
        if (link->up && link->up->number == output->connection)
            buffer_append(&link->outgoing, output->bytes);
        break;
    case LINK_MESSAGE:
        link->events.message(link->user, output->bytes, output->fault_status, output->fault);
        break;
    case LINK_UP:
        come_up(link, output);
        break;
    case LINK_LOST:
        link->events.lost(link->user, output->reason);
        break;
    case LINK_PROBE:
        link->events.probe(link->user);
        break;
    }
}

/* What is carried out may lead to more: that is the outer round's. */
static void pump(struct sip_link *link)
{
    struct link_output output;
    if (link->is_pumping)
        return;
    link->is_pumping = true;
    while (link_next_output(link->rules, clock_now(), &output))
        carry_out(link, clock_now(), &output);
    link->is_pumping = false;
}

struct sip_link *sip_link_new(struct loop *loop, const struct sip_link_settings *settings,
                              struct random *random, const struct sip_link_events *events,
                              void *user)
{
    struct sip_link *link = memory_new(sizeof(*link));
    link->loop = loop;
    link->resolver = resolver_new(loop);
    link->settings = settings;
    link->events = *events;
    link->user = user;
    link->rules = link_new(&settings->link, random);
    link->sessions = tls_session_store_new();
    buffer_init(&link->outgoing, LIMIT_WRITE_BACKLOG + LIMIT_SIP_MESSAGE);
    return link;
}

void sip_link_start(struct sip_link *link, time_ms now)
{
    resolver_cancel(link->resolver);
    link_start(link->rules, now);
    pump(link);
}

void sip_link_send(struct sip_link *link, struct slice bytes)
{
    if (!link->up)
        return;
    link_sent(link->rules, clock_now());
    buffer_append(&link->outgoing, bytes);
    if (link->outgoing.length > LIMIT_WRITE_BACKLOG) /* more than one write a turn, then */
        sip_link_flush(link);
}

void sip_link_reconfigure(struct sip_link *link, time_ms now,
                          const struct sip_link_settings *settings)
{
    resolver_cancel(link->resolver);
    link->settings = settings;
    tls_session_store_forget(link->sessions);
    link_reconfigure(link->rules, now, &settings->link);
}

void sip_link_registered(struct sip_link *link, time_ms now, uint32_t flow_timer_s,
                         bool is_outbound_agreed)
{
    link_registered(link->rules, now, flow_timer_s, is_outbound_agreed);
}

void sip_link_reconnect(struct sip_link *link, time_ms now, const char *why, bool is_swallowed)
{
    link_reconnect(link->rules, now, why, is_swallowed);
}

void sip_link_not_before(struct sip_link *link, time_ms when)
{
    link_not_before(link->rules, when);
}

void sip_link_hurry(struct sip_link *link, time_ms now)
{
    link_hurry(link->rules, now);
}

void sip_link_restart(struct sip_link *link, time_ms now, const char *why)
{
    resolver_cancel(link->resolver);
    link_restart(link->rules, now, why);
}

static bool leads_somewhere(const struct sip_link *link)
{
    struct net_address source;
    size_t count;
    const struct server_target *targets = link_targets(link->rules, &count);
    for (size_t i = 0; i < count; i++)
        if (socket_address_source(&targets[i].address, &source))
            return true;
    return false;
}

void sip_link_network_changed(struct sip_link *link, time_ms now)
{
    struct link_way way = { .is_elsewhere = leads_somewhere(link) };
    struct net_address remote;
    struct net_address local;
    struct net_address source;
    if (link->up) {
        tls_connection_remote(link->up->connection, &remote);
        tls_connection_local(link->up->connection, &local);
        way.is_there = socket_address_source(&remote, &source);
        way.is_same = way.is_there && net_address_same_host(&local, &source);
    }
    link_network_changed(link->rules, now, &way);
}

void sip_link_turn(struct sip_link *link, time_ms now)
{
    link_set_busy(link->rules, now, !link->events.is_idle(link->user));
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        struct slot *slot = &link->slots[i];
        if (slot->is_closed && !slot->is_over)
            link_closed(link->rules, now, slot->number, slot->how, slot->why);
    }
    pump(link);
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        if (!link->slots[i].is_over)
            continue;
        tls_connection_free(link->slots[i].connection);
        link->slots[i] = (struct slot){ .link = link };
    }
}

void sip_link_timeout(struct sip_link *link, time_ms now)
{
    link_timeout(link->rules, now);
}

time_ms sip_link_deadline(const struct sip_link *link)
{
    for (size_t i = 0; i < SLOTS_MAX; i++)
        if (link->slots[i].is_over || link->slots[i].is_closed)
            return 0;
    return link_deadline(link->rules);
}

uint32_t sip_link_changes(const struct sip_link *link)
{
    return link_changes(link->rules);
}

void sip_link_status(const struct sip_link *link, struct sip_link_status *status)
{
    const struct tls_connection *connection = link->up ? link->up->connection : NULL;
    *status = (struct sip_link_status){ .host = "", .protocol = "" };
    status->certificate_expires = TIME_NEVER;
    link_facts(link->rules, &status->facts);
    status->state_text = link_state_text(status->facts.state);
    if (connection) {
        status->protocol = tls_connection_protocol(connection);
        status->certificate_expires = tls_connection_expires(connection);
    }
    if (!status->facts.target)
        return;
    net_address_text(&status->facts.target->address, status->remote);
    status->host = status->facts.target->host;
}

void sip_link_free(struct sip_link *link)
{
    if (!link)
        return;
    for (size_t i = 0; i < SLOTS_MAX; i++)
        tls_connection_free(link->slots[i].connection);
    resolver_free(link->resolver);
    tls_session_store_free(link->sessions);
    link_free(link->rules);
    buffer_free(&link->outgoing);
    free(link);
}
