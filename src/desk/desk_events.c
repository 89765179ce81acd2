// SPDX-License-Identifier: ISC
// What clients are told although they have not asked: events, to those who watch, own the call or
// are to decide.
#include "desk/control_json.h"
#include "desk/desk_private.h"

static void ask(struct client *client, const struct event *event, time_ms wall)
{
    struct buffer line;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_event(&line, event, true, wall);
    if (buffer_status(&line) == STATUS_OK)
        client_push(client, buffer_slice(&line));
    buffer_free(&line);
}

/* `line` is what everybody hears; the owner can start a program with what it gets beside it. */
static void tell_owner(struct client *client, struct slice line, char *const *environment)
{
    struct buffer whole;
    if (!environment) {
        client_push(client, line);
        return;
    }
    buffer_init(&whole, LIMIT_CONTROL_LINE);
    buffer_append(&whole, slice_first(line, line.length - 1));
    control_json_environment(&whole, environment);
    buffer_append_byte(&whole, '}');
    client_push(client, buffer_status(&whole) == STATUS_OK ? buffer_slice(&whole) : line);
    buffer_free(&whole);
}

/* To those that own the call, although they do not watch; but not to `asked`, who knows already. */
static void tell_owners(struct desk *desk, uint32_t call, uint32_t asked, struct slice line,
                        char *const *environment)
{
    index_for_each(link, &desk->waiting, call)
    {
        const struct pending *pending = index_entry(link, struct pending, by_number);
        if (pending->kind == PENDING_CALL && pending->number == call &&
            pending->client->number != asked)
            tell_owner(pending->client, line, environment);
    }
}

static void tell_all(struct desk *desk, uint32_t call, uint32_t asked, const struct buffer *line,
                     char *const *environment)
{
    if (buffer_status(line) != STATUS_OK)
        return;
    list_for_each(link, &desk->watchers) {
        struct client *client = list_entry(link, struct client, watching);
        if (client->number != asked && !client_owns(client, call))
            client_push(client, buffer_slice(line));
    }
    tell_owners(desk, call, asked, buffer_slice(line), environment);
}

/* Most events are told to nobody. */
static bool is_heard(const struct desk *desk, uint32_t call)
{
    return !list_is_empty(&desk->watchers) || index_first(&desk->waiting, call);
}

bool desk_event(struct desk *desk, const struct event *event, char *const *environment,
                time_ms wall, time_ms deadline)
{
    if (event->kind == EVENT_ENDED)
        control_claims_call_over(desk->claims, event->call);
    uint32_t asked = control_claims_ask(desk->claims, event->kind, event->call, deadline);
    struct client *client = desk_client(desk, asked);
    if (is_heard(desk, event->call)) {
        struct buffer line;
        buffer_init(&line, LIMIT_CONTROL_LINE);
        control_json_event(&line, event, false, wall);
        tell_all(desk, event->call, asked, &line,
                 event->kind == EVENT_ANSWERED ? environment : NULL);
        buffer_free(&line);
    }
    if (client)
        ask(client, event, wall);
    if (event->kind == EVENT_ANSWERED)
        desk_result(desk, event->call, ACTION_ANSWER, 200);
    return asked != 0;
}

void desk_digit(struct desk *desk, uint32_t number, const char *digit, time_ms wall)
{
    struct buffer line;
    const struct call *call = agent_call(desk->settings.agent, number);
    if (!call || !is_heard(desk, number))
        return;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_digit(&line, slice_of(call_id(call)), slice_of(digit), wall);
    tell_all(desk, number, 0, &line, NULL);
    buffer_free(&line);
}

void desk_early(struct desk *desk, const struct event *event, char *const *environment)
{
    struct buffer line;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    buffer_append_byte(&line, '{');
    control_json_number(&line, "v", 1);
    control_json_text(&line, "early", event->call_id);
    buffer_append_byte(&line, '}');
    tell_owners(desk, event->call, 0, buffer_slice(&line), environment);
    buffer_free(&line);
}
