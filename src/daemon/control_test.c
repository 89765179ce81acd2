// SPDX-License-Identifier: ISC
#include "daemon/control_test.h"

#include "desk/control_json.h"
#include "desk/test_words.h"
#include "util/limits.h"

bool control_test_begin(struct control_session *session,
                        const struct control_server_settings *settings, time_ms now,
                        const struct control_command *command, uint32_t *number)
{
    struct arena *arena = arena_new();
    const char *why = "";
    struct event event;
    const char *error = "usage";
    enum status status = control_test_parse(command->args, arena, &event, &why);
    if (status == STATUS_OK) {
        error = "refused";
        why = "as many tests as may run at once are running";
        event.line = slice_of(agent_settings(settings->agent)->line);
        status = rehearsals_start(settings->rehearsals, now, &event, number);
    }
    arena_free(arena);
    if (status != STATUS_OK)
        control_session_refuse(session, command->id, error, why);
    return status == STATUS_OK;
}

static void write_decisions(struct buffer *json, struct slice rest)
{
    bool is_first = true;
    control_json_name(json, "decisions");
    buffer_append_byte(json, '[');
    while (rest.length) {
        buffer_append_text(json, is_first ? "{" : ",{");
        control_json_text(json, "decision", slice_cut(rest, '\n', &rest));
        buffer_append_byte(json, '}');
        is_first = false;
    }
    buffer_append_byte(json, ']');
}

void control_test_end(struct control_session *session, int64_t id,
                      const struct rehearsal_report *report)
{
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_LINE);
    control_json_number(&json, "v", 1);
    write_decisions(&json, report->decisions);
    if (report->why)
        control_json_text(&json, "default", slice_of(report->why));
    control_json_number(&json, "runs", (int64_t)report->statistics.runs);
    control_json_number(&json, "failures", (int64_t)report->statistics.failures);
    control_json_number(&json, "timeouts", (int64_t)report->statistics.timeouts);
    control_json_number(&json, "longest_ms", report->statistics.longest_ms);
    if (report->statistics.last_error[0]) {
        control_json_text(&json, "hook", slice_of(report->statistics.name));
        control_json_text(&json, "last_error", slice_of(report->statistics.last_error));
    }
    control_session_reply(session, id, buffer_slice(&json));
    buffer_free(&json);
}
