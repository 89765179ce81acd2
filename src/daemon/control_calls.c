// SPDX-License-Identifier: ISC
#include "daemon/control_client.h"
#include "desk/control_json.h"
#include "desk/dial_words.h"
#include "hook/verb.h"
#include "util/limits.h"

void control_calls_reply_bindings(struct client *client, int64_t id)
{
    struct buffer json;
    struct slice rest = agent_bindings(control_client_settings(client)->agent);
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

static enum status read_action(const struct agent *agent, const struct control_command *command,
                               struct action *action, const char **why)
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
    const struct call *other = call_table_find_id(agent_calls(agent), slice_of(action->text));
    *why = "the other call is not there";
    action->other_call = other ? call_number(other) : 0;
    return other ? STATUS_OK : STATUS_MALFORMED;
}

/* `answer` is done when the ACK has come, what takes time when the far end has answered. */
static bool is_done_at_once(enum action_kind kind)
{
    return kind != ACTION_ANSWER && !action_takes_time(kind);
}

void control_calls_act(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_server_settings *settings = control_client_settings(client);
    struct action action;
    const char *why = "";
    const struct call *call = control_client_call(client, command->call);
    if (read_action(settings->agent, command, &action, &why) != STATUS_OK) {
        control_session_refuse(client->session, command->id, "usage", why);
        return;
    }
    if (!call) {
        control_client_refuse_over(client, command);
        return;
    }
    action.call = call_number(call);
    hook_queue_verb(settings->hooks, action.call);
    enum status status = agent_act(settings->agent, now, &action, &why);
    if (status != STATUS_OK) {
        control_session_refuse(client->session, command->id,
                               status == STATUS_CLOSED ? "over" : "refused", why);
        return;
    }
    control_claims_acted(settings->claims, client->number, action.call, action.kind);
    hook_queue_decided(settings->hooks, action.call, action.kind);
    if (is_done_at_once(action.kind))
        control_session_reply(client->session, command->id, slice_empty());
    else
        control_client_expect(client, command->id, PENDING_ACTION, action.call, action.kind);
}

/* Who dials owns the call, as long as the connection stands. */
void control_calls_dial(struct client *client, time_ms now, const struct control_command *command)
{
    struct agent *agent = control_client_settings(client)->agent;
    struct call_order order;
    struct action program;
    struct buffer json;
    char fault[PROGRAM_WHY_BYTES];
    const char *why = "";
    uint32_t number;
    enum status status = control_dial_parse(command->args, &order, &program, &why);
    if (status == STATUS_OK && order.has_hook) {
        status = hook_runner_check(control_client_settings(client)->runner,
                                   action_word(&program, 0), fault);
        why = fault;
    }
    if (status == STATUS_OK)
        status = agent_dial(agent, now, &order, &number, &why);
    if (status != STATUS_OK) {
        control_client_refuse(client, command, status, why);
        return;
    }
    if (!order.is_detached)
        control_client_own(client, command->id, number, OWNER_DIALLER);
    buffer_init(&json, 256);
    control_json_text(&json, "call", slice_of(call_id(agent_call(agent, number))));
    control_session_reply(client->session, command->id, buffer_slice(&json));
    buffer_free(&json);
}

void control_calls_bindings(struct client *client, time_ms now,
                            const struct control_command *command)
{
    const char *why = "";
    uint32_t number;
    enum status status =
        agent_ask_bindings(control_client_settings(client)->agent, now, &number, &why);
    if (status == STATUS_OK)
        control_client_expect(client, command->id, PENDING_BINDINGS, number, ACTION_COUNT);
    else
        control_client_refuse(client, command, status, why);
}

void control_calls_message(struct client *client, time_ms now,
                           const struct control_command *command)
{
    struct slice text;
    const char *why = "";
    uint32_t number;
    struct slice to = slice_cut(slice_trim(command->args), ' ', &text);
    enum status status = agent_send_message(control_client_settings(client)->agent, now, to,
                                            slice_trim(text), &number, &why);
    if (status == STATUS_OK)
        control_client_expect(client, command->id, PENDING_MESSAGE, number, ACTION_COUNT);
    else
        control_client_refuse(client, command, status, why);
}
