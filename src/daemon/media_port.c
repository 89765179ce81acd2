// SPDX-License-Identifier: ISC
#include "daemon/media_port_private.h"
#include "io/clock.h"
#include "media/port_choice.h"
#include "util/log.h"
#include "util/memory.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct media_port *media_ports_find(const struct media_ports *ports, uint32_t call)
{
    list_for_each(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (port->call == call && !port->is_closed)
            return port;
    }
    return NULL;
}

struct media_ports *media_ports_new(struct loop *loop, struct child_reaper *reaper,
                                    struct random *random,
                                    const struct media_ports_settings *settings,
                                    const struct media_ports_events *events, void *user)
{
    struct media_ports *ports = memory_new(sizeof(*ports));
    ports->loop = loop;
    ports->reaper = reaper;
    ports->random = random;
    ports->settings = *settings;
    ports->events = *events;
    ports->user = user;
    list_init(&ports->list);
    list_init(&ports->programs);
    hook_left_init(&ports->left);
    return ports;
}

void media_ports_reconfigure(struct media_ports *ports, const struct media_ports_settings *settings)
{
    ports->settings = *settings;
}

uint32_t media_ports_rate(const struct media_ports *ports, uint32_t call)
{
    const struct media_port *port = media_ports_find(ports, call);
    return port ? port->program_rate : ports->settings.program_rate;
}

static void receive(struct media_port *port, bool is_rtcp, struct slice datagram,
                    const struct net_address *from)
{
    if (port->session) {
        media_session_receive(port->session, clock_now(), is_rtcp, datagram, from);
        return;
    }
    if (!port->early)
        port->early = early_packets_new();
    early_packets_put(port->early, &(struct early_packet){ is_rtcp, datagram, *from });
}

/* What has overtaken the answer is heard. */
static void receive_early(struct media_port *port, time_ms now)
{
    const struct early_packet *packet;
    for (size_t i = 0; (packet = early_packets_at(port->early, i)); i++)
        media_session_receive(port->session, now, packet->is_rtcp, packet->datagram, &packet->from);
    early_packets_free(port->early);
    port->early = NULL;
}

static void on_rtp(void *user, struct slice datagram, const struct net_address *from)
{
    receive(user, false, datagram, from);
}

static void on_rtcp(void *user, struct slice datagram, const struct net_address *from)
{
    receive(user, true, datagram, from);
}

/* Whatever others have taken: the range is full when no pair of it is free. */
static enum status open_pair(struct media_ports *ports, const struct net_address *address,
                             struct media_port *port)
{
    struct port_choice choice;
    struct net_address rtp = *address;
    enum status status = STATUS_REFUSED;
    port_choice_init(&choice, ports->random, ports->settings.first_port, ports->settings.last_port);
    while (status == STATUS_REFUSED && port_choice_next(&choice, &rtp.port))
        status = udp_pair_open(ports->loop, &rtp, on_rtp, on_rtcp, port, &port->pair);
    port_choice_free(&choice);
    return status;
}

enum status media_ports_open(struct media_ports *ports, uint32_t call, const char *id,
                             const struct net_address *address, struct net_address *rtp,
                             uint16_t *rtcp_port)
{
    struct media_port *port = memory_new(sizeof(*port));
    enum status status = open_pair(ports, address, port);
    if (status != STATUS_OK) {
        free(port);
        return status;
    }
    port->ports = ports;
    port->call = call;
    snprintf(port->id, sizeof(port->id), "%s", id);
    port->program_rate = ports->settings.program_rate;
    port->connected_at = port->close_output_at = port->kill_at = TIME_NEVER;
    list_append(&ports->list, &port->link);
    *rtp = port->pair.address;
    *rtcp_port = port->pair.rtcp_port;
    return STATUS_OK;
}

static void send_packets(struct media_port *port)
{
    struct media_packet packet;
    while (media_session_next_packet(port->session, &packet))
        udp_port_send(packet.is_rtcp ? port->pair.rtcp : port->pair.rtp, packet.bytes, &packet.to);
}

void media_port_carry_out(struct media_port *port)
{
    const struct media_ports_events *events = &port->ports->events;
    void *user = port->ports->user;
    struct call_audio_output output;
    while (port->audio && call_audio_next_output(port->audio, &output)) {
        switch (output.kind) {
        case CALL_AUDIO_SPEAKER_GONE:
        case CALL_AUDIO_LISTENER_GONE:
            audio_pipes_close(port->pipes, output.number);
            break;
        case CALL_AUDIO_LISTENER_SLOW:
            LOG(NOTICE, "a program reads its audio too slowly: some of it is dropped",
                TEXT("call", port->id));
            break;
        case CALL_AUDIO_FLUSHED:
            events->flushed(user, port->call, output.heard_ms);
            break;
        case CALL_AUDIO_PLAYED_OUT:
            events->played_out(user, port->call, output.heard_ms);
            break;
        case CALL_AUDIO_DRAINED:
            events->drained(user, port->call);
            break;
        case CALL_AUDIO_OUTPUT_COUNT:
            break;
        }
    }
}

/* Digits are kept out of the audio. */
static void tell_digits(struct media_port *port)
{
    char digit;
    while (media_session_next_digit(port->session, &digit))
        port->ports->events.digit(port->ports->user, port->call, digit);
}

static void finish_digits(struct media_port *port, bool have_left)
{
    if (!port->is_sending_digits || media_session_is_sending_digits(port->session))
        return;
    port->is_sending_digits = false;
    port->ports->events.digits_sent(port->ports->user, port->call, have_left);
}

static void tick(struct media_port *port, time_ms now)
{
    const struct media_port *other =
        port->bridged ? media_ports_find(port->ports, port->bridged) : NULL;
    struct audio_line line = { .is_sending = media_session_is_sending(port->session),
                               .has_received = media_session_has_received(port->session) };
    call_audio_begin(port->audio, now, &line);
    audio_pipes_read(port->pipes, port->audio);
    const int16_t *said = call_audio_say(port->audio, now, other ? other->heard : NULL);
    media_session_tick(port->session, now, said, port->heard);
    call_audio_hear(port->audio, port->heard, said);
    audio_pipes_write(port->pipes, port->audio);
    tell_digits(port);
    send_packets(port);
    finish_digits(port, true);
    media_port_carry_out(port);
}

static void on_tick(void *user)
{
    struct media_ports *ports = user;
    time_ms now = clock_now();
    list_for_each_safe(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (port->session && !port->is_closed)
            tick(port, now);
    }
}

/* The codec of a call has changed. */
static void set_rate(struct media_port *port)
{
    struct media_port *other = port->bridged ? media_ports_find(port->ports, port->bridged) : NULL;
    call_audio_set_rate(port->audio, media_session_rate(port->session));
    if (!other)
        return;
    media_port_set_bridge(port, other);
    media_port_set_bridge(other, port);
}

void media_ports_start(struct media_ports *ports, time_ms now, uint32_t call,
                       const struct media_parameters *parameters)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port)
        return;
    if (port->session) {
        media_session_update(port->session, now, parameters);
        set_rate(port);
    } else {
        port->session = media_session_new(ports->random, now, parameters);
        port->audio = call_audio_new(media_session_rate(port->session));
        port->pipes = audio_pipes_new();
        receive_early(port, now);
        if (port->connected_at != TIME_NEVER)
            call_audio_connected(port->audio, port->connected_at);
    }
    finish_digits(port, false); /* the far end does not take them any more */
    if (!ports->tick)
        ports->tick = loop_tick_new(ports->loop, MEDIA_FRAME_MS, on_tick, ports);
}

void media_ports_connected(struct media_ports *ports, time_ms now, uint32_t call)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port || port->connected_at != TIME_NEVER)
        return;
    port->connected_at = now;
    if (port->audio)
        call_audio_connected(port->audio, now);
}

static void port_free(struct media_port *port)
{
    struct media_ports *ports = port->ports;
    udp_port_free(port->pair.rtp);
    udp_port_free(port->pair.rtcp);
    early_packets_free(port->early);
    media_session_free(port->session);
    audio_pipes_free(port->pipes);
    call_audio_free(port->audio);
    list_remove(&ports->list, &port->link);
    free(port);
    if (list_is_empty(&ports->list)) {
        loop_tick_free(ports->tick);
        ports->tick = NULL;
    }
}

/* A closed port stays for a program, and for what is still being said. */
void media_port_free_when_done(struct media_port *port)
{
    bool is_talking = port->audio && call_audio_has_speaker(port->audio);
    if (!port->program && (!is_talking || port->close_output_at == TIME_NEVER))
        port_free(port);
}

void media_ports_send_digits(struct media_ports *ports, const struct outbox_item *order)
{
    struct media_port *port = media_ports_find(ports, order->call);
    bool are_queued = port && port->session;
    for (const char *digit = order->digits; are_queued && *digit; digit++)
        are_queued =
            order->as_tones
                ? media_session_send_tone(port->session, *digit, order->tone_ms, order->gap_ms)
                : media_session_send_digit(port->session, *digit, order->tone_ms, order->gap_ms);
    if (are_queued)
        port->is_sending_digits = true;
    else
        ports->events.digits_sent(ports->user, order->call, false);
}

void media_ports_drain(struct media_ports *ports, time_ms now, uint32_t call)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port || !port->session) {
        ports->events.drained(ports->user, call);
        return;
    }
    call_audio_drain(port->audio, now);
}

bool media_ports_statistics(const struct media_ports *ports, uint32_t call,
                            struct media_statistics *statistics)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port || !port->session)
        return false;
    media_session_statistics(port->session, statistics);
    return true;
}

bool media_ports_audio_figures(const struct media_ports *ports, uint32_t call,
                               struct audio_figures *figures)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port || !port->audio)
        return false;
    call_audio_figures(port->audio, figures);
    return true;
}

/* Once for a call, at its end. */
static void log_figures(const struct media_port *port)
{
    struct audio_figures figures;
    call_audio_figures(port->audio, &figures);
    if (figures.dropped_frames || figures.underruns)
        LOG(NOTICE, "not all of the audio kept pace", TEXT("call", port->id),
            NUMBER("dropped_ms", (int64_t)figures.dropped_frames * MEDIA_FRAME_MS),
            NUMBER("underruns", (int64_t)figures.underruns));
}

/* The last word is not cut: what has arrived is given to those who listen. */
static void hear_the_rest(struct media_port *port)
{
    while (media_session_hear_rest(port->session, port->heard)) {
        call_audio_hear(port->audio, port->heard, NULL);
        audio_pipes_write(port->pipes, port->audio);
    }
}

void media_ports_close(struct media_ports *ports, time_ms now, uint32_t call)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port)
        return;
    media_ports_unbridge(ports, call);
    media_programs_call_over(ports, now, call);
    port->is_closed = true;
    if (port->session) {
        media_session_bye(port->session, now);
        send_packets(port);
        log_figures(port);
        hear_the_rest(port);
        call_audio_hang_up(port->audio);
        media_port_carry_out(port);
    }
    udp_port_free(port->pair.rtp);
    udp_port_free(port->pair.rtcp);
    port->pair.rtp = port->pair.rtcp = NULL;
    port->close_output_at = now + ports->settings.grace_ms;
    media_port_free_when_done(port);
}

/* What is still said is read and thrown away, so that a program that writes can see its end of
 * file. */
static bool waste(struct media_port *port, time_ms now)
{
    static const struct audio_line over = { .is_sending = false };
    if (!port->audio)
        return false;
    call_audio_begin(port->audio, now, &over);
    audio_pipes_read(port->pipes, port->audio);
    bool is_talking = call_audio_waste(port->audio);
    media_port_carry_out(port);
    return is_talking;
}

static void see_off(struct media_port *port, time_ms now)
{
    bool is_talking = waste(port, now);
    if (now >= port->kill_at) {
        media_program_signal(port->program, SIGKILL);
        port->kill_at = TIME_NEVER;
    } else if (now >= port->close_output_at) {
        audio_pipes_free(port->pipes);
        call_audio_free(port->audio);
        port->pipes = NULL;
        port->audio = NULL;
        port->close_output_at = TIME_NEVER;
        if (port->program) {
            media_program_signal(port->program, SIGTERM);
            port->kill_at = now + MEDIA_PROGRAM_KILL_MS;
        }
    }
    if (!is_talking || !port->audio)
        media_port_free_when_done(port);
}

bool media_ports_is_idle(const struct media_ports *ports)
{
    return list_is_empty(&ports->list);
}

void media_ports_timeout(struct media_ports *ports, time_ms now)
{
    list_for_each_safe(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (port->is_closed)
            see_off(port, now);
    }
    media_programs_timeout(ports, now);
}

time_ms media_ports_deadline(const struct media_ports *ports, time_ms now)
{
    time_ms deadline = media_programs_deadline(ports);
    list_for_each(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (!port->is_closed)
            continue;
        deadline = time_earliest(deadline, time_earliest(port->close_output_at, port->kill_at));
        if (port->audio && call_audio_has_speaker(port->audio))
            deadline = time_earliest(deadline, now + MEDIA_FRAME_MS);
    }
    return deadline;
}

void media_ports_free(struct media_ports *ports)
{
    if (!ports)
        return;
    media_programs_free(ports);
    while (!list_is_empty(&ports->list)) {
        struct media_port *port = list_entry(list_first(&ports->list), struct media_port, link);
        port_free(port);
    }
    free(ports);
}
