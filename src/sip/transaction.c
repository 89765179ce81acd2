// SPDX-License-Identifier: ISC
#include "sip/transaction.h"

#include "sip/invite_client_transaction.h"
#include "sip/invite_server_transaction.h"
#include "sip/non_invite_client_transaction.h"
#include "sip/non_invite_server_transaction.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

static const char *const state_names[SIP_STATE_COUNT] = {
    [SIP_STATE_TERMINATED] = "TERMINATED",
    [SIP_STATE_CALLING] = "CALLING",
    [SIP_STATE_CALLING_TO_CANCEL] = "CALLING_TO_CANCEL",
    [SIP_STATE_TRYING] = "TRYING",
    [SIP_STATE_PROCEEDING] = "PROCEEDING",
    [SIP_STATE_CANCELLING] = "CANCELLING",
    [SIP_STATE_COMPLETED] = "COMPLETED",
    [SIP_STATE_ACCEPTED] = "ACCEPTED",
};

static const char *const event_names[SIP_EVENT_COUNT] = {
    [SIP_EVENT_NONE] = "NONE",
    [SIP_EVENT_1XX] = "1XX",
    [SIP_EVENT_2XX] = "2XX",
    [SIP_EVENT_300_699] = "300_699",
    [SIP_EVENT_REQUEST] = "REQUEST",
    [SIP_EVENT_ACK] = "ACK",
    [SIP_EVENT_CANCEL] = "CANCEL",
    [SIP_EVENT_TIMER_B] = "TIMER_B",
    [SIP_EVENT_TIMER_F] = "TIMER_F",
    [SIP_EVENT_TIMER_H] = "TIMER_H",
    [SIP_EVENT_TIMER_L] = "TIMER_L",
    [SIP_EVENT_TIMER_M] = "TIMER_M",
    [SIP_EVENT_TIMER_CANCEL] = "TIMER_CANCEL",
    [SIP_EVENT_ABANDONED] = "ABANDONED",
    [SIP_EVENT_LINK_LOST] = "LINK_LOST",
};

static const char *const action_names[SIP_ACTION_COUNT] = {
    [SIP_ACTION_IGNORE] = "IGNORE",
    [SIP_ACTION_NOTHING] = "NOTHING",
    [SIP_ACTION_DELIVER] = "DELIVER",
    [SIP_ACTION_DELIVER_AND_ACK] = "DELIVER_AND_ACK",
    [SIP_ACTION_DELIVER_AND_CANCEL] = "DELIVER_AND_CANCEL",
    [SIP_ACTION_SEND_CANCEL] = "SEND_CANCEL",
    [SIP_ACTION_SEND] = "SEND",
    [SIP_ACTION_REPEAT] = "REPEAT",
    [SIP_ACTION_PASS_ACK] = "PASS_ACK",
    [SIP_ACTION_REPORT_CANCELLED] = "REPORT_CANCELLED",
    [SIP_ACTION_REPORT_TIMED_OUT] = "REPORT_TIMED_OUT",
    [SIP_ACTION_REPORT_CLOSED] = "REPORT_CLOSED",
    [SIP_ACTION_REPORT_UNACKED] = "REPORT_UNACKED",
};

static struct sip_transaction *transaction_new(const struct sip_machine *machine,
                                               enum sip_method method)
{
    struct sip_transaction *transaction = memory_new(sizeof(*transaction));
    transaction->machine = machine;
    transaction->method = method;
    return transaction;
}

struct sip_transaction *sip_transaction_new_server(const struct sip_message *request)
{
    const struct sip_machine *machine = request->method == SIP_METHOD_INVITE
                                            ? &sip_invite_server_machine
                                            : &sip_non_invite_server_machine;
    struct sip_transaction *transaction = transaction_new(machine, request->method);
    transaction->is_server = true;
    transaction->request = sip_message_copy(request);
    buffer_init(&transaction->response, LIMIT_SIP_MESSAGE);
    return transaction;
}

struct sip_transaction *sip_transaction_new_client(const struct sip_request *request,
                                                   struct slice via)
{
    const struct sip_machine *machine = request->method == SIP_METHOD_INVITE
                                            ? &sip_invite_client_machine
                                            : &sip_non_invite_client_machine;
    struct sip_transaction *transaction = transaction_new(machine, request->method);
    struct arena *arena = transaction->arena = arena_new();
    transaction->via_text = arena_copy(arena, via);
    // Our own text: without a local address it may be no Via, and then nothing will match it.
    if (sip_via_parse(transaction->via_text, &transaction->via) != STATUS_OK)
        transaction->via = (struct sip_via){ .branch = slice_empty() };

    transaction->sent = sip_request_copy(arena, request);
    return transaction;
}

void sip_transaction_set_tag(struct sip_transaction *transaction, struct slice tag)
{
    if (!slice_equal(transaction->to_tag, tag))
        transaction->to_tag = arena_copy(transaction->request->arena, tag);
}

// Staying, or going on to a state with the same timer, lets the timer run.
static void change_state(struct sip_transaction *transaction, time_ms now,
                         enum sip_transaction_state next)
{
    enum sip_transaction_event running = sip_transaction_timer(transaction);
    if (transaction->state != next)
        LOG(DEBUG, "transaction", NUMBER("transaction", transaction->id),
            TEXT("machine", transaction->machine->name),
            TEXT("from", sip_state_text(transaction->state)), TEXT("to", sip_state_text(next)));
    transaction->state = next;
    enum sip_transaction_event timer = sip_transaction_timer(transaction);
    if (timer == SIP_EVENT_NONE)
        transaction->deadline = TIME_NEVER;
    else if (timer != running)
        transaction->deadline = now + SIP_64_T1_MS;
}

void sip_transaction_start(struct sip_transaction *transaction, time_ms now)
{
    change_state(transaction, now, transaction->machine->initial);
}

enum sip_transaction_action sip_transaction_step(struct sip_transaction *transaction, time_ms now,
                                                 enum sip_transaction_event event)
{
    const struct sip_transition *transition = sip_transaction_transition(transaction, event);
    if (transition->action == SIP_ACTION_IGNORE)
        LOG(DEBUG, "event ignored", NUMBER("transaction", transaction->id),
            TEXT("state", sip_state_text(transaction->state)),
            TEXT("event", sip_event_text(event)));
    else
        change_state(transaction, now, transition->next);
    return transition->action;
}

const struct sip_transition *sip_transaction_transition(const struct sip_transaction *transaction,
                                                        enum sip_transaction_event event)
{
    return sip_machine_transition(transaction->machine, transaction->state, event);
}

enum sip_transaction_event sip_transaction_timer(const struct sip_transaction *transaction)
{
    return transaction->machine->states[transaction->state].timer;
}

void sip_transaction_free(struct sip_transaction *transaction)
{
    if (!transaction)
        return;
    if (transaction->is_server) {
        sip_message_free(transaction->request);
        buffer_free(&transaction->response);
    } else {
        arena_free(transaction->arena);
    }
    free(transaction);
}

enum sip_transaction_event sip_event_of_status(uint32_t status)
{
    if (status < 200)
        return SIP_EVENT_1XX;
    return status < 300 ? SIP_EVENT_2XX : SIP_EVENT_300_699;
}

const struct sip_transition *sip_machine_transition(const struct sip_machine *machine,
                                                    enum sip_transaction_state state,
                                                    enum sip_transaction_event event)
{
    return &machine->states[state].on[event];
}

const char *sip_state_text(enum sip_transaction_state state)
{
    return state < SIP_STATE_COUNT ? state_names[state] : "";
}

const char *sip_event_text(enum sip_transaction_event event)
{
    return event < SIP_EVENT_COUNT ? event_names[event] : "";
}

const char *sip_action_text(enum sip_transaction_action action)
{
    return action < SIP_ACTION_COUNT ? action_names[action] : "";
}
