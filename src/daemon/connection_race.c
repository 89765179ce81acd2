// SPDX-License-Identifier: ISC
#include "daemon/connection_race.h"

#include "io/clock.h"
#include "io/socket_address.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RUNNERS_MAX = LIMIT_SERVER_TARGETS,
    FAMILY_MS = 250,
    SERVER_MS = 4000, // then the next server is tried beside this one
    TEXT_BYTES = 512
};

struct runner {
    struct connection_race *race;
    struct tls_connection *connection; // NULL: free place
    size_t index;
    bool has_failed;
};

struct connection_race {
    struct loop *loop;
    struct connection_settings settings;
    struct server_target targets[RUNNERS_MAX];
    size_t count;
    size_t next;
    struct connection_race_events events;
    void *user;
    struct runner runners[RUNNERS_MAX];
    size_t running;
    time_ms next_at;
    bool is_won;
    bool has_failed; // somebody: a turn is due
    int furthest;    // rank of the failure kept
    char failure[TEXT_BYTES];
};

static void on_connected(void *user)
{
    struct runner *runner = user;
    struct connection_race *race = runner->race;
    if (race->is_won)
        return;
    race->is_won = true;
    struct tls_connection *connection = runner->connection;
    runner->connection = NULL;
    race->running--;
    race->events.won(race->user, connection, runner->index);
}

static void on_received(void *user, struct slice bytes)
{
    (void)user; /* a second one that came up: it will be closed */
    (void)bytes;
}

/* A certificate says more than silence. */
static int rank_of(enum status why)
{
    if (why == STATUS_REFUSED)
        return 3;
    return why == STATUS_CLOSED ? 2 : 1;
}

static void on_closed(void *user, enum status why, const char *text)
{
    struct runner *runner = user;
    struct connection_race *race = runner->race;
    runner->has_failed = true;
    race->has_failed = true;
    if (rank_of(why) > race->furthest) {
        race->furthest = rank_of(why);
        snprintf(race->failure, sizeof(race->failure), "%s", text);
    }
    if (race->count > 1)
        LOG(INFO, "a server is not reached", TEXT("server", race->targets[runner->index].host),
            TEXT("why", text));
}

static bool is_same_host(const struct connection_race *race, size_t index)
{
    return index > 0 && index < race->count &&
           strcmp(race->targets[index].host, race->targets[index - 1].host) == 0 &&
           race->targets[index].address.family != race->targets[index - 1].address.family;
}

static void begin(struct connection_race *race, time_ms now)
{
    static const struct connection_events events = { on_connected, on_received, on_closed };
    struct connection_settings settings = race->settings;
    struct runner *runner = &race->runners[race->next];
    settings.to = race->targets[race->next].address;
    *runner = (struct runner){ .race = race, .index = race->next };
    runner->connection = tls_connection_new(race->loop, &settings, &events, runner);
    race->running++;
    race->next++;
    race->next_at = race->next == race->count        ? TIME_NEVER
                    : is_same_host(race, race->next) ? now + FAMILY_MS
                                                     : now + SERVER_MS;
}

struct connection_race *connection_race_new(struct loop *loop,
                                            const struct connection_settings *settings,
                                            const struct server_target *targets, size_t count,
                                            size_t first,
                                            const struct connection_race_events *events, void *user)
{
    struct connection_race *race = memory_new(sizeof(*race));
    race->loop = loop;
    race->settings = *settings;
    race->count = count < RUNNERS_MAX ? count : RUNNERS_MAX;
    memcpy(race->targets, targets, race->count * sizeof(*targets));
    race->next = first;
    race->events = *events;
    race->user = user;
    begin(race, clock_now());
    return race;
}

static void see_off(struct connection_race *race)
{
    for (size_t i = 0; i < RUNNERS_MAX; i++) {
        struct runner *runner = &race->runners[i];
        if (!runner->connection || !runner->has_failed)
            continue;
        tls_connection_free(runner->connection);
        runner->connection = NULL;
        race->running--;
    }
    race->has_failed = false;
}

bool connection_race_turn(struct connection_race *race, time_ms now)
{
    if (race->is_won)
        return false;
    see_off(race);
    if (race->next < race->count && (!race->running || now >= race->next_at))
        begin(race, now);
    return !race->running;
}

bool connection_race_is_possible(const struct server_target *targets, size_t count)
{
    struct net_address source;
    for (size_t i = 0; i < count; i++)
        if (socket_address_source(&targets[i].address, &source))
            return true;
    return false;
}

const char *connection_race_failure(const struct connection_race *race)
{
    return race->failure;
}

time_ms connection_race_deadline(const struct connection_race *race)
{
    if (race->has_failed && !race->is_won)
        return 0;
    return race->is_won ? TIME_NEVER : race->next_at;
}

size_t connection_race_index(const struct connection_race *race)
{
    return race->next - 1;
}

void connection_race_free(struct connection_race *race)
{
    if (!race)
        return;
    for (size_t i = 0; i < RUNNERS_MAX; i++)
        tls_connection_free(race->runners[i].connection);
    free(race);
}
