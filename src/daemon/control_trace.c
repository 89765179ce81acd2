// SPDX-License-Identifier: ISC
#include "daemon/control_trace.h"

#include "desk/control_json.h"
#include "util/limits.h"

enum {
    TEXT_MAX = 12 * 1024,
    TEXT_MIN = 256
};

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
static void push(struct control_session *session, const struct trace_entry *entry)
{
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_LINE);
    for (size_t maximum = TEXT_MAX; maximum >= TEXT_MIN; maximum /= 2) {
        write_entry(&json, entry, maximum);
        if (buffer_status(&json) == STATUS_OK)
            break;
    }
    if (buffer_status(&json) == STATUS_OK)
        control_session_push(session, buffer_slice(&json));
    buffer_free(&json);
}

void control_trace(struct control_session *session, const struct control_server_settings *settings,
                   const struct control_command *command)
{
    struct trace_ring *ring = settings->trace;
    const struct call *call = call_table_find_id(agent_calls(settings->agent), command->call);
    struct sip_link_status link;
    struct trace_entry entry;
    struct buffer json;
    uint64_t after = 0;
    if (call) /* it may have sent nothing but its INVITE yet */
        trace_ring_call(ring, command->call, call_sip_call_id(call));
    while (trace_ring_next(ring, command->call, &after, &entry))
        push(session, &entry);
    if (!after) {
        control_session_refuse(session, command->id, "no", "nothing of that is in memory any more");
        return;
    }
    buffer_init(&json, LIMIT_CONTROL_LINE);
    sip_link_status(settings->link, &link);
    control_json_text(&json, "line", slice_of(agent_settings(settings->agent)->line));
    control_json_text(&json, "protocol", slice_of(link.protocol));
    control_json_text(&json, "server", slice_of(link.remote));
    control_session_reply(session, command->id, buffer_slice(&json));
    buffer_free(&json);
}
