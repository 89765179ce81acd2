// SPDX-License-Identifier: ISC
// What programs and clients do with the audio of a call: hear and speak, flush, mute, bridge.
#include "daemon/media_port_private.h"
#include "media/resampler.h"
#include "util/log.h"

#include <string.h>
#include <unistd.h>

enum {
    PROGRAM = 0 // as an owner of audio; clients are numbered from 1
};

void media_port_set_bridge(struct media_port *port, const struct media_port *other)
{
    resampler_free(port->bridge);
    port->bridge = NULL;
    port->bridged = other ? other->call : 0;
    if (other)
        port->bridge =
            resampler_new(media_session_rate(other->session), media_session_rate(port->session));
}

static void on_program_exit(void *user, int exit_code, int signal)
{
    struct media_port *port = user;
    port->program = NULL;
    LOG(INFO, "media program ended", NUMBER("call", port->call), NUMBER("exit", exit_code),
        NUMBER("signal", signal));
    if (port->is_closed) {
        media_port_free_when_done(port);
        return;
    }
    audio_pipes_release(port->audio, PROGRAM);
    port->ports->events.program_ended(port->ports->user, port->call);
}

static enum status attach(struct media_port *port, const struct audio_request *request,
                          struct audio_ends *ends, const char **why)
{
    *why = "another call is bridged to this one";
    if (port->bridged && request->speaks)
        return STATUS_REFUSED;
    return audio_pipes_attach(port->audio, request, ends, why);
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
        audio_pipes_release(port->audio, owner);
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
    port->program = child_process_new(ports->reaper, &settings, on_program_exit, port, &error);
    close(ends.heard);
    close(ends.said);
    if (port->program)
        return STATUS_OK;
    audio_pipes_release(port->audio, PROGRAM);
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
    if (!port->is_flush_awaited)
        port->heard_ms = audio_pipes_take_heard_ms(port->audio);
    port->is_flush_awaited = true;
    audio_pipes_flush(port->audio);
    return STATUS_OK;
}

enum status media_ports_play_out(struct media_ports *ports, uint32_t call, const char **why)
{
    struct media_port *port = find_with_audio(ports, call, why);
    if (!port)
        return STATUS_REFUSED;
    port->is_drain_awaited = true;
    audio_pipes_finish(port->audio, true);
    return STATUS_OK;
}

enum status media_ports_mute(struct media_ports *ports, uint32_t call, bool is_muted,
                             const char **why)
{
    struct media_port *port = find_with_audio(ports, call, why);
    if (!port)
        return STATUS_REFUSED;
    port->is_muted = is_muted;
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
    if (audio_pipes_is_speaking(left->audio) || audio_pipes_is_speaking(right->audio))
        return STATUS_REFUSED;
    media_port_set_bridge(left, right);
    media_port_set_bridge(right, left);
    return STATUS_OK;
}

void media_ports_unbridge(struct media_ports *ports, uint32_t call)
{
    struct media_port *port = media_ports_find(ports, call);
    struct media_port *other =
        port && port->bridged ? media_ports_find(ports, port->bridged) : NULL;
    if (port)
        media_port_set_bridge(port, NULL);
    if (other)
        media_port_set_bridge(other, NULL);
}
