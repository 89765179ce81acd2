// SPDX-License-Identifier: ISC
#include "daemon/status_line.h"

#include "daemon/engine_private.h"
#include "io/clock.h"

#include <string.h>
#include <time.h>

enum {
    HALF_A_DAY_MS = 12 * 3600 * 1000,
    CLOCK_SLACK_MS = 1000
};

/* By the clock, so that the line stays the same while nothing changes. */
static void append_time(struct buffer *text, const char *before, time_ms when, time_ms now)
{
    time_t seconds = (time_t)((clock_wall() + when - now + 500) / 1000);
    struct tm local;
    char clock[32];
    localtime_r(&seconds, &local);
    strftime(clock, sizeof(clock), when - now < HALF_A_DAY_MS ? "%H:%M:%S" : "%d %b %H:%M:%S",
             &local);
    buffer_append_text(text, before);
    buffer_append_text(text, clock);
}

/* What keeps us from connecting may be that the registrar has refused us. */
static void append_no_connection(struct buffer *text, const struct sip_link_status *link,
                                 const struct sip_registration *registration, time_ms now)
{
    struct slice failure = sip_registration_last_failure(registration);
    bool is_refused = failure.length && sip_registration_not_before(registration) > now;
    const char *why = link->facts.last_failure[0] ? link->facts.last_failure : link->state_text;
    buffer_append_text(text, is_refused ? "not registered: " : "no connection: ");
    buffer_append(text, is_refused ? failure : slice_of(why));
    if (link->facts.next_attempt_at != TIME_NEVER)
        append_time(text, "; next try at ", link->facts.next_attempt_at, now);
}

static void append_registered(struct buffer *text, const struct sip_link_status *link,
                              const struct engine *engine, time_ms now)
{
    const struct sip_registration *registration = agent_registration(engine->agent);
    buffer_append_text(text, "registered as ");
    buffer_append_text(text, agent_settings(engine->agent)->aor);
    buffer_append_text(text, " over ");
    buffer_append_text(text, link->protocol);
    append_time(text, " until ", sip_registration_registered_until(registration), now);
    buffer_append_text(text, " at ");
    if (strcmp(link->host, "") != 0 &&
        !slice_starts_with(slice_of(link->remote), slice_of(link->host)))
        buffer_append_format(text, "%s, ", link->host);
    buffer_append_text(text, link->remote);
}

static void append_not_registered(struct buffer *text, const struct sip_registration *registration,
                                  time_ms now)
{
    enum sip_registration_state state = sip_registration_state(registration);
    struct slice failure = sip_registration_last_failure(registration);
    buffer_append_text(text, "not registered: ");
    buffer_append(text, failure.length ? failure : slice_of(sip_registration_state_text(state)));
    if (state == REGISTRATION_IS_WAITING)
        append_time(text, "; next try at ", sip_registration_next_attempt_at(registration), now);
}

static void append_calls(struct buffer *text, const struct agent *agent)
{
    size_t calls = call_table_count_live(agent_calls(agent));
    size_t left = agent_count_left_over(agent);
    if (calls)
        buffer_append_format(text, ", %zu call%s", calls, calls == 1 ? "" : "s");
    if (left)
        buffer_append_format(text, ", %zu call%s left over to be ended", left,
                             left == 1 ? "" : "s");
}

/* What does not keep the line from being registered. A hook's own words are not for everybody. */
static void append_troubles(struct buffer *text, const struct engine *engine)
{
    const char *hook = hook_queue_failing(engine->hooks);
    const char *not_kept = call_journal_failure(engine->journal);
    if (hook)
        buffer_append_format(text, "; the hook %s fails: offhookctl hooks tells more", hook);
    size_t undelivered = kept_messages_undelivered(engine->kept);
    if (undelivered)
        buffer_append_format(text, "; %zu event%s could not be delivered to a hook, see %s",
                             undelivered, undelivered == 1 ? "" : "s",
                             kept_messages_folder(engine->kept));
    if (kept_messages_failure(engine->kept)) {
        buffer_append_text(text, "; text messages are refused: ");
        buffer_append_text(text, kept_messages_failure(engine->kept));
    }
    if (not_kept) {
        buffer_append_text(text, "; calls are not kept for a restart: ");
        buffer_append_text(text, not_kept);
    }
    if (engine->trouble.error.text[0]) {
        buffer_append_text(text, "; the changed configuration is refused, the old one stays: ");
        buffer_append_text(text, engine->trouble.error.text);
    }
}

static void append_idle_limit(struct buffer *text, const struct link_facts *link)
{
    if (link->idle_limit_ms)
        buffer_append_format(text,
                             "; the server or a NAT ends connections that are idle for %u s, so "
                             "they are kept alive every %u s",
                             link->idle_limit_ms / 1000, link->keepalive_ms / 1000);
}

/* Without a connection, why there is none matters more than the server's certificate of before. */
static void append_expiry(struct buffer *text, const struct expiry_watch *expiry, bool is_up)
{
    struct buffer clause;
    buffer_init(&clause, 256);
    for (int i = 0; i < EXPIRY_OWNER_COUNT; i++) {
        buffer_clear(&clause);
        if ((i == EXPIRY_SERVER && !is_up) ||
            !expiry_watch_text(expiry, (enum expiry_owner)i, clock_wall(), &clause))
            continue;
        buffer_append_text(text, "; ");
        buffer_append(text, buffer_slice(&clause));
    }
    buffer_free(&clause);
}

void status_line_write(struct buffer *text, const struct engine *engine, time_ms now)
{
    const struct sip_registration *registration = agent_registration(engine->agent);
    struct sip_link_status link;
    sip_link_status(engine->link, &link);
    if (link.facts.state != LINK_IS_UP)
        append_no_connection(text, &link, registration, now);
    else if (sip_registration_is_online(registration))
        append_registered(text, &link, engine, now);
    else
        append_not_registered(text, registration, now);
    append_calls(text, engine->agent);
    append_idle_limit(text, &link.facts);
    append_expiry(text, &engine->expiry, link.facts.state == LINK_IS_UP);
    append_troubles(text, engine);
}

/* Told times go by the wall clock, which may be set. */
static bool has_clock_been_set(time_ms old, time_ms next)
{
    return old - next > CLOCK_SLACK_MS || next - old > CLOCK_SLACK_MS;
}

static bool is_same(const struct status_line_facts *left, const struct status_line_facts *right)
{
    return left->link_changes == right->link_changes &&
           left->registration_state == right->registration_state &&
           left->is_online == right->is_online && left->is_held_off == right->is_held_off &&
           left->registered_until == right->registered_until &&
           left->next_attempt == right->next_attempt && left->last_status == right->last_status;
}

static bool is_same_beside(const struct status_line_facts *left,
                           const struct status_line_facts *right)
{
    return left->config_refusals == right->config_refusals && left->calls == right->calls &&
           left->left_over == right->left_over && left->failing_hook == right->failing_hook &&
           left->undelivered == right->undelivered && left->not_kept == right->not_kept &&
           left->messages_fail == right->messages_fail &&
           left->server_expiry == right->server_expiry && left->own_expiry == right->own_expiry &&
           !has_clock_been_set(left->wall_offset, right->wall_offset);
}

bool status_line_has_changed(struct status_line_facts *facts, const struct engine *engine,
                             time_ms now)
{
    const struct sip_registration *registration = agent_registration(engine->agent);
    struct status_line_facts next = {
        .link_changes = sip_link_changes(engine->link),
        .registration_state = (int)sip_registration_state(registration),
        .is_online = sip_registration_is_online(registration),
        .is_held_off = sip_registration_not_before(registration) > now,
        .registered_until = sip_registration_registered_until(registration),
        .next_attempt = sip_registration_next_attempt_at(registration),
        .last_status = sip_registration_last_status(registration),
        .config_refusals = engine->trouble.error.text[0] ? engine->trouble.refusals : 0,
        .calls = call_table_count_live(agent_calls(engine->agent)),
        .left_over = agent_count_left_over(engine->agent),
        .failing_hook = hook_queue_failing(engine->hooks),
        .undelivered = kept_messages_undelivered(engine->kept),
        .not_kept = call_journal_failure(engine->journal),
        .messages_fail = kept_messages_failure(engine->kept) != NULL,
        .server_expiry = expiry_watch_stage(&engine->expiry, EXPIRY_SERVER, clock_wall()),
        .own_expiry = expiry_watch_stage(&engine->expiry, EXPIRY_OWN, clock_wall()),
        .wall_offset = clock_wall() - now,
    };
    if (is_same(facts, &next) && is_same_beside(facts, &next))
        return false;
    *facts = next;
    return true;
}
