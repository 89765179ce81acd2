// SPDX-License-Identifier: ISC
// What a call owes the far end in each state, and its record, from which a next process could pay
// (decision 15; call_record.h).
#include "agent/call_private.h"

/* Where it outlives its connection, an INVITE of ours is owed a CANCEL even though the call ends.
 */
static enum call_debt debt_of_ending(const struct call *call)
{
    if (call->dialog)
        return call->left.is_restored ? call->left.debt : CALL_OWES_BYE;
    return call->left.sent.cseq ? CALL_OWES_CANCEL : CALL_OWES_NOTHING;
}

enum call_debt call_debt(const struct call *call)
{
    switch (call->state) {
    case CALL_CALLING:
    case CALL_RINGING:
        return call->left.sent.cseq ? CALL_OWES_CANCEL : CALL_OWES_NOTHING;
    case CALL_DECIDING:
    case CALL_ANSWERING:
        return CALL_OWES_REFUSAL;
    case CALL_ANSWERED:
    case CALL_UP:
    case CALL_DRAINING:
        return CALL_OWES_BYE;
    case CALL_ENDING:
        return debt_of_ending(call);
    case CALL_DIALLING:
    case CALL_OVER:
    case CALL_STATE_COUNT:
        break;
    }
    return CALL_OWES_NOTHING;
}

void call_keep_sent(struct call *call)
{
    struct sip_request sent;
    struct slice via;
    call->left.sent = (struct sip_request){ .cseq = 0 };
    if (!sip_endpoint_sent(call->context->endpoint, call->sent[CALL_SENDS_INVITE].transaction,
                           &sent, &via))
        return;
    call->left.sent = sip_request_copy(call->arena, &sent);
    call->left.via = arena_copy(call->arena, via);
}

static uint32_t revision_of(const struct call *call)
{
    uint32_t revision = call->left.sent.cseq;
    if (call->dialog)
        return revision + sip_dialog_revision(call->dialog);
    list_for_each(link, &call->dial.early.list)
        revision += 1 + sip_dialog_revision(list_entry(link, struct early_dialog, link)->dialog);
    return revision;
}

static struct call_mark mark_of(const struct call *call)
{
    return (struct call_mark){
        .is_given = true,
        .debt = call_debt(call),
        .revision = revision_of(call),
        .awaits_ack = call->state == CALL_ANSWERED,
        .has_ended = call->result != NULL,
        .is_told = call->is_told,
    };
}

bool call_is_record_due(const struct call *call)
{
    const struct call_mark *given = &call->mark;
    struct call_mark mark = mark_of(call);
    return !given->is_given || given->debt != mark.debt || given->revision != mark.revision ||
           given->awaits_ack != mark.awaits_ack || given->has_ended != mark.has_ended ||
           given->is_told != mark.is_told;
}

void call_record_given(struct call *call)
{
    call->mark = mark_of(call);
}

void call_set_told(struct call *call)
{
    call->is_told = call->mark.is_told = true;
}

static time_ms to_wall(time_ms when, time_ms now, time_ms wall)
{
    return when == TIME_NEVER ? TIME_NEVER : wall + when - now;
}

static void fill_dialogs(const struct call *call, struct call_record *record)
{
    struct sip_dialog_state *dialogs = record->dialogs;
    if (record->debt == CALL_OWES_BYE || record->debt == CALL_OWES_REFUSAL) {
        sip_dialog_state(call->dialog, dialogs);
        record->dialog_count = 1;
    } else if (record->debt == CALL_OWES_CANCEL) {
        list_for_each(link, &call->dial.early.list)
            sip_dialog_state(list_entry(link, struct early_dialog, link)->dialog,
                             &dialogs[record->dialog_count++]);
    }
}

/* The head of their INVITE, as long as an answer to it may be missing. */
static void fill_invite(const struct call *call, struct call_record *record,
                        struct sip_writer *writer)
{
    bool is_open = record->debt == CALL_OWES_REFUSAL || call->state == CALL_ANSWERED;
    if (call->left.invite.length) {
        record->invite = call->left.invite;
    } else if (is_open) {
        call_record_write_invite(writer, call->invite);
        if (sip_writer_status(writer) == STATUS_OK)
            record->invite = sip_writer_slice(writer);
    }
}

static void fill(const struct call *call, time_ms now, time_ms wall, struct call_record *record)
{
    record->debt = call_debt(call);
    record->is_outgoing = call->is_outgoing;
    record->id = slice_of(call->id);
    record->arrived_at = to_wall(call->arrived_at, now, wall);
    record->answered_at = to_wall(call->answered_at, now, wall);
    record->left_at = call->left.is_restored ? to_wall(call->left.since, now, wall) : TIME_NEVER;
    record->has_ended = call->result != NULL;
    record->is_told = call->is_told;
    record->ack_cseq = call->is_outgoing ? call->own_ack_cseq : 0;
    record->sent = call->left.sent;
    record->via = call->left.via;
    call_event(call, record->has_ended ? EVENT_ENDED : EVENT_INCOMING, &record->facts);
}

enum status call_write_record(const struct call *call, time_ms now, time_ms wall,
                              struct buffer *text)
{
    struct sip_dialog_state dialogs[LIMIT_EARLY_DIALOGS];
    struct call_record record = { .dialogs = dialogs };
    struct sip_writer writer;
    fill(call, now, wall, &record);
    if (record.debt == CALL_OWES_NOTHING && record.has_ended && record.is_told)
        return STATUS_OK;
    sip_writer_init(&writer);
    fill_dialogs(call, &record);
    fill_invite(call, &record, &writer);
    if (record.debt == CALL_OWES_REFUSAL && slice_is_empty(record.invite))
        record.debt = CALL_OWES_NOTHING;
    enum status status = call_record_write(&record, text);
    sip_writer_free(&writer);
    return status;
}
