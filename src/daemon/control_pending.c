// SPDX-License-Identifier: ISC
#include "daemon/control_client.h"
#include "daemon/control_test.h"
#include "desk/control_json.h"
#include "sip/status_text.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

struct pending *control_client_expect(struct client *client, int64_t id, enum pending_kind kind,
                                      uint32_t number, enum action_kind action)
{
    struct pending *pending = memory_new(sizeof(*pending));
    *pending = (struct pending){ .id = id, .kind = kind, .number = number, .action = action };
    list_append(&client->pending, &pending->link);
    return pending;
}

static void forget(struct client *client, struct pending *pending)
{
    list_remove(&client->pending, &pending->link);
    free(pending);
}

void control_client_refuse(struct client *client, const struct control_command *command,
                           enum status status, const char *why)
{
    control_session_refuse(client->session, command->id,
                           status == STATUS_MALFORMED ? "usage" : "refused", why);
}

void control_client_refuse_over(struct client *client, const struct control_command *command)
{
    control_session_refuse(client->session, command->id, "over", "no such call, or it is over");
}

/* What something that was waited for has come to. */
struct outcome {
    uint32_t status;                       // of the far end; 0: the call ended first
    uint32_t heard_ms;                     // PENDING_FLUSH and PENDING_DRAIN
    const struct rehearsal_report *report; // PENDING_TEST
    const char *digits;                    // of `ask`; else NULL
};

static void conclude_ask(struct client *client, int64_t id, struct outcome outcome)
{
    struct buffer json;
    buffer_init(&json, 256);
    control_json_text(&json, "digits", slice_of(outcome.digits));
    if (outcome.status == 200)
        control_session_reply(client->session, id, buffer_slice(&json));
    else
        control_session_refuse_with(client->session, id, "no", "no more digits came in time",
                                    buffer_slice(&json));
    buffer_free(&json);
}

static void conclude(struct client *client, const struct pending *pending, struct outcome outcome)
{
    char text[128];
    uint32_t status = outcome.status;
    if (pending->kind == PENDING_CALL)
        return; /* its dial was answered at once */
    if (pending->kind == PENDING_BRIDGE)
        status = 200; /* the end of a call is its end */
    if (pending->kind == PENDING_TEST) {
        control_test_end(client->session, pending->id, outcome.report);
    } else if (status && (pending->kind == PENDING_FLUSH || pending->kind == PENDING_DRAIN)) {
        control_audio_tell_heard(client, pending->id, outcome.heard_ms);
    } else if (outcome.digits) {
        conclude_ask(client, pending->id, outcome);
    } else if (pending->kind == PENDING_BINDINGS && status >= 200 && status < 300) {
        control_calls_reply_bindings(client, pending->id);
    } else if (status >= 200 && status < 300) {
        control_session_reply(client->session, pending->id, slice_empty());
    } else if (status == 0) {
        control_session_refuse(client->session, pending->id, "over", "the call is over");
    } else {
        snprintf(text, sizeof(text), "the far end refused: %u %s", status, sip_status_text(status));
        control_session_refuse(client->session, pending->id, "far-end", text);
    }
}

static bool is_about(const struct pending *pending, unsigned kinds, uint32_t number,
                     enum action_kind action)
{
    return (kinds >> pending->kind & 1) &&
           (pending->number == number || (pending->other && pending->other == number)) &&
           (action == ACTION_COUNT || pending->action == action);
}

/* What waits for `number`, of these kinds and, unless it is ACTION_COUNT, this action. */
static void settle(struct control_server *server, unsigned kinds, uint32_t number,
                   enum action_kind action, struct outcome outcome)
{
    list_for_each(link, &server->clients) {
        struct client *client = list_entry(link, struct client, link);
        list_for_each_safe(one, &client->pending) {
            struct pending *pending = list_entry(one, struct pending, link);
            if (!is_about(pending, kinds, number, action))
                continue;
            conclude(client, pending, outcome);
            forget(client, pending);
        }
    }
}

void control_server_result(struct control_server *server, uint32_t call, enum action_kind action,
                           uint32_t status)
{
    settle(server, 1u << PENDING_ACTION, call, action, (struct outcome){ .status = status });
}

void control_server_asked(struct control_server *server, uint32_t call, bool is_complete,
                          const char *digits)
{
    settle(server, 1u << PENDING_ACTION, call, ACTION_ASK,
           (struct outcome){ .status = is_complete ? 200 : 408, .digits = digits });
}

void control_server_message_result(struct control_server *server, uint32_t number, uint32_t status)
{
    settle(server, 1u << PENDING_MESSAGE | 1u << PENDING_BINDINGS, number, ACTION_COUNT,
           (struct outcome){ .status = status });
}

void control_server_rehearsed(struct control_server *server, const struct rehearsal_report *report)
{
    settle(server, 1u << PENDING_TEST, report->number, ACTION_COUNT,
           (struct outcome){ .report = report });
}

void control_server_heard(struct control_server *server, uint32_t call, bool is_flush,
                          uint32_t heard_ms)
{
    struct outcome outcome = { .status = 200, .heard_ms = heard_ms };
    settle(server, 1u << (is_flush ? PENDING_FLUSH : PENDING_DRAIN), call, ACTION_COUNT, outcome);
    list_for_each(link, &server->clients)
        if (is_flush)
            control_audio_tell_flushed(list_entry(link, struct client, link), call, heard_ms);
}

void control_server_call_over(struct control_server *server, uint32_t call)
{
    settle(server,
           1u << PENDING_ACTION | 1u << PENDING_CALL | 1u << PENDING_FLUSH | 1u << PENDING_DRAIN |
               1u << PENDING_BRIDGE,
           call, ACTION_COUNT, (struct outcome){ .status = 0 });
}

void control_client_release(struct client *client, time_ms now)
{
    list_for_each_safe(link, &client->pending) {
        struct pending *pending = list_entry(link, struct pending, link);
        if (pending->kind == PENDING_CALL) {
            control_audio_release(client, pending->number);
            agent_disown(client->server->settings.agent, now, pending->number, pending->owner,
                         client->number);
        }
        if (pending->kind == PENDING_BRIDGE)
            media_ports_unbridge(client->server->settings.media, pending->number);
        if (pending->kind == PENDING_ACTION && pending->action == ACTION_ASK)
            agent_cancel_ask(client->server->settings.agent, pending->number);
        forget(client, pending);
    }
}

static struct pending *find_call(const struct client *client, uint32_t call)
{
    list_for_each(link, &client->pending) {
        struct pending *pending = list_entry(link, struct pending, link);
        if (pending->kind == PENDING_CALL && pending->number == call)
            return pending;
    }
    return NULL;
}

bool control_client_owns(const struct client *client, uint32_t call)
{
    return find_call(client, call);
}

void control_client_own(struct client *client, int64_t id, uint32_t call, enum owner_kind kind)
{
    struct pending *pending = find_call(client, call);
    /* Who has only listened so far may keep the call from now on; a listener ends nothing. */
    if (pending && pending->owner != OWNER_LISTENER)
        return;
    agent_own(client->server->settings.agent, call, kind, client->number);
    if (!pending)
        pending = control_client_expect(client, id, PENDING_CALL, call, ACTION_COUNT);
    pending->owner = kind;
}
