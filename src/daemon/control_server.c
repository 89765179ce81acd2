// SPDX-License-Identifier: ISC
#include "daemon/control_server.h"

#include "daemon/control_client.h"
#include "daemon/control_reports.h"
#include "daemon/control_test.h"
#include "daemon/control_trace.h"
#include "desk/rights.h"
#include "io/clock.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    LOOK_MS = 5000, // whether the socket is still there
    FULL_SAID_MS = 60000
};

const struct control_server_settings *control_client_settings(const struct client *client)
{
    return &client->server->settings;
}

const struct call *control_client_call(const struct client *client, struct slice id)
{
    const struct call *call = call_table_find_id(agent_calls(client->server->settings.agent), id);
    return call && !call_is_over(call) ? call : NULL;
}

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

/* Once a minute in the log, however often somebody tries. */
static void refuse_client(struct control_server *server, int fd)
{
    struct control_session *session = control_session_new();
    time_ms now = clock_now();
    control_session_refuse(session, 0, "refused", "as many clients as may be are connected");
    struct slice line = buffer_slice(control_session_outgoing(session));
    (void)!write(fd, line.data, line.length); /* to a client that waits for an answer */
    if (now - server->full_said_at >= FULL_SAID_MS) {
        LOG(NOTICE, "control client refused: too many are connected");
        server->full_said_at = now;
    }
    control_session_free(session);
    close(fd);
}

static void on_accepted(void *user, int fd)
{
    static const struct unix_events events = { on_received, on_closed };
    struct control_server *server = user;
    if (server->clients.count >= LIMIT_CONTROL_CLIENTS) {
        refuse_client(server, fd);
        return;
    }
    struct client *client = memory_new(sizeof(*client));
    client->server = server;
    client->number = ++server->last_client;
    client->session = control_session_new();
    list_init(&client->pending);
    client->connection = unix_connection_new(server->loop, fd, &events, client);
    list_append(&server->clients, &client->link);
}

enum status control_server_new(struct loop *loop, const struct control_server_settings *settings,
                               struct control_server **server, char *text, size_t size)
{
    struct control_server *made = memory_new(sizeof(*made));
    made->loop = loop;
    made->settings = *settings;
    made->settings.path = made->path = memory_copy_text(settings->path);
    made->full_said_at = -FULL_SAID_MS;
    list_init(&made->clients);
    enum status status = unix_listener_new(loop, settings->path, "offhook", on_accepted, made,
                                           &made->listener, text, size);
    if (status != STATUS_OK) {
        free(made->path);
        free(made);
        return status;
    }
    *server = made;
    return STATUS_OK;
}

void control_server_watch_socket(struct control_server *server, time_ms now)
{
    char why[512] = "";
    struct unix_listener *next;
    if (now < server->look_at)
        return;
    server->look_at = now + LOOK_MS;
    if (unix_listener_is_there(server->listener))
        return;
    if (unix_listener_new(server->loop, server->settings.path, "offhook", on_accepted, server,
                          &next, why, sizeof(why)) != STATUS_OK) {
        if (!server->is_missing)
            LOG(ERROR, "the control socket has vanished and cannot be made again: restart me",
                TEXT("path", server->settings.path), TEXT("why", why));
        server->is_missing = true;
        return;
    }
    unix_listener_free(server->listener);
    server->listener = next;
    server->is_missing = false;
    LOG(WARNING, "the control socket had vanished; it has been made again",
        TEXT("path", server->settings.path));
}

time_ms control_server_deadline(const struct control_server *server)
{
    return server->look_at;
}

void control_client_pass(struct client *client, const int *fds, size_t count)
{
    struct buffer *outgoing = control_session_outgoing(client->session);
    bool is_slow = buffer_status(outgoing) != STATUS_OK;
    struct slice bytes = is_slow ? slice_empty() : buffer_slice(outgoing);
    is_slow =
        unix_connection_pass(client->connection, bytes, fds, count) == STATUS_REFUSED || is_slow;
    buffer_clear(outgoing);
    if (!is_slow)
        return;
    LOG(NOTICE, "control client dropped: it does not read what it is sent");
    client->is_gone = true;
}

void control_client_flush(struct client *client)
{
    const struct buffer *outgoing = control_session_outgoing(client->session);
    if (outgoing->length || buffer_status(outgoing) != STATUS_OK)
        control_client_pass(client, NULL, 0);
}

static void claim(struct client *client, time_ms now, const struct control_command *command)
{
    (void)now;
    struct control_claims *claims = client->server->settings.claims;
    enum event_kind kind;
    if (!event_kind_from_text(command->event, &kind) || !event_wants_decision(kind))
        control_client_refuse(client, command, STATUS_MALFORMED,
                              "claim wants an event: incoming, outgoing or transfer");
    else if (!control_claims_take(claims, kind, client->number))
        control_client_refuse(client, command, STATUS_REFUSED,
                              "another client has claimed this event");
    else
        control_session_reply(client->session, command->id, slice_empty());
}

static void set_log_level(struct client *client, time_ms now, const struct control_command *command)
{
    (void)now;
    enum log_level level;
    if (!log_level_from_text(command->args, &level)) {
        control_session_refuse(client->session, command->id, "usage",
                               "log wants error, warning, notice, info or debug");
        return;
    }
    log_set_level(level);
    control_session_reply(client->session, command->id, slice_empty());
}

/* `reload` and `check`: the one line that says what is wrong is what the operator gets. */
static void answer_configuration(struct client *client, const struct control_command *command,
                                 enum status status, const struct buffer *report)
{
    char line[1024];
    if (status == STATUS_OK) {
        control_session_reply(client->session, command->id, buffer_slice(report));
        return;
    }
    snprintf(line, sizeof(line), "%.*s", SLICE_PRINT(buffer_slice(report)));
    control_session_refuse(client->session, command->id, "refused", line);
}

static void reload(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = &client->server->settings;
    struct buffer report;
    buffer_init(&report, LIMIT_CONTROL_LINE);
    enum status status = command->verb->query == CONTROL_CHECK
                             ? settings->check(settings->user, &report)
                             : settings->reload(settings->user, now, &report);
    answer_configuration(client, command, status, &report);
    buffer_free(&report);
}

static void report(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = &client->server->settings;
    const struct call *call = control_client_call(client, command->call);
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_BACKLOG);
    if (command->verb->query == CONTROL_STATUS)
        control_report_status(&json, settings, now);
    else if (command->verb->query == CONTROL_CALLS)
        control_report_calls(&json, settings, now);
    else if (command->verb->query == CONTROL_HOOKS)
        control_report_hooks(&json, settings, now);
    else if (call)
        control_report_call(&json, settings, now, call);
    if (call || !command->verb->needs_call)
        control_session_reply(client->session, command->id, buffer_slice(&json));
    else
        control_client_refuse_over(client, command);
    buffer_free(&json);
}

/* A call that is over is told as that, whatever the token. */
static bool is_allowed(const struct client *client, const struct control_command *command,
                       const char **why)
{
    const struct call *call = control_client_call(client, command->call);
    struct event event = { .token = slice_empty() };
    if (command->verb->needs_call && !call)
        return true;
    if (command->verb->needs_call)
        call_event(call, EVENT_INCOMING, &event);
    return control_rights_allow(command->verb, command->token, event.token, why);
}

static void watch(struct client *client, time_ms now, const struct control_command *command)
{
    (void)now;
    control_session_watch(client->session, true);
    control_session_reply(client->session, command->id, slice_empty());
}

static void reregister(struct client *client, time_ms now, const struct control_command *command)
{
    agent_reregister(client->server->settings.agent, now);
    sip_link_not_before(client->server->settings.link, 0); /* the operator knows better */
    sip_link_hurry(client->server->settings.link, now);
    control_session_reply(client->session, command->id, slice_empty());
}

static void test(struct client *client, time_ms now, const struct control_command *command)
{
    uint32_t number;
    if (control_test_begin(client->session, &client->server->settings, now, command, &number))
        control_client_expect(client, command->id, PENDING_TEST, number, ACTION_COUNT);
}

static void trace(struct client *client, time_ms now, const struct control_command *command)
{
    (void)now;
    control_trace(client->session, &client->server->settings, command);
}

static void carry_out(struct client *client, time_ms now, const struct control_command *command)
{
    static void (*const carry[])(struct client *, time_ms, const struct control_command *) = {
        [CONTROL_ACTION] = control_calls_act,
        [CONTROL_STATUS] = report,
        [CONTROL_CALLS] = report,
        [CONTROL_SHOW] = report,
        [CONTROL_WATCH] = watch,
        [CONTROL_HOOKS] = report,
        [CONTROL_REREGISTER] = reregister,
        [CONTROL_LOG] = set_log_level,
        [CONTROL_RELOAD] = reload,
        [CONTROL_CHECK] = reload,
        [CONTROL_DIAL] = control_calls_dial,
        [CONTROL_MESSAGE] = control_calls_message,
        [CONTROL_BINDINGS] = control_calls_bindings,
        [CONTROL_TRACE] = trace,
        [CONTROL_TEST] = test,
        [CONTROL_AUDIO] = control_audio,
        [CONTROL_FLUSH] = control_audio,
        [CONTROL_DRAIN] = control_audio,
        [CONTROL_MUTE] = control_audio,
        [CONTROL_UNMUTE] = control_audio,
        [CONTROL_BRIDGE] = control_audio,
        [CONTROL_CLAIM] = claim,
    };
    const char *why = "";
    if (is_allowed(client, command, &why))
        carry[command->verb->query](client, now, command);
    else
        control_session_refuse(client->session, command->id, "refused", why);
}

static void client_free(struct client *client)
{
    control_claims_client_gone(client->server->settings.claims, client->number);
    control_client_release(client, clock_now());
    list_remove(&client->server->clients, &client->link);
    unix_connection_free(client->connection);
    control_session_free(client->session);
    free(client);
}

/* One command: what it leads to comes before the next one, whoever sends that. */
bool control_server_pump(struct control_server *server, time_ms now)
{
    list_for_each_safe(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        struct control_command command;
        if (!client->is_gone && control_session_next(client->session, &command)) {
            carry_out(client, now, &command);
            control_client_flush(client);
            return true;
        }
        bool is_broken = control_session_is_broken(client->session);
        control_client_flush(client);
        if (client->is_gone || is_broken)
            client_free(client);
    }
    return false;
}

void control_server_free(struct control_server *server)
{
    if (!server)
        return;
    while (!list_is_empty(&server->clients))
        client_free(list_entry(list_first(&server->clients), struct client, link));
    unix_listener_free(server->listener);
    free(server->path);
    free(server);
}
