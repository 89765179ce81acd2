// SPDX-License-Identifier: ISC
// Which servers there are, and the race for a connection to one of them.
#include "sip/link_private.h"
#include "util/log.h"

#include <string.h>

enum {
    BETTER_TO_BASE = 20, // of the wait before a better server is looked for: 10 minutes
    TTL_MAX_S = 86400
};

static void end_search(struct link *link)
{
    server_selection_free(link->selection);
    link->selection = NULL;
    link->is_question_due = link->is_search_new = false;
}

/* The list as it is now; false when there is none, not even one of before. */
static bool take_targets(struct link *link)
{
    const struct server_selection *selection = link->selection;
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

/* Asks on, or takes what there is. */
static void resolve(struct link *link, time_ms now)
{
    struct dns_query query;
    link->is_question_due = server_selection_next_query(link->selection, &query);
    if (link->is_question_due)
        return;
    if (take_targets(link))
        link_connect_from(link, now, 0);
    else
        link_wait(link, now, sip_flow_recovery_lost(&link->recovery, now, link->random),
                  server_selection_failure(link->selection));
    end_search(link);
}

bool link_next_question(struct link *link, struct link_output *output)
{
    if (!link->is_question_due)
        return false;
    *output = (struct link_output){ .kind = LINK_RESOLVE, .is_first = link->is_search_new };
    link->is_question_due = link->is_search_new = false;
    return server_selection_next_query(link->selection, &output->query);
}

void link_start(struct link *link, time_ms now)
{
    link->retry_at = TIME_NEVER;
    link->target_index = 0;
    link_end_race(link, &link->race);
    link_become(link, LINK_IS_RESOLVING);
    end_search(link);
    link->selection = server_selection_new(&link->settings->server, link->random);
    link->is_search_new = true;
    resolve(link, now);
}

void link_resolved(struct link *link, time_ms now, const struct dns_answer *answer)
{
    if (link->state != LINK_IS_RESOLVING || !link->selection)
        return;
    server_selection_take(link->selection, answer);
    resolve(link, now);
}

void link_end_race(struct link *link, struct server_race *race)
{
    uint32_t number;
    while ((number = server_race_end(race)))
        link_put(link, &(struct link_output){ .kind = LINK_CLOSE, .connection = number });
}

/* True when it has no more to hope for. */
static bool run(struct link *link, time_ms now, struct server_race *race, size_t *index)
{
    while (server_race_next(race, now, link->last_number + 1, index))
        link_put(link, &(struct link_output){ .kind = LINK_CONNECT,
                                              .connection = ++link->last_number,
                                              .to = race->targets[*index].address });
    return server_race_is_lost(race);
}

void link_turn_race(struct link *link, time_ms now)
{
    char why[LINK_TEXT_BYTES];
    size_t index = link->target_index;
    if (!server_race_is_on(&link->race))
        return;
    bool is_lost = run(link, now, &link->race, &index);
    if (index < link->target_count && index != link->target_index) {
        link->changes++;
        link->target_index = index;
    }
    if (!is_lost)
        return;
    bool is_swallowed = link->race.furthest == SERVER_RACE_SWALLOWED;
    memcpy(why, link->race.failure, sizeof(why));
    link_end_race(link, &link->race);
    link_wait(link, now,
              is_swallowed ? sip_flow_recovery_swallowed(&link->recovery, now, link->random)
                           : sip_flow_recovery_lost(&link->recovery, now, link->random),
              why);
}

void link_connect_from(struct link *link, time_ms now, size_t first)
{
    link_become(link, LINK_IS_CONNECTING);
    server_race_begin(&link->race, link->targets, link->target_count, first);
    link->target_index = first;
    link_turn_race(link, now);
}

time_ms link_better_wait_ms(const struct link *link)
{
    time_ms least = (time_ms)BETTER_TO_BASE * link->recovery.base_ms;
    time_ms ttl = link->ttl_s == UINT32_MAX ? 0
                  : link->ttl_s > TTL_MAX_S ? (time_ms)TTL_MAX_S * 1000
                                            : (time_ms)link->ttl_s * 1000;
    return ttl > least ? ttl : least;
}

void link_turn_probe(struct link *link, time_ms now)
{
    size_t index;
    if (!server_race_is_on(&link->probe))
        return;
    if (!link->is_busy && !run(link, now, &link->probe, &index))
        return;
    link_end_race(link, &link->probe);
    link->better_at = now + link_better_wait_ms(link);
}

/* Only servers before ours in the list; ours goes on until one of them has answered. */
void link_look_for_better(struct link *link, time_ms now)
{
    link->better_at = now + link_better_wait_ms(link);
    if (link->state != LINK_IS_UP || server_race_is_on(&link->probe) || link->is_busy)
        return;
    LOG(DEBUG, "the preferred server is tried");
    link->better_at = TIME_NEVER;
    server_race_begin(&link->probe, link->targets, link->target_index, 0);
    link_turn_probe(link, now);
}
