// SPDX-License-Identifier: ISC
// Commands on calls, and what goes out of the line.
#include "agent/verb.h"
#include "desk/control_json.h"
#include "desk/desk_words.h"
#include "desk/dial_words.h"

static enum status read_action(const struct client *client, const struct control_command *command,
                               struct action *action, const char **why)
{
    enum status status = verb_read(command->verb->action, slice_trim(command->args), action, why);
    if (status != STATUS_OK || action->kind != ACTION_TRANSFER || action->word_count)
        return status;
    const struct call *other =
        call_table_find_id(agent_calls(client->desk->settings.agent), slice_of(action->text));
    *why = "the other call is not there";
    action->other_call = other ? call_number(other) : 0;
    return other ? STATUS_OK : STATUS_MALFORMED;
}

/* `answer` is done when the ACK has come, what takes time when the far end has answered. */
static bool is_done_at_once(enum action_kind kind)
{
    return kind != ACTION_ANSWER && !action_takes_time(kind);
}

void desk_word_act(struct client *client, time_ms now, const struct control_command *command,
                   const struct call *call)
{
    struct desk *desk = client->desk;
    struct action action = { .call = call_number(call) };
    struct desk_output output = { .kind = DESK_VERB, .call = action.call };
    const char *why = "";
    if (read_action(client, command, &action, &why) != STATUS_OK) {
        client_refuse(client, command->id, STATUS_MALFORMED, why);
        return;
    }
    desk_put(desk, &output);
    enum status status = agent_act(desk->settings.agent, now, &action, &why);
    if (status != STATUS_OK) {
        client_refuse(client, command->id, status == STATUS_CLOSED ? status : STATUS_REFUSED, why);
        return;
    }
    output.kind = DESK_DECIDED;
    output.action = action.kind;
    control_claims_acted(desk->claims, client->number, action.call, action.kind);
    desk_put(desk, &output);
    if (is_done_at_once(action.kind))
        client_reply(client, command->id, slice_empty());
    else
        client_expect(client, command->id, PENDING_ACTION, action.call, action.kind);
}

static void refuse(struct client *client, int64_t id, enum status status, const char *why)
{
    client_refuse(client, id, status == STATUS_MALFORMED ? status : STATUS_REFUSED, why);
}

/* Who dials owns the call, as long as the connection stands. */
static void dial(struct client *client, time_ms now, int64_t id, const struct call_order *order)
{
    struct agent *agent = client->desk->settings.agent;
    struct buffer json;
    const char *why = "";
    uint32_t number;
    enum status status = agent_dial(agent, now, order, &number, &why);
    if (status != STATUS_OK) {
        refuse(client, id, status, why);
        return;
    }
    if (!order->is_detached)
        client_own(client, id, number, OWNER_DIALLER);
    buffer_init(&json, 256);
    control_json_text(&json, "call", slice_of(call_id(agent_call(agent, number))));
    client_reply(client, id, buffer_slice(&json));
    buffer_free(&json);
}

static void dial_checked(struct client *client, time_ms now, const struct control_command *command,
                         const struct desk_done *done)
{
    struct call_order order;
    struct action program;
    const char *why = "";
    (void)done;
    if (control_dial_parse(command->args, &order, &program, &why) == STATUS_OK)
        dial(client, now, command->id, &order);
}

/* A hook is looked at first. */
void desk_word_dial(struct client *client, time_ms now, const struct control_command *command,
                    const struct call *call)
{
    struct call_order order;
    struct action program;
    struct desk_output output = { .kind = DESK_CHECK_HOOK };
    const char *why = "";
    (void)call;
    if (control_dial_parse(command->args, &order, &program, &why) != STATUS_OK) {
        client_refuse(client, command->id, STATUS_MALFORMED, why);
    } else if (order.has_hook) {
        output.text = arena_copy_text(client->desk->arena, slice_of(action_word(&program, 0)));
        desk_ask(client, command, &output, dial_checked);
    } else {
        dial(client, now, command->id, &order);
    }
}

void desk_word_bindings(struct client *client, time_ms now, const struct control_command *command,
                        const struct call *call)
{
    const char *why = "";
    uint32_t number;
    (void)call;
    enum status status = agent_ask_bindings(client->desk->settings.agent, now, &number, &why);
    if (status == STATUS_OK)
        client_expect(client, command->id, PENDING_BINDINGS, number, ACTION_COUNT);
    else
        refuse(client, command->id, status, why);
}

void desk_word_message(struct client *client, time_ms now, const struct control_command *command,
                       const struct call *call)
{
    struct slice text;
    const char *why = "";
    uint32_t number;
    (void)call;
    struct slice to = slice_cut(slice_trim(command->args), ' ', &text);
    enum status status =
        agent_send_message(client->desk->settings.agent, now, to, slice_trim(text), &number, &why);
    if (status == STATUS_OK)
        client_expect(client, command->id, PENDING_MESSAGE, number, ACTION_COUNT);
    else
        refuse(client, command->id, status, why);
}
