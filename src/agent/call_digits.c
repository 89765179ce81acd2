// SPDX-License-Identifier: ISC
// Digits in both directions: heard by RTP or INFO, gathered into strings; sent by telephone-event
// or by INFO with application/dtmf-relay (RFC 4733, RFC 6086).
#include "agent/call_private.h"
#include "agent/capabilities.h"

#include <stdio.h>

enum {
    PAUSE_MS = 2000, // ends a string of digits
    TONE_MS = 160,
    GAP_MS = 60
};

static bool is_digit(char byte)
{
    return byte && strchr("0123456789*#ABCD", byte);
}

static void tell_digits(struct call *call)
{
    call->digits_end_at = TIME_NEVER;
    memcpy(call->told_digits, call->digits, sizeof(call->digits));
    call->digits[0] = '\0';
    outbox_put_event(call->context->outbox, EVENT_DTMF, call->number);
}

void call_receive_digit(struct call *call, time_ms now, char digit)
{
    size_t length = strlen(call->digits);
    if (call->result || !is_digit(digit))
        return;
    call->digits[length] = digit;
    call->digits[length + 1] = '\0';
    call->digits_end_at = now + PAUSE_MS;
    if (digit == '#' || length + 1 == LIMIT_DIGITS_QUEUED)
        tell_digits(call);
}

void call_digits_timeout(struct call *call, time_ms now)
{
    if (now >= call->digits_end_at)
        tell_digits(call);
}

/* "Signal=5" of application/dtmf-relay, or the bare digit of application/dtmf. */
static char digit_of(const struct sip_message *info)
{
    struct slice body = info->body;
    bool is_bare = sip_message_has_content_type(info, "application/dtmf");
    while (!is_bare && body.data && body.length) {
        struct slice value;
        struct slice line = slice_trim(slice_cut(body, '\n', &body));
        struct slice name = slice_trim(slice_cut(line, '=', &value));
        if (!value.data || !slice_equal_ignoring_case(name, slice_of("Signal")))
            continue;
        value = slice_trim(value);
        return value.length == 1 ? value.data[0] : '\0';
    }
    body = slice_trim(body);
    return is_bare && body.length == 1 ? body.data[0] : '\0';
}

static void refuse_info(struct call *call, time_ms now, uint32_t transaction, uint32_t status,
                        enum sip_header_id header, const char *value)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    if (header == SIP_HEADER_OTHER)
        sip_writer_header_named(&lines, "Recv-Info", slice_of(value));
    else
        sip_writer_header_text(&lines, header, value);
    call_reply(call, now, transaction, status, sip_writer_slice(&lines));
    sip_writer_free(&lines);
}

void call_receive_info(struct call *call, time_ms now, uint32_t transaction,
                       const struct sip_message *info)
{
    if (sip_message_header_named(info, slice_of("Info-Package"), 0)) {
        /* RFC 6086 4.2.2: we have none. */
        refuse_info(call, now, transaction, 469, SIP_HEADER_OTHER, "");
        return;
    }
    bool is_digits = sip_message_has_content_type(info, "application/dtmf-relay") ||
                     sip_message_has_content_type(info, "application/dtmf");
    if (!slice_is_empty(info->body) && !is_digits) {
        refuse_info(call, now, transaction, 415, SIP_HEADER_ACCEPT,
                    "application/dtmf-relay, application/dtmf");
        return;
    }
    char digit = is_digits ? digit_of(info) : '\0';
    if (is_digits && !is_digit(digit)) {
        call_reply(call, now, transaction, 400, slice_empty());
        return;
    }
    call_reply(call, now, transaction, 200, slice_empty());
    if (is_digits)
        call_receive_digit(call, now, digit);
}

static void send_next_info(struct call *call, time_ms now)
{
    char digit = call->digits_to_send[0];
    struct buffer body;
    if (!digit || call->result)
        return;
    memmove(call->digits_to_send, call->digits_to_send + 1, strlen(call->digits_to_send));
    buffer_init(&body, 64);
    buffer_append_text(&body, "Signal=");
    buffer_append_byte(&body, digit);
    buffer_append_text(&body, "\r\nDuration=");
    buffer_append_number(&body, call->digit_ms);
    buffer_append_text(&body, "\r\n");
    own_request_set(&call->sent[CALL_SENDS_INFO], SIP_METHOD_INFO, slice_empty(),
                    "application/dtmf-relay", buffer_slice(&body));
    buffer_free(&body);
    call_send(call, now, CALL_SENDS_INFO);
}

static enum status check_digits(const struct action *action, const char **why)
{
    for (const char *digit = action->text; *digit; digit++) {
        if (is_digit(*digit))
            continue;
        *why = "digits are 0 to 9, *, # and A to D";
        return STATUS_REFUSED;
    }
    if (action->text[0] && strlen(action->text) <= LIMIT_DIGITS_QUEUED)
        return STATUS_OK;
    *why = "dtmf wants 1 to 64 digits";
    return STATUS_REFUSED;
}

enum status call_digits_ask(struct call *call, time_ms now, const struct action *action,
                            const char **why)
{
    struct action whole = *action;
    whole.tone_ms = action->tone_ms ? action->tone_ms : TONE_MS;
    whole.gap_ms = action->gap_ms ? action->gap_ms : GAP_MS;
    if (check_digits(action, why) != STATUS_OK)
        return STATUS_REFUSED;
    bool has_events = negotiation_media(call->negotiation)->has_events;
    if (action->method != ACTION_DTMF_INFO && has_events) {
        outbox_put_digits(call->context->outbox, call->number, &whole);
        return STATUS_OK;
    }
    /* P24d: where the far end takes no events. */
    if (action->method == ACTION_DTMF_RTP || (!call->takes_info && !action->method)) {
        *why = "the far end takes no digits in this call";
        return STATUS_REFUSED;
    }
    if (own_request_is_open(&call->sent[CALL_SENDS_INFO])) {
        *why = "digits are being sent at this moment";
        return STATUS_REFUSED;
    }
    memcpy(call->digits_to_send, action->text, strlen(action->text) + 1); /* checked above */
    call->digit_ms = whole.tone_ms;
    send_next_info(call, now);
    return STATUS_OK;
}

void call_info_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status < 300) {
        send_next_info(call, now);
        return;
    }
    call->digits_to_send[0] = '\0';
    call_heed_answer(call, now, response);
}

void call_info_failed(struct call *call, time_ms now, enum status why)
{
    call->digits_to_send[0] = '\0';
    call_heed_failure(call, now, why);
}
