// SPDX-License-Identifier: ISC
// Transfers (RFC 3515): ours, whose subscription tells how the far end fares, and theirs, which are
// dialled only when a hook accepts them and dial.allow has nothing against it (decision 14).
#include "agent/call_facts.h"
#include "agent/call_private.h"
#include "agent/dial_rules.h"
#include "sip/parameters.h"
#include "sip/status_text.h"
#include "util/log.h"

#include <stdio.h>

enum {
    TRANSFER_MS = 180000 // from the REFER to its last NOTIFY
};

static void finish(struct call *call, time_ms now, uint32_t status)
{
    call->transfer.is_sent = false;
    call->transfer.give_up_at = TIME_NEVER;
    outbox_put_result(call->context->outbox, call->number, ACTION_TRANSFER, status);
    if (status >= 200 && status < 300)
        call_hang_up(call, now, "transferred", CALL_ENDED_LOCALLY);
}

/* A number, or user@host, is taken as `dial` takes it. */
static enum status write_refer_to(const struct call *call, struct slice wanted,
                                  struct sip_writer *lines, const char **why)
{
    struct buffer uri;
    size_t index;
    enum status status = STATUS_OK;
    buffer_init(&uri, LIMIT_SIP_LINE);
    if (slice_find(wanted, ':', &index))
        buffer_append(&uri, wanted);
    else
        status = dial_rules_target(call->context->settings, wanted, &uri, why);
    if (status == STATUS_OK)
        sip_writer_header_uri(lines, SIP_HEADER_REFER_TO, buffer_slice(&uri));
    buffer_free(&uri);
    return status;
}

enum status call_transfer_ask(struct call *call, time_ms now, const struct action *action,
                              const char **why)
{
    struct sip_writer lines;
    if (call->transfer.is_sent) {
        *why = "the call is being transferred at this moment";
        return STATUS_REFUSED;
    }
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    if (write_refer_to(call, slice_of(action_word(action, 0)), &lines, why) != STATUS_OK) {
        sip_writer_free(&lines);
        return STATUS_REFUSED;
    }
    sip_writer_header_uri(&lines, SIP_HEADER_REFERRED_BY, slice_of(call->context->settings->aor));
    own_request_set(&call->sent[CALL_SENDS_REFER], SIP_METHOD_REFER, sip_writer_slice(&lines), "",
                    slice_empty());
    sip_writer_free(&lines);
    call->transfer.is_sent = true;
    call->transfer.give_up_at = now + TRANSFER_MS;
    call_send(call, now, CALL_SENDS_REFER);
    return STATUS_OK;
}

void call_refer_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status < 300 || !call->transfer.is_sent)
        return; /* 2.4.4: accepted, the rest comes by NOTIFY */
    finish(call, now, response->status);
    if (response->status == 481) /* RFC 5057 5.1: 408 is of the subscription alone */
        call_heed_answer(call, now, response);
}

void call_refer_failed(struct call *call, time_ms now, enum status why)
{
    if (call->transfer.is_sent)
        finish(call, now, why == STATUS_CLOSED ? 503 : 408);
}

void call_transfer_timeout(struct call *call, time_ms now)
{
    if (now >= call->transfer.give_up_at)
        finish(call, now, 408);
}

void call_transfer_over(struct call *call, time_ms now)
{
    struct call_transfer *transfer = &call->transfer;
    if (transfer->asked)
        call_reply(call, now, transfer->asked, 603, slice_empty());
    transfer->asked = 0;
    if (transfer->is_sent)
        outbox_put_result(call->context->outbox, call->number, ACTION_TRANSFER, 0);
    transfer->is_sent = false;
    transfer->give_up_at = TIME_NEVER;
}

/* "SIP/2.0 200 OK": the status, 0 when there is none (2.4.5). */
static uint32_t fragment_status(struct slice body)
{
    struct slice rest;
    uint32_t status = 0;
    if (!slice_equal_ignoring_case(slice_cut(slice_trim(body), ' ', &rest), slice_of("SIP/2.0")) ||
        rest.length < 3 || slice_to_uint32(slice_first(rest, 3), &status) != STATUS_OK)
        return 0;
    return status >= 100 && status < 700 ? status : 0;
}

void call_receive_notify(struct call *call, time_ms now, uint32_t transaction,
                         const struct sip_message *notify)
{
    if (!call->transfer.is_sent) {
        call_reply(call, now, transaction, 481, slice_empty());
        return;
    }
    uint32_t status = fragment_status(sip_message_body_of_type(notify, "message/sipfrag"));
    call_reply(call, now, transaction, 200, slice_empty());
    LOG(DEBUG, "transfer goes on", TEXT("call", call->id), NUMBER("status", status));
    if (status >= 200 || sip_message_says(notify, SIP_HEADER_SUBSCRIPTION_STATE, "terminated"))
        finish(call, now, status >= 200 ? status : 500);
}

/* Refer-To may say whom the new call replaces: sip:b@host?Replaces=… (RFC 3891 5). */
static void read_target(struct call *call, const struct sip_uri *uri)
{
    struct call_transfer *transfer = &call->transfer;
    struct slice rest = uri->headers;
    size_t index;
    transfer->replaces = slice_empty();
    while (rest.data && rest.length) {
        struct slice value;
        struct slice name = slice_cut(slice_cut(rest, '&', &rest), '=', &value);
        if (value.data && slice_equal_ignoring_case(name, slice_of("Replaces")))
            transfer->replaces = sip_uri_unescape(call->arena, value);
    }
    struct slice text = uri->text;
    if (uri->headers.length && slice_find(text, '?', &index))
        text = slice_first(text, index);
    transfer->target = arena_copy(call->arena, text);
    transfer->target_user = sip_uri_unescape(call->arena, uri->user);
}

void call_receive_refer(struct call *call, time_ms now, uint32_t transaction,
                        const struct sip_message *refer)
{
    struct sip_address target;
    struct call_transfer *transfer = &call->transfer;
    bool is_first = transfer->refers++ == 0;
    if (sip_message_count(refer, SIP_HEADER_REFER_TO) != 1 ||
        sip_address_parse(sip_message_value(refer, SIP_HEADER_REFER_TO), &target) != STATUS_OK) {
        call_reply(call, now, transaction, 400, slice_empty()); /* 2.4.2 */
        return;
    }
    if (transfer->asked || transfer->is_subscribed || target.uri.scheme == SIP_SCHEME_OTHER ||
        transfer->refers > LIMIT_REFERS) {
        call_reply(call, now, transaction, 603, slice_empty());
        return;
    }
    transfer->asked = transaction;
    transfer->event_id = is_first ? 0 : refer->cseq;
    read_target(call, &target.uri);
    transfer->referred_by =
        arena_copy(call->arena, sip_message_value(refer, SIP_HEADER_REFERRED_BY));
    LOG(INFO, "the far end asks for a transfer", TEXT("call", call->id));
    outbox_put_event(call->context->outbox, EVENT_TRANSFER, call->number);
}

enum status call_transfer_decide(struct call *call, time_ms now, const struct action *action,
                                 const char **why)
{
    struct call_transfer *transfer = &call->transfer;
    uint32_t transaction = transfer->asked;
    struct sip_writer lines;
    if (!transaction) {
        *why = "the call has already been decided";
        return STATUS_REFUSED;
    }
    transfer->asked = 0;
    if (action->kind == ACTION_REJECT) {
        call_reply(call, now, transaction, action->code ? action->code : 603, slice_empty());
        return STATUS_OK;
    }
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    call_reply(call, now, transaction, 202, sip_writer_slice(&lines));
    sip_writer_free(&lines);
    transfer->is_subscribed = transfer->is_dial_wanted = true;
    transfer->reported = 0;
    call_report_transfer(call, now, 100); /* 2.4.4: a NOTIFY at once */
    return STATUS_OK;
}

static void append_escaped(struct buffer *uri, struct slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (ascii_is_letter(byte) || ascii_is_digit(byte) || (byte && strchr("-_.~", byte)))
            buffer_append_byte(uri, byte);
        else
            buffer_append_format(uri, "%%%02X", (unsigned)(uint8_t)byte);
    }
}

enum status call_write_replaces(const struct call *call, struct buffer *uri)
{
    if (call->state != CALL_UP || !call->dialog)
        return STATUS_REFUSED;
    buffer_append(uri, sip_dialog_remote_target(call->dialog));
    buffer_append_text(uri, "?Replaces=");
    append_escaped(uri, sip_dialog_call_id(call->dialog));
    buffer_append_text(uri, "%3Bto-tag%3D");
    append_escaped(uri, sip_dialog_remote_tag(call->dialog));
    buffer_append_text(uri, "%3Bfrom-tag%3D");
    append_escaped(uri, sip_dialog_local_tag(call->dialog));
    return buffer_status(uri);
}

bool call_take_transfer(struct call *call, struct call_order *order)
{
    struct call_transfer *transfer = &call->transfer;
    if (!transfer->is_dial_wanted)
        return false;
    transfer->is_dial_wanted = false;
    *order = (struct call_order){
        .target = transfer->target,
        .replaces = transfer->replaces,
        .referred_by = transfer->referred_by,
        .program = call->decision.word_count ? &call->decision : NULL,
        .referrer = call->number,
    };
    return true;
}

static void write_event(const struct call_transfer *transfer, struct sip_writer *lines)
{
    char event[32] = "refer";
    if (transfer->event_id)
        snprintf(event, sizeof(event), "refer;id=%u", transfer->event_id);
    sip_writer_header_text(lines, SIP_HEADER_EVENT, event);
}

static void send_notify(struct call *call, time_ms now)
{
    struct call_transfer *transfer = &call->transfer;
    struct sip_writer lines;
    struct buffer body;
    if (transfer->wanted == transfer->reported ||
        own_request_is_open(&call->sent[CALL_SENDS_NOTIFY]))
        return;
    transfer->reported = transfer->wanted;
    bool is_last = transfer->reported >= 200;
    sip_writer_init(&lines);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, call_contact(call));
    write_event(transfer, &lines);
    sip_writer_header_text(&lines, SIP_HEADER_SUBSCRIPTION_STATE,
                           is_last ? "terminated;reason=noresource" : "active;expires=180");
    buffer_init(&body, 256);
    buffer_append_text(&body, "SIP/2.0 ");
    buffer_append_number(&body, transfer->reported);
    buffer_append_byte(&body, ' ');
    buffer_append_text(&body, sip_status_text(transfer->reported));
    buffer_append_text(&body, "\r\n");
    own_request_set(&call->sent[CALL_SENDS_NOTIFY], SIP_METHOD_NOTIFY, sip_writer_slice(&lines),
                    "message/sipfrag;version=2.0", buffer_slice(&body));
    buffer_free(&body);
    sip_writer_free(&lines);
    transfer->is_subscribed = !is_last;
    call_send(call, now, CALL_SENDS_NOTIFY);
}

void call_report_transfer(struct call *call, time_ms now, uint32_t status)
{
    if (!call->transfer.is_subscribed || call->state != CALL_UP)
        return;
    call->transfer.wanted = status;
    send_notify(call, now);
}

void call_notify_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status >= 300 || call->state != CALL_UP) {
        call->transfer.is_subscribed = false; /* 6665 4.2.2: nobody listens */
        return;
    }
    send_notify(call, now);
}

void call_notify_failed(struct call *call, time_ms now, enum status why)
{
    (void)now;
    (void)why;
    call->transfer.is_subscribed = false;
}

uint32_t call_referrer(const struct call *call)
{
    return call->dial.referrer;
}

uint32_t call_progress_status(const struct call *call)
{
    if (call->result)
        return call->answered_at != TIME_NEVER ? 200 : call->code;
    if (call->state == CALL_RINGING)
        return 180;
    return call_state_is_early(call->state) ? 100 : 200;
}
