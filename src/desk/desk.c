// SPDX-License-Identifier: ISC
// Clients come, say lines and leave; their outputs.
#include "desk/desk_private.h"
#include "desk/rights.h"
#include "util/arena.h"
#include "util/limits.h"
#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>

struct queued {
    struct list_link link;
    struct desk_output output;
};

struct desk *desk_new(const struct desk_settings *settings)
{
    struct desk *desk = memory_new(sizeof(*desk));
    desk->settings = *settings;
    desk->claims = control_claims_new();
    desk->arena = arena_new();
    list_init(&desk->watchers);
    list_init(&desk->speakers);
    list_init(&desk->told);
    list_init(&desk->outputs);
    index_init(&desk->waiting);
    index_init(&desk->bridged);
    return desk;
}

const struct call *desk_call(const struct desk *desk, struct slice id)
{
    const struct call *call = call_table_find_id(agent_calls(desk->settings.agent), id);
    return call && !call_is_over(call) ? call : NULL;
}

void desk_put(struct desk *desk, const struct desk_output *output)
{
    struct queued *queued = memory_new(sizeof(*queued));
    queued->output = *output;
    list_append(&desk->outputs, &queued->link);
}

void desk_ask(struct client *client, const struct control_command *command,
              const struct desk_output *output, desk_conclude *conclude)
{
    struct desk *desk = client->desk;
    desk->conclude = conclude;
    desk->in_hand = client;
    desk->command = *command;
    desk->asked = *output;
    desk->asked.client = client->number;
    desk_put(desk, &desk->asked);
}

struct client *desk_client(const struct desk *desk, uint32_t number)
{
    struct client *client = desk->clients[number % DESK_PLACES];
    return client && client->number == number ? client : NULL;
}

void client_tell(struct client *client)
{
    if (client->is_told)
        return;
    client->is_told = true;
    list_append(&client->desk->told, &client->told);
}

void client_reply(struct client *client, int64_t id, struct slice fields)
{
    control_session_reply(client->session, id, fields);
    client_tell(client);
}

void client_reply_done(struct client *client, time_ms now, const struct control_command *command,
                       const struct desk_done *done)
{
    (void)now;
    client_reply(client, command->id, done->fields);
}

void client_refuse(struct client *client, int64_t id, enum status status, const char *why)
{
    const char *error = status == STATUS_MALFORMED ? "usage"
                        : status == STATUS_CLOSED  ? "over"
                                                   : "refused";
    control_session_refuse(client->session, id, error, why);
    client_tell(client);
}

void client_push(struct client *client, struct slice line)
{
    control_session_push(client->session, line);
    client_tell(client);
}

uint32_t desk_come(struct desk *desk, time_ms now, bool is_in_charge)
{
    if (!desk_has_room(desk, is_in_charge))
        return 0;
    struct client *client = memory_new(sizeof(*client));
    client->since = now;
    do
        client->number = ++desk->last_client;
    while (desk->clients[client->number % DESK_PLACES]);
    client->desk = desk;
    client->session = control_session_new();
    list_init(&client->pending);
    desk->clients[client->number % DESK_PLACES] = client;
    desk->client_count++;
    return client->number;
}

void desk_write_full(struct buffer *line)
{
    struct control_session *session = control_session_new();
    control_session_refuse(session, 0, "refused", "as many clients as may be are connected");
    buffer_append(line, buffer_slice(control_session_outgoing(session)));
    control_session_free(session);
}

void desk_receive(struct desk *desk, uint32_t number, struct slice bytes)
{
    struct client *client = desk_client(desk, number);
    if (!client)
        return;
    control_session_receive(client->session, bytes);
    if (!client->is_saying)
        list_append(&desk->speakers, &client->saying);
    client->is_saying = true;
}

static void client_free(struct client *client)
{
    struct desk *desk = client->desk;
    if (desk->in_hand == client)
        desk->in_hand = NULL;
    if (control_session_is_watching(client->session))
        list_remove(&desk->watchers, &client->watching);
    if (client->is_saying)
        list_remove(&desk->speakers, &client->saying);
    if (client->is_told)
        list_remove(&desk->told, &client->told);
    desk->clients[client->number % DESK_PLACES] = NULL;
    desk->client_count--;
    control_session_free(client->session);
    free(client);
}

void desk_leave(struct desk *desk, time_ms now, uint32_t number)
{
    struct client *client = desk_client(desk, number);
    if (!client)
        return;
    control_claims_client_gone(desk->claims, number);
    client_release(client, now);
    client_free(client);
}

/* A call that is over is told as that, whatever the token. */
static void carry_out(struct client *client, time_ms now, const struct control_command *command)
{
    const struct control_verb *verb = command->verb;
    const struct call *call = desk_call(client->desk, command->call);
    const char *why = "no such call, or it is over";
    struct event event = { .token = slice_empty() };
    bool needs_call = (verb->uses & CONTROL_NEEDS_CALL) != 0;
    if (needs_call && !call) {
        client_refuse(client, command->id, STATUS_CLOSED, why);
        return;
    }
    if (needs_call)
        call_event(call, EVENT_INCOMING, &event);
    if (control_rights_allow(verb, command->token, event.token, &why))
        verb->carry_out(client, now, command, needs_call ? call : NULL);
    else
        client_refuse(client, command->id, STATUS_REFUSED, why);
}

bool desk_work(struct desk *desk, time_ms now)
{
    struct list_link *link = list_first(&desk->speakers);
    struct control_command command;
    assert(!desk->in_hand);
    if (!link)
        return false;
    struct client *client = list_entry(link, struct client, saying);
    list_remove(&desk->speakers, link);
    client->is_saying = control_session_next(client->session, &command);
    if (client->is_saying) {
        client->has_spoken = true;
        list_append(&desk->speakers, link);
        carry_out(client, now, &command);
    }
    client_tell(client);
    return true;
}

void desk_done(struct desk *desk, time_ms now, const struct desk_done *done)
{
    struct client *client = desk->in_hand;
    if (!client)
        return;
    desk->in_hand = NULL;
    if (done->status == STATUS_OK)
        desk->conclude(client, now, &desk->command, done);
    else
        client_refuse(client, desk->command.id,
                      done->status == STATUS_MALFORMED ? STATUS_MALFORMED : STATUS_REFUSED,
                      done->why);
    arena_reset(desk->arena);
}

void desk_timeout(struct desk *desk, time_ms now)
{
    control_claims_timeout(desk->claims, now);
    desk_drop_silent(desk, now);
}

time_ms desk_deadline(const struct desk *desk)
{
    return time_earliest(control_claims_deadline(desk->claims), desk_silence_deadline(desk));
}

uint64_t desk_claims_lapsed(const struct desk *desk)
{
    return control_claims_lapsed(desk->claims);
}

/* What a client has been told so far; then, when it cannot be served on, its end. */
static bool next_told(struct desk *desk, struct desk_output *output)
{
    struct list_link *link;
    while ((link = list_first(&desk->told))) {
        struct client *client = list_entry(link, struct client, told);
        struct buffer *outgoing = control_session_outgoing(client->session);
        bool is_slow = buffer_status(outgoing) != STATUS_OK;
        *output = (struct desk_output){ .client = client->number };
        list_remove(&desk->told, link);
        client->is_told = false;
        if (outgoing->length && !is_slow) {
            output->bytes = arena_copy(desk->arena, buffer_slice(outgoing));
            output->has_pipes = client->has_pipes;
            client->has_pipes = false;
            buffer_clear(outgoing);
            if (control_session_is_broken(client->session))
                client_tell(client);
            return true;
        }
        if (!control_session_is_broken(client->session))
            continue;
        output->kind = DESK_CLOSE;
        output->text = is_slow ? "it does not read what it is sent" : NULL;
        return true;
    }
    return false;
}

/* Owning is between the agent and us. */
static bool next_claim(struct desk *desk, time_ms now, struct desk_output *output)
{
    struct agent *agent = desk->settings.agent;
    struct control_claim claim;
    while (control_claims_next_output(desk->claims, &claim)) {
        const struct call *call = agent_call(agent, claim.call);
        if (!call)
            continue;
        if (claim.outcome == CLAIM_OWNED)
            agent_own(agent, claim.call, OWNER_CLAIM, 0);
        if (claim.outcome == CLAIM_RELEASED)
            agent_disown(agent, now, claim.call, OWNER_CLAIM, 0);
        if (claim.outcome == CLAIM_OWNED || claim.outcome == CLAIM_RELEASED)
            continue;
        *output = (struct desk_output){
            .kind = claim.outcome == CLAIM_LAPSED ? DESK_EVENT_LAPSED : DESK_EVENT_DECIDED,
            .call = claim.call,
            .text = claim.why,
        };
        call_event(call, claim.event, &output->event);
        return true;
    }
    return false;
}

bool desk_next_output(struct desk *desk, time_ms now, struct desk_output *output)
{
    struct list_link *link;
    if (!desk->in_hand)
        arena_reset(desk->arena);
    if (next_told(desk, output))
        return true;
    if ((link = list_take_first(&desk->outputs))) {
        struct queued *queued = list_entry(link, struct queued, link);
        *output = queued->output;
        free(queued);
        return true;
    }
    return next_claim(desk, now, output);
}

void desk_free(struct desk *desk)
{
    struct list_link *link;
    if (!desk)
        return;
    for (size_t i = 0; i < DESK_PLACES; i++) {
        if (!desk->clients[i])
            continue;
        client_forget(desk->clients[i]);
        client_free(desk->clients[i]);
    }
    while ((link = list_take_first(&desk->outputs)))
        free(list_entry(link, struct queued, link));
    index_free(&desk->waiting);
    index_free(&desk->bridged);
    control_claims_free(desk->claims);
    arena_free(desk->arena);
    free(desk);
}
