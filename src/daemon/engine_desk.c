// SPDX-License-Identifier: ISC
// What the desk wants: bytes to clients, pipes and what becomes of a call's audio, reports,
// reloads, tests; and what its clients have decided instead of a hook.
#include "daemon/control_reports.h"
#include "daemon/engine_private.h"
#include "desk/control_json.h"
#include "util/limits.h"
#include "util/log.h"

/* OK, or why not. */
static void answer(struct engine *engine, time_ms now, enum status status, const char *why)
{
    desk_done(engine->desk, now, &(struct desk_done){ .status = status, .why = why });
}

static void attach(struct engine *engine, time_ms now, const struct desk_output *output)
{
    struct desk_done done = { .status = STATUS_OK };
    struct audio_ends ends;
    struct audio_request request = {
        .rate = output->wish.rate,
        .listens = output->wish.listens,
        .hears_both = output->wish.hears_both,
        .speaks = output->wish.speaks,
        .replaces = output->wish.replaces,
        .owner = output->client,
    };
    done.status = media_ports_attach(engine->media, output->call, &request, &ends, &done.why);
    if (done.status == STATUS_OK) {
        done.number = request.rate;
        done.pipes = control_server_hold(engine->control, output->client, &ends);
    }
    desk_done(engine->desk, now, &done);
}

static void flush(struct engine *engine, time_ms now, const struct desk_output *output)
{
    const char *why = "";
    enum status status = media_ports_flush(engine->media, output->call, &why);
    answer(engine, now, status, why);
}

static void play_out(struct engine *engine, time_ms now, const struct desk_output *output)
{
    const char *why = "";
    enum status status = media_ports_play_out(engine->media, output->call, &why);
    answer(engine, now, status, why);
}

static void mute(struct engine *engine, time_ms now, const struct desk_output *output)
{
    const char *why = "";
    enum status status =
        media_ports_mute(engine->media, output->call, output->kind == DESK_MUTE, &why);
    answer(engine, now, status, why);
}

static void bridge(struct engine *engine, time_ms now, const struct desk_output *output)
{
    const char *why = "";
    enum status status = media_ports_bridge(engine->media, output->call, output->other, &why);
    answer(engine, now, status, why);
}

static void check_hook(struct engine *engine, time_ms now, const struct desk_output *output)
{
    char fault[PROGRAM_WHY_BYTES] = "";
    enum status status = hook_runner_check(engine->runner, output->text, fault);
    answer(engine, now, status, fault);
}

static void test(struct engine *engine, time_ms now, const struct desk_output *output)
{
    struct desk_done done = { .why = "as many tests as may run at once are running" };
    done.status = rehearsals_start(engine->rehearsals, now, &output->event, &done.number);
    desk_done(engine->desk, now, &done);
}

static void report_link(struct buffer *json, const struct engine *engine)
{
    struct sip_link_status link;
    sip_link_status(engine->link, &link);
    control_json_text(json, "line", slice_of(agent_settings(engine->agent)->line));
    control_json_text(json, "protocol", slice_of(link.protocol));
    control_json_text(json, "server", slice_of(link.remote));
}

static void report(struct engine *engine, time_ms now, const struct desk_output *output)
{
    struct desk_done done = { .status = STATUS_OK };
    struct buffer json;
    buffer_init(&json, LIMIT_CONTROL_BACKLOG);
    if (output->kind == DESK_STATUS)
        control_report_status(&json, engine, now);
    else if (output->kind == DESK_CALLS)
        control_report_calls(&json, engine, now);
    else if (output->kind == DESK_SHOW)
        control_report_call(&json, engine, now, agent_call(engine->agent, output->call));
    else if (output->kind == DESK_HOOKS)
        control_report_hooks(&json, engine, now);
    else
        report_link(&json, engine);
    done.fields = buffer_slice(&json);
    desk_done(engine->desk, now, &done);
    buffer_free(&json);
}

/* The one line that says what is wrong is what the operator gets. */
static void look_at_configuration(struct engine *engine, time_ms now,
                                  const struct desk_output *output)
{
    struct desk_done done = { .status = STATUS_OK };
    struct buffer text;
    buffer_init(&text, LIMIT_CONTROL_LINE);
    done.status = output->kind == DESK_RELOAD ? engine_reload(engine, now, &text)
                                              : engine_check(engine, &text);
    done.fields = buffer_slice(&text);
    if (done.status != STATUS_OK) {
        buffer_append_byte(&text, '\0');
        done.why = text.data;
    }
    desk_done(engine->desk, now, &done);
    buffer_free(&text);
}

static void set_log_level(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)engine;
    (void)now;
    log_set_level(output->level);
}

/* The operator knows better. */
static void hurry(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)output;
    sip_link_not_before(engine->link, 0);
    sip_link_hurry(engine->link, now);
}

static void release(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)now;
    media_ports_release(engine->media, output->call, output->client);
}

static void unbridge(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)now;
    media_ports_unbridge(engine->media, output->call);
}

static void note_verb(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)now;
    hook_queue_verb(engine->hooks, output->call);
}

static void note_decided(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)now;
    hook_queue_decided(engine->hooks, output->call, output->action);
}

static void pass_hook_by(struct engine *engine, time_ms now, const struct desk_output *output)
{
    hook_queue_event_decided(engine->hooks, now, output->event.kind, output->call,
                             engine_environment(engine, &output->event));
}

static void give_to_hook(struct engine *engine, time_ms now, const struct desk_output *output)
{
    const struct event *event = &output->event;
    LOG(NOTICE, "the hook is asked", SLICE("call", event->call_id),
        TEXT("event", event_kind_text(event->kind)), TEXT("why", output->text));
    engine_trace_decision(engine, output->call, "the hook is asked", output->text);
    hook_queue_event(engine->hooks, now, event->kind, output->call,
                     engine_environment(engine, event), slice_empty());
}

static void tell_client(struct engine *engine, time_ms now, const struct desk_output *output)
{
    (void)now;
    control_server_carry_out(engine->control, output);
}

static void (*const carry_out[DESK_OUTPUT_COUNT])(struct engine *, time_ms,
                                                  const struct desk_output *) = {
    [DESK_SEND] = tell_client,
    [DESK_CLOSE] = tell_client,
    [DESK_ATTACH] = attach,
    [DESK_FLUSH] = flush,
    [DESK_PLAY_OUT] = play_out,
    [DESK_MUTE] = mute,
    [DESK_UNMUTE] = mute,
    [DESK_BRIDGE] = bridge,
    [DESK_CHECK_HOOK] = check_hook,
    [DESK_TEST] = test,
    [DESK_STATUS] = report,
    [DESK_CALLS] = report,
    [DESK_SHOW] = report,
    [DESK_HOOKS] = report,
    [DESK_TRACED] = report,
    [DESK_RELOAD] = look_at_configuration,
    [DESK_CHECK] = look_at_configuration,
    [DESK_LOG] = set_log_level,
    [DESK_REREGISTER] = hurry,
    [DESK_RELEASE] = release,
    [DESK_UNBRIDGE] = unbridge,
    [DESK_VERB] = note_verb,
    [DESK_DECIDED] = note_decided,
    [DESK_EVENT_DECIDED] = pass_hook_by,
    [DESK_EVENT_LAPSED] = give_to_hook,
};

bool engine_pump_desk(struct engine *engine, time_ms now)
{
    struct desk_output output;
    bool has_worked = false;
    while (desk_next_output(engine->desk, now, &output)) {
        carry_out[output.kind](engine, now, &output);
        has_worked = true;
    }
    return has_worked;
}
