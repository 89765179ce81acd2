// SPDX-License-Identifier: ISC
#include "daemon/control_server.h"

#include "control/control_json.h"
#include "control/rights.h"
#include "daemon/control_client.h"
#include "daemon/control_reports.h"
#include "daemon/control_test.h"
#include "daemon/control_trace.h"
#include "io/clock.h"
#include "sip/status_text.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    FULL_SAID_MS = 60000
};

struct control_server {
    struct loop *loop;
    struct control_server_settings settings;
    struct unix_listener *listener;
    struct list clients;
    uint32_t last_client;
    time_ms full_said_at; // when a refusal was logged last
};

const struct control_server_settings *control_client_settings(const struct client *client)
{
    return &client->server->settings;
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
    made->full_said_at = -FULL_SAID_MS;
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

void control_client_expect(struct client *client, int64_t id, enum pending_kind kind,
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

void control_client_refuse(struct client *client, const struct control_command *command,
                           enum status status, const char *why)
{
    control_session_refuse(client->session, command->id,
                           status == STATUS_MALFORMED ? "usage" : "refused", why);
}

/* What something that was waited for has come to. */
struct outcome {
    uint32_t status;                       // of the far end; 0: the call ended first
    const struct rehearsal_report *report; // PENDING_TEST
    const char *digits;                    // of `ask`; else NULL
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

static void conclude(struct client *client, const struct pending *pending, struct outcome outcome)
{
    char text[128];
    uint32_t status = outcome.status;
    if (pending->kind == PENDING_CALL)
        return; /* its dial was answered at once */
    if (pending->kind == PENDING_TEST) {
        control_test_end(client->session, pending->id, outcome.report);
    } else if (outcome.digits) {
        conclude_ask(client, pending->id, outcome);
    } else if (pending->kind == PENDING_BINDINGS && status >= 200 && status < 300) {
        control_calls_reply_bindings(client, pending->id);
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

void control_server_asked(struct control_server *server, uint32_t call, bool is_complete,
                          const char *digits)
{
    settle(server, 1u << PENDING_ACTION, call, ACTION_ASK,
           (struct outcome){ .status = is_complete ? 200 : 408, .digits = digits });
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

static void claim(struct client *client, const struct control_command *command)
{
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

/* A call that is over is told as that, whatever the token. */
static bool is_allowed(const struct client *client, const struct control_command *command,
                       const char **why)
{
    const struct control_server_settings *settings = &client->server->settings;
    const struct call *call = call_table_find_id(agent_calls(settings->agent), command->call);
    struct event event = { .token = slice_empty() };
    if (command->verb->needs_call && !call)
        return true;
    if (command->verb->needs_call)
        call_event(call, EVENT_INCOMING, &event);
    return control_rights_allow(command->verb, command->token, event.token, why);
}

static void carry_out(struct client *client, time_ms now, const struct control_command *command)
{
    const char *why = "";
    uint32_t number;
    if (!is_allowed(client, command, &why)) {
        control_session_refuse(client->session, command->id, "refused", why);
        return;
    }
    switch (command->verb->query) {
    case CONTROL_ACTION:
        control_calls_act(client, now, command);
        break;
    case CONTROL_WATCH:
        control_session_watch(client->session, true);
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case CONTROL_CLAIM:
        claim(client, command);
        break;
    case CONTROL_REREGISTER:
        agent_reregister(client->server->settings.agent, now);
        sip_link_hurry(client->server->settings.link, now);
        control_session_reply(client->session, command->id, slice_empty());
        break;
    case CONTROL_DIAL:
        control_calls_dial(client, now, command);
        break;
    case CONTROL_MESSAGE:
        control_calls_message(client, now, command);
        break;
    case CONTROL_BINDINGS:
        control_calls_bindings(client, now, command);
        break;
    case CONTROL_TEST:
        if (control_test_begin(client->session, &client->server->settings, now, command, &number))
            control_client_expect(client, command->id, PENDING_TEST, number, ACTION_COUNT);
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
        if (pending->kind == PENDING_ACTION && pending->action == ACTION_ASK)
            agent_cancel_ask(client->server->settings.agent, pending->number);
        forget(client, pending);
    }
}

static void client_free(struct client *client)
{
    control_claims_client_gone(client->server->settings.claims, client->number);
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
    bool is_slow = buffer_status(outgoing) != STATUS_OK;
    if (outgoing->length && !is_slow)
        is_slow =
            unix_connection_send(client->connection, buffer_slice(outgoing)) == STATUS_REFUSED;
    buffer_clear(outgoing);
    if (!is_slow)
        return;
    LOG(NOTICE, "control client dropped: it does not read what it is sent");
    client->is_gone = true;
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
        if (client->is_gone || is_broken)
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
    if (!owns(client, call))
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
        if (owns(client, event->call))
            tell_owner(client, buffer_slice(&line), environment);
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
