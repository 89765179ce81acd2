// SPDX-License-Identifier: ISC
// The life of the agent: its line, what users ask for, time, and the one queue of outputs. Messages
// are routed in agent_receive.c.
#include "agent/agent.h"

#include "agent/agent_private.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

static struct sip_registration *registration_of(struct agent *agent, uint32_t start_jitter_ms)
{
    const struct agent_settings *settings = agent->settings;
    struct sip_registration_settings registration = {
        .aor = slice_of(settings->aor),
        .instance_id = slice_of(settings->instance_id),
        .asks_gruu = settings->gruu != AGENT_NEVER,
        .expires_s = settings->expires_s,
        .retry_base_ms = settings->retry_base_ms,
        .start_jitter_ms = start_jitter_ms,
        .routes = &agent->route,
        .route_count = agent->route.length ? 1 : 0,
    };
    buffer_clear(&agent->registrar);
    if (sip_registration_registrar(registration.aor, &agent->registrar) != STATUS_OK)
        abort(); /* the configuration has checked the address of record */
    registration.registrar = buffer_slice(&agent->registrar);
    return sip_registration_new(&registration, agent->digest, agent->random);
}

void agent_make_line(struct agent *agent, uint32_t start_jitter_ms)
{
    struct sip_digest_settings credentials;
    agent_credentials(agent->settings, &credentials);
    agent->route = slice_of(agent->settings->route);
    agent->digest = sip_digest_new(&credentials, agent->random);
    agent->registration = registration_of(agent, start_jitter_ms);
    agent->context.digest = agent->digest;
    agent->context.registration = agent->registration;
}

struct agent *agent_new(const struct agent_settings *settings, struct random *random)
{
    struct agent *agent = memory_new(sizeof(*agent));
    agent->settings = settings;
    agent->random = random;
    agent->endpoint = sip_endpoint_new(random);
    sip_endpoint_set_calls(agent->endpoint, settings->calls_max);
    buffer_init(&agent->contact, LIMIT_SIP_LINE);
    buffer_init(&agent->secure_contact, LIMIT_SIP_LINE);
    buffer_init(&agent->bindings, LIMIT_SIP_HEADER_BLOCK);
    buffer_init(&agent->registrar, LIMIT_SIP_LINE);
    agent->calls = call_table_new();
    outbox_init(&agent->outbox);
    list_init(&agent->messages);
    agent->context = (struct call_context){
        .settings = settings,
        .endpoint = agent->endpoint,
        .is_online = &agent->is_online,
        .is_linked = &agent->is_linked,
        .outbox = &agent->outbox,
        .random = random,
        .contact = &agent->contact,
        .secure_contact = &agent->secure_contact,
        .is_tls = &agent->is_tls,
        .calls = agent->calls,
    };
    agent_make_line(agent, settings->start_jitter_ms);
    return agent;
}

void agent_link_up(struct agent *agent, time_ms now, const struct agent_link *link)
{
    char host[NET_ADDRESS_TEXT_BYTES];
    agent->link = *link;
    agent->is_linked = true;
    agent->is_tls = link->is_tls;
    sip_endpoint_set_local(agent->endpoint, link->is_tls ? "TLS" : "TCP",
                           slice_of(net_address_host(&link->local, host)), link->local.port);
    sip_endpoint_set_remote(agent->endpoint, &link->remote);
    call_table_each(agent->calls, now, call_link_up);
    agent_probe_link_up(agent);
    agent_connect_line(agent, now);
}

void agent_go_offline(struct agent *agent, struct slice why)
{
    if (!agent->is_online && agent->has_said_offline)
        return;
    snprintf(agent->offline_reason, sizeof(agent->offline_reason), "%.*s", SLICE_PRINT(why));
    agent->is_online = false;
    agent->has_said_offline = true;
    LOG(WARNING, "line is offline", SLICE("why", why));
    outbox_put_event(&agent->outbox, EVENT_OFFLINE, 0);
}

void agent_link_lost(struct agent *agent, time_ms now, const char *why)
{
    agent->is_linked = false;
    sip_endpoint_link_lost(agent->endpoint, now);
    if (agent->departure.registration)
        sip_registration_link_lost(agent->departure.registration, now);
    sip_registration_link_lost(agent->registration, now);
    call_table_each(agent->calls, now, call_link_lost);
    if (agent->is_online)
        agent_go_offline(agent, slice_of(why));
}

void agent_receive(struct agent *agent, time_ms now, const struct sip_message *message)
{
    sip_endpoint_receive(agent->endpoint, now, message);
}

void agent_receive_bytes(struct agent *agent, time_ms now, struct arena *arena, struct slice bytes,
                         uint32_t fault, const char *why)
{
    struct sip_message *message;
    enum status status = fault ? sip_message_parse_broken(arena, bytes, fault, why, &message)
                               : sip_message_parse(arena, bytes, &message);
    if (status == STATUS_OK)
        agent_receive(agent, now, message);
    else
        sip_endpoint_drop(agent->endpoint, now, fault ? why : "no SIP message");
}

/* An attended transfer names the far end of the other call and the dialog to be replaced. */
static enum status transfer_to_call(struct agent *agent, struct call *call, time_ms now,
                                    const struct action *action, const char **why)
{
    struct buffer uri;
    struct action named = *action;
    const struct call *other = call_table_find(agent->calls, action->other_call);
    buffer_init(&uri, LIMIT_SIP_LINE);
    *why = "the other call is not up";
    bool is_named = other && call_write_replaces(other, &uri) == STATUS_OK &&
                    action_add_word(&named, buffer_slice(&uri));
    buffer_free(&uri);
    return is_named ? call_act(call, now, &named, why) : STATUS_REFUSED;
}

enum status agent_act(struct agent *agent, time_ms now, const struct action *action,
                      const char **why)
{
    struct call *call = call_table_reach(agent->calls, action->call);
    if (!call) {
        *why = "the call is over";
        return STATUS_CLOSED;
    }
    if (action->kind == ACTION_TRANSFER && action->other_call)
        return transfer_to_call(agent, call, now, action, why);
    return call_act(call, now, action, why);
}

void agent_decide_default(struct agent *agent, time_ms now, uint32_t number)
{
    const struct call *call = call_table_find(agent->calls, number);
    struct action action = agent->settings->incoming;
    const char *why;
    if (call && call_state(call) == CALL_DIALLING)
        action = (struct action){ .kind = ACTION_ACCEPT }; /* no veto */
    else if (call && call_state(call) != CALL_DECIDING)
        action = (struct action){ .kind = ACTION_REJECT, .code = 603 }; /* of a transfer */
    action.call = number;
    if (agent_act(agent, now, &action, &why) != STATUS_OK)
        LOG(DEBUG, "default decision not needed", TEXT("why", why));
}

void agent_own(struct agent *agent, uint32_t number, enum owner_kind kind, uint32_t who)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_own(call, kind, who);
}

void agent_disown(struct agent *agent, time_ms now, uint32_t number, enum owner_kind kind,
                  uint32_t who)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_disown(call, now, kind, who);
}

void agent_media_opened(struct agent *agent, time_ms now, uint32_t number,
                        const struct net_address *rtp, uint16_t rtcp_port)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_media_opened(call, now, rtp, rtcp_port);
}

void agent_media_failed(struct agent *agent, time_ms now, uint32_t number)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_media_failed(call, now);
}

void agent_media_drained(struct agent *agent, time_ms now, uint32_t number)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_media_drained(call, now);
}

void agent_digit(struct agent *agent, time_ms now, uint32_t number, char digit)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_receive_digit(call, now, digit, false);
}

void agent_digits_sent(struct agent *agent, uint32_t number, bool have_left)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_digits_sent(call, have_left);
}

void agent_cancel_ask(struct agent *agent, uint32_t number)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_cancel_ask(call);
}

void agent_media_figures(struct agent *agent, uint32_t number,
                         const struct media_statistics *statistics)
{
    struct call *call = call_table_reach(agent->calls, number);
    if (call)
        call_set_media_figures(call, statistics);
}

void agent_reregister(struct agent *agent, time_ms now)
{
    sip_registration_refresh(agent->registration, now);
}

void agent_stop(struct agent *agent, time_ms now)
{
    agent->is_stopping = true;
    call_table_each(agent->calls, now, call_stop);
    sip_registration_stop(agent->registration, now);
}

void agent_timeout(struct agent *agent, time_ms now)
{
    sip_endpoint_timeout(agent->endpoint, now);
    sip_registration_timeout(agent->registration, now);
    if (agent->departure.registration)
        sip_registration_timeout(agent->departure.registration, now);
    call_table_timeout(agent->calls, now);
}

time_ms agent_deadline(const struct agent *agent)
{
    time_ms deadline = time_earliest(sip_endpoint_deadline(agent->endpoint),
                                     sip_registration_deadline(agent->registration));
    if (agent->departure.registration)
        deadline =
            time_earliest(deadline, sip_registration_deadline(agent->departure.registration));
    return time_earliest(deadline, call_table_deadline(agent->calls));
}

static void come_online(struct agent *agent, time_ms now, uint32_t expires_s)
{
    agent->online_expires_s = expires_s;
    if (agent->is_online)
        return;
    agent->is_online = true;
    agent->has_said_offline = false;
    LOG(NOTICE, "line is online", NUMBER("expires", expires_s));
    outbox_put_event(&agent->outbox, EVENT_ONLINE, 0);
    call_table_each(agent->calls, now, call_line_restored);
}

/* False when the registration has nothing to say. */
static bool pump_registration(struct agent *agent, time_ms now)
{
    struct sip_registration_output output;
    if (!sip_registration_next_output(agent->registration, &output))
        return false;
    switch (output.kind) {
    case REGISTRATION_SEND:
        agent->is_binding_stale = true;
        agent->register_transaction = sip_endpoint_request(agent->endpoint, now, &output.request);
        break;
    case REGISTRATION_ONLINE:
        come_online(agent, now, output.expires_s);
        break;
    case REGISTRATION_OFFLINE:
        agent_go_offline(agent, output.reason);
        break;
    case REGISTRATION_RECONNECT:
        snprintf(agent->reconnect_reason, sizeof(agent->reconnect_reason), "%.*s",
                 SLICE_PRINT(output.reason));
        outbox_put_reconnect(&agent->outbox, agent->reconnect_reason, output.is_swallowed);
        break;
    case REGISTRATION_STOPPED:
        break;
    }
    return true;
}

static void line_event(struct agent *agent, enum event_kind kind, struct event *event)
{
    *event = (struct event){ .kind = kind, .line = slice_of(agent->settings->line) };
    if (kind == EVENT_ONLINE) {
        struct buffer number;
        buffer_init(&number, sizeof(agent->expires_text));
        buffer_append_number(&number, agent->online_expires_s);
        memcpy(agent->expires_text, number.data, number.length);
        event->expires = slice_make(agent->expires_text, number.length);
        buffer_free(&number);
    } else {
        event->reason = slice_of(agent->offline_reason);
    }
}

/* What is to be done with the call's media says all of it: nobody has to ask back. */
static void fill_media(const struct agent *agent, struct agent_output *output)
{
    struct outbox_item *item = &output->item;
    const struct call *call = agent_call(agent, item->call);
    if (!call)
        return;
    if (item->kind == OUTBOX_MEDIA_OPEN || item->kind == OUTBOX_MEDIA_PROGRAM)
        item->text = call_id(call);
    if (item->kind == OUTBOX_MEDIA_START || item->kind == OUTBOX_MEDIA_UPDATE)
        item->media = negotiation_media(call_negotiation(call));
    if (item->kind != OUTBOX_MEDIA_PROGRAM)
        return;
    item->program = call_decision(call);
    item->is_hook = call_has_hook(call);
    item->facts = &output->event;
    call_event(call, EVENT_ANSWERED, &output->event);
}

static bool take_item(struct agent *agent, struct agent_output *output)
{
    const struct call *call;
    told_free(agent->told);
    agent->told = NULL;
    if (!outbox_take(&agent->outbox, &output->item))
        return false;
    output->kind = AGENT_OUTBOX;
    if (output->item.kind != OUTBOX_EVENT) {
        fill_media(agent, output);
        return true;
    }
    output->kind = AGENT_EVENT;
    agent->told = output->item.told;
    if (agent->told) {
        output->event = agent->told->event;
        output->event.line = slice_of(agent->settings->line);
        output->sip_call_id = agent->told->sip_call_id;
        output->transaction = agent->told->transaction;
        return true;
    }
    call = agent_call(agent, output->item.call);
    output->transaction = 0;
    output->sip_call_id = call ? call_sip_call_id(call) : slice_empty();
    if (call)
        call_event(call, output->item.event, &output->event);
    else
        line_event(agent, output->item.event, &output->event);
    if (output->item.event == EVENT_DTMF)
        output->event.digits = slice_of(output->item.digits);
    return true;
}

static bool has_stopped(struct agent *agent)
{
    enum sip_registration_state state = sip_registration_state(agent->registration);
    return agent->is_stopping && !agent->has_said_stopped && !agent->departure.registration &&
           !call_table_count(agent->calls) &&
           (state == REGISTRATION_IS_STOPPED || state == REGISTRATION_IS_OFFLINE);
}

/* A record is on disk before the bytes leave that make it true. */
static bool next_bytes(struct agent *agent, time_ms now, struct agent_output *output)
{
    struct sip_output sip;
    for (;;) {
        if (agent_next_binding(agent, output) || agent_next_record(agent, false, output))
            return true;
        if (!sip_endpoint_next_output(agent->endpoint, &sip))
            return false;
        if (sip.kind == SIP_OUTPUT_BYTES) {
            *output = (struct agent_output){ .kind = AGENT_SEND, .bytes = sip.bytes };
            return true;
        }
        agent_handle(agent, now, &sip);
    }
}

bool agent_next_output(struct agent *agent, time_ms now, struct agent_output *output)
{
    do {
        if (next_bytes(agent, now, output))
            return true;
        agent_pursue_transfers(agent, now);
    } while (pump_registration(agent, now) || agent_pump_departure(agent, now) ||
             sip_endpoint_has_output(agent->endpoint));
    if (agent_next_record(agent, true, output) || take_item(agent, output))
        return true;
    call_table_settle(agent->calls);
    if (!has_stopped(agent))
        return false;
    agent->has_said_stopped = true;
    outbox_put(&agent->outbox, OUTBOX_STOPPED, 0);
    return take_item(agent, output);
}

const struct call_table *agent_calls(const struct agent *agent)
{
    return agent->calls;
}

const struct call *agent_call(const struct agent *agent, uint32_t number)
{
    return call_table_find(agent->calls, number);
}

const struct sip_registration *agent_registration(const struct agent *agent)
{
    return agent->registration;
}

const struct agent_settings *agent_settings(const struct agent *agent)
{
    return agent->settings;
}

const struct sip_endpoint *agent_endpoint(const struct agent *agent)
{
    return agent->endpoint;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    outbox_clear(&agent->outbox);
    told_free(agent->told);
    agent_messages_free(agent);
    call_table_free(agent->calls);
    agent_departure_free(agent);
    sip_registration_free(agent->registration);
    sip_digest_free(agent->digest);
    sip_endpoint_free(agent->endpoint);
    buffer_free(&agent->contact);
    buffer_free(&agent->secure_contact);
    buffer_free(&agent->bindings);
    buffer_free(&agent->registrar);
    free(agent);
}
