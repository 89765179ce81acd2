// SPDX-License-Identifier: ISC
// Commands on the line and on the client itself: looking, watching, claiming, tests, traces.
#include "desk/control_json.h"
#include "desk/desk_words.h"
#include "desk/test_words.h"

enum {
    TEXT_MAX = 12 * 1024,
    TEXT_MIN = 256
};

void desk_word_claim(struct client *client, time_ms now, const struct control_command *command,
                     const struct call *call)
{
    enum event_kind kind;
    (void)now;
    (void)call;
    if (!event_kind_from_text(command->event, &kind) || !event_wants_decision(kind))
        client_refuse(client, command->id, STATUS_MALFORMED,
                      "claim wants an event: incoming, outgoing or transfer");
    else if (!control_claims_take(client->desk->claims, kind, client->number))
        client_refuse(client, command->id, STATUS_REFUSED, "another client has claimed this event");
    else
        client_reply(client, command->id, slice_empty());
}

void desk_word_log(struct client *client, time_ms now, const struct control_command *command,
                   const struct call *call)
{
    struct desk_output output = { .kind = DESK_LOG };
    (void)now;
    (void)call;
    if (!log_level_from_text(command->args, &output.level)) {
        client_refuse(client, command->id, STATUS_MALFORMED,
                      "log wants error, warning, notice, info or debug");
        return;
    }
    desk_put(client->desk, &output);
    client_reply(client, command->id, slice_empty());
}

void desk_word_watch(struct client *client, time_ms now, const struct control_command *command,
                     const struct call *call)
{
    (void)now;
    (void)call;
    if (!control_session_is_watching(client->session))
        list_append(&client->desk->watchers, &client->watching);
    control_session_watch(client->session, true);
    client_reply(client, command->id, slice_empty());
}

void desk_word_reregister(struct client *client, time_ms now, const struct control_command *command,
                          const struct call *call)
{
    (void)call;
    agent_reregister(client->desk->settings.agent, now);
    desk_put(client->desk, &(struct desk_output){ .kind = DESK_REREGISTER });
    client_reply(client, command->id, slice_empty());
}

/* What only the world knows: its answer is ours. */
void desk_word_look(struct client *client, time_ms now, const struct control_command *command,
                    const struct call *call)
{
    (void)now;
    desk_ask(client, command,
             &(struct desk_output){ .kind = command->verb->output,
                                    .call = call ? call_number(call) : 0 },
             client_reply_done);
}

static void await_rehearsal(struct client *client, time_ms now,
                            const struct control_command *command, const struct desk_done *done)
{
    (void)now;
    client_expect(client, command->id, PENDING_TEST, done->number, ACTION_COUNT);
}

void desk_word_test(struct client *client, time_ms now, const struct control_command *command,
                    const struct call *call)
{
    struct desk *desk = client->desk;
    struct desk_output output = { .kind = DESK_TEST };
    const char *why = "";
    (void)now;
    (void)call;
    if (control_test_parse(command->args, desk->arena, &output.event, &why) != STATUS_OK) {
        client_refuse(client, command->id, STATUS_MALFORMED, why);
        return;
    }
    output.event.line = slice_of(agent_settings(desk->settings.agent)->line);
    desk_ask(client, command, &output, await_rehearsal);
}

static void write_entry(struct buffer *json, const struct trace_entry *entry, size_t maximum)
{
    buffer_clear(json);
    buffer_append_byte(json, '{');
    control_json_number(json, "v", 1);
    control_json_text(json, "trace", slice_of(trace_kind_text(entry->kind)));
    control_json_time(json, "t", entry->wall);
    if (entry->call.length)
        control_json_text(json, "call", entry->call);
    if (entry->bytes.length > maximum)
        control_json_bool(json, "cut", true);
    control_json_text(json, "text", slice_first(entry->bytes, maximum));
    buffer_append_byte(json, '}');
}

/* A line holds 16 KiB, and one byte may become six. */
static void push_entry(struct client *client, const struct trace_entry *entry)
{
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_LINE);
    for (size_t maximum = TEXT_MAX; maximum >= TEXT_MIN; maximum /= 2) {
        write_entry(&json, entry, maximum);
        if (buffer_status(&json) == STATUS_OK)
            break;
    }
    if (buffer_status(&json) == STATUS_OK)
        client_push(client, buffer_slice(&json));
    buffer_free(&json);
}

void desk_word_trace(struct client *client, time_ms now, const struct control_command *command,
                     const struct call *no_call)
{
    struct trace_ring *ring = client->desk->settings.trace;
    const struct call *call =
        call_table_find_id(agent_calls(client->desk->settings.agent), command->call);
    struct trace_entry entry;
    uint64_t after = 0;
    (void)now;
    (void)no_call;
    if (call) /* it may have sent nothing but its INVITE yet */
        trace_ring_call(ring, command->call, call_sip_call_id(call));
    while (trace_ring_next(ring, command->call, &after, &entry))
        push_entry(client, &entry);
    if (after)
        desk_ask(client, command, &(struct desk_output){ .kind = DESK_TRACED }, client_reply_done);
    else
        control_session_refuse(client->session, command->id, "no",
                               "nothing of that is in memory any more");
}
