// SPDX-License-Identifier: ISC
// Answers to INVITE and re-INVITE, their session descriptions, and the ACK (RFC 3261 13.3, 14.2;
// RFC 3264 8 and 8.4 for hold).
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

enum {
    RING_AGAIN_MS = 60000
};

struct slice call_description(const struct sip_message *message)
{
    return sip_message_body_of_type(message, CAPABILITIES_SDP);
}

void call_respond(struct call *call, time_ms now, uint32_t status, struct slice reason,
                  struct slice lines)
{
    struct sip_writer all;
    sip_writer_init(&all);
    if (status >= 200)
        sip_reliable_provisional_stop(&call->reliable.sequence);
    if (status < 300) {
        sip_writer_header(&all, SIP_HEADER_CONTACT, call_contact(call));
        sip_writer_header_text(&all, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    }
    sip_writer_lines(&all, lines);
    struct sip_response response = {
        .status = status,
        .reason = reason,
        .to_tag = slice_of(call->tag),
        .lines = sip_writer_slice(&all),
    };
    sip_endpoint_respond(call->context->endpoint, now, call->invite_transaction, &response);
    sip_writer_free(&all);
}

void call_send_session(struct call *call, time_ms now, uint32_t transaction,
                       const struct sip_message *request, uint32_t status, struct slice body)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    capabilities_write(&lines);
    /* RFC 4028 7.4: an UPDATE before the call is up carries no timer. */
    if (status >= 200 &&
        (request->method == SIP_METHOD_INVITE || !call_state_is_early(call->state)))
        sip_session_timer_answer(&call->timer, now, request, &lines);
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of(call->tag),
        .lines = sip_writer_slice(&lines),
        .content_type = slice_is_empty(body) ? slice_empty() : slice_of(CAPABILITIES_SDP),
        .body = body,
    };
    sip_endpoint_respond(call->context->endpoint, now, transaction, &response);
    if (status >= 200 && request->method == SIP_METHOD_INVITE)
        awaited_ack_begin(&call->ack, now, transaction, request->cseq, response.lines, body);
    sip_writer_free(&lines);
}

void call_repeat_answer(struct call *call, time_ms now)
{
    struct slice body = buffer_slice(&call->ack.body);
    struct sip_response response = {
        .status = 200,
        .to_tag = slice_of(call->tag),
        .lines = buffer_slice(&call->ack.lines),
        .content_type = slice_is_empty(body) ? slice_empty() : slice_of(CAPABILITIES_SDP),
        .body = body,
    };
    sip_endpoint_respond(call->context->endpoint, now, call->ack.transaction, &response);
}

void call_tell_media(struct call *call)
{
    outbox_put(call->context->outbox, call->has_session ? OUTBOX_MEDIA_UPDATE : OUTBOX_MEDIA_START,
               call->number);
    call->has_session = true;
}

bool call_accept_answer(struct call *call, struct slice answer, const char *bringer)
{
    const char *why = "there is none";
    if (!slice_is_empty(answer) &&
        negotiation_accept(call->negotiation, answer, &why) == STATUS_OK) {
        call_tell_media(call);
        return true;
    }
    LOG(NOTICE, "no usable answer to our offer", TEXT("call", call->id), TEXT("in", bringer),
        TEXT("why", why));
    return false;
}

/* 13.2.1: the 200 repeats the description that a 183 has given. */
static enum status prepare_session(struct call *call)
{
    struct slice offer = call_description(call->invite);
    struct slice body;
    const char *why = "";
    if (!slice_is_empty(call->session))
        return STATUS_OK;
    if (slice_is_empty(offer))
        body = negotiation_offer(call->negotiation);
    else if (negotiation_answer(call->negotiation, offer, &body, &why) != STATUS_OK)
        return STATUS_REFUSED;
    call->session = arena_copy(call->arena, body);
    return STATUS_OK;
}

/* RFC 3262 5: what a PRACK has confirmed is not said again; a session that was changed since by an
 * UPDATE would be taken back. */
static void send_answer(struct call *call, time_ms now)
{
    bool is_settled = call->reliable.has_settled;
    sip_reliable_provisional_stop(&call->reliable.sequence);
    call_send_session(call, now, call->invite_transaction, call->invite, 200,
                      is_settled ? slice_empty() : call->session);
    call->ack.has_offer = !negotiation_is_complete(call->negotiation);
    call->answered_at = now;
    call_become(call, CALL_ANSWERED);
}

static void answer_with_ports(struct call *call, time_ms now)
{
    bool is_answer = call->wish == CALL_WISH_ANSWER;
    bool is_first = slice_is_empty(call->session);
    call->wish = CALL_WISH_NONE;
    if (prepare_session(call) != STATUS_OK) {
        call_refuse(call, now, 488, slice_empty(), slice_empty(), "failed", CALL_ENDED_LOCALLY);
        return;
    }
    if (is_answer && call_reliable_is_open(call))
        call->reliable.has_answer_waiting = true; /* 3262 3: not before its PRACK */
    else if (is_answer)
        send_answer(call, now);
    else if (call_reliable_is_wanted(call, true))
        call_reliable_send(call, now, call->progress_status, call->session);
    else
        call_send_session(call, now, call->invite_transaction, call->invite, call->progress_status,
                          call->session);
    if (is_first && negotiation_is_complete(call->negotiation)) {
        call_tell_media(call);
        if (!is_answer) /* early media may be heard */
            outbox_put(call->context->outbox, OUTBOX_MEDIA_CONNECTED, call->number);
    }
}

void call_answer(struct call *call, time_ms now, enum call_wish wish)
{
    bool is_opening = call->wish != CALL_WISH_NONE;
    call->wish = wish;
    if (wish == CALL_WISH_ANSWER && call->state == CALL_DECIDING)
        call_become(call, CALL_ANSWERING);
    if (call->has_media)
        answer_with_ports(call, now);
    else if (!is_opening)
        outbox_put(call->context->outbox, OUTBOX_MEDIA_OPEN, call->number);
}

void call_ring_again(struct call *call, time_ms now)
{
    call->ring_again_at = now + RING_AGAIN_MS;
    if (!call_reliable_is_wanted(call, false)) {
        call_respond(call, now, 180, slice_empty(), slice_empty());
    } else if (slice_is_empty(call_description(call->invite)) && slice_is_empty(call->session)) {
        /* 13.2.1: the offer belongs into the first reliable response. */
        call->progress_status = 180;
        call_answer(call, now, CALL_WISH_PROGRESS);
    } else {
        call_reliable_send(call, now, 180, slice_empty());
    }
}

void call_media_opened(struct call *call, time_ms now, const struct net_address *rtp,
                       uint16_t rtcp_port)
{
    call->has_media = true;
    negotiation_set_address(call->negotiation, rtp, rtcp_port);
    if (call->is_outgoing)
        call_dial_go_on(call, now);
    else if (call->wish != CALL_WISH_NONE)
        answer_with_ports(call, now);
}

void call_media_failed(struct call *call, time_ms now)
{
    if (call->is_outgoing && call->state == CALL_DIALLING) {
        call_set_reason(call, 503, slice_of("no media port is free"));
        call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
    } else if (call_state_is_early(call->state)) {
        call_refuse(call, now, 503, slice_of("No Media Port Free"), slice_empty(), "failed",
                    CALL_ENDED_LOCALLY);
    }
}

void call_run_program(struct call *call)
{
    if (!call->has_program)
        outbox_put(call->context->outbox, OUTBOX_MEDIA_PROGRAM, call->number);
    call->has_program = true;
}

void call_come_up(struct call *call, time_ms now)
{
    call_become(call, CALL_UP);
    LOG(INFO, "call answered", TEXT("call", call->id),
        TEXT("codec", negotiation_codec_text(call->negotiation)));
    outbox_put(call->context->outbox, OUTBOX_MEDIA_CONNECTED, call->number);
    outbox_put_event(call->context->outbox, EVENT_ANSWERED, call->number);
    if (call->decision.word_count)
        call_run_program(call);
    else if (!owners_keep(&call->owners) || call->dial.is_detached)
        call_disown(call, now, OWNER_DETACHED, 0);
    call_change_go_on(call, now);
}

/* Late offer: the ACK brings the answer; without a usable one there is no session (13.2.1). */
static bool accept_late_answer(struct call *call, time_ms now, const struct sip_message *ack)
{
    if (call_accept_answer(call, call_description(ack), "ACK")) {
        if (call->state != CALL_ANSWERED)
            call_tell_hold(call);
        return true;
    }
    awaited_ack_end(&call->ack);
    call->code = 488;
    call_hang_up(call, now, "no usable answer in ACK", CALL_ENDED_BY_NETWORK);
    return false;
}

void call_receive_ack(struct call *call, time_ms now, const struct sip_message *ack)
{
    if (!call_awaits_ack(call, ack->cseq))
        return;
    bool has_offer = call->ack.has_offer;
    awaited_ack_end(&call->ack);
    if (call->wants_hangup) {
        call_become(call, CALL_UP);
        call_hang_up(call, now, "hung up", CALL_ENDED_LOCALLY);
        return;
    }
    if (has_offer && !accept_late_answer(call, now, ack))
        return;
    if (call->state == CALL_ANSWERED)
        call_come_up(call, now);
    else
        call_change_go_on(call, now);
}
