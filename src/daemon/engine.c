// SPDX-License-Identifier: ISC
// The life of the daemon: its parts made, joined and ended; what the connection brings; one turn.
#include "daemon/engine_private.h"
#include "daemon/hook_folder.h"
#include "daemon/notify.h"
#include "io/clock.h"
#include "io/entropy.h"
#include "io/file.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    STOP_MS = 5000
};

static void on_link_up(void *user, const struct agent_link *link)
{
    struct engine *engine = user;
    trace_ring_note(engine->trace, clock_wall(), TRACE_LINE, slice_empty(), slice_of("connected"));
    struct sip_link_status status;
    sip_link_status(engine->link, &status);
    expiry_watch_set(&engine->expiry, EXPIRY_SERVER, status.certificate_expires);
    engine->local = link->local;
    engine_set_media_address(engine);
    agent_link_up(engine->agent, clock_now(), link);
}

static void on_link_lost(void *user, const char *why)
{
    struct engine *engine = user;
    trace_ring_note(engine->trace, clock_wall(), TRACE_LINE, slice_empty(), slice_of(why));
    agent_link_lost(engine->agent, clock_now(), why);
}

/* The message lives until its outputs have been carried out. */
static void on_message(void *user, struct slice bytes, uint32_t fault, const char *why)
{
    struct engine *engine = user;
    time_ms now = clock_now();
    trace_ring_message(engine->trace, clock_wall(), false, bytes);
    agent_receive_bytes(engine->agent, now, engine->arena, bytes, fault, why);
    engine_pump(engine, now);
    arena_reset(engine->arena);
}

static void on_program_ended(void *user, uint32_t call)
{
    struct engine *engine = user;
    agent_disown(engine->agent, clock_now(), call, OWNER_PROGRAM, 0);
}

static void on_drained(void *user, uint32_t call)
{
    struct engine *engine = user;
    agent_media_drained(engine->agent, clock_now(), call);
}

static void on_played_out(void *user, uint32_t call, uint32_t heard_ms)
{
    struct engine *engine = user;
    desk_heard(engine->desk, call, false, heard_ms);
}

static void on_flushed(void *user, uint32_t call, uint32_t heard_ms)
{
    struct engine *engine = user;
    desk_heard(engine->desk, call, true, heard_ms);
}

static void on_digit(void *user, uint32_t call, char digit)
{
    struct engine *engine = user;
    agent_digit(engine->agent, clock_now(), call, digit);
}

static void on_digits_sent(void *user, uint32_t call, bool have_left)
{
    struct engine *engine = user;
    agent_digits_sent(engine->agent, call, have_left);
}

static void see_registration(struct engine *engine, time_ms now)
{
    const struct sip_registration *registration = agent_registration(engine->agent);
    bool is_online = sip_registration_is_online(registration);
    if (is_online && !engine->is_online)
        sip_link_registered(engine->link, now, sip_registration_flow_timer(registration),
                            sip_registration_is_outbound_agreed(registration));
    sip_link_not_before(engine->link, sip_registration_not_before(registration));
    engine->is_online = is_online;
}

static void show_status(struct engine *engine, time_ms now)
{
    struct buffer line;
    if (!status_line_has_changed(&engine->shown, engine, now))
        return;
    buffer_init(&line, 4096);
    status_line_write(&line, engine, now);
    buffer_append_byte(&line, '\0');
    notify_status(line.data);
    buffer_free(&line);
}

static time_ms next_deadline(const struct engine *engine, time_ms now)
{
    time_ms deadline = agent_deadline(engine->agent);
    deadline = time_earliest(deadline, hook_queue_deadline(engine->hooks));
    deadline = time_earliest(deadline, rehearsals_deadline(engine->rehearsals));
    deadline = time_earliest(deadline, desk_deadline(engine->desk));
    deadline = time_earliest(deadline, sip_link_deadline(engine->link));
    deadline = time_earliest(deadline, media_ports_deadline(engine->media, now));
    deadline = time_earliest(deadline, control_server_deadline(engine->control));
    deadline = time_earliest(deadline, expiry_watch_deadline(&engine->expiry));
    deadline = time_earliest(deadline, engine->watchdog_at);
    deadline = time_earliest(deadline, notify_deadline());
    return time_earliest(deadline, engine->stop_at);
}

static void feed_watchdog(struct engine *engine, time_ms now)
{
    if (now < engine->watchdog_at)
        return;
    notify_watchdog();
    engine->watchdog_at = now + engine->watchdog_period;
}

static void reload_by_signal(struct engine *engine, time_ms now)
{
    struct buffer report;
    buffer_init(&report, LIMIT_CONTROL_LINE);
    engine->wants_reload = false;
    (void)!engine_reload(engine, now, &report); /* what came of it is in the log */
    buffer_free(&report);
}

/* The hooks of the last events and the programs of the last calls have their time, too. */
static void stop_when_done(struct engine *engine, time_ms now)
{
    size_t hooks = hook_queue_alive(engine->hooks);
    if (now >= engine->stop_at)
        LOG(WARNING, "not everything has ended in time",
            NUMBER("calls", call_table_count(agent_calls(engine->agent))), NUMBER("hooks", hooks));
    else if (!engine->has_agent_stopped || hooks || !media_ports_is_idle(engine->media))
        return;
    loop_stop(engine->loop);
}

/* After the callbacks of every turn: time, the pump, one write, one timer. */
static void on_turn(void *user)
{
    struct engine *engine = user;
    time_ms now = clock_now();
    if (engine->wants_reload)
        reload_by_signal(engine, now);
    agent_timeout(engine->agent, now);
    hook_queue_timeout(engine->hooks, now);
    desk_timeout(engine->desk, now);
    sip_link_timeout(engine->link, now);
    media_ports_timeout(engine->media, now);
    engine_pump(engine, now);
    see_registration(engine, now);
    sip_link_flush(engine->link);
    sip_link_turn(engine->link, now);
    engine_pump(engine, now);
    sip_link_flush(engine->link);
    feed_watchdog(engine, now);
    control_server_watch_socket(engine->control, now);
    kept_messages_watch(engine->kept, now);
    expiry_watch_timeout(&engine->expiry, now, clock_wall());
    show_status(engine, now);
    notify_turn(now);
    stop_when_done(engine, now);
    loop_timer_at(engine->timer, next_deadline(engine, now));
}

static void on_timer(void *user)
{
    (void)user; /* on_turn does the work */
}

static void on_stop(void *user)
{
    struct engine *engine = user;
    time_ms now = clock_now();
    if (engine->stop_at != TIME_NEVER) {
        loop_stop(engine->loop); /* asked twice */
        return;
    }
    LOG(NOTICE, "stopping");
    notify_stopping();
    engine->stop_at = now + STOP_MS;
    agent_stop(engine->agent, now);
    hook_queue_stop(engine->hooks, now + STOP_MS / 2);
}

/* Signals that come before the end of the turn are one. */
static void on_reload(void *user)
{
    struct engine *engine = user;
    engine->wants_reload = true;
}

static void on_network_changed(void *user)
{
    struct engine *engine = user;
    sip_link_network_changed(engine->link, clock_now());
}

static bool is_idle(void *user)
{
    const struct engine *engine = user;
    return call_table_count_live(agent_calls(engine->agent)) == 0;
}

static void on_probe(void *user)
{
    struct engine *engine = user;
    agent_probe(engine->agent, clock_now());
}

static void make_link(struct engine *engine)
{
    static const struct sip_link_events events = { on_link_up, on_link_lost, on_message, on_probe,
                                                   is_idle };
    engine->link =
        sip_link_new(engine->loop, &engine->settings->link, &engine->random, &events, engine);
}

static void make_media(struct engine *engine)
{
    static const struct media_ports_events events = {
        .program_ended = on_program_ended,
        .drained = on_drained,
        .played_out = on_played_out,
        .flushed = on_flushed,
        .digit = on_digit,
        .digits_sent = on_digits_sent,
    };
    engine->media = media_ports_new(engine->loop, engine->reaper, &engine->random,
                                    &engine->settings->media, &events, engine);
}

static void make_hooks(struct engine *engine)
{
    engine->hooks = hook_queue_new(&engine->settings->hooks);
    engine->runner =
        hook_runner_new(engine->loop, engine->reaper, &engine->settings->runner, engine->hooks);
    engine->rehearsals =
        rehearsals_new(engine->loop, engine->reaper, &engine->settings->rehearsals);
}

static enum status make_control(struct engine *engine, struct config_error *error)
{
    const struct desk_settings settings = { .agent = engine->agent, .trace = engine->trace };
    engine->started_at = clock_now();
    engine->desk = desk_new(&settings);
    return control_server_new(engine->loop, engine->settings->config->control_socket, engine->desk,
                              &engine->control, error->text, sizeof(error->text));
}

static enum status make_folders(const struct config *config, struct config_error *error)
{
    char calls[ENGINE_PATH_BYTES];
    snprintf(calls, sizeof(calls), "%.3000s/calls", config->state_dir);
    file_remove_folder(calls); /* of a life before this one */
    if (file_make_folder(calls) == STATUS_OK)
        return STATUS_OK;
    snprintf(error->text, sizeof(error->text), "state_dir: %.500s cannot be made: %s", calls,
             strerror(errno));
    return STATUS_SYSTEM;
}

static void take_up_kept(struct engine *engine)
{
    char folder[ENGINE_PATH_BYTES];
    engine_call_folder(engine, 0, folder);
    hook_runner_make_folder(folder);
    kept_messages_take_up(engine->kept, clock_now(), engine->hooks, folder);
}

struct engine *engine_new(struct config *config, const struct config_source *source,
                          struct config_error *error)
{
    struct engine *engine = memory_new(sizeof(*engine));
    engine->source = source;
    engine->stop_at = TIME_NEVER;
    engine->watchdog_period = notify_watchdog_period();
    engine->watchdog_at = engine->watchdog_period ? 0 : TIME_NEVER;
    entropy_seed(&engine->random);
    instance_id_obtain(config->state_dir, &engine->random, engine->instance_id);
    engine->settings = settings_new(config, engine->instance_id);
    expiry_watch_init(&engine->expiry);
    expiry_watch_set(&engine->expiry, EXPIRY_OWN, engine->settings->own_certificate_expires);
    engine->loop = loop_new();
    engine->timer = loop_timer_new(engine->loop, on_timer, engine);
    engine->reaper = child_reaper_new(engine->loop);
    engine->arena = arena_new();
    engine->trace = trace_ring_new(LIMIT_TRACE);
    engine->agent = agent_new(&engine->settings->agent, &engine->random);
    make_link(engine);
    make_media(engine);
    make_hooks(engine);
    if (call_journal_new(engine->settings->config->state_dir, engine->agent, &engine->journal,
                         error->text, sizeof(error->text)) != STATUS_OK ||
        make_folders(config, error) != STATUS_OK) {
        engine_free(engine);
        return NULL;
    }
    engine->kept = kept_messages_new(config->state_dir);
    if (make_control(engine, error) != STATUS_OK) {
        engine_free(engine);
        return NULL;
    }
    take_up_kept(engine);
    engine->network = network_watch_new(engine->loop, on_network_changed, engine);
    call_journal_take_up(engine->journal, clock_now());
    binding_file_take_up(config->state_dir, engine->agent, clock_now());
    signal(SIGPIPE, SIG_IGN);
    engine->signals[0] = loop_on_signal(engine->loop, SIGTERM, on_stop, engine);
    engine->signals[1] = loop_on_signal(engine->loop, SIGINT, on_stop, engine);
    engine->signals[2] = loop_on_signal(engine->loop, SIGHUP, on_reload, engine);
    loop_on_turn(engine->loop, on_turn, engine);
    return engine;
}

void engine_run(struct engine *engine)
{
    hook_folder_log(engine->settings->config->hooks_dir);
    sip_link_start(engine->link, clock_now());
    notify_ready();
    loop_run(engine->loop);
}

void engine_free(struct engine *engine)
{
    if (!engine)
        return;
    control_server_free(engine->control);
    desk_free(engine->desk);
    rehearsals_free(engine->rehearsals);
    hook_runner_free(engine->runner);
    hook_queue_free(engine->hooks);
    kept_messages_free(engine->kept);
    media_ports_free(engine->media);
    sip_link_free(engine->link);
    network_watch_free(engine->network);
    call_journal_free(engine->journal);
    agent_free(engine->agent);
    arena_free(engine->arena);
    trace_ring_free(engine->trace);
    child_reaper_free(engine->reaper);
    for (size_t i = 0; i < sizeof(engine->signals) / sizeof(*engine->signals); i++)
        loop_signal_free(engine->signals[i]);
    loop_timer_free(engine->timer);
    loop_free(engine->loop);
    settings_free(engine->settings);
    memory_erase(&engine->random, sizeof(engine->random));
    free(engine);
}
