// SPDX-License-Identifier: ISC
// MESSAGE in both directions (RFC 3428), message summaries (RFC 3842), and the question who else is
// registered (RFC 3261 10.2.3).
#include "agent/agent_private.h"
#include "agent/call_facts.h"
#include "agent/capabilities.h"
#include "agent/initial_request.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

enum {
    NO_ROOM_RETRY_AFTER_S = 60,
    TELL_REFUSED_MS = 1000
};

struct own_message {
    struct list_link link;
    uint32_t number;
    struct arena *arena;
    struct initial_request initial;
    struct own_request request;
};

/* The answer waits until somebody has it. */
static void tell(struct agent *agent, enum event_kind kind, uint32_t transaction,
                 const struct sip_message *message, struct slice body)
{
    struct told *told = told_new(kind);
    const struct agent_settings *settings = agent->settings;
    call_facts_read(told->arena, message, settings->export_headers, settings->export_header_count,
                    &told->event);
    told->transaction = transaction;
    told->event.direction = slice_of("in");
    told->event.body = arena_copy(told->arena, body);
    struct slice from = settings->logs_numbers ? message->from.uri.text
                                               : call_facts_mask(told->arena, &message->from.uri);
    LOG(INFO, "message received", TEXT("event", event_kind_text(kind)), SLICE("from", from),
        NUMBER("bytes", message->body.length));
    outbox_put_told(&agent->outbox, told);
}

/* What of a MESSAGE can be shown: plain text before any other. */
static struct slice text_of(const struct sip_message *message)
{
    struct slice text = sip_message_body_of_type(message, "text/plain");
    struct slice type = sip_message_value(message, SIP_HEADER_CONTENT_TYPE);
    bool is_other =
        slice_is_empty(text) && slice_starts_with_ignoring_case(type, slice_of("text/"));
    return is_other ? message->body : text;
}

void agent_receive_message(struct agent *agent, time_ms now, uint32_t transaction,
                           const struct sip_message *message)
{
    struct sip_writer lines;
    struct slice text = text_of(message);
    if (!slice_is_empty(text) || slice_is_empty(message->body)) {
        tell(agent, EVENT_MESSAGE, transaction, message, text);
        return;
    }
    /* RFC 3428 7: refused with what we could show. */
    sip_writer_init(&lines);
    sip_writer_header_text(&lines, SIP_HEADER_ACCEPT, "text/plain");
    sip_endpoint_reply(agent->endpoint, now, transaction, 415, sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

void agent_receive_notify(struct agent *agent, uint32_t transaction,
                          const struct sip_message *notify)
{
    tell(agent, EVENT_MWI, transaction, notify, notify->body);
}

static void note_refused(struct agent *agent, time_ms now)
{
    if (agent->events_refused++ && now < agent->told_refused_at + TELL_REFUSED_MS)
        return;
    agent->told_refused_at = now;
    LOG(WARNING, "no room for what came: the sender is asked to try again",
        NUMBER("refused", (int64_t)agent->events_refused));
}

uint64_t agent_count_untaken(const struct agent *agent)
{
    return agent->events_refused;
}

/* A 503 would be about the line: proxies keep its calls back, too (21.5.4). */
void agent_event_taken(struct agent *agent, time_ms now, uint32_t transaction, bool is_taken)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    if (!is_taken) {
        note_refused(agent, now);
        sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER, NO_ROOM_RETRY_AFTER_S);
    }
    sip_endpoint_reply(agent->endpoint, now, transaction, is_taken ? 200 : 480,
                       sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

static void send(struct agent *agent, time_ms now, struct own_message *message)
{
    struct slice routes[LIMIT_SIP_ROUTES];
    struct sip_request frame;
    initial_request_frame(&message->initial, agent->settings, agent->registration, routes, &frame);
    if (message->request.method == SIP_METHOD_REGISTER) /* no Service-Route (RFC 3608 5) */
        frame.route_count = agent->route.length ? 1 : 0;
    own_request_send(&message->request, now, agent->endpoint, agent->digest, &frame);
}

/* RFC 3428 8: one at a time to each address. */
static bool is_pending(const struct agent *agent, struct slice uri)
{
    list_for_each(link, &agent->messages) {
        if (slice_equal(list_entry(link, struct own_message, link)->initial.uri, uri))
            return true;
    }
    return false;
}

static enum status check(struct agent *agent, time_ms now, struct slice to, struct slice text,
                         struct buffer *uri, const char **why)
{
    enum status status = dial_rules_target(agent->settings, to, uri, why);
    if (status != STATUS_OK)
        return status;
    *why = "a message wants 1 to 8192 bytes of text";
    if (slice_is_empty(text) || text.length > LIMIT_MESSAGE_TEXT)
        return STATUS_MALFORMED;
    *why = "the line is offline";
    if (!agent->is_online || agent->is_stopping)
        return STATUS_REFUSED;
    *why = "a sips: address wants a line with TLS";
    if (!agent->is_tls && slice_starts_with_ignoring_case(buffer_slice(uri), slice_of("sips:")))
        return STATUS_REFUSED;
    *why = "dial.allow has no pattern for this number or address";
    if (!dial_rules_allow(agent->settings, buffer_slice(uri)))
        return STATUS_REFUSED;
    *why = "a message to this address still awaits its answer";
    if (is_pending(agent, buffer_slice(uri)))
        return STATUS_REFUSED;
    *why = "too many messages await their answers";
    if (agent->messages.count >= LIMIT_MESSAGES)
        return STATUS_REFUSED;
    *why = "dial.per_hour allows no more in this hour";
    return dial_rules_count(&agent->dial_rules, now, agent->settings->dial_per_hour);
}

static struct own_message *message_new(struct agent *agent, struct slice uri)
{
    struct own_message *message = memory_new(sizeof(*message));
    message->arena = arena_new();
    message->number = ++agent->last_message;
    initial_request_init(&message->initial, message->arena, agent->settings, agent->random, uri,
                         slice_empty());
    own_request_init(&message->request);
    list_append(&agent->messages, &message->link);
    return message;
}

enum status agent_ask_bindings(struct agent *agent, time_ms now, uint32_t *number, const char **why)
{
    *why = "the line is offline";
    if (!agent->is_online || agent->is_stopping)
        return STATUS_REFUSED;
    *why = "too many requests await their answers";
    if (agent->messages.count >= LIMIT_MESSAGES)
        return STATUS_REFUSED;
    struct own_message *message = message_new(agent, buffer_slice(&agent->registrar));
    *number = message->number;
    initial_request_to_self(&message->initial, message->arena, agent->settings);
    /* 10.2.3: without Contact it changes nothing. */
    own_request_set(&message->request, SIP_METHOD_REGISTER, slice_empty(), "", slice_empty());
    send(agent, now, message);
    return STATUS_OK;
}

enum status agent_send_message(struct agent *agent, time_ms now, struct slice to, struct slice text,
                               uint32_t *number, const char **why)
{
    struct buffer uri;
    buffer_init(&uri, LIMIT_SIP_LINE);
    enum status status = check(agent, now, to, text, &uri, why);
    if (status == STATUS_OK) {
        struct own_message *message = message_new(agent, buffer_slice(&uri));
        *number = message->number;
        own_request_set(&message->request, SIP_METHOD_MESSAGE, slice_empty(), "text/plain", text);
        send(agent, now, message);
    }
    buffer_free(&uri);
    return status;
}

static struct own_message *find(const struct agent *agent, uint32_t transaction)
{
    list_for_each(link, &agent->messages) {
        struct own_message *message = list_entry(link, struct own_message, link);
        if (message->request.transaction == transaction)
            return message;
    }
    return NULL;
}

static void message_free(struct agent *agent, struct own_message *message)
{
    list_remove(&agent->messages, &message->link);
    own_request_clear(&message->request);
    arena_free(message->arena);
    free(message);
}

static void finish(struct agent *agent, struct own_message *message, uint32_t status)
{
    LOG(INFO, "request answered", TEXT("method", sip_method_text(message->request.method)),
        NUMBER("status", status));
    outbox_put_message_result(&agent->outbox, message->number, status);
    message_free(agent, message);
}

static void keep_bindings(struct agent *agent, const struct sip_message *response)
{
    const struct sip_header *contact;
    buffer_clear(&agent->bindings);
    for (size_t i = 0; (contact = sip_message_header(response, SIP_HEADER_CONTACT, i)); i++) {
        buffer_append(&agent->bindings, contact->value);
        buffer_append_byte(&agent->bindings, '\n');
    }
}

bool agent_message_answered(struct agent *agent, time_ms now, uint32_t transaction,
                            const struct sip_message *response)
{
    struct own_message *message = find(agent, transaction);
    const char *why;
    if (!message)
        return false;
    if (response->status < 200)
        return true;
    if (own_request_is_challenged(agent->digest, response, &why)) {
        send(agent, now, message);
        return true;
    }
    if (why[0])
        LOG(NOTICE, "a challenge is not answered",
            TEXT("method", sip_method_text(response->method)), TEXT("why", why));
    if (response->method == SIP_METHOD_REGISTER)
        keep_bindings(agent, response);
    finish(agent, message, response->status);
    return true;
}

struct slice agent_bindings(const struct agent *agent)
{
    return buffer_slice(&agent->bindings);
}

bool agent_message_failed(struct agent *agent, uint32_t transaction, enum status why)
{
    struct own_message *message = find(agent, transaction);
    if (!message)
        return false;
    finish(agent, message, why == STATUS_TIMED_OUT ? 408 : 503);
    return true;
}

void agent_messages_free(struct agent *agent)
{
    while (!list_is_empty(&agent->messages))
        message_free(agent, list_entry(list_first(&agent->messages), struct own_message, link));
}
