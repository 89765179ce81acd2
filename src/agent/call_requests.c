// SPDX-License-Identifier: ISC
// The requests that a call sends: how each is framed, who hears of its answer, and what a challenge
// does to it (RFC 3261 12.2.1, 22.2; decision 13).
#include "agent/call_private.h"
#include "util/log.h"

#include <assert.h>

static const struct {
    bool is_in_dialog;
    void (*answered)(struct call *, time_ms, const struct sip_message *);
    void (*failed)(struct call *, time_ms, enum status);
} purposes[CALL_SENDS_COUNT] = {
    [CALL_SENDS_INVITE] = { false, call_dial_answered, call_dial_failed },
    [CALL_SENDS_BYE] = { true, call_bye_answered, call_bye_failed },
    [CALL_SENDS_CHANGE] = { true, call_change_answered, call_change_failed },
    [CALL_SENDS_INFO] = { true, call_info_answered, call_info_failed },
    [CALL_SENDS_REFER] = { true, call_refer_answered, call_refer_failed },
    [CALL_SENDS_NOTIFY] = { true, call_notify_answered, call_notify_failed },
};

static struct sip_digest *digest_for(const struct call *call, enum call_purpose purpose)
{
    if (purposes[purpose].is_in_dialog && !call->context->settings->auth_in_dialog)
        return NULL;
    return call->context->digest;
}

struct slice call_contact(const struct call *call)
{
    return buffer_slice(call->is_secure ? call->context->secure_contact : call->context->contact);
}

void call_send(struct call *call, time_ms now, enum call_purpose purpose)
{
    struct own_request *sent = &call->sent[purpose];
    struct slice routes[LIMIT_SIP_ROUTES];
    struct sip_request frame = { .cseq = 0 };
    if (purposes[purpose].is_in_dialog)
        sip_dialog_request(call->dialog, sent->method, &frame);
    else
        initial_request_frame(&call->dial.request, call->context->settings,
                              call->context->registration, routes, &frame);
    frame.user = call->number;
    own_request_send(sent, now, call->context->endpoint, digest_for(call, purpose), &frame);
    if (purpose == CALL_SENDS_INVITE)
        call_keep_sent(call);
}

void call_abandon_requests(struct call *call, time_ms now)
{
    for (int i = 0; i < CALL_SENDS_COUNT; i++) {
        if (!purposes[i].is_in_dialog)
            continue; /* a 2xx that comes late wants its ACK and BYE */
        sip_endpoint_abandon(call->context->endpoint, now, call->sent[i].transaction);
        own_request_end(&call->sent[i]);
    }
}

void call_send_ack(struct call *call, enum call_purpose purpose)
{
    const struct own_request *sent = &call->sent[purpose];
    struct sip_request ack = { .cseq = 0 };
    sip_dialog_ack(call->dialog, sent->cseq, &ack);
    ack.lines = buffer_slice(&sent->credentials); /* 22.1: an ACK repeats them */
    buffer_clear(&call->own_ack);
    call->own_ack_cseq = sent->cseq;
    sip_endpoint_ack(call->context->endpoint, &ack, &call->own_ack);
}

bool call_repeat_ack(struct call *call, const struct sip_message *response)
{
    struct sip_request ack = { .cseq = 0 };
    if (!call->dialog || !sip_dialog_matches(call->dialog, response))
        return false;
    if (response->cseq == call->own_ack_cseq && call->own_ack.length) {
        sip_endpoint_send(call->context->endpoint, buffer_slice(&call->own_ack));
        return true;
    }
    /* Of an INVITE before the last one, whose ACK is not kept. */
    sip_dialog_ack(call->dialog, response->cseq, &ack);
    sip_endpoint_ack(call->context->endpoint, &ack, NULL);
    return true;
}

static bool find_purpose(const struct call *call, uint32_t transaction, enum call_purpose *purpose)
{
    assert(transaction); /* 0 stands for none on its way */
    for (int i = 0; i < CALL_SENDS_COUNT; i++) {
        if (call->sent[i].transaction != transaction)
            continue;
        *purpose = (enum call_purpose)i;
        return true;
    }
    return false;
}

/* True when the request is on its way again. */
static bool answer_challenge(struct call *call, time_ms now, enum call_purpose purpose,
                             const struct sip_message *response)
{
    const char *why;
    if (purpose == CALL_SENDS_INVITE && call->dial.is_cancelled && response->status >= 300)
        return false;
    if (own_request_is_challenged(digest_for(call, purpose), response, &why)) {
        call_send(call, now, purpose);
        return true;
    }
    if (why[0] && call_may_note(call))
        LOG(NOTICE, "a challenge is not answered", TEXT("call", call->id),
            TEXT("method", sip_method_text(response->method)), TEXT("why", why));
    return false;
}

bool call_receive_response(struct call *call, time_ms now, uint32_t transaction,
                           const struct sip_message *response)
{
    enum call_purpose purpose;
    if (!find_purpose(call, transaction, &purpose))
        return false;
    bool is_final = response->status >= 200;
    if (is_final && answer_challenge(call, now, purpose, response))
        return true;
    if (is_final)
        own_request_end(&call->sent[purpose]);
    if (is_final || purpose == CALL_SENDS_INVITE)
        purposes[purpose].answered(call, now, response);
    return true;
}

bool call_request_failed(struct call *call, time_ms now, uint32_t transaction, enum status why)
{
    enum call_purpose purpose;
    if (!find_purpose(call, transaction, &purpose))
        return false;
    own_request_end(&call->sent[purpose]);
    purposes[purpose].failed(call, now, why);
    return true;
}
