// SPDX-License-Identifier: ISC
#include "daemon/media_port.h"

#include "io/clock.h"
#include "io/pipe_stream.h"
#include "util/list.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PIPE_BYTES = 4096,
    SETTLE_MS = 200,
    TAIL_MS = 200,
    DRAIN_MS = 1000, // more than a pipe holds
    KILL_MS = 5000
};

struct media_port {
    struct list_link link;
    struct media_ports *ports;
    uint32_t call;
    uint32_t program_rate;
    struct udp_pair pair;
    struct media_session *session; // NULL until the media is negotiated

    struct child_process *program;
    int to_program;   // -1 when closed
    int from_program; // -1 when closed
    int16_t frame[MEDIA_FRAME_SAMPLES_MAX];
    size_t frame_bytes; // of a frame that is not whole yet
    uint64_t dropped_frames;

    time_ms talk_at; // nothing is sent before; TIME_NEVER until the call is up
    bool is_sending_digits;
    bool is_draining;
    time_ms quiet_since; // nothing more from the program
    time_ms drain_until; // a child of the program may hold the pipe and speak on
    bool is_closed;      // the call is over
    time_ms close_output_at;
    time_ms kill_at;
};

struct media_ports {
    struct loop *loop;
    struct child_reaper *reaper;
    struct random *random;
    struct media_ports_settings settings;
    struct media_ports_events events;
    void *user;
    struct list list;
    struct loop_tick *tick; // only while there are sessions
};

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
    return ports;
}

static struct media_port *find(const struct media_ports *ports, uint32_t call)
{
    list_for_each(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (port->call == call && !port->is_closed)
            return port;
    }
    return NULL;
}

void media_ports_reconfigure(struct media_ports *ports, const struct media_ports_settings *settings)
{
    ports->settings = *settings;
}

uint32_t media_ports_rate(const struct media_ports *ports, uint32_t call)
{
    const struct media_port *port = find(ports, call);
    return port ? port->program_rate : ports->settings.program_rate;
}

static void receive(struct media_port *port, bool is_rtcp, struct slice datagram,
                    const struct net_address *from)
{
    if (port->session)
        media_session_receive(port->session, clock_now(), is_rtcp, datagram, from);
}

static void on_rtp(void *user, struct slice datagram, const struct net_address *from)
{
    receive(user, false, datagram, from);
}

static void on_rtcp(void *user, struct slice datagram, const struct net_address *from)
{
    receive(user, true, datagram, from);
}

enum status media_ports_open(struct media_ports *ports, uint32_t call,
                             const struct net_address *address, struct net_address *rtp,
                             uint16_t *rtcp_port)
{
    struct media_port *port = memory_new(sizeof(*port));
    enum status status =
        udp_pair_open(ports->loop, ports->random, address, ports->settings.first_port,
                      ports->settings.last_port, on_rtp, on_rtcp, port, &port->pair);
    if (status != STATUS_OK) {
        free(port);
        return status;
    }
    port->ports = ports;
    port->call = call;
    port->program_rate = ports->settings.program_rate;
    port->to_program = port->from_program = -1;
    port->talk_at = port->close_output_at = port->kill_at = TIME_NEVER;
    list_append(&ports->list, &port->link);
    *rtp = port->pair.address;
    *rtcp_port = port->pair.rtcp_port;
    return STATUS_OK;
}

static void close_descriptor(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void send_packets(struct media_port *port)
{
    struct media_packet packet;
    while (media_session_next_packet(port->session, &packet))
        udp_port_send(packet.is_rtcp ? port->pair.rtcp : port->pair.rtp, packet.bytes, &packet.to);
}

static void finish_draining(struct media_port *port, time_ms now)
{
    if (!port->is_draining || (now < port->quiet_since + TAIL_MS && now < port->drain_until))
        return;
    port->is_draining = false;
    port->ports->events.drained(port->ports->user, port->call);
}

/* What the program has to say in this tick; NULL is silence. */
static const int16_t *take_frame(struct media_port *port, time_ms now)
{
    size_t size = port->program_rate / 50 * sizeof(int16_t);
    if (port->talk_at == TIME_NEVER ||
        (now < port->talk_at && !media_session_has_received(port->session)))
        return NULL;
    if (port->from_program < 0)
        return NULL;
    enum status status = pipe_read_frame(port->from_program, port->frame, size, &port->frame_bytes);
    if (status == STATUS_OK) {
        port->quiet_since = now;
        return port->frame;
    }
    if (status == STATUS_CLOSED) {
        /* The last piece is played although it is shorter than a frame. */
        size_t left = port->frame_bytes;
        close_descriptor(&port->from_program);
        port->frame_bytes = 0;
        if (left) {
            memset((char *)port->frame + left, 0, size - left);
            port->quiet_since = now;
            return port->frame;
        }
    }
    return NULL;
}

static void give_frame(struct media_port *port, const int16_t *heard)
{
    size_t size = port->program_rate / 50 * sizeof(int16_t);
    if (pipe_write_frame(port->to_program, heard, size))
        return;
    if (errno == EPIPE) {
        close_descriptor(&port->to_program); /* it does not want to hear */
        return;
    }
    if (!port->dropped_frames++)
        LOG(NOTICE, "the media program reads too slowly: audio to it is dropped",
            NUMBER("call", port->call));
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

static void on_tick(void *user)
{
    struct media_ports *ports = user;
    time_ms now = clock_now();
    list_for_each_safe(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        int16_t heard[MEDIA_FRAME_SAMPLES_MAX];
        if (!port->session || port->is_closed)
            continue;
        bool is_heard = port->to_program >= 0;
        media_session_tick(port->session, now, take_frame(port, now), is_heard ? heard : NULL);
        if (is_heard)
            give_frame(port, heard);
        tell_digits(port);
        send_packets(port);
        finish_digits(port, true);
        finish_draining(port, now);
    }
}

void media_ports_start(struct media_ports *ports, time_ms now, uint32_t call,
                       const struct media_parameters *parameters)
{
    struct media_port *port = find(ports, call);
    if (!port)
        return;
    if (port->session)
        media_session_update(port->session, now, parameters);
    else
        port->session = media_session_new(ports->random, now, parameters, port->program_rate);
    finish_digits(port, false); /* the far end does not take them any more */
    if (!ports->tick)
        ports->tick = loop_tick_new(ports->loop, MEDIA_FRAME_MS, on_tick, ports);
}

void media_ports_connected(struct media_ports *ports, time_ms now, uint32_t call)
{
    struct media_port *port = find(ports, call);
    if (port)
        port->talk_at = now + SETTLE_MS;
}

static void port_free(struct media_port *port)
{
    struct media_ports *ports = port->ports;
    child_process_forget(port->program);
    close_descriptor(&port->to_program);
    close_descriptor(&port->from_program);
    udp_port_free(port->pair.rtp);
    udp_port_free(port->pair.rtcp);
    media_session_free(port->session);
    list_remove(&ports->list, &port->link);
    free(port);
    if (list_is_empty(&ports->list)) {
        loop_tick_free(ports->tick);
        ports->tick = NULL;
    }
}

static void on_program_exit(void *user, int exit_code, int signal)
{
    struct media_port *port = user;
    port->program = NULL;
    LOG(INFO, "media program ended", NUMBER("call", port->call), NUMBER("exit", exit_code),
        NUMBER("signal", signal));
    close_descriptor(&port->to_program);
    if (port->is_closed)
        port_free(port);
    else
        port->ports->events.program_ended(port->ports->user, port->call);
}

enum status media_ports_run(struct media_ports *ports, uint32_t call,
                            const struct child_settings *program, int *error)
{
    struct media_port *port = find(ports, call);
    struct child_settings settings = *program;
    int in[2];
    int out[2];
    *error = EMFILE;
    if (!port || port->program || !pipe_open(in, PIPE_BYTES))
        return STATUS_REFUSED;
    if (!pipe_open(out, PIPE_BYTES)) {
        close(in[0]);
        close(in[1]);
        return STATUS_REFUSED;
    }
    settings.stdin_fd = in[0];
    settings.stdout_fd = out[1];
    port->program = child_process_new(ports->reaper, &settings, on_program_exit, port, error);
    close(in[0]);
    close(out[1]);
    if (!port->program) {
        close(in[1]);
        close(out[0]);
        return STATUS_SYSTEM;
    }
    close_descriptor(&port->from_program);
    port->frame_bytes = 0;
    port->to_program = in[1];
    port->from_program = out[0];
    pipe_set_nonblocking(port->to_program);
    pipe_set_nonblocking(port->from_program);
    return STATUS_OK;
}

void media_ports_send_digits(struct media_ports *ports, const struct outbox_item *order)
{
    struct media_port *port = find(ports, order->call);
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
    struct media_port *port = find(ports, call);
    if (!port || !port->session) {
        ports->events.drained(ports->user, call);
        return;
    }
    port->is_draining = true;
    port->quiet_since = now;
    port->drain_until = now + DRAIN_MS;
}

bool media_ports_statistics(const struct media_ports *ports, uint32_t call,
                            struct media_statistics *statistics)
{
    struct media_port *port = find(ports, call);
    if (!port || !port->session)
        return false;
    media_session_statistics(port->session, statistics);
    return true;
}

void media_ports_close(struct media_ports *ports, time_ms now, uint32_t call)
{
    struct media_port *port = find(ports, call);
    if (!port)
        return;
    port->is_closed = true;
    if (port->session) {
        media_session_bye(port->session, now);
        send_packets(port);
    }
    udp_port_free(port->pair.rtp);
    udp_port_free(port->pair.rtcp);
    port->pair.rtp = port->pair.rtcp = NULL;
    close_descriptor(&port->to_program);
    port->close_output_at = now + ports->settings.grace_ms;
    if (!port->program)
        port_free(port);
}

/* Its output is read and thrown away, so that a program that writes can see its end of file. */
static void see_off(struct media_port *port, time_ms now)
{
    char waste[PIPE_BYTES];
    if (port->from_program >= 0)
        while (read(port->from_program, waste, sizeof(waste)) > 0)
            ;
    if (now >= port->kill_at) {
        child_process_signal(port->program, SIGKILL);
        port->kill_at = TIME_NEVER;
    } else if (now >= port->close_output_at) {
        close_descriptor(&port->from_program);
        child_process_signal(port->program, SIGTERM);
        port->close_output_at = TIME_NEVER;
        port->kill_at = now + KILL_MS;
    }
}

bool media_ports_is_idle(const struct media_ports *ports)
{
    return list_is_empty(&ports->list);
}

void media_ports_timeout(struct media_ports *ports, time_ms now)
{
    list_for_each_safe(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (port->is_closed && port->program)
            see_off(port, now);
    }
}

time_ms media_ports_deadline(const struct media_ports *ports, time_ms now)
{
    time_ms deadline = TIME_NEVER;
    list_for_each(link, &ports->list) {
        struct media_port *port = list_entry(link, struct media_port, link);
        if (!port->is_closed)
            continue;
        deadline = time_earliest(deadline, time_earliest(port->close_output_at, port->kill_at));
        if (port->from_program >= 0)
            deadline = time_earliest(deadline, now + MEDIA_FRAME_MS);
    }
    return deadline;
}

void media_ports_free(struct media_ports *ports)
{
    if (!ports)
        return;
    while (!list_is_empty(&ports->list)) {
        struct media_port *port = list_entry(list_first(&ports->list), struct media_port, link);
        if (port->program)
            child_process_signal(port->program, SIGKILL);
        port_free(port);
    }
    free(ports);
}
