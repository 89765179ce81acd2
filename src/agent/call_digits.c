// SPDX-License-Identifier: ISC
// Digits in both directions: heard by RTP or INFO, gathered into strings; sent by telephone-event
// or by INFO with application/dtmf-relay (RFC 4733, RFC 6086).
#include "agent/call_private.h"
#include "agent/capabilities.h"
#include "util/log.h"

enum {
    TONE_MS = 160,
    GAP_MS = 60
};

static void pull(struct call *call)
{
    struct digit_output output;
    while (digit_collection_next_output(&call->digits, &output))
        outbox_put_collected(call->context->outbox, call->number, &output);
}

void call_receive_digit(struct call *call, time_ms now, char digit, bool is_info)
{
    if (call->result || !digit_collection_is_digit(digit) ||
        !digit_twins_is_new(&call->twins, now, digit, is_info))
        return;
    if (digit_collection_add(&call->digits, now, digit))
        outbox_put_digit(call->context->outbox, call->number, digit);
    else if (!call->has_logged_flood) {
        LOG(NOTICE, "digits come faster than a hand presses: some are dropped",
            TEXT("call", call->id));
        call->has_logged_flood = true;
    }
    pull(call);
}

void call_digits_timeout(struct call *call, time_ms now)
{
    digit_collection_timeout(&call->digits, now);
    pull(call);
}

void call_digits_over(struct call *call)
{
    digit_collection_end(&call->digits);
    pull(call);
}

uint64_t call_digits_dropped(const struct call *call)
{
    return call->digits.dropped;
}

enum status call_digits_ask(struct call *call, time_ms now, const struct action *action,
                            const char **why)
{
    *why = "somebody asks for the digits of this call already";
    if (digit_collection_ask(&call->digits, now, &action->wanted) != STATUS_OK)
        return STATUS_REFUSED;
    pull(call);
    return STATUS_OK;
}

void call_cancel_ask(struct call *call)
{
    digit_collection_cancel(&call->digits);
}

/* What stands behind "Signal=", else the whole body: either is seen under either type. */
static struct slice signal_of(struct slice body)
{
    struct slice rest = body;
    while (rest.data && rest.length) {
        struct slice value;
        struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
        struct slice name = slice_trim(slice_cut(line, '=', &value));
        if (value.data && slice_equal_ignoring_case(name, slice_of("Signal")))
            return slice_trim(value);
    }
    return slice_trim(body);
}

/* Of a digit itself in any case, or its number as an event (RFC 4733 3.2). */
static char digit_of(const struct sip_message *info)
{
    static const char events[] = "0123456789*#ABCD";
    struct slice signal = signal_of(info->body);
    uint32_t event;
    if (signal.length == 1 && ascii_is_letter(signal.data[0]))
        return (char)(ascii_lower(signal.data[0]) - 'a' + 'A');
    if (signal.length == 1)
        return signal.data[0];
    bool is_event = signal.length == 2 && slice_to_uint32(signal, &event) == STATUS_OK;
    return is_event && event < sizeof(events) - 1 ? events[event] : '\0';
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
    if (is_digits && !digit_collection_is_digit(digit)) {
        call_reply(call, now, transaction, 400, slice_empty());
        return;
    }
    call_reply(call, now, transaction, 200, slice_empty());
    if (is_digits)
        call_receive_digit(call, now, digit, true);
}

static void send_next_info(struct call *call, time_ms now)
{
    char digit = call->digits_to_send[0];
    struct buffer body;
    call->next_digit_at = TIME_NEVER;
    if (!digit || call->result)
        return;
    call->digit_over_at = now + call->digit_ms + call->digit_gap_ms;
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
        if (digit_collection_is_digit(*digit))
            continue;
        *why = "digits are 0 to 9, *, # and A to D";
        return STATUS_REFUSED;
    }
    if (action->text[0] && strlen(action->text) <= LIMIT_DIGITS_QUEUED)
        return STATUS_OK;
    *why = "dtmf wants 1 to 64 digits";
    return STATUS_REFUSED;
}

/* P24d: where the far end takes no events. */
static enum action_dtmf_method choose_method(const struct call *call, enum action_dtmf_method asked)
{
    if (asked != ACTION_DTMF_ANY)
        return asked;
    if (negotiation_media(call->negotiation)->has_events)
        return ACTION_DTMF_RTP;
    if (call->takes_info)
        return ACTION_DTMF_INFO;
    LOG(NOTICE, "the far end takes digits only as tones", TEXT("call", call->id));
    return ACTION_DTMF_TONE;
}

enum status call_digits_send(struct call *call, time_ms now, const struct action *action,
                             const char **why)
{
    struct action whole = *action;
    if (check_digits(action, why) != STATUS_OK)
        return STATUS_REFUSED;
    *why = "digits are being sent at this moment";
    if (call->is_sending_digits)
        return STATUS_REFUSED;
    whole.tone_ms = action->tone_ms ? action->tone_ms : TONE_MS;
    whole.gap_ms = action->gap_ms ? action->gap_ms : GAP_MS;
    whole.method = choose_method(call, action->method);
    *why = "the far end takes no telephone-events in this call";
    if (whole.method == ACTION_DTMF_RTP && !negotiation_media(call->negotiation)->has_events)
        return STATUS_REFUSED;
    call->is_sending_digits = true;
    if (whole.method != ACTION_DTMF_INFO) {
        outbox_put_digits(call->context->outbox, call->number, &whole);
        return STATUS_OK;
    }
    memcpy(call->digits_to_send, action->text, strlen(action->text) + 1); /* checked above */
    call->digit_ms = whole.tone_ms;
    call->digit_gap_ms = whole.gap_ms;
    send_next_info(call, now);
    return STATUS_OK;
}

/* When the call is over, that is the result. */
static void finish(struct call *call, uint32_t status)
{
    call->digits_to_send[0] = '\0';
    call->next_digit_at = TIME_NEVER;
    if (call->is_sending_digits && !call->result)
        outbox_put_result(call->context->outbox, call->number, ACTION_DTMF, status);
    call->is_sending_digits = false;
}

void call_digits_sent(struct call *call, bool have_left)
{
    finish(call, have_left ? 200 : 488);
}

void call_info_answered(struct call *call, time_ms now, const struct sip_message *response)
{
    if (response->status < 300 && call->digits_to_send[0]) {
        if (now < call->digit_over_at)
            call->next_digit_at = call->digit_over_at;
        else
            send_next_info(call, now);
        return;
    }
    call_heed_answer(call, now, response);
    finish(call, response->status);
}

void call_next_digit(struct call *call, time_ms now)
{
    send_next_info(call, now);
}

void call_info_failed(struct call *call, time_ms now, enum status why)
{
    call_heed_failure(call, now, why);
    finish(call, why == STATUS_CLOSED ? 503 : 408);
}
