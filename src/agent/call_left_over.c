// SPDX-License-Identifier: ISC
// Calls whose connection or process has gone while something was owed to the far end: on the next
// registration it is paid by BYE, CANCEL or a final answer (decision 15; RFC 3261 9.1, 15). Where
// there is a connection but no registration, that is tried too.
#include "agent/call_facts.h"
#include "agent/call_private.h"
#include "util/log.h"

#include <stdio.h>

enum {
    BYE_GIVE_UP_MS = 24 * 3600 * 1000,
    RING_GIVE_UP_MS = 15 * 60 * 1000, // nothing rings longer (timer C, 16.6)
    ACK_AWAITED_MS = 32000,           // a 2xx is repeated so long (13.3.1.4)
    EARLY_BYE_MS = 2000,
    LINE_AWAITED_MS = 3000,
};

static const char why_ended[] = "the daemon was restarted";

bool call_is_left_over(const struct call *call)
{
    return call->left.is_restored && call->state != CALL_OVER;
}

/* In the new process's time; never in the future, whatever the wall clock has done. */
static time_ms from_wall(time_ms when, time_ms now, time_ms wall)
{
    return when == TIME_NEVER ? TIME_NEVER : now - (wall > when ? wall - when : 0);
}

static void copy_figure(struct call *call, size_t figure, struct slice text)
{
    snprintf(call->figures[figure], CALL_FIGURE_BYTES, "%.*s", SLICE_PRINT(text));
}

/* The end as the earlier process had it for `ended`, which may not have been told. */
static void copy_end(struct call *call, const struct event *facts)
{
    uint32_t code = 0;
    bool is_ours = slice_equal(facts->ended_by, slice_of("local"));
    bool is_theirs = slice_equal(facts->ended_by, slice_of("remote"));
    (void)!slice_to_uint32(facts->code, &code);
    call_set_reason(call, code, facts->reason);
    call->result = arena_copy_text(call->arena, facts->result);
    call->ended_by = is_ours     ? CALL_ENDED_LOCALLY
                     : is_theirs ? CALL_ENDED_REMOTELY
                                 : CALL_ENDED_BY_NETWORK;
    copy_figure(call, CALL_FIGURE_CODE, facts->code);
    copy_figure(call, CALL_FIGURE_RING, facts->ring_secs);
    copy_figure(call, CALL_FIGURE_TALK, facts->talk_secs);
    copy_figure(call, CALL_FIGURE_MOS, facts->mos);
    copy_figure(call, CALL_FIGURE_LOSS, facts->loss_percent);
    copy_figure(call, CALL_FIGURE_JITTER, facts->jitter_ms);
}

static void restore_dialogs(struct call *call, const struct call_record *record)
{
    if (record->debt == CALL_OWES_CANCEL) {
        for (size_t i = 0; i < record->dialog_count; i++)
            early_dialogs_restore(&call->dial.early, sip_dialog_restore(&record->dialogs[i]));
    } else if (record->dialog_count) {
        call->dialog = sip_dialog_restore(&record->dialogs[0]);
        snprintf(call->tag, sizeof(call->tag), "%.*s", SLICE_PRINT(record->dialogs[0].local_tag));
    }
}

static void restore_debt(struct call *call, time_ms now, time_ms wall,
                         const struct call_record *record)
{
    struct call_left_over *left = &call->left;
    left->is_restored = true;
    left->debt = record->debt;
    left->since = record->left_at == TIME_NEVER ? now : from_wall(record->left_at, now, wall);
    left->give_up_at =
        left->since + (record->debt == CALL_OWES_BYE ? BYE_GIVE_UP_MS : RING_GIVE_UP_MS);
    left->sent = sip_request_copy(call->arena, &record->sent);
    left->sent.user = call->number;
    left->via = arena_copy(call->arena, record->via);
    left->invite = arena_copy(call->arena, record->invite);
    left->wants_cancel = record->debt == CALL_OWES_CANCEL;
    call->wants_bye = record->debt == CALL_OWES_BYE;
    call->own_ack_cseq = record->ack_cseq;
}

static struct slice far_end(const struct call *call)
{
    struct sip_uri uri;
    struct slice text = call->is_outgoing ? call->facts.to_uri : call->facts.from_uri;
    if (call->context->settings->logs_numbers || sip_uri_parse(text, &uri) != STATUS_OK)
        return text;
    return call_facts_mask(call->arena, &uri);
}

void call_log_left_over(struct call *call, time_ms now)
{
    time_ms began = call->answered_at == TIME_NEVER ? call->arrived_at : call->answered_at;
    LOG(NOTICE, "call left over from before: ended", TEXT("call", call->id),
        SLICE("with", far_end(call)), NUMBER("seconds", (now - began) / 1000));
}

/* The event that the earlier process had no time for, and the end where nothing is owed. */
static void tell_end(struct call *call, time_ms now)
{
    if (call->result && !call->is_told) {
        outbox_put_event(call->context->outbox, EVENT_ENDED, call->number);
        outbox_put(call->context->outbox, OUTBOX_CALL_OVER, call->number);
    }
    if (call->left.debt == CALL_OWES_NOTHING)
        call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
}

struct call *call_restore(const struct call_context *context, time_ms now, time_ms wall,
                          uint32_t number, const struct call_record *record)
{
    struct call *call = call_make(context, now, number);
    snprintf(call->id, sizeof(call->id), "%.*s", SLICE_PRINT(record->id));
    call->state = CALL_ENDING;
    call->is_outgoing = record->is_outgoing;
    call->is_told = record->is_told;
    call->arrived_at = from_wall(record->arrived_at, now, wall);
    call->answered_at = from_wall(record->answered_at, now, wall);
    call->facts = event_copy(call->arena, &record->facts);
    restore_dialogs(call, record);
    restore_debt(call, now, wall, record);
    if (record->has_ended)
        copy_end(call, &record->facts);
    else
        call_set_reason(call, record->debt == CALL_OWES_REFUSAL ? 480 : 500, slice_of(why_ended));
    LOG(NOTICE, "call left over from before", TEXT("call", call->id), SLICE("with", far_end(call)));
    tell_end(call, now);
    return call;
}

/* The transaction is a new one, but the branch is theirs. */
static void refuse(struct call *call, time_ms now)
{
    struct sip_message *invite;
    struct arena *arena = arena_new();
    if (sip_message_parse(arena, call->left.invite, &invite) == STATUS_OK) {
        call->invite_transaction = sip_endpoint_resume_server(call->context->endpoint, now, invite);
        call_respond(call, now, 480, slice_empty(), slice_empty());
    }
    arena_free(arena);
}

/* What the earlier process may not have got out before it died: our 200 (then a BYE alone would
 * leave the INVITE open), or our ACK. */
static void settle_invite(struct call *call, time_ms now)
{
    struct sip_request ack = { .cseq = 0 };
    if (call->left.invite.length)
        refuse(call, now);
    if (!call->left.is_restored || !call->own_ack_cseq || now - call->answered_at >= ACK_AWAITED_MS)
        return;
    sip_dialog_ack(call->dialog, call->own_ack_cseq, &ack);
    sip_endpoint_ack(call->context->endpoint, &ack, NULL);
}

/* 9.1: with the branch of the INVITE. It may have been answered while we were away, and nobody
 * would tell us: early dialogs get a BYE as well, later. */
static void cancel(struct call *call, time_ms now)
{
    struct own_request *invite = &call->sent[CALL_SENDS_INVITE];
    call->left.wants_cancel = false;
    invite->cseq = call->left.sent.cseq;
    invite->transaction =
        sip_endpoint_resume_client(call->context->endpoint, now, &call->left.sent, call->left.via);
    call_send_cancel(call, now);
    if (!list_is_empty(&call->dial.early.list))
        call->left.bye_at = now + EARLY_BYE_MS;
}

void call_pay_debt(struct call *call, time_ms now)
{
    call->left.pay_at = TIME_NEVER;
    switch (call_debt(call)) {
    case CALL_OWES_REFUSAL:
        refuse(call, now);
        call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
        break;
    case CALL_OWES_CANCEL:
        if (call->left.wants_cancel)
            cancel(call, now);
        break;
    case CALL_OWES_BYE:
        if (!call->wants_bye)
            break;
        settle_invite(call, now);
        call_send_bye(call, now);
        break;
    case CALL_OWES_NOTHING:
        break;
    }
}

void call_bye_later(struct call *call, time_ms now)
{
    call->wants_bye = true;
    call->left.give_up_at = time_earliest(call->left.give_up_at, now + BYE_GIVE_UP_MS);
}

bool call_bye_is_settled(const struct call *call, uint32_t status)
{
    return *call->context->is_online || status < 300 || status == 408 || status == 481;
}

/* A registrar that is out of order must not keep a call up at a proxy that is not. */
void call_link_up(struct call *call, time_ms now)
{
    bool is_owing = call->wants_bye || call->left.wants_cancel || call->left.invite.length;
    if (call->state == CALL_ENDING && is_owing)
        call->left.pay_at = now + LINE_AWAITED_MS;
}

bool call_cancel_later(struct call *call, time_ms now)
{
    if (!call->left.sent.cseq)
        return false;
    if (!call->left.is_restored && !call->result) {
        call_set_reason(call, 503, slice_of("the connection was lost"));
        call_close(call, now, "failed", CALL_ENDED_BY_NETWORK);
    }
    if (call->state != CALL_ENDING)
        call_become(call, CALL_ENDING);
    call->left.wants_cancel = true;
    call->left.bye_at = TIME_NEVER;
    call->left.give_up_at = time_earliest(call->left.give_up_at, now + RING_GIVE_UP_MS);
    return true;
}

void call_end_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    early_dialogs_clear(&call->dial.early);
    call->left.bye_at = TIME_NEVER;
    call->left.debt = CALL_OWES_BYE;
    sip_dialog_free(call->dialog);
    call->dialog = sip_dialog_new_client(response, sip_message_value(response, SIP_HEADER_FROM),
                                         call->left.sent.uri);
    call_send_ack(call, CALL_SENDS_INVITE);
    call_send_bye(call, now);
}

/* 15: a caller may end early dialogs by BYE. The answer of the only one there is settles it; of
 * several none does. */
void call_end_early_dialogs(struct call *call, time_ms now)
{
    struct sip_request bye = { .cseq = 0 };
    struct list *early = &call->dial.early.list;
    call->left.bye_at = TIME_NEVER;
    if (early->count == 1) {
        call->dialog = early_dialog_take(list_entry(list_first(early), struct early_dialog, link));
        call->left.debt = CALL_OWES_BYE;
        early_dialogs_clear(&call->dial.early);
        call_send_bye(call, now);
        return;
    }
    list_for_each(link, early) {
        sip_dialog_request(list_entry(link, struct early_dialog, link)->dialog, SIP_METHOD_BYE,
                           &bye);
        (void)sip_endpoint_request_owed(call->context->endpoint, now, &bye);
    }
}

void call_left_over_give_up(struct call *call, time_ms now)
{
    LOG(WARNING, "no line in time: the far end may still be in the call", TEXT("call", call->id),
        SLICE("with", far_end(call)));
    call_conclude(call, now, "failed", CALL_ENDED_BY_NETWORK);
}
