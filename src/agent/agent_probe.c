// SPDX-License-Identifier: ISC
// Whether the server still lives, where it does not answer keep-alives (decision 21): OPTIONS asks
// it. Any answer is a sign of life.
#include "agent/agent_private.h"
#include "agent/initial_request.h"
#include "util/log.h"

static void send_options(struct agent *agent, time_ms now)
{
    struct initial_request initial;
    struct slice routes[LIMIT_SIP_ROUTES];
    struct sip_request options;
    struct sip_writer lines;
    struct arena *arena = arena_new();
    initial_request_init(&initial, arena, agent->settings, agent->random,
                         buffer_slice(&agent->registrar), slice_empty());
    initial_request_frame(&initial, agent->settings, agent->registration, routes, &options);
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, buffer_slice(&agent->contact));
    sip_writer_header_text(&lines, SIP_HEADER_ACCEPT, "application/sdp");
    options.method = SIP_METHOD_OPTIONS;
    options.lines = sip_writer_slice(&lines);
    options.route_count = agent->route.length ? 1 : 0; /* as REGISTER: to the next hop */
    agent->probe.transaction = sip_endpoint_request(agent->endpoint, now, &options);
    sip_writer_free(&lines);
    arena_free(arena);
}

/* A registrar that has refused us is left alone: the next REGISTER will tell. */
void agent_probe(struct agent *agent, time_ms now)
{
    const struct flow_probe *probe = &agent->probe;
    bool is_wanted = agent->is_linked && agent->is_online && !agent->is_stopping;
    if (is_wanted && !probe->transaction && !probe->is_useless)
        send_options(agent, now);
}

bool agent_probe_answered(struct agent *agent, uint32_t transaction, uint32_t status)
{
    if (!transaction || transaction != agent->probe.transaction)
        return false;
    agent->probe.has_answered = true;
    if (status >= 200)
        agent->probe.transaction = 0;
    return true;
}

/* Some servers let OPTIONS fall. One that never answered any is asked by REGISTER, whose lack of an
 * answer means what it always does, and by no more OPTIONS on this connection. */
bool agent_probe_failed(struct agent *agent, time_ms now, uint32_t transaction, enum status why)
{
    struct flow_probe *probe = &agent->probe;
    if (!transaction || transaction != probe->transaction)
        return false;
    probe->transaction = 0;
    if (why != STATUS_TIMED_OUT)
        return true;
    if (probe->has_answered) {
        probe->has_answered = false; /* the next server has to show it anew */
        outbox_put_reconnect(&agent->outbox,
                             "the server answers neither keep-alives nor OPTIONS any more: the "
                             "connection is dead",
                             false);
        return true;
    }
    probe->is_useless = true;
    LOG(INFO, "the server answers neither keep-alives nor OPTIONS: it is asked by REGISTER");
    if (sip_registration_state(agent->registration) == REGISTRATION_IS_REGISTERED)
        sip_registration_refresh(agent->registration, now);
    return true;
}

void agent_probe_link_up(struct agent *agent)
{
    agent->probe.transaction = 0;
    agent->probe.is_useless = false;
}
