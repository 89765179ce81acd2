// SPDX-License-Identifier: ISC
// Other settings for a line that lives: what the registrar must be told of them, in which order.
// Calls notice nothing; they read the settings anew each time.
#include "agent/agent_private.h"
#include "util/log.h"

#include <string.h>

void agent_credentials(const struct agent_settings *settings,
                       struct sip_digest_settings *credentials)
{
    *credentials = (struct sip_digest_settings){
        .username = slice_of(settings->username),
        .password = slice_of(settings->password),
        .realms = settings->realms,
        .realm_count = settings->realm_count,
        .allow_md5 = settings->allow_md5,
    };
}

/* What a binding is made of: no refresh could change it. */
static bool is_other_line(const struct agent_settings *old, const struct agent_settings *next)
{
    return strcmp(old->aor, next->aor) != 0 || strcmp(old->username, next->username) != 0 ||
           strcmp(old->route, next->route) != 0 || strcmp(old->instance_id, next->instance_id) != 0;
}

static bool has_other_realms(const struct agent_settings *old, const struct agent_settings *next)
{
    if (old->realm_count != next->realm_count)
        return true;
    for (size_t i = 0; i < old->realm_count; i++)
        if (strcmp(old->realms[i], next->realms[i]) != 0)
            return true;
    return false;
}

static bool has_other_credentials(const struct agent_settings *old,
                                  const struct agent_settings *next)
{
    return strcmp(old->password, next->password) != 0 || has_other_realms(old, next) ||
           old->allow_md5 != next->allow_md5;
}

/* The old binding is taken off before anything else; one that a reload before has not got round to
 * making needs no farewell. */
static void leave(struct agent *agent, time_ms now, bool needs_connection)
{
    struct departure *departure = &agent->departure;
    bool is_leaving_already = departure->registration != NULL;
    if (is_leaving_already) {
        sip_registration_free(agent->registration);
        sip_digest_free(agent->digest);
    } else {
        *departure = (struct departure){
            .registration = agent->registration,
            .digest = agent->digest,
            .transaction = agent->register_transaction,
        };
        agent->register_transaction = 0;
        sip_registration_stop(departure->registration, now);
    }
    departure->needs_connection |= needs_connection;
    agent_make_line(agent, 0);
    if (agent->is_online)
        agent_go_offline(agent, slice_of("the configuration has changed"));
}

/* What a refresh tells the registrar, or learns from it. */
static bool has_other_wishes(const struct agent_settings *old, const struct agent_settings *next)
{
    return old->expires_s != next->expires_s || old->gruu != next->gruu ||
           old->follow_nat != next->follow_nat;
}

void agent_reconfigure(struct agent *agent, time_ms now, const struct agent_settings *settings,
                       bool needs_connection)
{
    const struct agent_settings *old = agent->settings;
    bool is_other = is_other_line(old, settings);
    bool has_credentials = has_other_credentials(old, settings);
    bool has_wishes = has_other_wishes(old, settings);
    agent->settings = settings;
    agent->context.settings = settings;
    sip_endpoint_set_calls(agent->endpoint, settings->calls_max);
    agent->route = slice_of(settings->route);
    if (agent->is_stopping)
        return;
    if (is_other || needs_connection) {
        leave(agent, now, needs_connection);
        return;
    }
    if (has_credentials) {
        struct sip_digest_settings credentials;
        agent_credentials(settings, &credentials);
        sip_digest_reconfigure(agent->digest, &credentials);
    }
    sip_registration_set_retry(agent->registration, settings->retry_base_ms);
    sip_registration_set_gruu(agent->registration, settings->gruu != AGENT_NEVER);
    if (has_wishes) /* also that of another Contact, which is granted once a connection */
        agent->has_moved = sip_registration_is_moved(agent->registration);
    if (has_wishes)
        sip_registration_set_expires(agent->registration, settings->expires_s);
    if (has_credentials || has_wishes)
        sip_registration_refresh(agent->registration, now);
}

void agent_departure_free(struct agent *agent)
{
    sip_registration_free(agent->departure.registration);
    sip_digest_free(agent->departure.digest);
    agent->departure = (struct departure){ .registration = NULL };
}

/* Gone, or not to be reached any more: now the new line. */
static void arrive(struct agent *agent, time_ms now)
{
    bool needs_connection = agent->departure.needs_connection;
    agent_departure_free(agent);
    if (agent->is_stopping)
        return;
    if (needs_connection)
        outbox_put(&agent->outbox, OUTBOX_NEW_CONNECTION, 0);
    else if (agent->is_linked)
        agent_connect_line(agent, now);
}

bool agent_pump_departure(struct agent *agent, time_ms now)
{
    struct sip_registration_output output;
    struct departure *departure = &agent->departure;
    if (!departure->registration || !sip_registration_next_output(departure->registration, &output))
        return false;
    agent->is_binding_stale = true;
    if (output.kind == REGISTRATION_SEND)
        departure->transaction = sip_endpoint_request(agent->endpoint, now, &output.request);
    else if (output.kind == REGISTRATION_STOPPED)
        arrive(agent, now);
    return true;
}
