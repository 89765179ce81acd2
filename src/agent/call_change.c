// SPDX-License-Identifier: ISC
// Changes of an existing session that we begin: hold, resume, and the refreshes of the session
// timer, by re-INVITE (RFC 3261 14.1) or UPDATE (RFC 3311). What is refused is tried again as the
// refusal says (RFC 3261 14.1, 21.5, RFC 4028 10): a call ends only when its session does.
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

enum {
    GLARES_MAX = 8,
    GLARE_STEP_MS = 10,
    PAUSE_MS = 1000, /* the least after a refusal; doubles with each in a row */
    PAUSE_DOUBLINGS_MAX = 10,
    UPDATES_MAX = 2,             /* refused for now in a row: then the other method */
    VERB_PATIENCE_MS = 32000,    /* who asked waits as long as for one that is not answered */
    REFRESH_PATIENCE_MS = 600000 /* where no session timer says how long */
};

static void tell_result(struct call *call, uint32_t status)
{
    switch (call->change.kind) {
    case CALL_CHANGE_HOLD:
        outbox_put_result(call->context->outbox, call->number, ACTION_HOLD, status);
        break;
    case CALL_CHANGE_RESUME:
        outbox_put_result(call->context->outbox, call->number, ACTION_RESUME, status);
        break;
    case CALL_CHANGE_NONE:
    case CALL_CHANGE_REFRESH:
        break; /* nobody asked */
    }
}

static bool is_free(const struct call *call)
{
    return (call->state == CALL_UP || call->state == CALL_DRAINING) &&
           !own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) &&
           !awaited_ack_is_open(&call->ack) && *call->context->is_online;
}

/* RFC 4028 7.4: a refresh that changes nothing goes by UPDATE where the far end takes it. */
static bool goes_by_update(const struct call *call)
{
    return call->change.kind == CALL_CHANGE_REFRESH && call->takes_update &&
           !call->change.update_is_refused && call->change.refusals < UPDATES_MAX;
}

static void send_change(struct call *call, time_ms now)
{
    struct call_change *change = &call->change;
    struct own_request *sent = &call->sent[CALL_SENDS_CHANGE];
    bool is_update = goes_by_update(call);
    struct slice offer = slice_empty();
    struct sip_writer lines;
    change->direction_before = negotiation_direction(call->negotiation);
    if (change->kind != CALL_CHANGE_REFRESH)
        negotiation_set_direction(call->negotiation,
                                  change->kind == CALL_CHANGE_HOLD ? SDP_SENDONLY : SDP_SENDRECV);
    if (!is_update)
        offer = negotiation_offer(call->negotiation);
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    sip_writer_header_text(&lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    sip_writer_header_text(&lines, SIP_HEADER_ACCEPT, CAPABILITIES_SDP);
    sip_writer_header_text(&lines, SIP_HEADER_SUPPORTED, "timer");
    if (sip_session_timer_is_running(&call->timer))
        sip_session_timer_write_request(&call->timer, &lines);
    change->has_offer = !is_update;
    own_request_set(sent, is_update ? SIP_METHOD_UPDATE : SIP_METHOD_INVITE,
                    sip_writer_slice(&lines), is_update ? "" : CAPABILITIES_SDP, offer);
    sip_writer_free(&lines);
    /* An UPDATE has its own end (timer F). */
    change->until = is_update ? TIME_NEVER : now + CALL_RING_MS;
    call_send(call, now, CALL_SENDS_CHANGE);
}

void call_change_go_on(struct call *call, time_ms now)
{
    struct call_change *change = &call->change;
    if (change->wanted == CALL_CHANGE_NONE || !is_free(call) ||
        (change->at != TIME_NEVER && now < change->at))
        return;
    change->kind = change->wanted;
    change->wanted = CALL_CHANGE_NONE;
    change->at = TIME_NEVER;
    send_change(call, now);
}

void call_change_timeout(struct call *call, time_ms now)
{
    if (now < call->change.at)
        return;
    call->change.at = TIME_NEVER;
    call_change_go_on(call, now);
}

void call_change_give_up(struct call *call, time_ms now)
{
    call->change.until = TIME_NEVER;
    sip_endpoint_cancel(call->context->endpoint, now, call->sent[CALL_SENDS_CHANGE].transaction,
                        slice_empty());
}

static bool is_verb(enum call_change_kind kind)
{
    return kind == CALL_CHANGE_HOLD || kind == CALL_CHANGE_RESUME;
}

static void want(struct call *call, time_ms now, enum call_change_kind kind)
{
    struct call_change *change = &call->change;
    change->wanted = kind;
    change->asked_at = now;
    change->glares = change->refusals = 0;
    if (is_verb(kind) && change->at != TIME_NEVER && change->at > now + VERB_PATIENCE_MS)
        change->at = TIME_NEVER; /* a refresh waits so long, nobody else */
}

/* A refresh gives way to a change, which refreshes as well. */
enum status call_change_ask(struct call *call, time_ms now, enum call_change_kind kind,
                            const char **why)
{
    const struct call_change *change = &call->change;
    bool is_busy = is_verb(change->wanted) ||
                   (own_request_is_open(&call->sent[CALL_SENDS_CHANGE]) && is_verb(change->kind));
    if (is_busy && is_verb(kind)) {
        *why = "the call is being held or resumed at this moment";
        return STATUS_REFUSED;
    }
    if (!is_busy)
        want(call, now, kind);
    call_change_go_on(call, now);
    return STATUS_OK;
}

static void roll_back(struct call *call)
{
    negotiation_set_direction(call->negotiation, call->change.direction_before);
}

static void accept_answer(struct call *call, time_ms now, const struct sip_message *response)
{
    if (call_accept_answer(call, call_description(response), "2xx")) {
        tell_result(call, 200);
        call_tell_hold(call);
        return;
    }
    roll_back(call);
    tell_result(call, 488);
    call_set_reason(call, 488, slice_of("no usable answer"));
    call_hang_up(call, now, "no usable answer", CALL_ENDED_LOCALLY);
}

static void change_done(struct call *call, time_ms now, const struct sip_message *response)
{
    call->change.glares = call->change.refusals = 0;
    call_learn_allow(call, response);
    sip_dialog_refresh_target(call->dialog, response);
    if (response->method == SIP_METHOD_INVITE)
        call_send_ack(call, CALL_SENDS_CHANGE);
    if (call->result)
        return; /* hung up in between: the BYE is on its way */
    sip_session_timer_accepted(&call->timer, now, response);
    if (call->change.has_offer)
        accept_answer(call, now, response);
}

/* What has been asked for meanwhile takes the place of what was refused. */
static void try_again(struct call *call, time_ms at)
{
    if (call->change.wanted == CALL_CHANGE_NONE)
        call->change.wanted = call->change.kind;
    call->change.at = at;
}

/* 14.1: who owns the Call-ID waits longer. */
static void wait_for_glare(struct call *call, time_ms now)
{
    uint32_t delay = call->is_outgoing
                         ? 2100 + random_below(call->context->random, 191) * GLARE_STEP_MS
                         : random_below(call->context->random, 201) * GLARE_STEP_MS;
    try_again(call, now + delay);
    call->change.glares++;
}

/* 21.5: the server may do it later. Whoever names a time means that, whatever the code; but a
 * method that is not known will not be known then. */
static bool is_for_now(const struct sip_message *response)
{
    uint32_t status = response->status;
    if (status == 405 || status == 501)
        return false;
    return sip_message_retry_after_s(response) || status == 500 || (status >= 502 && status <= 504);
}

/* Behind it a try makes no sense. */
static time_ms last_moment(const struct call *call)
{
    time_ms expiry = sip_session_timer_expires_at(&call->timer);
    if (is_verb(call->change.kind))
        return time_earliest(expiry, call->change.asked_at + VERB_PATIENCE_MS);
    return expiry == TIME_NEVER ? call->change.asked_at + REFRESH_PATIENCE_MS : expiry;
}

static time_ms pause_after(const struct call *call, const struct sip_message *response)
{
    unsigned doublings =
        call->change.refusals < PAUSE_DOUBLINGS_MAX ? call->change.refusals : PAUSE_DOUBLINGS_MAX;
    time_ms least = (time_ms)PAUSE_MS << doublings;
    time_ms asked = (time_ms)sip_message_retry_after_s(response) * 1000;
    return asked > least ? asked : least;
}

/* RFC 4028 10. False when nothing is left to be tried. */
static bool try_later(struct call *call, time_ms now, const struct sip_message *response)
{
    struct call_change *change = &call->change;
    time_ms pause = pause_after(call, response);
    time_ms room = last_moment(call) - now;
    change->refusals++;
    if (pause >= room && response->method == SIP_METHOD_UPDATE) {
        change->update_is_refused = true; /* for longer than this session lives */
        pause = 0;
    } else if (pause >= room && change->kind == CALL_CHANGE_REFRESH) {
        pause = room / 2; /* sooner than asked rather than never */
        if (pause < PAUSE_MS)
            return false;
    } else if (pause >= room) {
        return false;
    }
    try_again(call, now + pause);
    return true;
}

/* The session that a refresh has given way for still wants one. */
static void refuse_at_last(struct call *call, time_ms now, uint32_t status)
{
    if (call_may_note(call))
        LOG(NOTICE, "the session change was refused", TEXT("call", call->id),
            NUMBER("status", status));
    tell_result(call, status);
    if (is_verb(call->change.kind) && sip_session_timer_is_overdue(&call->timer))
        want(call, now, CALL_CHANGE_REFRESH);
}

static void change_refused(struct call *call, time_ms now, const struct sip_message *response)
{
    struct call_change *change = &call->change;
    uint32_t status = response->status;
    bool is_update = response->method == SIP_METHOD_UPDATE;
    /* A session that ends without it is refreshed by whatever means. */
    bool is_needed =
        change->kind == CALL_CHANGE_REFRESH && sip_session_timer_is_running(&call->timer);
    roll_back(call);
    if (call->result)
        return;
    if (status == 408 || status == 481) {
        tell_result(call, status);
        call_heed_answer(call, now, response);
    } else if (status == 491 && change->glares < GLARES_MAX) {
        wait_for_glare(call, now);
    } else if (change->wanted != CALL_CHANGE_NONE) {
        return;
    } else if (status == 422 && sip_session_timer_refused(&call->timer, response) == STATUS_OK) {
        try_again(call, now);
    } else if (is_update && !is_for_now(response)) {
        change->update_is_refused = true;
        try_again(call, now);
    } else if (!(is_needed || is_for_now(response)) || !try_later(call, now, response)) {
        refuse_at_last(call, now, status);
    }
}

void call_change_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    call->change.until = TIME_NEVER;
    if (response->status < 300)
        change_done(call, now, response);
    else
        change_refused(call, now, response);
    call_change_go_on(call, now);
}

void call_change_failed(struct call *call, time_ms now, enum status why)
{
    call->change.until = TIME_NEVER;
    roll_back(call);
    if (call->result)
        return;
    if (why == STATUS_CLOSED) { /* once more when the line is restored */
        try_again(call, TIME_NEVER);
        return;
    }
    tell_result(call, 408);
    call_heed_failure(call, now, STATUS_TIMED_OUT);
}
