// SPDX-License-Identifier: ISC
#include "sip/server_race.h"

#include <stdio.h>
#include <string.h>

enum {
    FAMILY_MS = 250,
    SERVER_MS = 4000 // then the next server is tried beside this one
};

void server_race_begin(struct server_race *race, const struct server_target *targets, size_t count,
                       size_t first)
{
    *race = (struct server_race){ .targets = targets, .count = count, .next = first };
}

bool server_race_is_on(const struct server_race *race)
{
    return race->count > 0;
}

static bool is_same_host(const struct server_race *race, size_t index)
{
    const struct server_target *target = &race->targets[index];
    return index > 0 && strcmp(target->host, target[-1].host) == 0 &&
           target->address.family != target[-1].address.family;
}

bool server_race_next(struct server_race *race, time_ms now, uint32_t number, size_t *index)
{
    if (race->next >= race->count || (race->running && now < race->next_at))
        return false;
    *index = race->next++;
    race->numbers[*index] = number;
    race->running++;
    if (race->next < race->count)
        race->next_at = now + (is_same_host(race, race->next) ? FAMILY_MS : SERVER_MS);
    return true;
}

bool server_race_find(const struct server_race *race, uint32_t number, size_t *index)
{
    for (*index = 0; *index < race->next && *index < race->count; (*index)++)
        if (race->numbers[*index] == number)
            return true;
    return false;
}

void server_race_failed(struct server_race *race, size_t index, enum server_race_failure how,
                        const char *why)
{
    race->numbers[index] = 0;
    race->running--;
    if ((int)how <= race->furthest)
        return;
    race->furthest = (int)how;
    snprintf(race->failure, sizeof(race->failure), "%s", why);
}

bool server_race_is_lost(const struct server_race *race)
{
    return race->count && !race->running && race->next >= race->count;
}

uint32_t server_race_end(struct server_race *race)
{
    for (size_t i = 0; i < race->next && i < race->count; i++) {
        uint32_t number = race->numbers[i];
        race->numbers[i] = 0;
        if (number)
            return number;
    }
    race->count = race->running = 0;
    return 0;
}

time_ms server_race_deadline(const struct server_race *race)
{
    if (race->next >= race->count)
        return TIME_NEVER;
    return race->running ? race->next_at : 0;
}
