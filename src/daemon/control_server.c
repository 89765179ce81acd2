// SPDX-License-Identifier: ISC
#include "daemon/control_server.h"

#include "control/control_json.h"
#include "control/control_session.h"
#include "daemon/control_reports.h"
#include "hook/decision.h"
#include "io/clock.h"
#include "io/unix_listener.h"
#include "util/limits.h"
#include "util/list.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>
#include <unistd.h>

struct client {
    struct list_link link;
    struct control_server *server;
    struct unix_connection *connection;
    struct control_session *session;
    bool is_gone;
};

struct control_server {
    struct loop *loop;
    struct control_server_settings settings;
    struct unix_listener *listener;
    struct list clients;
};

static void on_received(void *user, struct slice bytes)
{
    struct client *client = user;
    control_session_receive(client->session, bytes);
}

static void on_closed(void *user)
{
    struct client *client = user;
    client->is_gone = true;
}

static void on_accepted(void *user, int fd)
{
    static const struct unix_events events = { on_received, on_closed };
    struct control_server *server = user;
    if (server->clients.count >= LIMIT_CONTROL_CLIENTS) {
        LOG(NOTICE, "control client refused: too many are connected");
        close(fd);
        return;
    }
    struct client *client = memory_new(sizeof(*client));
    client->server = server;
    client->session = control_session_new();
    client->connection = unix_connection_new(server->loop, fd, &events, client);
    list_append(&server->clients, &client->link);
}

enum status control_server_new(struct loop *loop, const struct control_server_settings *settings,
                               struct control_server **server, char *text, size_t size)
{
    struct control_server *made = memory_new(sizeof(*made));
    made->loop = loop;
    made->settings = *settings;
    list_init(&made->clients);
    enum status status = unix_listener_new(loop, settings->path, "offhook", on_accepted, made,
                                           &made->listener, text, size);
    if (status != STATUS_OK) {
        free(made);
        return status;
    }
    *server = made;
    return STATUS_OK;
}

static enum status read_action(const struct control_command *command, struct action *action,
                               const char **why)
{
    struct buffer line;
    *action = (struct action){ .kind = command->verb->action };
    if (action->kind == ACTION_HANGUP) {
        struct slice text = slice_first(command->args, 127);
        memcpy(action->text, text.data ? text.data : "", text.length);
        for (size_t i = 0; i < text.length; i++)
            if (ascii_is_control(action->text[i]))
                action->text[i] = ' ';
        return STATUS_OK;
    }
    buffer_init(&line, LIMIT_CONTROL_LINE);
    buffer_append_text(&line, command->verb->name);
    buffer_append_byte(&line, ' ');
    buffer_append(&line, command->args);
    enum status status = hook_decision_parse(buffer_slice(&line), action, why);
    buffer_free(&line);
    return status;
}

static void act(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = &client->server->settings;
    struct action action;
    const char *why = "";
    struct call *call = call_table_find_id(agent_calls(settings->agent), command->call);
    if (read_action(command, &action, &why) != STATUS_OK) {
        control_session_refuse(client->session, command->id, "usage", why);
        return;
    }
    if (!call) {
        control_session_refuse(client->session, command->id, "over", "no such call, or it is over");
        return;
    }
    action.call = call_number(call);
    hook_queue_verb(settings->hooks, action.call);
    switch (agent_act(settings->agent, now, &action, &why)) {
    case STATUS_OK:
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case STATUS_CLOSED:
        control_session_refuse(client->session, command->id, "over", why);
        break;
    default:
        control_session_refuse(client->session, command->id, "refused", why);
        break;
    }
}

static void set_log_level(struct client *client, const struct control_command *command)
{
    enum log_level level;
    if (!log_level_from_text(command->args, &level)) {
        control_session_refuse(client->session, command->id, "usage",
                               "log wants error, warning, notice, info or debug");
        return;
    }
    log_set_level(level);
    control_session_reply(client->session, command->id, slice_empty());
}

static void report(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = &client->server->settings;
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_BACKLOG / 2);
    bool is_found = true;
    switch (command->verb->query) {
    case CONTROL_STATUS:
        control_report_status(&json, settings, now);
        break;
    case CONTROL_CALLS:
        control_report_calls(&json, settings, now);
        break;
    case CONTROL_HOOKS:
        control_report_hooks(&json, settings);
        break;
    default:
        is_found = control_report_call(&json, settings, now, command->call);
        break;
    }
    if (is_found)
        control_session_reply(client->session, command->id, buffer_slice(&json));
    else
        control_session_refuse(client->session, command->id, "over", "no such call, or it is over");
    buffer_free(&json);
}

static void carry_out(struct client *client, time_ms now, const struct control_command *command)
{
    switch (command->verb->query) {
    case CONTROL_ACTION:
        act(client, now, command);
        break;
    case CONTROL_WATCH:
        control_session_watch(client->session, true);
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case CONTROL_REREGISTER:
        agent_reregister(client->server->settings.agent, now);
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case CONTROL_LOG:
        set_log_level(client, command);
        break;
    default:
        report(client, now, command);
        break;
    }
}

static void client_free(struct client *client)
{
    list_remove(&client->server->clients, &client->link);
    unix_connection_free(client->connection);
    control_session_free(client->session);
    free(client);
}

/* What is written counts as work done only if it came from a command. */
static void flush(struct client *client)
{
    struct buffer *outgoing = control_session_outgoing(client->session);
    if (outgoing->length &&
        unix_connection_send(client->connection, buffer_slice(outgoing)) != STATUS_OK)
        client->is_gone = true;
    buffer_clear(outgoing);
}

bool control_server_pump(struct control_server *server, time_ms now)
{
    bool has_worked = false;
    list_for_each_safe(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        struct control_command command;
        while (!client->is_gone && control_session_next(client->session, &command)) {
            carry_out(client, now, &command);
            has_worked = true;
        }
        bool is_broken = control_session_is_broken(client->session);
        flush(client);
        if (client->is_gone || (is_broken && unix_connection_is_flushed(client->connection)))
            client_free(client);
    }
    return has_worked;
}

void control_server_event(struct control_server *server, const struct event *event)
{
    struct buffer line;
    if (list_is_empty(&server->clients))
        return;
    buffer_init(&line, LIMIT_CONTROL_LINE);
    control_json_event(&line, event, clock_wall());
    if (buffer_status(&line) == STATUS_OK) {
        list_for_each(link, &server->clients) {
            struct client *client = list_entry(link, struct client, link);
            control_session_tell(client->session, buffer_slice(&line));
        }
    }
    buffer_free(&line);
}

void control_server_free(struct control_server *server)
{
    if (!server)
        return;
    while (!list_is_empty(&server->clients))
        client_free(list_entry(list_first(&server->clients), struct client, link));
    unix_listener_free(server->listener);
    free(server);
}
