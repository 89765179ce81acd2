// SPDX-License-Identifier: ISC
// Changes of an existing session, from either side: re-INVITE (RFC 3261 14, RFC 6141), UPDATE
// (RFC 3311), hold, glare, and the refreshes of the session timer (RFC 4028).
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

enum {
    GLARES_MAX = 8,
    GLARE_STEP_MS = 10
};

static const enum action_kind action_of[] = {
    [CALL_CHANGE_HOLD] = ACTION_HOLD,
    [CALL_CHANGE_RESUME] = ACTION_RESUME,
};

static void tell_result(struct call *call, enum call_change change, uint32_t status)
{
    if (change == CALL_CHANGE_HOLD || change == CALL_CHANGE_RESUME)
        outbox_put_result(call->context->outbox, call->number, action_of[change], status);
}

void call_tell_hold(struct call *call)
{
    bool is_held = negotiation_is_held(call->negotiation);
    if (is_held == call->is_held)
        return;
    call->is_held = is_held;
    outbox_put_event(call->context->outbox, is_held ? EVENT_HOLD : EVENT_RESUME, call->number);
}

static bool is_free(const struct call *call)
{
    return (call->state == CALL_UP || call->state == CALL_DRAINING) &&
           !own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) &&
           !awaited_ack_is_open(&call->ack) && *call->context->is_online;
}

/* RFC 4028 7.4: a refresh that changes nothing goes by UPDATE where the far end takes it. */
static void send_change(struct call *call, time_ms now, enum call_change change)
{
    struct own_request *sent = &call->sent[CALL_SENDS_CHANGE];
    bool is_update = change == CALL_CHANGE_REFRESH && call->takes_update;
    struct slice offer = slice_empty();
    struct sip_writer lines;
    call->direction_before = negotiation_direction(call->negotiation);
    if (change != CALL_CHANGE_REFRESH)
        negotiation_set_direction(call->negotiation,
                                  change == CALL_CHANGE_HOLD ? SDP_SENDONLY : SDP_SENDRECV);
    if (!is_update)
        offer = negotiation_offer(call->negotiation);
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    sip_writer_header_text(&lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    sip_writer_header_text(&lines, SIP_HEADER_ACCEPT, CAPABILITIES_SDP);
    sip_writer_header_text(&lines, SIP_HEADER_SUPPORTED, "timer");
    if (sip_session_timer_is_running(&call->timer))
        sip_session_timer_write_request(&call->timer, &lines);
    call->change = change;
    call->change_has_offer = !is_update;
    own_request_set(sent, is_update ? SIP_METHOD_UPDATE : SIP_METHOD_INVITE,
                    sip_writer_slice(&lines), is_update ? "" : CAPABILITIES_SDP, offer);
    sip_writer_free(&lines);
    /* An UPDATE has its own end (timer F). */
    call->change_until = is_update ? TIME_NEVER : now + CALL_RING_MS;
    call_send(call, now, CALL_SENDS_CHANGE);
}

void call_change_go_on(struct call *call, time_ms now)
{
    enum call_change change = call->wanted_change;
    if (change == CALL_CHANGE_NONE || !is_free(call) ||
        (call->change_at != TIME_NEVER && now < call->change_at))
        return;
    call->wanted_change = CALL_CHANGE_NONE;
    call->change_at = TIME_NEVER;
    send_change(call, now, change);
}

void call_change_timeout(struct call *call, time_ms now)
{
    if (now < call->change_at)
        return;
    call->change_at = TIME_NEVER;
    call_change_go_on(call, now);
}

void call_change_give_up(struct call *call, time_ms now)
{
    call->change_until = TIME_NEVER;
    sip_endpoint_cancel(call->context->endpoint, now, call->sent[CALL_SENDS_CHANGE].transaction,
                        slice_empty());
}

/* A refresh gives way to a change, which refreshes as well. */
enum status call_change_ask(struct call *call, time_ms now, enum call_change change,
                            const char **why)
{
    bool is_busy =
        call->wanted_change > CALL_CHANGE_REFRESH ||
        (own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) && call->change > CALL_CHANGE_REFRESH);
    if (is_busy && change != CALL_CHANGE_REFRESH) {
        *why = "the call is being held or resumed at this moment";
        return STATUS_REFUSED;
    }
    if (!is_busy)
        call->wanted_change = change;
    call_change_go_on(call, now);
    return STATUS_OK;
}

/* 14.1: who owns the Call-ID waits longer. */
static void wait_for_glare(struct call *call, time_ms now)
{
    uint32_t delay = call->is_outgoing
                         ? 2100 + random_below(call->context->random, 191) * GLARE_STEP_MS
                         : random_below(call->context->random, 201) * GLARE_STEP_MS;
    if (call->wanted_change == CALL_CHANGE_NONE)
        call->wanted_change = call->change;
    call->change_at = now + delay;
    call->glares++;
}

static void roll_back(struct call *call)
{
    negotiation_set_direction(call->negotiation, call->direction_before);
}

static void accept_answer(struct call *call, time_ms now, const struct sip_message *response)
{
    if (call_accept_answer(call, call_description(response), "2xx")) {
        tell_result(call, call->change, 200);
        call_tell_hold(call);
        return;
    }
    roll_back(call);
    tell_result(call, call->change, 488);
    call_set_reason(call, 488, slice_of("no usable answer"));
    call_hang_up(call, now, "no usable answer", CALL_ENDED_LOCALLY);
}

static void change_done(struct call *call, time_ms now, const struct sip_message *response)
{
    call->glares = 0;
    call_learn_allow(call, response);
    sip_dialog_refresh_target(call->dialog, response);
    if (response->method == SIP_METHOD_INVITE)
        call_send_ack(call, CALL_SENDS_CHANGE);
    if (call->result)
        return; /* hung up in between: the BYE is on its way */
    sip_session_timer_accepted(&call->timer, now, response);
    if (call->change_has_offer)
        accept_answer(call, now, response);
}

static void change_refused(struct call *call, time_ms now, const struct sip_message *response)
{
    uint32_t status = response->status;
    roll_back(call);
    if (call->result)
        return;
    if (status == 491 && call->glares < GLARES_MAX) {
        wait_for_glare(call, now);
    } else if (status == 422 && sip_session_timer_refused(&call->timer, response) == STATUS_OK) {
        send_change(call, now, call->change);
    } else if (status == 408 || status == 481) {
        tell_result(call, call->change, status);
        call_heed_answer(call, now, response);
    } else if (response->method == SIP_METHOD_UPDATE && (status == 405 || status == 501)) {
        call->takes_update = false;
        send_change(call, now, call->change);
    } else {
        LOG(NOTICE, "the session change was refused", TEXT("call", call->id),
            NUMBER("status", status));
        tell_result(call, call->change, status);
    }
}

void call_change_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    call->change_until = TIME_NEVER;
    if (response->status < 300)
        change_done(call, now, response);
    else
        change_refused(call, now, response);
    call_change_go_on(call, now);
}

void call_change_failed(struct call *call, time_ms now, enum status why)
{
    call->change_until = TIME_NEVER;
    roll_back(call);
    if (call->result)
        return;
    if (why == STATUS_CLOSED) { /* once more when the line is restored */
        if (call->wanted_change == CALL_CHANGE_NONE)
            call->wanted_change = call->change;
        return;
    }
    tell_result(call, call->change, 408);
    call_heed_failure(call, now, STATUS_TIMED_OUT);
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

/* What stands in the way of a change that the far end begins; true when it has been answered. */
static bool refuse_change(struct call *call, time_ms now, uint32_t transaction,
                          const struct sip_message *request)
{
    struct sip_writer lines;
    bool is_change =
        request->method == SIP_METHOD_INVITE || !slice_is_empty(call_description(request));
    bool is_glare = is_change && own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) &&
                    (call->change_has_offer || request->method == SIP_METHOD_INVITE);
    if (request->method == SIP_METHOD_INVITE && call->ack.has_offer)
        is_glare = true; /* RFC 5407 3.1.5: the ACK must bring its answer first */
    if (call->state == CALL_ENDING || call->state == CALL_OVER || call->result) {
        call_reply(call, now, transaction, 481, slice_empty());
        return true;
    }
    if (is_glare) { /* 14.2, RFC 3311 5.2 */
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
    if (call_state_is_early(call->state) || (call->state == CALL_ANSWERED && !has_2xx)) {
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
