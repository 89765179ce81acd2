// SPDX-License-Identifier: ISC
// Reliable provisional responses (RFC 3262): as callee they wait for their PRACK, as caller each is
// acknowledged inside its early dialog. Offered, never required.
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

void call_reliable_init(struct call *call, const struct sip_message *invite)
{
    struct call_reliable *reliable = &call->reliable;
    reliable->is_required = sip_message_has_token(invite, SIP_HEADER_REQUIRE, "100rel");
    reliable->is_supported =
        reliable->is_required || sip_message_has_token(invite, SIP_HEADER_SUPPORTED, "100rel");
}

bool call_reliable_is_wanted(const struct call *call, bool has_body)
{
    return call->reliable.is_required || (has_body && call->reliable.is_supported);
}

bool call_reliable_is_open(const struct call *call)
{
    return sip_reliable_provisional_is_open(&call->reliable.sequence);
}

static void send_again(struct call *call, time_ms now)
{
    const struct call_reliable *reliable = &call->reliable;
    struct slice body = buffer_slice(&reliable->body);
    struct sip_response response = {
        .status = reliable->status,
        .to_tag = slice_of(call->tag),
        .lines = buffer_slice(&reliable->lines),
        .content_type = slice_is_empty(body) ? slice_empty() : slice_of(CAPABILITIES_SDP),
        .body = body,
    };
    sip_endpoint_respond(call->context->endpoint, now, call->invite_transaction, &response);
}

void call_reliable_send(struct call *call, time_ms now, uint32_t status, struct slice body)
{
    struct call_reliable *reliable = &call->reliable;
    struct sip_writer lines;
    if (call_reliable_is_open(call)) {
        reliable->next_status = status; /* 3262 3: the first must be acknowledged before */
        return;
    }
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    capabilities_write(&lines);
    (void)sip_reliable_provisional_send(&reliable->sequence, now);
    sip_reliable_provisional_write(&reliable->sequence, &lines);
    reliable->status = status;
    reliable->has_offer = !slice_is_empty(body) && !negotiation_is_complete(call->negotiation);
    buffer_clear(&reliable->lines);
    buffer_append(&reliable->lines, sip_writer_slice(&lines));
    buffer_clear(&reliable->body);
    buffer_append(&reliable->body, body);
    sip_writer_free(&lines);
    send_again(call, now);
}

void call_reliable_timeout(struct call *call, time_ms now)
{
    switch (sip_reliable_provisional_timeout(&call->reliable.sequence, now)) {
    case RELIABLE_PROVISIONAL_WAIT:
        break;
    case RELIABLE_PROVISIONAL_REPEAT:
        if (call_state_is_early(call->state))
            send_again(call, now);
        break;
    case RELIABLE_PROVISIONAL_GIVE_UP:
        LOG(NOTICE, "no PRACK came", TEXT("call", call->id));
        if (call_state_is_early(call->state))
            call_refuse(call, now, 504, slice_of("No PRACK"), slice_empty(), "failed",
                        CALL_ENDED_BY_NETWORK);
        break;
    }
}

static void go_on(struct call *call, time_ms now)
{
    struct call_reliable *reliable = &call->reliable;
    uint32_t next = reliable->next_status;
    reliable->next_status = 0;
    if (reliable->has_answer_waiting) {
        reliable->has_answer_waiting = false;
        call_answer(call, now, CALL_WISH_ANSWER);
    } else if (next) {
        call_reliable_send(call, now, next,
                           next == 183 && !reliable->has_settled ? call->session : slice_empty());
    }
}

/* 3262 3: the PRACK that matches gets a 2xx whatever it brings; the INVITE bears the refusal. */
static void refuse_session(struct call *call, time_ms now, const char *why)
{
    struct sip_writer lines;
    LOG(NOTICE, "a PRACK left nothing to talk with", TEXT("call", call->id), TEXT("why", why));
    sip_writer_init(&lines);
    capabilities_write_warning(&lines, why);
    call_refuse(call, now, 488, slice_empty(), sip_writer_slice(&lines), "failed",
                CALL_ENDED_LOCALLY);
    sip_writer_free(&lines);
}

/* The answer to the offer of our 1xx. */
static bool take_answer(struct call *call, time_ms now, uint32_t transaction, struct slice body)
{
    if (call_accept_answer(call, body, "PRACK")) {
        call_reply(call, now, transaction, 200, slice_empty());
        if (call->progress_status == 183) /* early media may be heard */
            outbox_put(call->context->outbox, OUTBOX_MEDIA_CONNECTED, call->number);
        return true;
    }
    call_reply(call, now, transaction, 200, slice_empty());
    refuse_session(call, now, "no usable answer in the PRACK");
    return false;
}

/* A new offer in the PRACK, which is answered in its 200; by port 0 when nothing in it serves. */
static bool answer_offer(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *prack, struct slice offer)
{
    struct slice body = slice_empty();
    const char *why = "";
    bool is_fine = negotiation_answer(call->negotiation, offer, &body, &why) == STATUS_OK;
    if (!is_fine)
        (void)!negotiation_refuse(call->negotiation, offer, &body); /* what cannot be read: none */
    call_send_session(call, now, transaction, prack, 200, body);
    if (is_fine)
        call_tell_media(call);
    else
        refuse_session(call, now, why);
    return is_fine;
}

void call_receive_prack(struct call *call, time_ms now, uint32_t transaction,
                        const struct sip_message *prack)
{
    struct call_reliable *reliable = &call->reliable;
    struct slice body = call_description(prack);
    if (sip_reliable_provisional_prack(&reliable->sequence, prack, call->invite->cseq) !=
        STATUS_OK) {
        call_reply(call, now, transaction, 481, slice_empty());
        return;
    }
    bool is_fine = true;
    if (reliable->has_offer)
        is_fine = take_answer(call, now, transaction, body);
    else if (!slice_is_empty(body) && negotiation_is_complete(call->negotiation))
        is_fine = answer_offer(call, now, transaction, prack, body);
    else /* 3262 5: no offer while theirs has no answer */
        call_reply(call, now, transaction, 200, slice_empty());
    reliable->has_settled = reliable->has_settled || reliable->body.length;
    reliable->has_offer = false;
    if (is_fine)
        go_on(call, now);
}

void call_reliable_clear(struct call *call)
{
    buffer_free(&call->reliable.lines);
    buffer_free(&call->reliable.body);
}

void call_send_prack(struct call *call, time_ms now, struct early_dialog *early)
{
    struct sip_request prack = { .cseq = 0 };
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_provisional_sequence_write_rack(&early->sequence, &lines);
    sip_dialog_request(early->dialog, SIP_METHOD_PRACK, &prack);
    prack.lines = sip_writer_slice(&lines);
    (void)sip_endpoint_request_owed(call->context->endpoint, now, &prack);
    sip_writer_free(&lines);
}
