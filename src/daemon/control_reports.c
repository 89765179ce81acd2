// SPDX-License-Identifier: ISC
#include "daemon/control_reports.h"

#include "daemon/engine_private.h"
#include "daemon/hook_folder.h"
#include "desk/control_json.h"
#include "io/clock.h"
#include "sip/endpoint.h"
#include "util/limits.h"

#include <stdio.h>
#include <string.h>

static time_ms wall_of(time_ms when, time_ms now)
{
    return clock_wall() + when - now;
}

static void report_registration(struct buffer *json, const struct sip_registration *registration,
                                time_ms now)
{
    time_ms until = sip_registration_registered_until(registration);
    time_ms next = sip_registration_next_attempt_at(registration);
    struct slice failure = sip_registration_last_failure(registration);
    control_json_bool(json, "registered", sip_registration_is_online(registration));
    control_json_text(json, "registration",
                      slice_of(sip_registration_state_text(sip_registration_state(registration))));
    if (until != TIME_NEVER && sip_registration_is_online(registration))
        control_json_time(json, "registered_until", wall_of(until, now));
    if (next != TIME_NEVER)
        control_json_time(json, "next_register", wall_of(next, now));
    if (failure.length)
        control_json_text(json, "registration_failure", failure);
    if (sip_registration_last_status(registration))
        control_json_number(json, "registration_status",
                            sip_registration_last_status(registration));
}

static void report_link(struct buffer *json, const struct sip_link *link, time_ms now)
{
    struct sip_link_status status;
    sip_link_status(link, &status);
    control_json_text(json, "connection", slice_of(status.state_text));
    control_json_number(json, "connects", status.facts.connects);
    if (status.remote[0])
        control_json_text(json, "server", slice_of(status.remote));
    if (status.host[0]) {
        control_json_text(json, "server_name", slice_of(status.host));
        control_json_text(json, "server_source", slice_of(status.facts.source));
        control_json_number(json, "server_rank", (int64_t)status.facts.rank);
        control_json_number(json, "servers", (int64_t)status.facts.servers);
    }
    if (status.facts.state == LINK_IS_UP) {
        control_json_text(json, "protocol", slice_of(status.protocol));
        control_json_time(json, "connected_since", wall_of(status.facts.up_since, now));
    }
    if (status.certificate_expires != TIME_NEVER)
        control_json_time(json, "certificate_expires", status.certificate_expires);
    if (status.facts.next_attempt_at != TIME_NEVER)
        control_json_time(json, "next_attempt", wall_of(status.facts.next_attempt_at, now));
    if (status.facts.idle_limit_ms)
        control_json_number(json, "idle_limit_ms", status.facts.idle_limit_ms);
    control_json_number(json, "keepalive_ms", status.facts.keepalive_ms);
    if (status.facts.last_failure[0])
        control_json_text(json, "connection_failure", slice_of(status.facts.last_failure));
}

static void report_expiry(struct buffer *json, const struct expiry_watch *expiry)
{
    static const char *const names[] = {
        [EXPIRY_SERVER] = "certificate_warning",
        [EXPIRY_OWN] = "own_certificate_warning",
    };
    if (expiry->expires[EXPIRY_OWN] != TIME_NEVER)
        control_json_time(json, "own_certificate_expires", expiry->expires[EXPIRY_OWN]);
    for (int i = 0; i < EXPIRY_OWNER_COUNT; i++) {
        struct buffer text;
        buffer_init(&text, 256);
        if (expiry_watch_text(expiry, (enum expiry_owner)i, clock_wall(), &text))
            control_json_text(json, names[i], buffer_slice(&text));
        buffer_free(&text);
    }
}

static void report_refused(struct buffer *json, const struct agent *agent)
{
    control_json_name(json, "calls_refused");
    buffer_append_byte(json, '{');
    for (int i = 0; i < REFUSAL_COUNT; i++)
        control_json_number(json, call_refusal_text((enum call_refusal)i),
                            (int64_t)agent_count_refused(agent, (enum call_refusal)i));
    buffer_append_byte(json, '}');
}

/* In the folder of the hooks, and never run. */
static void report_strangers(struct buffer *json, const char *folder)
{
    struct buffer lines;
    buffer_init(&lines, LIMIT_CONTROL_LINE / 4);
    hook_folder_explain(folder, &lines);
    control_json_name(json, "hooks_not_run");
    buffer_append_byte(json, '[');
    for (struct slice rest = buffer_slice(&lines); rest.length;)
        control_json_item(json, slice_cut(rest, '\n', &rest));
    buffer_append_byte(json, ']');
    buffer_free(&lines);
}

void control_report_status(struct buffer *json, const struct engine *engine, time_ms now)
{
    const struct agent_settings *agent = agent_settings(engine->agent);
    struct buffer line;
    buffer_init(&line, 4096);
    status_line_write(&line, engine, now);
    control_json_number(json, "v", 1);
    control_json_text(json, "line", slice_of(agent->line));
    control_json_text(json, "aor", slice_of(agent->aor));
    control_json_text(json, "summary", buffer_slice(&line));
    report_registration(json, agent_registration(engine->agent), now);
    report_link(json, engine->link, now);
    report_expiry(json, &engine->expiry);
    control_json_number(json, "calls", (int64_t)call_table_count_live(agent_calls(engine->agent)));
    control_json_number(json, "calls_max", agent->calls_max);
    control_json_number(json, "left_over", (int64_t)agent_count_left_over(engine->agent));
    if (call_journal_failure(engine->journal))
        control_json_text(json, "calls_not_kept", slice_of(call_journal_failure(engine->journal)));
    control_json_number(json, "claims_lapsed", (int64_t)desk_claims_lapsed(engine->desk));
    control_json_number(json, "hooks_alive", (int64_t)hook_queue_alive(engine->hooks));
    control_json_number(json, "messages_undelivered",
                        (int64_t)kept_messages_given_up(engine->kept));
    control_json_number(json, "messages_refused", (int64_t)agent_count_untaken(engine->agent));
    if (kept_messages_failure(engine->kept))
        control_json_text(json, "messages_not_kept", slice_of(kept_messages_failure(engine->kept)));
    control_json_number(json, "transactions",
                        (int64_t)sip_endpoint_transaction_count(agent_endpoint(engine->agent)));
    control_json_number(json, "messages_dropped",
                        (int64_t)sip_endpoint_dropped_count(agent_endpoint(engine->agent)));
    report_refused(json, engine->agent);
    report_strangers(json, hook_runner_folder(engine->runner));
    if (engine->trouble.error.text[0]) {
        control_json_text(json, "config_failure", slice_of(engine->trouble.error.text));
        control_json_time(json, "config_failure_since", wall_of(engine->trouble.since, now));
    }
    control_json_time(json, "started", wall_of(engine->started_at, now));
    buffer_free(&line);
}

/* What came of the far end's packets, one by one. */
static void report_packets(struct buffer *json, const struct media_ports *media,
                           const struct call *call)
{
    struct media_statistics packets;
    const struct media_parameters *agreed = negotiation_media(call_negotiation(call));
    char address[NET_ADDRESS_TEXT_BYTES];
    char trouble[NET_ADDRESS_TEXT_BYTES + 64];
    if (!media_ports_statistics(media, call_number(call), &packets))
        return;
    control_json_number(json, "packets_sent", (int64_t)packets.packets_sent);
    control_json_number(json, "packets_received", (int64_t)packets.packets_received);
    control_json_number(json, "packets_lost", (int64_t)packets.packets_lost);
    control_json_number(json, "packets_late", (int64_t)packets.packets_late);
    control_json_number(json, "packets_duplicate", (int64_t)packets.packets_duplicate);
    control_json_number(json, "packets_invalid", (int64_t)packets.packets_invalid);
    control_json_number(json, "packets_foreign", (int64_t)packets.packets_foreign);
    control_json_number(json, "packets_strange", (int64_t)packets.packets_strange);
    control_json_number(json, "concealed_ms", (int64_t)packets.concealed_ms);
    if (packets.packets_received || !agreed->receives)
        return;
    snprintf(trouble, sizeof(trouble), "no audio came from %s: firewall, NAT, audio.address",
             net_address_text(&agreed->remote_rtp, address));
    control_json_text(json, "audio_trouble", slice_of(trouble));
}

static void report_audio(struct buffer *json, const struct media_ports *media,
                         const struct call *call)
{
    struct audio_figures figures;
    struct media_statistics packets;
    if (media_ports_statistics(media, call_number(call), &packets)) {
        control_json_number(json, "srtp_refused", (int64_t)packets.packets_refused);
        control_json_number(json, "srtp_repeated", (int64_t)packets.packets_repeated);
    }
    if (!media_ports_audio_figures(media, call_number(call), &figures))
        return;
    control_json_number(json, "audio_dropped_ms", (int64_t)figures.dropped_frames * MEDIA_FRAME_MS);
    control_json_number(json, "audio_underruns", (int64_t)figures.underruns);
    control_json_number(json, "audio_late_ms", (int64_t)figures.late_frames * MEDIA_FRAME_MS);
    report_packets(json, media, call);
}

static void report_call(struct buffer *json, const struct engine *engine, const struct call *call,
                        time_ms now)
{
    struct event event;
    call_event(call, EVENT_INCOMING, &event);
    control_json_event_fields(json, &event);
    control_json_time(json, "arrived", wall_of(call_arrived_at(call), now));
    if (call_answered_at(call) != TIME_NEVER)
        control_json_time(json, "answered", wall_of(call_answered_at(call), now));
    control_json_number(json, "seconds", (now - call_arrived_at(call)) / 1000);
    const char *codec = negotiation_codec_text(call_negotiation(call));
    if (codec[0])
        control_json_text(json, "codec", slice_of(codec));
    control_json_bool(json, "held", negotiation_is_held(call_negotiation(call)));
    if (call_digits_dropped(call))
        control_json_number(json, "digits_dropped", (int64_t)call_digits_dropped(call));
    report_audio(json, engine->media, call);
    const char *trouble = hook_queue_trouble(engine->hooks, call_number(call));
    if (trouble)
        control_json_text(json, "hook_trouble", slice_of(trouble));
}

void control_report_calls(struct buffer *json, const struct engine *engine, time_ms now)
{
    const struct call *call = NULL;
    struct buffer row;
    int64_t left_out = 0;
    bool is_first = true;
    buffer_init(&row, LIMIT_CONTROL_CALLS);
    control_json_number(json, "v", 1);
    control_json_name(json, "calls");
    buffer_append_byte(json, '[');
    while ((call = call_table_next(agent_calls(engine->agent), call))) {
        buffer_clear(&row);
        buffer_append_text(&row, is_first ? "{" : ",{");
        report_call(&row, engine, call, now);
        buffer_append_byte(&row, '}');
        bool fits =
            buffer_status(&row) == STATUS_OK && json->length + row.length <= LIMIT_CONTROL_CALLS;
        if (fits)
            buffer_append(json, buffer_slice(&row));
        is_first = is_first && !fits;
        left_out += !fits;
    }
    buffer_append_byte(json, ']');
    if (left_out)
        control_json_number(json, "left_out", left_out);
    buffer_free(&row);
}

void control_report_call(struct buffer *json, const struct engine *engine, time_ms now,
                         const struct call *call)
{
    control_json_number(json, "v", 1);
    report_call(json, engine, call, now);
}

static void report_hook(struct buffer *json, const struct hook_statistics *statistics, time_ms now)
{
    control_json_text(json, "hook", slice_of(statistics->name));
    control_json_number(json, "runs", (int64_t)statistics->runs);
    control_json_number(json, "failures", (int64_t)statistics->failures);
    control_json_number(json, "timeouts", (int64_t)statistics->timeouts);
    control_json_number(json, "dropped", (int64_t)statistics->dropped);
    control_json_bool(json, "failing", statistics->is_failing);
    if (statistics->failed_at != TIME_NEVER)
        control_json_time(json, "last_failure", wall_of(statistics->failed_at, now));
    control_json_number(json, "median_ms", statistics->median_ms);
    control_json_number(json, "longest_ms", statistics->longest_ms);
    if (statistics->last_error[0])
        control_json_text(json, "last_error", slice_of(statistics->last_error));
}

void control_report_hooks(struct buffer *json, const struct engine *engine, time_ms now)
{
    struct hook_statistics statistics;
    control_json_number(json, "v", 1);
    control_json_name(json, "hooks");
    buffer_append_byte(json, '[');
    for (size_t i = 0; hook_queue_statistics(engine->hooks, i, &statistics); i++) {
        buffer_append_text(json, i ? ",{" : "{");
        report_hook(json, &statistics, now);
        buffer_append_byte(json, '}');
    }
    buffer_append_byte(json, ']');
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

void control_report_rehearsal(struct buffer *json, const struct rehearsal_report *report)
{
    control_json_number(json, "v", 1);
    write_decisions(json, report->decisions);
    if (report->why)
        control_json_text(json, "default", slice_of(report->why));
    control_json_number(json, "runs", (int64_t)report->statistics.runs);
    control_json_number(json, "failures", (int64_t)report->statistics.failures);
    control_json_number(json, "timeouts", (int64_t)report->statistics.timeouts);
    control_json_number(json, "longest_ms", report->statistics.longest_ms);
    if (report->statistics.last_error[0]) {
        control_json_text(json, "hook", slice_of(report->statistics.name));
        control_json_text(json, "last_error", slice_of(report->statistics.last_error));
    }
}
