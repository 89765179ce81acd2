// SPDX-License-Identifier: ISC
#include "daemon/control_client.h"
#include "desk/control_json.h"
#include "io/clock.h"
#include "util/limits.h"

static void ask(struct client *client, const struct event *event)
{
    struct buffer line;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_event(&line, event, true, clock_wall());
    if (buffer_status(&line) == STATUS_OK)
        control_session_push(client->session, buffer_slice(&line));
    buffer_free(&line);
}

/* `line` is what everybody hears; the owner can start a program with what it gets beside it. */
static void tell_owner(struct client *client, struct slice line, char *const *environment)
{
    struct buffer whole;
    buffer_init(&whole, LIMIT_CONTROL_LINE);
    buffer_append(&whole, slice_first(line, line.length - 1));
    control_json_environment(&whole, environment);
    buffer_append_byte(&whole, '}');
    control_session_push(client->session,
                         buffer_status(&whole) == STATUS_OK ? buffer_slice(&whole) : line);
    buffer_free(&whole);
}

/* Those that own the call hear of it although they do not watch. */
static void tell_client(struct client *client, uint32_t call, const struct buffer *line,
                        char *const *environment)
{
    if (buffer_status(line) != STATUS_OK)
        return;
    if (!control_client_owns(client, call))
        control_session_tell(client->session, buffer_slice(line));
    else if (environment)
        tell_owner(client, buffer_slice(line), environment);
    else
        control_session_push(client->session, buffer_slice(line));
}

static void tell(struct control_server *server, const struct event *event, uint32_t asked,
                 char *const *environment)
{
    struct buffer line;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_event(&line, event, false, clock_wall());
    list_for_each(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        if (client->number == asked)
            ask(client, event);
        else
            tell_client(client, event->call, &line,
                        event->kind == EVENT_ANSWERED ? environment : NULL);
    }
    buffer_free(&line);
}

void control_server_event(struct control_server *server, const struct event *event, uint32_t asked,
                          char *const *environment)
{
    if (!list_is_empty(&server->clients))
        tell(server, event, asked, environment);
    if (event->kind == EVENT_ANSWERED)
        control_server_result(server, event->call, ACTION_ANSWER, 200);
}

void control_server_digit(struct control_server *server, uint32_t number, const char *digit)
{
    struct buffer line;
    const struct call *call = agent_call(server->settings.agent, number);
    if (!call || list_is_empty(&server->clients))
        return;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_digit(&line, slice_of(call_id(call)), slice_of(digit), clock_wall());
    list_for_each(link, &server->clients)
        tell_client(list_entry(link, struct client, link), number, &line, NULL);
    buffer_free(&line);
}

void control_server_early(struct control_server *server, const struct event *event,
                          char *const *environment)
{
    struct buffer line;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    buffer_append_byte(&line, '{');
    control_json_number(&line, "v", 1);
    control_json_text(&line, "early", event->call_id);
    buffer_append_byte(&line, '}');
    list_for_each(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        if (control_client_owns(client, event->call))
            tell_owner(client, buffer_slice(&line), environment);
    }
    buffer_free(&line);
}
