// SPDX-License-Identifier: ISC
// The INVITE that we send: forks, early media, the answer, and CANCEL (RFC 3261 9.1, 13.2; RFC 3262
// 4). Redirections are reported, never followed (decision 14).
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "agent/reason.h"
#include "util/log.h"

#include <stdio.h>

void call_allow(struct call *call, time_ms now)
{
    if (call->state != CALL_DIALLING)
        return;
    call->dial.is_allowed = true;
    call_dial_go_on(call, now);
}

static void write_identity(struct call *call, struct sip_writer *lines)
{
    const struct call_dial *dial = &call->dial;
    if (dial->is_anonymous)
        sip_writer_header_text(lines, SIP_HEADER_PRIVACY, "id");
    if (!slice_is_empty(dial->identity))
        sip_writer_header(lines, SIP_HEADER_P_PREFERRED_IDENTITY, dial->identity);
    if (!slice_is_empty(dial->referred_by))
        sip_writer_header(lines, SIP_HEADER_REFERRED_BY, dial->referred_by);
    if (!slice_is_empty(dial->replaces))
        sip_writer_header(lines, SIP_HEADER_REPLACES, dial->replaces);
}

static void send_invite(struct call *call, time_ms now)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    capabilities_write(&lines);
    sip_session_timer_write_request(&call->timer, &lines);
    write_identity(call, &lines);
    own_request_set(&call->sent[CALL_SENDS_INVITE], SIP_METHOD_INVITE, sip_writer_slice(&lines),
                    CAPABILITIES_SDP, negotiation_offer(call->negotiation));
    sip_writer_free(&lines);
    call_send(call, now, CALL_SENDS_INVITE);
}

void call_dial_go_on(struct call *call, time_ms now)
{
    struct call_dial *dial = &call->dial;
    const struct call_context *context = call->context;
    if (call->state != CALL_DIALLING || !dial->is_allowed || !*context->is_online)
        return;
    call->is_secure =
        initial_request_is_secure(&dial->request, context->settings, context->registration);
    if (call->is_secure && !*context->is_tls) {
        call_set_reason(call, 503, slice_of("a sips: address wants a line with TLS"));
        call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
        return;
    }
    if (!call->has_media) {
        if (!dial->wants_media)
            outbox_put(call->context->outbox, OUTBOX_MEDIA_OPEN, call->number);
        dial->wants_media = true;
        return;
    }
    /* Where nobody says how long, too: no call rings until the far end ends it. */
    dial->give_up_at = now + (dial->ring_s ? (time_ms)dial->ring_s * 1000 : CALL_RING_MS);
    call_become(call, CALL_CALLING);
    send_invite(call, now);
}

void call_dial_timeout(struct call *call, time_ms now)
{
    if (now < call->dial.give_up_at)
        return;
    call->dial.give_up_at = TIME_NEVER;
    if (call->state == CALL_DIALLING) {
        call_set_reason(
            call, 503,
            slice_of(*call->context->is_online ? "no decision in time" : "the line is offline"));
        call_conclude(call, now, "failed", CALL_ENDED_LOCALLY);
    } else {
        call_set_reason(call, 408, slice_of("no answer"));
        call_cancel(call, now, "missed", CALL_ENDED_LOCALLY);
    }
}

void call_send_cancel(struct call *call, time_ms now)
{
    struct sip_writer lines;
    call->dial.is_cancelled = true;
    sip_writer_init(&lines);
    reason_write(&lines, call->code == 487 ? 0 : call->code, slice_of(call->reason));
    sip_endpoint_cancel(call->context->endpoint, now, call->sent[CALL_SENDS_INVITE].transaction,
                        sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

void call_cancel(struct call *call, time_ms now, const char *result, enum call_ender by)
{
    if (!call->code)
        call_set_reason(call, 487, slice_of("cancelled"));
    if (call->state == CALL_DIALLING) {
        call_conclude(call, now, result, by);
        return;
    }
    call_send_cancel(call, now);
    call_close(call, now, result, by);
    call_become(call, CALL_ENDING);
}

void call_dismiss_answer(const struct call_context *context, time_ms now,
                         const struct sip_message *response)
{
    struct sip_dialog *dialog = sip_dialog_new_client(
        response, sip_message_value(response, SIP_HEADER_FROM), slice_empty());
    struct sip_request request = { .cseq = 0 };
    sip_dialog_ack(dialog, response->cseq, &request);
    sip_endpoint_ack(context->endpoint, &request, NULL);
    sip_dialog_request(dialog, SIP_METHOD_BYE, &request);
    (void)sip_endpoint_request_owed(context->endpoint, now, &request);
    sip_dialog_free(dialog);
}

/* Media follows the dialog that spoke last (P21a). */
static bool accept_session(struct call *call, struct slice body, const char *bringer)
{
    if (!call_accept_answer(call, body, bringer))
        return false;
    if (call->dial.has_early && (call->decision.word_count || !call->dial.is_detached))
        call_run_program(call);
    return true;
}

static void receive_provisional(struct call *call, time_ms now, const struct sip_message *response)
{
    struct slice body = call_description(response);
    if (response->status == 100 || call->dial.is_cancelled)
        return;
    struct early_dialog *early = early_dialogs_of(&call->dial.early, response,
                                                  call->dial.request.from, call->dial.request.uri);
    if (!early)
        return;
    switch (sip_provisional_sequence_receive(&early->sequence, response)) {
    case PROVISIONAL_REPEAT:
    case PROVISIONAL_OUT_OF_ORDER:
        return;
    case PROVISIONAL_NEW:
        call_send_prack(call, now, early);
        break;
    case PROVISIONAL_UNRELIABLE:
        break;
    }
    call_learn_allow(call, response);
    if (!slice_is_empty(body) && accept_session(call, body, "1xx")) {
        buffer_clear(&early->session);
        buffer_append(&early->session, body);
    }
    if (call->state == CALL_CALLING && response->status < 199)
        call_become(call, CALL_RINGING);
}

/* 13.2.2.4: the dialog of this branch stays, the other early ones are over. */
static struct slice confirm_dialog(struct call *call, const struct sip_message *response)
{
    struct early_dialog *early = early_dialogs_find(&call->dial.early, response);
    struct slice body = call_description(response);
    if (early) {
        if (slice_is_empty(body))
            body = arena_copy(call->arena, buffer_slice(&early->session));
        call->dialog = early_dialog_take(early);
        sip_dialog_confirm(call->dialog, response);
    } else {
        call->dialog =
            sip_dialog_new_client(response, call->dial.request.from, call->dial.request.uri);
    }
    early_dialogs_clear(&call->dial.early);
    return body;
}

static void receive_answer(struct call *call, time_ms now, const struct sip_message *response)
{
    struct slice body = confirm_dialog(call, response);
    call_learn_allow(call, response);
    sip_session_timer_accepted(&call->timer, now, response);
    call_send_ack(call, CALL_SENDS_INVITE);
    call->dial.give_up_at = TIME_NEVER;
    call->answered_at = now;
    if (!accept_session(call, body, "2xx")) {
        call_set_reason(call, 488, slice_of("no usable answer"));
        call->answered_at = TIME_NEVER;
        call_hang_up(call, now, "no usable answer", CALL_ENDED_LOCALLY);
        return;
    }
    call_come_up(call, now);
}

static const char *result_of(uint32_t status)
{
    static const struct {
        uint32_t status;
        const char *result;
    } rows[] = {
        { 408, "missed" }, { 480, "missed" },   { 487, "missed" },   { 486, "busy" },
        { 600, "busy" },   { 603, "rejected" }, { 607, "rejected" }, { 403, "rejected" },
        { 401, "failed" }, { 407, "failed" },   { 433, "rejected" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].status == status)
            return rows[i].result;
    return status < 400 ? "rejected" : "failed";
}

/* 8.1.3.4 leaves the choice to us: the targets are told, nothing is followed. */
static void tell_targets(struct call *call, const struct sip_message *response)
{
    struct buffer text;
    struct sip_address contact;
    const struct sip_header *header;
    buffer_init(&text, sizeof(call->reason) - 1);
    buffer_append_text(&text, "moved to");
    for (size_t i = 0; (header = sip_message_header(response, SIP_HEADER_CONTACT, i)); i++) {
        if (sip_address_parse(header->value, &contact) != STATUS_OK)
            continue;
        buffer_append_byte(&text, ' ');
        buffer_append(&text, contact.uri.text);
    }
    call_set_reason(call, response->status, buffer_slice(&text));
    buffer_free(&text);
}

static void receive_refusal(struct call *call, time_ms now, const struct sip_message *response)
{
    call->dial.give_up_at = TIME_NEVER;
    if (response->status < 400) {
        tell_targets(call, response);
    } else {
        call_set_reason(call, response->status, response->reason);
        call_read_reason(call, response);
        call->code = response->status;
    }
    call_conclude(call, now, result_of(response->status), CALL_ENDED_REMOTELY);
}

void call_dial_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status < 200) {
        receive_provisional(call, now, response);
    } else if (call->dial.is_cancelled) {
        /* 15.1.1, P20a: it crossed our CANCEL. */
        if (response->status < 300)
            call_end_answered(call, now, response);
        else
            call_conclude(call, now, call->left.is_restored ? "failed" : "cancelled",
                          CALL_ENDED_LOCALLY);
    } else if (response->status < 300) {
        receive_answer(call, now, response);
    } else if (response->status == 422 &&
               sip_session_timer_refused(&call->timer, response) == STATUS_OK) {
        send_invite(call, now);
    } else {
        receive_refusal(call, now, response);
    }
}

void call_dial_failed(struct call *call, time_ms now, enum status why)
{
    /* 8.1.3.1: no answer is as good as 408, no connection as 503. */
    bool is_offline =
        why == STATUS_TIMED_OUT && call->dial.is_cancelled && !*call->context->is_online;
    if ((why == STATUS_CLOSED || is_offline) && call_cancel_later(call, now))
        return;
    if (call->left.is_restored)
        LOG(DEBUG, "no answer to the CANCEL", TEXT("call", call->id));
    else if (why == STATUS_TIMED_OUT)
        call_set_reason(call, 408, slice_of("the server does not answer"));
    else if (why == STATUS_CLOSED)
        call_set_reason(call, 503, slice_of("the connection was lost"));
    else
        call_set_reason(call, 500, slice_of("the request cannot be written"));
    call_conclude(call, now, "failed", CALL_ENDED_BY_NETWORK);
}
