// SPDX-License-Identifier: ISC
// What clients wait for, and the calls they own.
#include "desk/control_json.h"
#include "desk/desk_private.h"
#include "sip/status_text.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct pending *client_expect(struct client *client, int64_t id, enum pending_kind kind,
                              uint32_t number, enum action_kind action)
{
    struct pending *pending = memory_new(sizeof(*pending));
    *pending = (struct pending){
        .client = client, .id = id, .kind = kind, .number = number, .action = action
    };
    list_append(&client->pending, &pending->link);
    index_add(&client->desk->waiting, &pending->by_number, number);
    return pending;
}

void client_expect_bridge(struct client *client, int64_t id, uint32_t call, uint32_t other)
{
    struct pending *pending = client_expect(client, id, PENDING_BRIDGE, call, ACTION_COUNT);
    pending->other = other;
    index_add(&client->desk->bridged, &pending->by_other, other);
}

static void forget(struct pending *pending)
{
    struct client *client = pending->client;
    list_remove(&client->pending, &pending->link);
    index_remove(&client->desk->waiting, &pending->by_number);
    if (pending->other)
        index_remove(&client->desk->bridged, &pending->by_other);
    free(pending);
}

/* What something that was waited for has come to. */
struct outcome {
    uint32_t status;     // of the far end; 0: the call ended first
    uint32_t heard_ms;   // PENDING_FLUSH and PENDING_DRAIN
    struct slice fields; // PENDING_TEST
    const char *digits;  // of `ask`; else NULL
};

static void conclude_ask(struct client *client, int64_t id, struct outcome outcome)
{
    struct buffer json;
    buffer_init(&json, 256);
    control_json_text(&json, "digits", slice_of(outcome.digits));
    if (outcome.status == 200)
        control_session_reply(client->session, id, buffer_slice(&json));
    else
        control_session_refuse_with(client->session, id, "no", "no more digits came in time",
                                    buffer_slice(&json));
    buffer_free(&json);
}

static void conclude_heard(struct client *client, int64_t id, uint32_t heard_ms)
{
    struct buffer json;
    buffer_init(&json, 64);
    control_json_number(&json, "heard_ms", heard_ms);
    client_reply(client, id, buffer_slice(&json));
    buffer_free(&json);
}

static void conclude_bindings(struct client *client, int64_t id)
{
    struct buffer json;
    struct slice rest = agent_bindings(client->desk->settings.agent);
    buffer_init(&json, LIMIT_CONTROL_BACKLOG / 2);
    control_json_number(&json, "v", 1);
    control_json_name(&json, "bindings");
    buffer_append_byte(&json, '[');
    for (bool is_first = true; rest.data && rest.length; is_first = false) {
        buffer_append_text(&json, is_first ? "{" : ",{");
        control_json_text(&json, "contact", slice_cut(rest, '\n', &rest));
        buffer_append_byte(&json, '}');
    }
    buffer_append_byte(&json, ']');
    client_reply(client, id, buffer_slice(&json));
    buffer_free(&json);
}

/* What the far end has said of it, or that it says nothing any more. */
static void conclude_status(struct client *client, int64_t id, uint32_t status)
{
    char text[128];
    if (status >= 200 && status < 300) {
        client_reply(client, id, slice_empty());
    } else if (status == 0) {
        client_refuse(client, id, STATUS_CLOSED, "the call is over");
    } else {
        snprintf(text, sizeof(text), "the far end refused: %u %s", status, sip_status_text(status));
        control_session_refuse(client->session, id, "far-end", text);
    }
}

static void conclude(const struct pending *pending, struct outcome outcome)
{
    struct client *client = pending->client;
    bool is_fine = outcome.status >= 200 && outcome.status < 300;
    if (pending->kind == PENDING_CALL)
        return; /* its dial was answered at once */
    if (pending->kind == PENDING_TEST)
        client_reply(client, pending->id, outcome.fields);
    else if (is_fine && (pending->kind == PENDING_FLUSH || pending->kind == PENDING_DRAIN))
        conclude_heard(client, pending->id, outcome.heard_ms);
    else if (outcome.digits)
        conclude_ask(client, pending->id, outcome);
    else if (is_fine && pending->kind == PENDING_BINDINGS)
        conclude_bindings(client, pending->id);
    else /* the end of a call is the end of its bridge */
        conclude_status(client, pending->id,
                        pending->kind == PENDING_BRIDGE ? 200 : outcome.status);
    client_tell(client);
}

/* What waits for `number`, of these kinds and, unless it is ACTION_COUNT, this action; the oldest
 * first. */
static void settle(struct desk *desk, unsigned kinds, uint32_t number, enum action_kind action,
                   struct outcome outcome)
{
    struct pending *settled = NULL;
    index_for_each(link, &desk->waiting, number)
    {
        struct pending *pending = index_entry(link, struct pending, by_number);
        if (pending->number != number || !(kinds >> pending->kind & 1) ||
            (action != ACTION_COUNT && pending->action != action))
            continue;
        pending->next_settled = settled;
        settled = pending;
    }
    while (settled) {
        struct pending *pending = settled;
        settled = pending->next_settled;
        conclude(pending, outcome);
        forget(pending);
    }
}

/* The other of the two calls has ended. */
static void settle_bridged(struct desk *desk, uint32_t call)
{
    struct index_link *link;
    while ((link = index_first(&desk->bridged, call))) {
        struct pending *pending = index_entry(link, struct pending, by_other);
        conclude(pending, (struct outcome){ .status = 200 });
        forget(pending);
    }
}

void desk_result(struct desk *desk, uint32_t call, enum action_kind action, uint32_t status)
{
    settle(desk, 1u << PENDING_ACTION, call, action, (struct outcome){ .status = status });
}

void desk_asked(struct desk *desk, uint32_t call, bool is_complete, const char *digits)
{
    settle(desk, 1u << PENDING_ACTION, call, ACTION_ASK,
           (struct outcome){ .status = is_complete ? 200 : 408, .digits = digits });
}

void desk_message_result(struct desk *desk, uint32_t number, uint32_t status)
{
    settle(desk, 1u << PENDING_MESSAGE | 1u << PENDING_BINDINGS, number, ACTION_COUNT,
           (struct outcome){ .status = status });
}

void desk_rehearsed(struct desk *desk, uint32_t number, struct slice fields)
{
    settle(desk, 1u << PENDING_TEST, number, ACTION_COUNT, (struct outcome){ .fields = fields });
}

/* Whoever speaks there may have more to say, which was not meant to be heard any more. */
static void tell_flushed(struct desk *desk, uint32_t number, uint32_t heard_ms)
{
    struct buffer json;
    const struct call *call = agent_call(desk->settings.agent, number);
    if (!call)
        return;
    buffer_init(&json, 128);
    buffer_append_byte(&json, '{');
    control_json_number(&json, "v", 1);
    control_json_text(&json, "event", slice_of("flushed"));
    control_json_text(&json, "call", slice_of(call_id(call)));
    control_json_number(&json, "heard_ms", heard_ms);
    buffer_append_byte(&json, '}');
    index_for_each(link, &desk->waiting, number)
    {
        const struct pending *pending = index_entry(link, struct pending, by_number);
        if (pending->kind == PENDING_CALL && pending->number == number)
            client_push(pending->client, buffer_slice(&json));
    }
    buffer_free(&json);
}

void desk_heard(struct desk *desk, uint32_t call, bool is_flush, uint32_t heard_ms)
{
    struct outcome outcome = { .status = 200, .heard_ms = heard_ms };
    settle(desk, 1u << (is_flush ? PENDING_FLUSH : PENDING_DRAIN), call, ACTION_COUNT, outcome);
    if (is_flush)
        tell_flushed(desk, call, heard_ms);
}

void desk_call_over(struct desk *desk, uint32_t call)
{
    settle(desk,
           1u << PENDING_ACTION | 1u << PENDING_CALL | 1u << PENDING_FLUSH | 1u << PENDING_DRAIN |
               1u << PENDING_BRIDGE,
           call, ACTION_COUNT, (struct outcome){ .status = 0 });
    settle_bridged(desk, call);
}

static void leave_call(struct client *client, time_ms now, const struct pending *pending)
{
    desk_put(client->desk, &(struct desk_output){ .kind = DESK_RELEASE,
                                                  .client = client->number,
                                                  .call = pending->number });
    agent_disown(client->desk->settings.agent, now, pending->number, pending->owner,
                 client->number);
}

void client_release(struct client *client, time_ms now)
{
    struct desk *desk = client->desk;
    list_for_each(link, &client->pending) {
        const struct pending *pending = list_entry(link, struct pending, link);
        if (pending->kind == PENDING_CALL)
            leave_call(client, now, pending);
        if (pending->kind == PENDING_BRIDGE)
            desk_put(desk, &(struct desk_output){ .kind = DESK_UNBRIDGE, .call = pending->number });
        if (pending->kind == PENDING_ACTION && pending->action == ACTION_ASK)
            agent_cancel_ask(desk->settings.agent, pending->number);
    }
    client_forget(client);
}

void client_forget(struct client *client)
{
    while (!list_is_empty(&client->pending))
        forget(list_entry(list_first(&client->pending), struct pending, link));
}

static struct pending *find_call(const struct client *client, uint32_t call)
{
    index_for_each(link, &client->desk->waiting, call)
    {
        struct pending *pending = index_entry(link, struct pending, by_number);
        if (pending->kind == PENDING_CALL && pending->number == call && pending->client == client)
            return pending;
    }
    return NULL;
}

bool client_owns(const struct client *client, uint32_t call)
{
    return find_call(client, call);
}

void client_own(struct client *client, int64_t id, uint32_t call, enum owner_kind kind)
{
    struct pending *pending = find_call(client, call);
    /* Who has only listened so far may keep the call from now on; a listener ends nothing. */
    if (pending && pending->owner != OWNER_LISTENER)
        return;
    agent_own(client->desk->settings.agent, call, kind, client->number);
    if (!pending)
        pending = client_expect(client, id, PENDING_CALL, call, ACTION_COUNT);
    pending->owner = kind;
}
