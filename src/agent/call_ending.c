// SPDX-License-Identifier: ISC
// How a call ends: refusal, CANCEL, BYE in both directions (RFC 3261 9.2, 13.3.1, 15). Whatever the
// way, its media is closed and the event `ended` is given exactly once.
#include "agent/call_private.h"
#include "agent/reason.h"
#include "sip/status_text.h"
#include "util/log.h"

#include <stdio.h>

void call_set_reason(struct call *call, uint32_t code, struct slice reason)
{
    call->code = code;
    if (slice_is_empty(reason))
        reason = slice_of(sip_status_text(code));
    snprintf(call->reason, sizeof(call->reason), "%.*s", SLICE_PRINT(reason));
}

/* A quoted-string without its backslashes (25.1). */
static void copy_unescaped(char *copy, size_t size, struct slice text)
{
    size_t length = 0;
    for (size_t i = 0; i < text.length && length + 1 < size; i++) {
        if (text.data[i] == '\\' && i + 1 < text.length)
            i++;
        copy[length++] = text.data[i];
    }
    copy[length] = '\0';
}

void call_read_reason(struct call *call, const struct sip_message *message)
{
    struct reason reason;
    if (!reason_read(message, &reason))
        return;
    if (reason.sip_code)
        call->code = reason.sip_code;
    if (!slice_is_empty(reason.text))
        copy_unescaped(call->reason, sizeof(call->reason), reason.text);
}

static void write_seconds(char *figure, time_ms from, time_ms to)
{
    snprintf(figure, CALL_FIGURE_BYTES, "%lld", (long long)((to - from + 500) / 1000));
}

static void write_figures(struct call *call, time_ms now)
{
    bool was_answered = call->answered_at != TIME_NEVER;
    snprintf(call->figures[CALL_FIGURE_CODE], CALL_FIGURE_BYTES, "%u", call->code);
    write_seconds(call->figures[CALL_FIGURE_RING], call->arrived_at,
                  was_answered ? call->answered_at : now);
    write_seconds(call->figures[CALL_FIGURE_TALK], was_answered ? call->answered_at : now, now);
}

void call_close(struct call *call, time_ms now, const char *result, enum call_ender by)
{
    if (call->result)
        return;
    call->result = call->answered_at != TIME_NEVER ? "answered" : result;
    call->ended_by = by;
    write_figures(call, now);
    sip_session_timer_stop(&call->timer);
    call->dial.give_up_at = call->change.at = call->change.until = TIME_NEVER;
    call_transfer_over(call, now);
    call_digits_over(call);
    if (call->has_media)
        outbox_put(call->context->outbox, OUTBOX_MEDIA_CLOSE, call->number);
    call->has_media = false;
    outbox_put_event(call->context->outbox, EVENT_ENDED, call->number);
    outbox_put(call->context->outbox, OUTBOX_CALL_OVER, call->number);
    LOG(INFO, "call ended", TEXT("call", call->id), TEXT("result", call->result),
        NUMBER("code", call->code), TEXT("reason", call->reason),
        TEXT("talk_secs", call->figures[CALL_FIGURE_TALK]));
}

void call_conclude(struct call *call, time_ms now, const char *result, enum call_ender by)
{
    awaited_ack_end(&call->ack);
    call_close(call, now, result, by);
    call->left.give_up_at = call->left.pay_at = call->left.bye_at = TIME_NEVER;
    if (call->left.is_restored)
        call_log_left_over(call, now);
    call_abandon_requests(call, now);
    if (call->state != CALL_OVER)
        call_become(call, CALL_OVER);
}

void call_refuse(struct call *call, time_ms now, uint32_t status, struct slice reason,
                 struct slice lines, const char *result, enum call_ender by)
{
    call_set_reason(call, status, reason);
    call_respond(call, now, status, reason, lines);
    call_conclude(call, now, result, by);
}

void call_send_bye(struct call *call, time_ms now)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    reason_write(&lines, call->code, slice_of(call->reason));
    own_request_set(&call->sent[CALL_SENDS_BYE], SIP_METHOD_BYE, sip_writer_slice(&lines), "",
                    slice_empty());
    sip_writer_free(&lines);
    call->wants_bye = false;
    call_send(call, now, CALL_SENDS_BYE);
}

void call_hang_up(struct call *call, time_ms now, const char *reason, enum call_ender by)
{
    if (call->state == CALL_ENDING || call->state == CALL_OVER)
        return;
    if (!call->code)
        call_set_reason(call, 200, slice_of(reason));
    if (call->state == CALL_ANSWERED && by != CALL_ENDED_BY_NETWORK) {
        /* 15: a callee sends no BYE before the ACK for its 2xx, or the end of waiting for it. */
        call->wants_hangup = true;
        call_close(call, now, "answered", by);
        return;
    }
    awaited_ack_end(&call->ack);
    call_close(call, now, "failed", by);
    call_become(call, CALL_ENDING);
    call_send_bye(call, now);
}

static void lose_dialog(struct call *call, time_ms now, uint32_t status, const char *why)
{
    if (call->result)
        return;
    call_set_reason(call, status, slice_of(why));
    call_hang_up(call, now, why, CALL_ENDED_BY_NETWORK);
}

void call_heed_answer(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status == 481 || response->status == 408)
        lose_dialog(call, now, response->status, "the far end has lost the call");
}

void call_heed_failure(struct call *call, time_ms now, enum status why)
{
    if (why == STATUS_TIMED_OUT)
        lose_dialog(call, now, 408, "the far end does not answer");
}

void call_receive_cancel(struct call *call, time_ms now, const struct sip_message *cancel)
{
    if (call->state != CALL_DECIDING && call->state != CALL_ANSWERING)
        return;
    call_set_reason(call, 487, slice_empty());
    call_respond(call, now, 487, slice_empty(), slice_empty());
    call_read_reason(call, cancel);
    /* RFC 3326 2: another telephone of the line, or of the caller's fork, has it. */
    bool is_elsewhere = call->code >= 200 && call->code < 300;
    call_conclude(call, now, is_elsewhere ? "elsewhere" : "missed", CALL_ENDED_REMOTELY);
}

void call_receive_bye(struct call *call, time_ms now, uint32_t transaction,
                      const struct sip_message *bye)
{
    call_reply(call, now, transaction, 200, slice_empty());
    if (call->is_outgoing && call_state_is_early(call->state))
        return; /* 15: not a callee's to send; the INVITE has its own end */
    if (call_state_is_early(call->state)) {
        /* 15.1.2: the pending INVITE is answered 487. */
        call_refuse(call, now, 487, slice_empty(), slice_empty(), "missed", CALL_ENDED_REMOTELY);
        return;
    }
    if (!call->code) {
        call_set_reason(call, 200, slice_of("hung up"));
        call_read_reason(call, bye);
    }
    /* BYE crossing ours (RFC 5407 3.1.6): ours is answered 481 or 200 and ends the call. */
    if (call->state != CALL_ENDING || call->wants_bye || call->left.wants_cancel)
        call_conclude(call, now, "failed", CALL_ENDED_REMOTELY);
}

void call_bye_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    LOG(DEBUG, "BYE answered", TEXT("call", call->id), NUMBER("status", response->status));
    if (!call_bye_is_settled(call, response->status)) {
        call_bye_later(call, now);
        return;
    }
    if (response->status == 401 || response->status == 407)
        LOG(WARNING, "BYE was challenged and not repeated: see auth.in_dialog",
            TEXT("call", call->id));
    call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
}

void call_bye_failed(struct call *call, time_ms now, enum status why)
{
    if (why == STATUS_CLOSED || (why == STATUS_TIMED_OUT && !*call->context->is_online)) {
        call_bye_later(call, now);
        return;
    }
    LOG(NOTICE, "BYE was not answered", TEXT("call", call->id));
    call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
}

void call_line_restored(struct call *call, time_ms now)
{
    const char *why;
    if (call->state == CALL_ENDING)
        call_pay_debt(call, now);
    else if (call->state == CALL_DIALLING)
        call_dial_go_on(call, now);
    else if (call->state == CALL_UP && call->has_outlived_link)
        (void)!call_change_ask(call, now, CALL_CHANGE_REFRESH, &why); /* our Contact is new */
    call->has_outlived_link = false;
}

void call_link_lost(struct call *call, time_ms now)
{
    call_ring_less(call, now);
    call->has_outlived_link = call->state == CALL_UP || call->state == CALL_DRAINING;
    call->left.pay_at = TIME_NEVER;
}

void call_stop(struct call *call, time_ms now)
{
    switch (call->state) {
    case CALL_DIALLING:
    case CALL_CALLING:
    case CALL_RINGING:
        call_cancel(call, now, "cancelled", CALL_ENDED_LOCALLY);
        break;
    case CALL_DECIDING:
    case CALL_ANSWERING:
        call_refuse(call, now, 480, slice_of("Going Down"), slice_empty(), "rejected",
                    CALL_ENDED_LOCALLY);
        break;
    case CALL_ANSWERED:
        awaited_ack_end(&call->ack); /* no time to wait for the ACK */
        call_hang_up(call, now, "daemon stops", CALL_ENDED_BY_NETWORK);
        break;
    case CALL_UP:
    case CALL_DRAINING:
        call_hang_up(call, now, "daemon stops", CALL_ENDED_LOCALLY);
        break;
    case CALL_ENDING:
    case CALL_OVER:
    case CALL_STATE_COUNT:
        break;
    }
}
