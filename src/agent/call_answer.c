// SPDX-License-Identifier: ISC
// Answers to INVITE and re-INVITE, their session descriptions, and the ACK (RFC 3261 13.3, 14.2;
// RFC 3264 8 and 8.4 for hold).
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

static struct slice offer_of(const struct sip_message *message)
{
    return sip_message_body_of_type(message, CAPABILITIES_ACCEPT);
}

void call_respond(struct call *call, time_ms now, uint32_t status, struct slice reason,
                  struct slice lines)
{
    struct sip_writer all;
    sip_writer_init(&all);
    if (status < 300) {
        sip_writer_header(&all, SIP_HEADER_CONTACT, buffer_slice(call->context->contact));
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

/* A response to INVITE with a session description; a 2xx is kept until its ACK. */
static void send_session(struct call *call, time_ms now, uint32_t transaction, uint32_t cseq,
                         uint32_t status, struct slice body)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, buffer_slice(call->context->contact));
    capabilities_write(&lines);
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of(call->tag),
        .lines = sip_writer_slice(&lines),
        .content_type = slice_of(CAPABILITIES_ACCEPT),
        .body = body,
    };
    sip_endpoint_respond(call->context->endpoint, now, transaction, &response);
    if (status >= 200)
        awaited_ack_begin(&call->ack, now, transaction, cseq, response.lines, body);
    sip_writer_free(&lines);
}

void call_repeat_answer(struct call *call, time_ms now)
{
    struct sip_response response = {
        .status = 200,
        .to_tag = slice_of(call->tag),
        .lines = buffer_slice(&call->ack.lines),
        .content_type = slice_of(CAPABILITIES_ACCEPT),
        .body = buffer_slice(&call->ack.body),
    };
    sip_endpoint_respond(call->context->endpoint, now, call->ack.transaction, &response);
}

static void tell_hold(struct call *call)
{
    bool is_held = negotiation_is_held(call->negotiation);
    if (is_held == call->is_held)
        return;
    call->is_held = is_held;
    outbox_put_event(call->context->outbox, is_held ? EVENT_HOLD : EVENT_RESUME, call->number);
}

/* 13.2.1: the 200 repeats the description that a 183 has given. */
static enum status prepare_session(struct call *call)
{
    struct slice offer = offer_of(call->invite);
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

static void answer_with_ports(struct call *call, time_ms now)
{
    bool is_answer = call->wish == CALL_WISH_ANSWER;
    bool is_first = slice_is_empty(call->session);
    call->wish = CALL_WISH_NONE;
    if (prepare_session(call) != STATUS_OK) {
        call_refuse(call, now, 488, slice_empty(), slice_empty(), "failed", CALL_ENDED_LOCALLY);
        return;
    }
    send_session(call, now, call->invite_transaction, call->invite->cseq, is_answer ? 200 : 183,
                 call->session);
    if (is_first && negotiation_is_complete(call->negotiation))
        outbox_put(call->context->outbox, OUTBOX_MEDIA_START, call->number);
    if (!is_answer)
        return;
    call->ack.has_offer = !negotiation_is_complete(call->negotiation);
    call->answered_at = now;
    call_become(call, CALL_ANSWERED);
}

void call_answer(struct call *call, time_ms now, enum call_wish wish)
{
    call->wish = wish;
    if (wish == CALL_WISH_ANSWER)
        call_become(call, CALL_ANSWERING);
    if (call->has_media)
        answer_with_ports(call, now);
    else
        outbox_put(call->context->outbox, OUTBOX_MEDIA_OPEN, call->number);
}

void call_media_opened(struct call *call, time_ms now, const struct net_address *rtp,
                       uint16_t rtcp_port)
{
    call->has_media = true;
    if (call->wish == CALL_WISH_NONE)
        return;
    negotiation_set_address(call->negotiation, rtp, rtcp_port);
    answer_with_ports(call, now);
}

void call_media_failed(struct call *call, time_ms now)
{
    if (call->state == CALL_DECIDING || call->state == CALL_ANSWERING)
        call_refuse(call, now, 503, slice_of("No Media Port Free"), slice_empty(), "failed",
                    CALL_ENDED_LOCALLY);
}

static void come_up(struct call *call, time_ms now)
{
    call_become(call, CALL_UP);
    LOG(INFO, "call answered", TEXT("call", call->id),
        TEXT("codec", negotiation_codec_text(call->negotiation)));
    outbox_put(call->context->outbox, OUTBOX_MEDIA_CONNECTED, call->number);
    outbox_put_event(call->context->outbox, EVENT_ANSWERED, call->number);
    if (call->decision.word_count)
        outbox_put(call->context->outbox, OUTBOX_MEDIA_PROGRAM, call->number);
    else if (!call->owners)
        call_disown(call, now);
}

/* Late offer: the ACK brings the answer; without a usable one there is no session (13.2.1). */
static bool accept_late_answer(struct call *call, time_ms now, const struct sip_message *ack)
{
    const char *why = "";
    struct slice answer = offer_of(ack);
    if (!slice_is_empty(answer) &&
        negotiation_accept(call->negotiation, answer, &why) == STATUS_OK) {
        outbox_put(call->context->outbox,
                   call->state == CALL_ANSWERED ? OUTBOX_MEDIA_START : OUTBOX_MEDIA_UPDATE,
                   call->number);
        return true;
    }
    LOG(NOTICE, "the ACK brought no usable answer", TEXT("call", call->id), TEXT("why", why));
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
        come_up(call, now);
}

static void refuse_transaction(struct call *call, time_ms now, uint32_t transaction,
                               uint32_t status, struct slice lines)
{
    struct sip_response response = { .status = status, .lines = lines };
    sip_endpoint_respond(call->context->endpoint, now, transaction, &response);
}

/* 14.2: a second INVITE before our final answer to the first gets 500 with Retry-After 0 to 10. */
static void refuse_overlapping(struct call *call, time_ms now, uint32_t transaction)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER,
                             random_below(call->context->random, 11));
    refuse_transaction(call, now, transaction, 500, sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

void call_receive_invite(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *invite)
{
    struct slice offer = offer_of(invite);
    struct slice body;
    const char *why = "";
    if (call->state == CALL_DECIDING || call->state == CALL_ANSWERING) {
        refuse_overlapping(call, now, transaction);
        return;
    }
    if (call->state == CALL_ENDING || call->state == CALL_OVER) {
        refuse_transaction(call, now, transaction, 481, slice_empty());
        return;
    }
    if (call->state == CALL_ANSWERED || awaited_ack_is_open(&call->ack)) {
        refuse_overlapping(call, now, transaction);
        return;
    }
    sip_dialog_refresh_target(call->dialog, invite);
    if (slice_is_empty(offer)) {
        send_session(call, now, transaction, invite->cseq, 200,
                     negotiation_offer(call->negotiation));
        call->ack.has_offer = true;
        return;
    }
    if (negotiation_answer(call->negotiation, offer, &body, &why) != STATUS_OK) {
        LOG(NOTICE, "session change refused", TEXT("call", call->id), TEXT("why", why));
        refuse_transaction(call, now, transaction, 488, slice_empty());
        return;
    }
    send_session(call, now, transaction, invite->cseq, 200, body);
    outbox_put(call->context->outbox, OUTBOX_MEDIA_UPDATE, call->number);
    tell_hold(call);
}
