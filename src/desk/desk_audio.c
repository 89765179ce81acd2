// SPDX-License-Identifier: ISC
// The commands on a call's audio: pipes of it, and what becomes of what is queued.
#include "desk/audio_words.h"
#include "desk/control_json.h"
#include "desk/desk_words.h"

/* Who has the call's token belongs to it; others keep only what nobody else keeps. */
static enum owner_kind owner_of(const struct control_command *command, const struct call *call)
{
    bool is_others = call && call_is_kept(call) && slice_is_empty(command->token);
    return is_others ? OWNER_LISTENER : OWNER_CLIENT;
}

static void use(struct client *client, const struct control_command *command,
                struct desk_output *output, desk_conclude *conclude)
{
    desk_put(client->desk, &(struct desk_output){ .kind = DESK_VERB, .call = output->call });
    desk_ask(client, command, output, conclude);
}

static void give_pipes(struct client *client, time_ms now, const struct control_command *command,
                       const struct desk_done *done)
{
    uint32_t number = client->desk->asked.call;
    struct buffer json;
    (void)now;
    client_own(client, command->id, number,
               owner_of(command, agent_call(client->desk->settings.agent, number)));
    buffer_init(&json, 64);
    control_json_number(&json, "fds", (int64_t)done->pipes);
    control_json_number(&json, "rate", done->number);
    client_reply(client, command->id, buffer_slice(&json));
    client->has_pipes = true;
    buffer_free(&json);
}

void desk_word_audio(struct client *client, time_ms now, const struct control_command *command,
                     const struct call *call)
{
    struct desk_output output = { .kind = DESK_ATTACH, .call = call_number(call) };
    const char *why = "a rate is 8000, 16000, 24000 or 48000";
    enum status status = STATUS_MALFORMED;
    (void)now;
    if (!command->rate || control_audio_has_rate(command->rate))
        status = control_audio_parse(command->args, &output.wish, &why);
    if (status != STATUS_OK) {
        client_refuse(client, command->id, status, why);
        return;
    }
    if (command->rate)
        output.wish.rate = (uint32_t)command->rate;
    use(client, command, &output, give_pipes);
}

static void keep_bridge(struct client *client, time_ms now, const struct control_command *command,
                        const struct desk_done *done)
{
    const struct desk_output *asked = &client->desk->asked;
    (void)now;
    (void)done;
    client_own(client, command->id, asked->call, OWNER_CLIENT);
    client_own(client, command->id, asked->other, OWNER_CLIENT);
    client_expect_bridge(client, command->id, asked->call, asked->other);
}

void desk_word_bridge(struct client *client, time_ms now, const struct control_command *command,
                      const struct call *call)
{
    struct desk_output output = { .kind = DESK_BRIDGE, .call = call_number(call) };
    const struct call *other = desk_call(client->desk, slice_trim(command->args));
    (void)now;
    if (!other) {
        client_refuse(client, command->id, STATUS_REFUSED,
                      "bridge wants the id of another call that is up");
        return;
    }
    output.other = call_number(other);
    use(client, command, &output, keep_bridge);
}

static void await_heard(struct client *client, time_ms now, const struct control_command *command,
                        const struct desk_done *done)
{
    const struct desk_output *asked = &client->desk->asked;
    (void)now;
    (void)done;
    client_expect(client, command->id, asked->kind == DESK_FLUSH ? PENDING_FLUSH : PENDING_DRAIN,
                  asked->call, ACTION_COUNT);
}

/* Answered when it has come to an end. */
void desk_word_await(struct client *client, time_ms now, const struct control_command *command,
                     const struct call *call)
{
    struct desk_output output = { .kind = command->verb->output, .call = call_number(call) };
    (void)now;
    if (client->pending.count < LIMIT_CONTROL_PENDING)
        use(client, command, &output, await_heard);
    else
        client_refuse(
            client, command->id, STATUS_REFUSED,
            "as many commands of this client wait for their ends as may: read answers first");
}

void desk_word_set(struct client *client, time_ms now, const struct control_command *command,
                   const struct call *call)
{
    struct desk_output output = { .kind = command->verb->output, .call = call_number(call) };
    (void)now;
    use(client, command, &output, client_reply_done);
}
