// SPDX-License-Identifier: ISC
// What the core wants done: bytes to the link, events to hooks and watchers, media orders, hook
// runs.
#include "daemon/control_reports.h"
#include "daemon/engine_private.h"
#include "hook/environment.h"
#include "io/clock.h"
#include "io/file.h"
#include "util/log.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum {
    ROUNDS_MAX = 100000
};

/* By number: it is never that of another call of this process. */
void engine_call_folder(const struct engine *engine, uint32_t call, char path[ENGINE_PATH_BYTES])
{
    if (call)
        snprintf(path, ENGINE_PATH_BYTES, "%.3000s/calls/%u", engine->settings->config->state_dir,
                 call);
    else
        snprintf(path, ENGINE_PATH_BYTES, "%.3000s/line", engine->settings->config->state_dir);
}

char **engine_environment(const struct engine *engine, const struct event *event)
{
    char folder[ENGINE_PATH_BYTES];
    engine_call_folder(engine, event->call, folder);
    hook_runner_make_folder(folder);
    struct hook_environment_settings settings = engine->settings->environment;
    settings.directory = folder;
    settings.rate = media_ports_rate(engine->media, event->call);
    return hook_environment_new(event, &settings);
}

static void trace_event(struct engine *engine, const struct event *event, struct slice sip_call_id)
{
    if (sip_call_id.length)
        trace_ring_call(engine->trace, event->call_id, sip_call_id);
    trace_ring_note(engine->trace, clock_wall(), event->call ? TRACE_HOOK : TRACE_LINE,
                    event->call_id, slice_of(event_kind_text(event->kind)));
}

void engine_trace_decision(struct engine *engine, uint32_t number, const char *who,
                           const char *what)
{
    char sentence[256];
    const struct call *call = agent_call(engine->agent, number);
    snprintf(sentence, sizeof(sentence), "%s: %s", who, what);
    trace_ring_note(engine->trace, clock_wall(), TRACE_HOOK,
                    call ? slice_of(call_id(call)) : slice_empty(), slice_of(sentence));
}

/* What the far end is rid of with its 200 is on disk before, or finds a place in the queue; *kept
 * is its number there. */
static bool take(struct engine *engine, time_ms now, const struct agent_output *output,
                 char *const *environment, uint32_t *kept)
{
    const struct event *event = &output->event;
    bool is_taken = hook_queue_has_room(engine->hooks, event->kind, event->call);
    if (is_taken && event->kind == EVENT_MESSAGE) {
        *kept = hook_queue_next_kept(engine->hooks);
        is_taken = kept_messages_keep(engine->kept, *kept, environment, event->body) == STATUS_OK;
    }
    agent_event_taken(engine->agent, now, output->transaction, is_taken);
    return is_taken;
}

static void tell(struct engine *engine, time_ms now, const struct agent_output *output)
{
    const struct event *event = &output->event;
    char **environment = engine_environment(engine, event);
    uint32_t kept = 0;
    if (output->transaction && !take(engine, now, output, environment, &kept)) {
        hook_environment_free(environment);
        return;
    }
    trace_event(engine, event, output->sip_call_id);
    bool is_asked = desk_event(engine->desk, event, environment, clock_wall(),
                               now + engine->settings->hooks.decide_ms);
    engine_pump_desk(engine, now); /* `any` is told of what went before it first */
    if (is_asked)
        engine_trace_decision(engine, event->call, event_kind_text(event->kind),
                              "a client is asked");
    if (is_asked)
        hook_environment_free(environment);
    else if (kept)
        hook_queue_event_kept(engine->hooks, now, event->kind, environment, event->body, kept,
                              NULL);
    else
        hook_queue_event(engine->hooks, now, event->kind, event->call, environment, event->body);
}

static void open_media(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    struct net_address rtp;
    uint16_t rtcp_port;
    if (!item->text)
        return; /* the call has gone */
    enum status status = media_ports_open(engine->media, item->call, item->text,
                                          &engine->media_address, &rtp, &rtcp_port);
    if (status == STATUS_OK) {
        agent_media_opened(engine->agent, now, item->call, &rtp, rtcp_port);
        return;
    }
    LOG(ERROR, "no RTP port can be opened: see audio.ports", TEXT("call", item->text),
        TEXT("why", status_text(status)));
    agent_media_failed(engine->agent, now, item->call);
}

static void run_media_program(struct engine *engine, time_ms now, const struct outbox_item *item,
                              char **environment)
{
    uint32_t number = item->call;
    const char *why = "";
    const struct action *decision = item->program;
    char *argv[ACTION_WORDS_MAX + 1] = { NULL };
    for (size_t i = 0; i < decision->word_count; i++)
        argv[i] = (char *)action_word(decision, i);
    struct child_settings program = {
        .path = argv[0],
        .keep_fd = -1,
        .argv = argv,
        .envp = environment,
        .directory = hook_environment_value(environment, "OFFHOOK_DIR"),
        .stdin_fd = -1,
        .stdout_fd = -1,
        .stderr_fd = 2,
        .hidden = (const char *const *)engine->settings->hidden,
    };
    agent_own(engine->agent, number, OWNER_PROGRAM, 0);
    agent_disown(engine->agent, now, number, OWNER_DETACHED, 0);
    if (media_ports_run(engine->media, number, &program, &why) != STATUS_OK) {
        LOG(ERROR, "the media program cannot be started", TEXT("program", argv[0]),
            TEXT("call", item->text), TEXT("why", why));
        agent_disown(engine->agent, now, number, OWNER_PROGRAM, 0);
    }
    hook_environment_free(environment);
}

/* With the audio, as a hook, or by the client that has dialled. */
static void run_program(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    if (!item->program)
        return; /* the call has gone */
    char **environment = engine_environment(engine, item->facts);
    if (!item->program->word_count) {
        desk_early(engine->desk, item->facts, environment);
        hook_environment_free(environment);
    } else if (item->is_hook) {
        hook_queue_take_over(engine->hooks, now, item->call, environment,
                             action_word(item->program, 0));
    } else {
        run_media_program(engine, now, item, environment);
    }
}

static void start_media(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    if (item->media)
        media_ports_start(engine->media, now, item->call, item->media);
}

static void connect_media(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    media_ports_connected(engine->media, now, item->call);
}

static void drain_media(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    media_ports_drain(engine->media, now, item->call);
}

static void close_media(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    struct media_statistics statistics;
    if (media_ports_statistics(engine->media, item->call, &statistics))
        agent_media_figures(engine->agent, item->call, &statistics);
    media_ports_close(engine->media, now, item->call);
}

static void send_digits(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)now;
    media_ports_send_digits(engine->media, item);
}

static void tell_result(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)now;
    if (item->action == ACTION_ASK)
        desk_asked(engine->desk, item->call, item->status == 200, item->digits);
    else
        desk_result(engine->desk, item->call, item->action, item->status);
}

static void tell_digit(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)now;
    desk_digit(engine->desk, item->call, item->digits, clock_wall());
}

static void tell_message_result(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)now;
    desk_message_result(engine->desk, item->call, item->status);
}

static void tell_over(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    desk_call_over(engine->desk, item->call);
    hook_queue_call_over(engine->hooks, now, item->call);
}

static void keep_record(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    call_journal_keep(engine->journal, now, item->call);
}

static void keep_last_record(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    sip_link_flush(engine->link);
    keep_record(engine, now, item);
}

static void reconnect(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    sip_link_reconnect(engine->link, now, item->text, item->is_swallowed);
}

static void restart_link(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)item;
    sip_link_restart(engine->link, now, "the configuration has changed");
}

static void note_stopped(struct engine *engine, time_ms now, const struct outbox_item *item)
{
    (void)now;
    (void)item;
    engine->has_agent_stopped = true;
}

/* An event never comes as an item: AGENT_EVENT. */
static void (*const carry_out[OUTBOX_COUNT])(struct engine *, time_ms,
                                             const struct outbox_item *) = {
    [OUTBOX_EVENT] = NULL,
    [OUTBOX_MEDIA_OPEN] = open_media,
    [OUTBOX_MEDIA_START] = start_media,
    [OUTBOX_MEDIA_UPDATE] = start_media,
    [OUTBOX_MEDIA_CONNECTED] = connect_media,
    [OUTBOX_MEDIA_PROGRAM] = run_program,
    [OUTBOX_MEDIA_DRAIN] = drain_media,
    [OUTBOX_MEDIA_CLOSE] = close_media,
    [OUTBOX_CALL_OVER] = tell_over,
    [OUTBOX_MEDIA_DIGITS] = send_digits,
    [OUTBOX_DIGIT] = tell_digit,
    [OUTBOX_RESULT] = tell_result,
    [OUTBOX_MESSAGE_RESULT] = tell_message_result,
    [OUTBOX_RECORD] = keep_record,
    [OUTBOX_RECORD_OVER] = keep_last_record,
    [OUTBOX_RECONNECT] = reconnect,
    [OUTBOX_NEW_CONNECTION] = restart_link,
    [OUTBOX_STOPPED] = note_stopped,
};

static bool pump_agent(struct engine *engine, time_ms now)
{
    struct agent_output output;
    if (!agent_next_output(engine->agent, now, &output))
        return false;
    switch (output.kind) {
    case AGENT_SEND:
        trace_ring_message(engine->trace, clock_wall(), true, output.bytes);
        sip_link_send(engine->link, output.bytes);
        break;
    case AGENT_EVENT:
        tell(engine, now, &output);
        break;
    case AGENT_BINDING:
        binding_file_keep(engine->settings->config->state_dir, engine->agent, now);
        break;
    case AGENT_OUTBOX:
        carry_out[output.item.kind](engine, now, &output.item);
        break;
    }
    return true;
}

static void decide(struct engine *engine, time_ms now, const struct hook_output *output)
{
    const char *why = "";
    LOG(INFO, "hook decided", TEXT("call", output->call_id),
        TEXT("decision", action_kind_text(output->action->kind)));
    engine_trace_decision(engine, output->call, "hook", action_kind_text(output->action->kind));
    if (agent_act(engine->agent, now, output->action, &why) != STATUS_OK) {
        LOG(NOTICE, "hook's decision cannot be carried out", TEXT("call", output->call_id),
            TEXT("why", why));
        agent_decide_default(engine->agent, now, output->call);
    }
}

/* Nobody has decided. That a call of ours may leave then is nothing to tell. */
static void decide_default(struct engine *engine, time_ms now, const struct hook_output *output)
{
    const char *sentence = output->event == EVENT_INCOMING   ? "the configuration decides"
                           : output->event == EVENT_OUTGOING ? "the call may leave"
                                                             : "the transfer is refused";
    enum log_level level = output->event == EVENT_OUTGOING ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
    if (log_is_enabled(level))
        LOG_WITH_FIELDS(level, sentence, TEXT("call", output->call_id), TEXT("why", output->why),
                        { .name = NULL });
    engine_trace_decision(engine, output->call, sentence, output->why);
    agent_decide_default(engine->agent, now, output->call);
}

static void remove_call_folder(const struct engine *engine, uint32_t call)
{
    char folder[ENGINE_PATH_BYTES];
    engine_call_folder(engine, call, folder);
    file_remove_folder(folder);
}

static void start_hook(struct engine *engine, time_ms now, const struct hook_output *output)
{
    struct hook_place place = {
        .directory = hook_environment_value(output->environment, "OFFHOOK_DIR"),
    };
    bool is_end = output->event == EVENT_ENDED && output->call;
    if (is_end)
        (void)call_journal_mark(engine->journal, now, output->call, &place.mark_from,
                                &place.mark_to);
    if (hook_runner_start(engine->runner, now, output, &place) && is_end)
        call_journal_told(engine->journal, now, output->call);
}

static bool pump_hooks(struct engine *engine, time_ms now)
{
    struct hook_output output;
    if (!hook_queue_next_output(engine->hooks, now, &output))
        return false;
    switch (output.kind) {
    case HOOK_START:
        start_hook(engine, now, &output);
        break;
    case HOOK_ACTION:
        decide(engine, now, &output);
        break;
    case HOOK_DEFAULT:
        decide_default(engine, now, &output);
        break;
    case HOOK_TERMINATE:
        hook_runner_signal(engine->runner, output.run, SIGTERM);
        break;
    case HOOK_KILL:
        hook_runner_signal(engine->runner, output.run, SIGKILL);
        break;
    case HOOK_OWNING:
        agent_own(engine->agent, output.call, OWNER_HOOK, 0);
        break;
    case HOOK_TAKEN_OVER:
        agent_disown(engine->agent, now, output.call, OWNER_DETACHED, 0);
        break;
    case HOOK_RELEASED:
        agent_disown(engine->agent, now, output.call, OWNER_HOOK, 0);
        break;
    case HOOK_KEEP:
    case HOOK_KEPT_DONE:
    case HOOK_GIVEN_UP:
        kept_messages_carry_out(engine->kept, &output);
        break;
    case HOOK_CALL_DONE:
        call_journal_told(engine->journal, now, output.call);
        remove_call_folder(engine, output.call);
        break;
    }
    return true;
}

static void pump_rehearsals(struct engine *engine, time_ms now)
{
    struct rehearsal_report report;
    while (rehearsals_pump(engine->rehearsals, now, &report)) {
        struct buffer json;
        buffer_init(&json, LIMIT_CONTROL_LINE);
        control_report_rehearsal(&json, &report);
        desk_rehearsed(engine->desk, report.number, buffer_slice(&json));
        buffer_free(&json);
    }
}

/* A bound turns a mistake of ours into a line in the log, not into a spin. */
void engine_pump(struct engine *engine, time_ms now)
{
    for (int round = 0; round < ROUNDS_MAX; round++) {
        bool has_worked = pump_agent(engine, now);
        has_worked = pump_hooks(engine, now) || has_worked;
        has_worked = engine_pump_desk(engine, now) || has_worked;
        pump_rehearsals(engine, now);
        if (has_worked)
            continue;
        if (!control_server_sweep(engine->control, now) && !desk_work(engine->desk, now))
            return;
        engine_pump_desk(engine, now); /* hooks and audio know of it before the call goes on */
    }
    LOG(ERROR, "the engine does not come to rest");
}
