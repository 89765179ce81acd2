// SPDX-License-Identifier: ISC
// Changes of an existing session that the far end begins: re-INVITE (RFC 3261 14.2, RFC 6141) and
// UPDATE (RFC 3311); and what is refused by the state of the call. Ours are in call_change.c.
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

void call_tell_hold(struct call *call)
{
    bool is_held = negotiation_is_held(call->negotiation);
    if (is_held == call->is_held)
        return;
    call->is_held = is_held;
    outbox_put_event(call->context->outbox, is_held ? EVENT_HOLD : EVENT_RESUME, call->number);
}

/* 14.2: 500 with Retry-After 0 to 10. */
static void refuse_overlapping(struct call *call, time_ms now, uint32_t transaction)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_writer_header_number(&lines, SIP_HEADER_RETRY_AFTER,
                             random_below(call->context->random, 11));
    call_reply(call, now, transaction, 500, sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

/* For its users it is over while the ACK is awaited before our BYE, too (RFC 5407 3.3.3). */
bool call_refuses(struct call *call, time_ms now, uint32_t transaction, enum sip_method method)
{
    uint32_t status = call_state_refusal(call->result ? CALL_ENDING : call->state, method);
    if (status == 500)
        refuse_overlapping(call, now, transaction);
    else if (status)
        call_reply(call, now, transaction, status, slice_empty());
    return status != 0;
}

/* What stands in the way of a change that the far end begins; true when it has been answered. */
static bool refuse_change(struct call *call, time_ms now, uint32_t transaction,
                          const struct sip_message *request)
{
    struct sip_writer lines;
    bool is_change =
        request->method == SIP_METHOD_INVITE || !slice_is_empty(call_description(request));
    bool is_glare = is_change && own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) &&
                    (call->change.has_offer || request->method == SIP_METHOD_INVITE);
    if (request->method == SIP_METHOD_INVITE && call->ack.has_offer)
        is_glare = true; /* RFC 5407 3.1.5: the ACK must bring its answer first */
    if (is_glare) {      /* 14.2, RFC 3311 5.2 */
        call_reply(call, now, transaction, 491, slice_empty());
        return true;
    }
    sip_writer_init(&lines);
    uint32_t status = sip_session_timer_check(request, &lines);
    if (status)
        call_reply(call, now, transaction, status, sip_writer_slice(&lines));
    sip_writer_free(&lines);
    return status != 0;
}

static void refuse_session(struct call *call, time_ms now, uint32_t transaction, const char *why)
{
    struct sip_writer lines;
    if (call_may_note(call))
        LOG(NOTICE, "session change refused", TEXT("call", call->id), TEXT("why", why));
    sip_writer_init(&lines);
    capabilities_write_warning(&lines, why);
    call_reply(call, now, transaction, 488, sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

/* What we cannot serve gets 488, and the session stays as it was (RFC 6141 3.4). */
static void answer_change(struct call *call, time_ms now, uint32_t transaction,
                          const struct sip_message *request, struct slice offer)
{
    struct slice body;
    const char *why = "";
    if (negotiation_answer(call->negotiation, offer, &body, &why) != STATUS_OK) {
        refuse_session(call, now, transaction, why);
        return;
    }
    sip_dialog_refresh_target(call_find_dialog(call, request), request);
    call_send_session(call, now, transaction, request, 200, body);
    call_tell_media(call);
    call_tell_hold(call);
}

void call_receive_invite(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *invite)
{
    struct slice offer = call_description(invite);
    /* RFC 5407 3.1.4: who has our 2xx may go on, though its ACK is still on its way. */
    bool has_2xx = awaited_ack_is_open(&call->ack) && !slice_is_empty(offer);
    if (call->state == CALL_ANSWERED && !has_2xx) {
        refuse_overlapping(call, now, transaction);
        return;
    }
    if (refuse_change(call, now, transaction, invite))
        return;
    call_learn_allow(call, invite);
    if (!slice_is_empty(offer)) {
        answer_change(call, now, transaction, invite, offer);
        return;
    }
    sip_dialog_refresh_target(call->dialog, invite);
    call_send_session(call, now, transaction, invite, 200, negotiation_offer(call->negotiation));
    call->ack.has_offer = true;
}

/* RFC 3311 5.2: their first offer, or ours, is still without its answer. */
static bool refuse_offer_in_between(struct call *call, time_ms now, uint32_t transaction)
{
    bool is_ours = call->is_outgoing ? !call->dialog && !call->has_session
                                     : call->ack.has_offer || call->reliable.has_offer;
    if (is_ours) {
        call_reply(call, now, transaction, 491, slice_empty());
        return true;
    }
    if (negotiation_is_complete(call->negotiation))
        return false;
    refuse_overlapping(call, now, transaction);
    return true;
}

void call_receive_update(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *update)
{
    struct slice offer = call_description(update);
    if (refuse_change(call, now, transaction, update))
        return;
    if (!slice_is_empty(offer)) {
        if (!refuse_offer_in_between(call, now, transaction))
            answer_change(call, now, transaction, update, offer);
        return;
    }
    sip_dialog_refresh_target(call_find_dialog(call, update), update);
    call_send_session(call, now, transaction, update, 200, slice_empty());
}
