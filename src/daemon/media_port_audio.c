// SPDX-License-Identifier: ISC
// What programs and clients do with the audio of a call: hear and speak, flush, mute, bridge.
#include "daemon/media_port_private.h"
#include "util/log.h"

#include <string.h>
#include <unistd.h>

enum {
    PROGRAM = 0 // as an owner of audio; clients are numbered from 1
};

void media_port_set_bridge(struct media_port *port, const struct media_port *other)
{
    port->bridged = other ? other->call : 0;
    if (port->audio) /* a call that never got so far has none */
        call_audio_set_bridge(port->audio, other ? media_session_rate(other->session) : 0);
}

static void release(struct media_port *port, uint32_t owner)
{
    call_audio_release(port->audio, owner);
    media_port_carry_out(port);
}

void media_port_program_ended(struct media_port *port)
{
    if (port->is_closed) {
        media_port_free_when_done(port);
        return;
    }
    release(port, PROGRAM);
    port->ports->events.program_ended(port->ports->user, port->call);
}

static enum status attach(struct media_port *port, const struct audio_request *request,
                          struct audio_ends *ends, const char **why)
{
    enum status status = audio_pipes_attach(port->pipes, port->audio, request, ends, why);
    media_port_carry_out(port);
    return status;
}

enum status media_ports_attach(struct media_ports *ports, uint32_t call,
                               struct audio_request *request, struct audio_ends *ends,
                               const char **why)
{
    struct media_port *port = media_ports_find(ports, call);
    *why = "the call has no audio yet: answer it first";
    if (!port || !port->session)
        return STATUS_REFUSED;
    if (!request->rate)
        request->rate = port->program_rate;
    return attach(port, request, ends, why);
}

void media_ports_release(struct media_ports *ports, uint32_t call, uint32_t owner)
{
    struct media_port *port = media_ports_find(ports, call);
    if (port && port->audio)
        release(port, owner);
}

enum status media_ports_run(struct media_ports *ports, uint32_t call,
                            const struct child_settings *program, const char **why)
{
    struct media_port *port = media_ports_find(ports, call);
    struct child_settings settings = *program;
    struct audio_ends ends;
    int error = 0;
    *why = "the call has no audio";
    if (!port || !port->session || port->program)
        return STATUS_REFUSED;
    struct audio_request request = { .rate = port->program_rate,
                                     .listens = true,
                                     .speaks = true,
                                     .replaces = true,
                                     .owner = PROGRAM };
    enum status status = attach(port, &request, &ends, why);
    if (status != STATUS_OK)
        return status;
    settings.stdin_fd = ends.heard;
    settings.stdout_fd = ends.said;
    port->program = media_program_new(port, &settings, &error);
    close(ends.heard);
    close(ends.said);
    if (port->program)
        return STATUS_OK;
    release(port, PROGRAM);
    *why = strerror(error);
    return STATUS_SYSTEM;
}

/* NULL: *why says what is missing. */
static struct media_port *find_with_audio(const struct media_ports *ports, uint32_t call,
                                          const char **why)
{
    struct media_port *port = media_ports_find(ports, call);
    *why = "the call has no audio yet: answer it first";
    return port && port->session ? port : NULL;
}

enum status media_ports_flush(struct media_ports *ports, uint32_t call, const char **why)
{
    struct media_port *port = find_with_audio(ports, call, why);
    if (!port)
        return STATUS_REFUSED;
    call_audio_flush(port->audio);
    return STATUS_OK;
}

enum status media_ports_play_out(struct media_ports *ports, uint32_t call, const char **why)
{
    struct media_port *port = find_with_audio(ports, call, why);
    if (!port)
        return STATUS_REFUSED;
    call_audio_play_out(port->audio);
    return STATUS_OK;
}

enum status media_ports_mute(struct media_ports *ports, uint32_t call, bool is_muted,
                             const char **why)
{
    struct media_port *port = find_with_audio(ports, call, why);
    if (!port)
        return STATUS_REFUSED;
    call_audio_mute(port->audio, is_muted);
    return STATUS_OK;
}

enum status media_ports_bridge(struct media_ports *ports, uint32_t call, uint32_t with,
                               const char **why)
{
    struct media_port *left = find_with_audio(ports, call, why);
    struct media_port *right = left ? find_with_audio(ports, with, why) : NULL;
    if (!left || !right)
        return STATUS_REFUSED;
    *why = "a call cannot be bridged to itself";
    if (left == right)
        return STATUS_REFUSED;
    *why = "one of the calls is bridged already";
    if (left->bridged || right->bridged)
        return STATUS_REFUSED;
    *why = "somebody speaks on one of the calls: it must end first";
    audio_pipes_look(left->pipes, left->audio);
    audio_pipes_look(right->pipes, right->audio);
    if (call_audio_is_speaking(left->audio) || call_audio_is_speaking(right->audio))
        return STATUS_REFUSED;
    media_port_set_bridge(left, right);
    media_port_set_bridge(right, left);
    return STATUS_OK;
}

void media_ports_unbridge(struct media_ports *ports, uint32_t call)
{
    struct media_port *port = media_ports_find(ports, call);
    if (!port || !port->bridged)
        return;
    struct media_port *other = media_ports_find(ports, port->bridged);
    media_port_set_bridge(port, NULL);
    if (other)
        media_port_set_bridge(other, NULL);
}
