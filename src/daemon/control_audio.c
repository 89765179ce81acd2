// SPDX-License-Identifier: ISC
// The commands on a call's audio: descriptors of it, and what becomes of what is queued.
#include "daemon/control_client.h"
#include "desk/audio_words.h"
#include "desk/control_json.h"
#include "util/limits.h"

static void give_descriptors(struct client *client, const struct control_command *command,
                             uint32_t rate, const struct audio_ends *ends)
{
    int fds[2];
    size_t count = 0;
    struct buffer json;
    if (ends->heard >= 0)
        fds[count++] = ends->heard;
    if (ends->said >= 0)
        fds[count++] = ends->said;
    buffer_init(&json, 64);
    control_json_number(&json, "fds", (int64_t)count);
    control_json_number(&json, "rate", rate);
    control_client_flush(client);
    control_session_reply(client->session, command->id, buffer_slice(&json));
    control_client_pass(client, fds, count);
    buffer_free(&json);
}

/* Who has the call's token belongs to it; others keep only what nobody else keeps. */
static enum owner_kind owner_of(const struct client *client, const struct control_command *command,
                                uint32_t number)
{
    const struct call *call = agent_call(control_client_settings(client)->agent, number);
    bool is_others = call && call_is_kept(call) && slice_is_empty(command->token);
    return is_others ? OWNER_LISTENER : OWNER_CLIENT;
}

static void attach(struct client *client, const struct control_command *command, uint32_t call)
{
    struct media_ports *media = control_client_settings(client)->media;
    struct audio_wish wish;
    struct audio_ends ends;
    const char *why = "a rate is 8000, 16000, 24000 or 48000";
    enum status status = STATUS_MALFORMED;
    if (!command->rate || control_audio_has_rate(command->rate))
        status = control_audio_parse(command->args, &wish, &why);
    if (status == STATUS_OK) {
        struct audio_request request = {
            .rate = command->rate ? (uint32_t)command->rate : wish.rate,
            .listens = wish.listens,
            .hears_both = wish.hears_both,
            .speaks = wish.speaks,
            .replaces = wish.replaces,
            .owner = client->number,
        };
        status = media_ports_attach(media, call, &request, &ends, &why);
        wish.rate = request.rate;
    }
    if (status != STATUS_OK) {
        control_client_refuse(client, command, status, why);
        return;
    }
    control_client_own(client, command->id, call, owner_of(client, command, call));
    give_descriptors(client, command, wish.rate, &ends);
}

static void bridge(struct client *client, const struct control_command *command, uint32_t call)
{
    const struct control_server_settings *settings = control_client_settings(client);
    const struct call *other = control_client_call(client, slice_trim(command->args));
    const char *why = "bridge wants the id of another call that is up";
    if (!other) {
        control_client_refuse(client, command, STATUS_REFUSED, why);
        return;
    }
    enum status status = media_ports_bridge(settings->media, call, call_number(other), &why);
    if (status != STATUS_OK) {
        control_client_refuse(client, command, status, why);
        return;
    }
    control_client_own(client, command->id, call, OWNER_CLIENT);
    control_client_own(client, command->id, call_number(other), OWNER_CLIENT);
    control_client_expect(client, command->id, PENDING_BRIDGE, call, ACTION_COUNT)->other =
        call_number(other);
}

/* Done at once, or answered when it has come to an end. */
static void set(struct client *client, const struct control_command *command, uint32_t call)
{
    struct media_ports *media = control_client_settings(client)->media;
    const char *why =
        "as many commands of this client wait for their ends as may: read answers first";
    enum status status = STATUS_REFUSED;
    if (client->pending.count >= LIMIT_CONTROL_PENDING) {
        control_client_refuse(client, command, status, why);
        return;
    }
    if (command->verb->query == CONTROL_FLUSH)
        status = media_ports_flush(media, call, &why);
    else if (command->verb->query == CONTROL_DRAIN)
        status = media_ports_play_out(media, call, &why);
    else
        status = media_ports_mute(media, call, command->verb->query == CONTROL_MUTE, &why);
    if (status != STATUS_OK)
        control_client_refuse(client, command, status, why);
    else if (command->verb->query == CONTROL_FLUSH)
        control_client_expect(client, command->id, PENDING_FLUSH, call, ACTION_COUNT);
    else if (command->verb->query == CONTROL_DRAIN)
        control_client_expect(client, command->id, PENDING_DRAIN, call, ACTION_COUNT);
    else
        control_session_reply(client->session, command->id, slice_empty());
}

void control_audio(struct client *client, time_ms now, const struct control_command *command)
{
    (void)now;
    const struct control_server_settings *settings = control_client_settings(client);
    const struct call *call = control_client_call(client, command->call);
    if (!call) {
        control_client_refuse_over(client, command);
        return;
    }
    hook_queue_verb(settings->hooks, call_number(call));
    if (command->verb->query == CONTROL_AUDIO)
        attach(client, command, call_number(call));
    else if (command->verb->query == CONTROL_BRIDGE)
        bridge(client, command, call_number(call));
    else
        set(client, command, call_number(call));
}

/* Whoever speaks there may have more to say, which was not meant to be heard any more. */
static void tell_speakers(struct client *client, const char *call, uint32_t heard_ms)
{
    struct buffer json;
    buffer_init(&json, 128);
    buffer_append_byte(&json, '{');
    control_json_number(&json, "v", 1);
    control_json_text(&json, "event", slice_of("flushed"));
    control_json_text(&json, "call", slice_of(call));
    control_json_number(&json, "heard_ms", heard_ms);
    buffer_append_byte(&json, '}');
    control_session_push(client->session, buffer_slice(&json));
    buffer_free(&json);
}

void control_audio_tell_flushed(struct client *client, uint32_t number, uint32_t heard_ms)
{
    const struct call *call = agent_call(control_client_settings(client)->agent, number);
    if (call && control_client_owns(client, number))
        tell_speakers(client, call_id(call), heard_ms);
}

void control_audio_release(struct client *client, uint32_t call)
{
    media_ports_release(control_client_settings(client)->media, call, client->number);
}

void control_audio_tell_heard(struct client *client, int64_t id, uint32_t heard_ms)
{
    struct buffer json;
    buffer_init(&json, 64);
    control_json_number(&json, "heard_ms", heard_ms);
    control_session_reply(client->session, id, buffer_slice(&json));
    buffer_free(&json);
}
