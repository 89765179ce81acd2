// SPDX-License-Identifier: ISC
#include "daemon/control_server.h"

#include "control/control_json.h"
#include "control/control_session.h"
#include "control/dial_words.h"
#include "daemon/control_reports.h"
#include "daemon/control_test.h"
#include "daemon/control_trace.h"
#include "hook/verb.h"
#include "io/clock.h"
#include "io/unix_listener.h"
#include "sip/status_text.h"
#include "util/limits.h"
#include "util/list.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum pending_kind {
    PENDING_ACTION,  // the command is answered when its result comes
    PENDING_MESSAGE, // likewise
    PENDING_BINDINGS,
    PENDING_TEST,
    PENDING_CALL, // the client owns this call and hears its events
};

struct pending {
    struct list_link link;
    int64_t id;
    enum pending_kind kind;
    uint32_t number; // of the call or the message
    enum action_kind action;
};

struct client {
    struct list_link link;
    struct control_server *server;
    struct unix_connection *connection;
    struct control_session *session;
    struct list pending;
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

static void expect_result(struct client *client, int64_t id, enum pending_kind kind,
                          uint32_t number, enum action_kind action)
{
    struct pending *pending = memory_new(sizeof(*pending));
    *pending = (struct pending){ .id = id, .kind = kind, .number = number, .action = action };
    list_append(&client->pending, &pending->link);
}

static void forget(struct client *client, struct pending *pending)
{
    list_remove(&client->pending, &pending->link);
    free(pending);
}

static void reply_bindings(struct client *client, int64_t id)
{
    struct buffer json;
    struct slice rest = agent_bindings(client->server->settings.agent);
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
    control_session_reply(client->session, id, buffer_slice(&json));
    buffer_free(&json);
}

/* What something that was waited for has come to. */
struct outcome {
    uint32_t status;                       // of the far end; 0: the call ended first
    const struct rehearsal_report *report; // PENDING_TEST
};

static void conclude(struct client *client, const struct pending *pending, struct outcome outcome)
{
    char text[128];
    uint32_t status = outcome.status;
    if (pending->kind == PENDING_CALL)
        return; /* its dial was answered at once */
    if (pending->kind == PENDING_TEST) {
        control_test_end(client->session, pending->id, outcome.report);
    } else if (pending->kind == PENDING_BINDINGS && status >= 200 && status < 300) {
        reply_bindings(client, pending->id);
    } else if (status >= 200 && status < 300) {
        control_session_reply(client->session, pending->id, slice_empty());
    } else if (status == 0) {
        control_session_refuse(client->session, pending->id, "over", "the call is over");
    } else {
        snprintf(text, sizeof(text), "the far end refused: %u %s", status, sip_status_text(status));
        control_session_refuse(client->session, pending->id, "far-end", text);
    }
}

/* What waits for `number`, of these kinds and, unless it is ACTION_COUNT, this action. */
static void settle(struct control_server *server, unsigned kinds, uint32_t number,
                   enum action_kind action, struct outcome outcome)
{
    list_for_each(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        list_for_each_safe(one, &client->pending) {
            struct pending *pending = list_entry(one, struct pending, link);
            if (!(kinds >> pending->kind & 1) || pending->number != number ||
                (action != ACTION_COUNT && pending->action != action))
                continue;
            conclude(client, pending, outcome);
            forget(client, pending);
        }
    }
}

void control_server_result(struct control_server *server, uint32_t call, enum action_kind action,
                           uint32_t status)
{
    settle(server, 1u << PENDING_ACTION, call, action, (struct outcome){ .status = status });
}

void control_server_message_result(struct control_server *server, uint32_t number, uint32_t status)
{
    settle(server, 1u << PENDING_MESSAGE | 1u << PENDING_BINDINGS, number, ACTION_COUNT,
           (struct outcome){ .status = status });
}

void control_server_rehearsed(struct control_server *server, const struct rehearsal_report *report)
{
    settle(server, 1u << PENDING_TEST, report->number, ACTION_COUNT,
           (struct outcome){ .report = report });
}

void control_server_call_over(struct control_server *server, uint32_t call)
{
    settle(server, 1u << PENDING_ACTION | 1u << PENDING_CALL, call, ACTION_COUNT,
           (struct outcome){ .status = 0 });
}

static enum status read_action(const struct control_server *server,
                               const struct control_command *command, struct action *action,
                               const char **why)
{
    struct buffer line;
    *action = (struct action){ .call = 0 };
    buffer_init(&line, LIMIT_CONTROL_LINE);
    buffer_append_text(&line, command->verb->name);
    buffer_append_byte(&line, ' ');
    buffer_append(&line, command->args);
    enum status status = hook_verb_parse(buffer_slice(&line), action, why);
    buffer_free(&line);
    if (status != STATUS_OK || action->kind != ACTION_TRANSFER || action->word_count)
        return status;
    const struct call *other =
        call_table_find_id(agent_calls(server->settings.agent), slice_of(action->text));
    *why = "the other call is not there";
    action->other_call = other ? call_number(other) : 0;
    return other ? STATUS_OK : STATUS_MALFORMED;
}

/* `answer` is done when the ACK has come, what takes time when the far end has answered. */
static bool is_done_at_once(enum action_kind kind)
{
    return kind != ACTION_ANSWER && !action_takes_time(kind);
}

static void act(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = &client->server->settings;
    struct action action;
    const char *why = "";
    struct call *call = call_table_find_id(agent_calls(settings->agent), command->call);
    if (read_action(client->server, command, &action, &why) != STATUS_OK) {
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
        if (is_done_at_once(action.kind))
            control_session_reply(client->session, command->id, slice_empty());
        else
            expect_result(client, command->id, PENDING_ACTION, action.call, action.kind);
        break;
    case STATUS_CLOSED:
        control_session_refuse(client->session, command->id, "over", why);
        break;
    default:
        control_session_refuse(client->session, command->id, "refused", why);
        break;
    }
}

static void refuse_for(struct client *client, const struct control_command *command,
                       enum status status, const char *why)
{
    control_session_refuse(client->session, command->id,
                           status == STATUS_MALFORMED ? "usage" : "refused", why);
}

/* Who dials owns the call, as long as the connection stands. */
static void dial(struct client *client, time_ms now, const struct control_command *command)
{
    struct agent *agent = client->server->settings.agent;
    struct call_order order;
    struct action program;
    struct buffer json;
    const char *why = "";
    uint32_t number;
    enum status status = control_dial_parse(command->args, &order, &program, &why);
    if (status == STATUS_OK)
        status = agent_dial(agent, now, &order, &number, &why);
    if (status != STATUS_OK) {
        refuse_for(client, command, status, why);
        return;
    }
    if (!order.is_detached) {
        agent_own(agent, number);
        expect_result(client, command->id, PENDING_CALL, number, ACTION_COUNT);
    }
    buffer_init(&json, 256);
    control_json_text(&json, "call", slice_of(call_id(agent_call(agent, number))));
    control_session_reply(client->session, command->id, buffer_slice(&json));
    buffer_free(&json);
}

static void ask_bindings(struct client *client, time_ms now, const struct control_command *command)
{
    const char *why = "";
    uint32_t number;
    enum status status = agent_ask_bindings(client->server->settings.agent, now, &number, &why);
    if (status == STATUS_OK)
        expect_result(client, command->id, PENDING_BINDINGS, number, ACTION_COUNT);
    else
        refuse_for(client, command, status, why);
}

static void send_message(struct client *client, time_ms now, const struct control_command *command)
{
    struct slice text;
    const char *why = "";
    uint32_t number;
    struct slice to = slice_cut(slice_trim(command->args), ' ', &text);
    enum status status = agent_send_message(client->server->settings.agent, now, to,
                                            slice_trim(text), &number, &why);
    if (status == STATUS_OK)
        expect_result(client, command->id, PENDING_MESSAGE, number, ACTION_COUNT);
    else
        refuse_for(client, command, status, why);
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
    uint32_t number;
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
        sip_link_hurry(client->server->settings.link, now);
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case CONTROL_DIAL:
        dial(client, now, command);
        break;
    case CONTROL_MESSAGE:
        send_message(client, now, command);
        break;
    case CONTROL_BINDINGS:
        ask_bindings(client, now, command);
        break;
    case CONTROL_TEST:
        if (control_test_begin(client->session, &client->server->settings, now, command, &number))
            expect_result(client, command->id, PENDING_TEST, number, ACTION_COUNT);
        break;
    case CONTROL_TRACE:
        control_trace(client->session, &client->server->settings, command);
        break;
    case CONTROL_LOG:
        set_log_level(client, command);
        break;
    case CONTROL_RELOAD:
    case CONTROL_CHECK:
        reload(client, now, command);
        break;
    default:
        report(client, now, command);
        break;
    }
}

/* A client that goes leaves its calls without an owner. */
static void release_calls(struct client *client, time_ms now)
{
    list_for_each_safe(link, &client->pending) {
        struct pending *pending = list_entry(link, struct pending, link);
        if (pending->kind == PENDING_CALL)
            agent_disown(client->server->settings.agent, now, pending->number);
        forget(client, pending);
    }
}

static void client_free(struct client *client)
{
    release_calls(client, clock_now());
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

static bool owns(const struct client *client, uint32_t call)
{
    list_for_each(link, &client->pending) {
        const struct pending *pending = list_entry(link, struct pending, link);
        if (pending->kind == PENDING_CALL && pending->number == call)
            return true;
    }
    return false;
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
            if (owns(client, event->call))
                control_session_push(client->session, buffer_slice(&line));
            else
                control_session_tell(client->session, buffer_slice(&line));
        }
    }
    buffer_free(&line);
    if (event->kind == EVENT_ANSWERED)
        control_server_result(server, event->call, ACTION_ANSWER, 200);
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
