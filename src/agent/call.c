// SPDX-License-Identifier: ISC
// The life of a call, what its users ask for, its time, and what it shows. Answers are in
// call_answer.c, endings in call_ending.c.
#include "agent/call.h"

#include "agent/call_facts.h"
#include "agent/call_private.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RING_AGAIN_MS = 60000,
    IGNORE_MS = 170000
};

static void read_expires(struct call *call, time_ms now, const struct sip_message *invite)
{
    uint32_t seconds;
    call->expires_at = TIME_NEVER;
    if (!sip_message_number(invite, SIP_HEADER_EXPIRES, &seconds))
        return;
    call->expires_at = now + (time_ms)seconds * 1000;
    call->expiry_status = 487;
}

struct call *call_new(const struct call_context *context, time_ms now, uint32_t number,
                      uint32_t transaction, const struct sip_message *invite)
{
    struct call *call = memory_new(sizeof(*call));
    call->context = context;
    call->arena = arena_new();
    call->number = number;
    random_token(context->random, call->id, CALL_ID_LENGTH);
    random_token(context->random, call->token, CALL_TOKEN_LENGTH);
    random_token(context->random, call->tag, CALL_TAG_LENGTH);
    call->invite = sip_message_copy(invite);
    call->invite_transaction = transaction;
    call->dialog = sip_dialog_new_server(invite, slice_of(call->tag));
    call->negotiation = negotiation_new(context->settings, context->random);
    awaited_ack_init(&call->ack);
    call->arrived_at = now;
    call->answered_at = call->ring_again_at = TIME_NEVER;
    read_expires(call, now, invite);
    call_facts_read(call->arena, invite, context->settings->export_headers,
                    context->settings->export_header_count, &call->facts);
    struct slice from = context->settings->logs_numbers
                            ? invite->from.uri.text
                            : call_facts_mask(call->arena, &invite->from.uri);
    LOG(INFO, "call arrived", TEXT("call", call->id), SLICE("from", from));
    outbox_put_event(context->outbox, EVENT_INCOMING, number);
    return call;
}

void call_become(struct call *call, enum call_state state)
{
    assert(call_state_may_become(call->state, state));
    LOG(DEBUG, "call state", TEXT("call", call->id), TEXT("from", call_state_text(call->state)),
        TEXT("to", call_state_text(state)));
    call->state = state;
    if (state != CALL_DECIDING)
        call->ring_again_at = call->expires_at = TIME_NEVER;
}

static void ring(struct call *call, time_ms now, uint32_t status)
{
    call_respond(call, now, status, slice_empty(), slice_empty());
    call->ring_again_at = now + RING_AGAIN_MS;
}

static void reject(struct call *call, time_ms now, const struct action *action)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    uint32_t status = action->code ? action->code : 480;
    if (action->retry_after)
        sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER, action->retry_after);
    call_refuse(call, now, status, slice_of(action->text), sip_writer_slice(&lines),
                status == 486 || status == 600 ? "busy" : "rejected", CALL_ENDED_LOCALLY);
    sip_writer_free(&lines);
}

static void redirect(struct call *call, time_ms now, const struct action *action)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    for (size_t i = 0; i < action->word_count; i++) {
        struct buffer contact;
        buffer_init(&contact, LIMIT_SIP_LINE);
        buffer_append_byte(&contact, '<');
        buffer_append_text(&contact, action_word(action, i));
        buffer_append_byte(&contact, '>');
        sip_writer_header(&lines, SIP_HEADER_CONTACT, buffer_slice(&contact));
        buffer_free(&contact);
    }
    call_refuse(call, now, 302, slice_empty(), sip_writer_slice(&lines), "rejected",
                CALL_ENDED_LOCALLY);
    sip_writer_free(&lines);
}

static void hang_up(struct call *call, time_ms now, const struct action *action)
{
    if (call->state == CALL_DECIDING || call->state == CALL_ANSWERING)
        call_refuse(call, now, 480, slice_of(action->text), slice_empty(), "rejected",
                    CALL_ENDED_LOCALLY);
    else
        call_hang_up(call, now, action->text[0] ? action->text : "hung up", CALL_ENDED_LOCALLY);
}

static enum status refusal(const struct call *call, enum action_kind kind, const char **why)
{
    if (call->state == CALL_ENDING || call->state == CALL_OVER || call->result) {
        *why = "the call is over";
        return STATUS_CLOSED;
    }
    *why = kind == ACTION_ACCEPT ? "accept answers a transfer, not a call"
                                 : "the call has already been decided";
    return STATUS_REFUSED;
}

enum status call_act(struct call *call, time_ms now, const struct action *action, const char **why)
{
    if (!call_state_admits(call->state, action->kind) || call->result)
        return refusal(call, action->kind, why);
    switch (action->kind) {
    case ACTION_RING:
        ring(call, now, 180);
        break;
    case ACTION_PROGRESS:
        call_answer(call, now, CALL_WISH_PROGRESS);
        break;
    case ACTION_ANSWER:
        call->decision = *action;
        call_answer(call, now, CALL_WISH_ANSWER);
        break;
    case ACTION_REJECT:
        reject(call, now, action);
        break;
    case ACTION_REDIRECT:
        redirect(call, now, action);
        break;
    case ACTION_IGNORE:
        call->expires_at = time_earliest(call->expires_at, now + IGNORE_MS);
        call->expiry_status = 480;
        break;
    case ACTION_HANGUP:
        hang_up(call, now, action);
        break;
    case ACTION_ACCEPT:
    case ACTION_COUNT:
        return refusal(call, action->kind, why);
    }
    return STATUS_OK;
}

void call_own(struct call *call)
{
    call->owners++;
    if (call->state == CALL_DRAINING)
        call_become(call, CALL_UP);
}

void call_disown(struct call *call, time_ms now)
{
    (void)now;
    if (call->owners)
        call->owners--;
    if (call->owners || call->state != CALL_UP)
        return;
    call_become(call, CALL_DRAINING);
    outbox_put(call->context->outbox, OUTBOX_MEDIA_DRAIN, call->number);
}

void call_media_drained(struct call *call, time_ms now)
{
    if (call->state == CALL_DRAINING)
        call_hang_up(call, now, "played out", CALL_ENDED_LOCALLY);
}

static void expire(struct call *call, time_ms now)
{
    uint32_t status = call->expiry_status;
    call->expires_at = TIME_NEVER;
    call_refuse(call, now, status, slice_empty(), slice_empty(), "missed",
                status == 487 ? CALL_ENDED_REMOTELY : CALL_ENDED_LOCALLY);
}

static void check_ack(struct call *call, time_ms now)
{
    switch (awaited_ack_timeout(&call->ack, now)) {
    case AWAITED_ACK_WAIT:
        break;
    case AWAITED_ACK_REPEAT:
        call_repeat_answer(call, now);
        break;
    case AWAITED_ACK_GIVE_UP:
        LOG(NOTICE, "no ACK came", TEXT("call", call->id));
        awaited_ack_end(&call->ack);
        call->code = 408;
        snprintf(call->reason, sizeof(call->reason), "no ACK");
        call_hang_up(call, now, "no ACK", CALL_ENDED_BY_NETWORK);
        break;
    }
}

void call_timeout(struct call *call, time_ms now)
{
    if (now >= call->expires_at)
        expire(call, now);
    if (now >= call->ring_again_at)
        ring(call, now, 180);
    check_ack(call, now);
}

time_ms call_deadline(const struct call *call)
{
    return time_earliest(time_earliest(call->expires_at, call->ring_again_at),
                         awaited_ack_deadline(&call->ack));
}

uint32_t call_number(const struct call *call)
{
    return call->number;
}

const char *call_id(const struct call *call)
{
    return call->id;
}

enum call_state call_state(const struct call *call)
{
    return call->state;
}

bool call_is_finished(const struct call *call)
{
    return call->state == CALL_OVER;
}

uint32_t call_invite_transaction(const struct call *call)
{
    return call->invite_transaction;
}

uint32_t call_bye_transaction(const struct call *call)
{
    return call->bye_transaction;
}

const struct sip_dialog *call_dialog(const struct call *call)
{
    return call->dialog;
}

struct sip_dialog *call_dialog_mutable(struct call *call)
{
    return call->dialog;
}

bool call_awaits_ack(const struct call *call, uint32_t cseq)
{
    return awaited_ack_is_open(&call->ack) && call->ack.cseq == cseq;
}

const struct negotiation *call_negotiation(const struct call *call)
{
    return call->negotiation;
}

const struct action *call_decision(const struct call *call)
{
    return &call->decision;
}

time_ms call_arrived_at(const struct call *call)
{
    return call->arrived_at;
}

time_ms call_answered_at(const struct call *call)
{
    return call->answered_at;
}

static struct slice ender_text(enum call_ender ender)
{
    static const char *const texts[] = { "local", "remote", "network" };
    return slice_of(texts[ender]);
}

void call_event(const struct call *call, enum event_kind kind, struct event *event)
{
    *event = call->facts;
    event->kind = kind;
    event->call = call->number;
    event->call_id = slice_of(call->id);
    event->token = slice_of(call->token);
    event->line = slice_of(call->context->settings->line);
    event->direction = slice_of("in");
    event->state = slice_of(call_state_text(call->state));
    if (kind != EVENT_ENDED)
        return;
    event->state = slice_of(call_state_text(CALL_OVER));
    event->result = slice_of(call->result);
    event->code = slice_of(call->figures[CALL_FIGURE_CODE]);
    event->reason = slice_of(call->reason);
    event->ended_by = ender_text(call->ended_by);
    event->ring_secs = slice_of(call->figures[CALL_FIGURE_RING]);
    event->talk_secs = slice_of(call->figures[CALL_FIGURE_TALK]);
    event->mos = slice_of(call->figures[CALL_FIGURE_MOS]);
    event->loss_percent = slice_of(call->figures[CALL_FIGURE_LOSS]);
    event->jitter_ms = slice_of(call->figures[CALL_FIGURE_JITTER]);
}

void call_set_media_figures(struct call *call, const struct media_statistics *statistics)
{
    uint32_t mos = statistics->mos_x100;
    uint32_t loss = statistics->loss_percent_x100;
    snprintf(call->figures[CALL_FIGURE_MOS], CALL_FIGURE_BYTES, "%u.%02u", mos / 100, mos % 100);
    snprintf(call->figures[CALL_FIGURE_LOSS], CALL_FIGURE_BYTES, "%u.%02u", loss / 100, loss % 100);
    snprintf(call->figures[CALL_FIGURE_JITTER], CALL_FIGURE_BYTES, "%u", statistics->jitter_ms);
}

void call_free(struct call *call)
{
    if (!call)
        return;
    awaited_ack_clear(&call->ack);
    negotiation_free(call->negotiation);
    sip_dialog_free(call->dialog);
    sip_message_free(call->invite);
    arena_free(call->arena);
    memory_erase(call->token, sizeof(call->token));
    free(call);
}
