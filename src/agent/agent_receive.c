// SPDX-License-Identifier: ISC
// Routes what the endpoint delivers to the registration, a call or its dialog, and refuses the rest
// (RFC 3261 8.2, 12.2.2).
#include "agent/admission.h"
#include "agent/agent_private.h"
#include "agent/capabilities.h"
#include "sip/dialog.h"
#include "sip/route_set.h"
#include "sip/session_timer.h"
#include "util/log.h"

enum {
    BUSY_RETRY_AFTER_S = 10,
    ENDED_TO_LIVE = 4
};

/* Whether one call more would be taken: 0, or the status. */
static uint32_t check_room(const struct agent *agent, struct sip_writer *lines)
{
    if (agent->is_stopping)
        return 480;
    /* Calls that have ended and whose far end owes an answer take room, too. */
    bool has_room = call_table_count_live(agent->calls) < agent->settings->calls_max &&
                    call_table_count(agent->calls) < ENDED_TO_LIVE * agent->settings->calls_max;
    if (has_room)
        return 0;
    sip_writer_header_number(lines, SIP_HEADER_RETRY_AFTER, BUSY_RETRY_AFTER_S);
    return 486;
}

/* What we can do; with a description where one is wanted (RFC 3264 9). */
static void tell_capabilities(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_writer lines;
    struct buffer body;
    struct sip_response response = { .status = 200 };
    sip_writer_init(&lines);
    buffer_init(&body, LIMIT_SDP_BYTES);
    sip_writer_header(&lines, SIP_HEADER_CONTACT, buffer_slice(&agent->contact));
    capabilities_write_all(&lines);
    response.lines = sip_writer_slice(&lines);
    if (admission_takes_description(input->message)) {
        negotiation_describe(agent->settings, agent->random, &body);
        response.content_type = slice_of(CAPABILITIES_SDP);
        response.body = buffer_slice(&body);
    }
    sip_endpoint_respond(agent->endpoint, now, input->transaction, &response);
    buffer_free(&body);
    sip_writer_free(&lines);
}

/* RFC 3261 11.2: outside a dialog, as an INVITE would be answered. */
static void answer_options(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    uint32_t status = check_room(agent, &lines);
    if (status)
        sip_endpoint_reply(agent->endpoint, now, input->transaction, status,
                           sip_writer_slice(&lines));
    else
        tell_capabilities(agent, now, input);
    sip_writer_free(&lines);
}

static void receive_in_call(struct agent *agent, struct call *call, time_ms now,
                            const struct sip_output *input)
{
    static void (*const receivers[SIP_METHOD_COUNT])(struct call *, time_ms, uint32_t,
                                                     const struct sip_message *) = {
        [SIP_METHOD_BYE] = call_receive_bye,       [SIP_METHOD_INVITE] = call_receive_invite,
        [SIP_METHOD_UPDATE] = call_receive_update, [SIP_METHOD_PRACK] = call_receive_prack,
        [SIP_METHOD_INFO] = call_receive_info,     [SIP_METHOD_REFER] = call_receive_refer,
        [SIP_METHOD_NOTIFY] = call_receive_notify,
    };
    enum sip_method method = input->message->method;
    if (receivers[method]) {
        if (!call_refuses(call, now, input->transaction, method))
            receivers[method](call, now, input->transaction, input->message);
    } else if (method == SIP_METHOD_MESSAGE) {
        agent_receive_message(agent, now, input->transaction, input->message);
    } else {
        tell_capabilities(agent, now, input);
    }
}

static void receive_in_dialog(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_dialog *dialog = NULL;
    struct call *call = call_table_reach_dialog(agent->calls, input->message, &dialog);
    if (!call)
        sip_endpoint_reply(agent->endpoint, now, input->transaction, 481, slice_empty());
    else if (sip_dialog_admit(dialog, input->message) != STATUS_OK)
        sip_endpoint_reply(agent->endpoint, now, input->transaction, 500, slice_empty());
    else
        receive_in_call(agent, call, now, input);
}

/* Why an INVITE makes no call. */
struct refusal {
    uint32_t status; // 0: it makes one
    enum call_refusal kind;
    const char *why; // "": what the status stands for
};

static void refuse(struct refusal *refusal, uint32_t status, enum call_refusal kind,
                   const char *why)
{
    *refusal = (struct refusal){ .status = status, .kind = kind, .why = why };
}

static void check_offer(const struct agent *agent, const struct sip_message *invite,
                        struct sip_writer *lines, struct refusal *refusal)
{
    const char *why = "";
    struct slice offer = sip_message_body_of_type(invite, CAPABILITIES_SDP);
    if (slice_is_empty(offer))
        return;
    enum status status = negotiation_check(agent->settings, &agent->link.local, offer, &why);
    if (status == STATUS_OK)
        return;
    capabilities_write_warning(lines, why);
    refuse(refusal, status == STATUS_REFUSED ? 488 : 400,
           status == STATUS_REFUSED ? REFUSAL_OFFER : REFUSAL_MALFORMED, why);
}

/* 12.1.1: what the dialog's later requests would carry. */
static void check_dialog(const struct sip_message *invite, struct sip_writer *lines,
                         struct refusal *refusal)
{
    const char *fault = sip_route_set_fault(invite);
    if (!fault)
        return;
    capabilities_write_warning(lines, fault);
    refuse(refusal, 400, REFUSAL_MALFORMED, fault);
}

static void check_invite(const struct agent *agent, const struct sip_message *invite,
                         struct sip_writer *lines, struct refusal *refusal)
{
    uint32_t status = check_room(agent, lines);
    if (status == 480)
        refuse(refusal, status, REFUSAL_STOPPING, "the daemon stops");
    else if (status)
        refuse(refusal, status, REFUSAL_LIMIT, "as many calls as limits.calls");
    else
        check_dialog(invite, lines, refusal);
    if (refusal->status)
        return;
    status = sip_session_timer_check(invite, lines);
    if (status)
        refuse(refusal, status, REFUSAL_INTERVAL, "");
    else
        check_offer(agent, invite, lines, refusal);
}

static void receive_invite(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_writer lines;
    struct refusal refusal = { .status = 0 };
    sip_writer_init(&lines);
    check_invite(agent, input->message, &lines, &refusal);
    if (refusal.status) {
        sip_endpoint_reply(agent->endpoint, now, input->transaction, refusal.status,
                           sip_writer_slice(&lines));
        refused_calls_note(agent, now, input->message, refusal.kind, refusal.status,
                           slice_of(refusal.why));
    } else {
        call_table_add(agent->calls, call_new(&agent->context, now, ++agent->last_number,
                                              input->transaction, input->message));
    }
    sip_writer_free(&lines);
}

/* REFER outside a call: nobody could tell its hook whose call it is (decision 14). */
static void refuse_refer(struct agent *agent, time_ms now, uint32_t transaction)
{
    LOG(NOTICE, "a REFER outside any call was refused");
    sip_endpoint_reply(agent->endpoint, now, transaction, 603, slice_empty());
}

static void receive_outside(struct agent *agent, time_ms now, const struct sip_output *input)
{
    switch (input->message->method) {
    case SIP_METHOD_INVITE:
        receive_invite(agent, now, input);
        break;
    case SIP_METHOD_OPTIONS:
        answer_options(agent, now, input);
        break;
    case SIP_METHOD_MESSAGE:
        agent_receive_message(agent, now, input->transaction, input->message);
        break;
    case SIP_METHOD_NOTIFY:
        agent_receive_notify(agent, input->transaction, input->message);
        break;
    case SIP_METHOD_REFER:
        refuse_refer(agent, now, input->transaction);
        break;
    default: /* they live inside dialogs only (15.1.2) */
        sip_endpoint_reply(agent->endpoint, now, input->transaction, 481, slice_empty());
        break;
    }
}

static bool is_call(const struct sip_message *request)
{
    return request->method == SIP_METHOD_INVITE && slice_is_empty(request->to_tag);
}

/* By the endpoint: what cannot be read, comes a second time, or finds no room. */
static void note_refused(struct agent *agent, time_ms now, const struct sip_output *input)
{
    enum call_refusal refusal = input->status == 482   ? REFUSAL_MERGED
                                : input->status == 503 ? REFUSAL_LIMIT
                                                       : REFUSAL_MALFORMED;
    const char *defect = input->message->defect ? input->message->defect_text : "";
    refused_calls_note(agent, now, input->message, refusal, input->status, slice_of(defect));
}

static void receive_request(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_writer lines;
    sip_writer_init(&lines);
    uint32_t status = admission_check(input->message, &lines);
    if (status) {
        sip_endpoint_reply(agent->endpoint, now, input->transaction, status,
                           sip_writer_slice(&lines));
        if (is_call(input->message))
            refused_calls_note(agent, now, input->message, REFUSAL_UNSUPPORTED, status,
                               slice_empty());
    } else if (!slice_is_empty(input->message->to_tag)) {
        receive_in_dialog(agent, now, input);
    } else {
        receive_outside(agent, now, input);
    }
    sip_writer_free(&lines);
}

/* 13.2.2.4: a 2xx that comes again, or from another branch of the fork. */
static void receive_late_answer(struct agent *agent, time_ms now,
                                const struct sip_message *response)
{
    struct sip_dialog *dialog;
    struct call *call = call_table_reach_dialog(agent->calls, response, &dialog);
    if (!call || !call_repeat_ack(call, response))
        call_dismiss_answer(&agent->context, now, response);
}

/* Whose REGISTER it was; NULL for other requests. */
static struct sip_registration *registration_of(const struct agent *agent, uint32_t transaction)
{
    if (transaction == agent->register_transaction)
        return agent->registration;
    return transaction == agent->departure.transaction ? agent->departure.registration : NULL;
}

static void receive_response(struct agent *agent, time_ms now, const struct sip_output *input)
{
    const struct sip_message *response = input->message;
    struct sip_registration *registration = registration_of(agent, input->transaction);
    if (registration) {
        if (registration == agent->registration)
            agent_see_answer(agent, response);
        sip_registration_response(registration, now, response);
        agent->is_binding_stale = true;
        if (registration == agent->registration)
            agent_see_registered(agent, response);
        return;
    }
    struct call *call = call_table_reach(agent->calls, input->user);
    if (agent_probe_answered(agent, input->transaction, response->status))
        return;
    if (call && call_receive_response(call, now, input->transaction, response))
        return;
    if (!agent_message_answered(agent, now, input->transaction, response) &&
        response->method == SIP_METHOD_INVITE && response->status >= 200 && response->status < 300)
        receive_late_answer(agent, now, response);
}

static void request_failed(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_registration *registration = registration_of(agent, input->transaction);
    if (registration) {
        sip_registration_failed(registration, now, input->why);
        return;
    }
    struct call *call = call_table_reach(agent->calls, input->user);
    if (agent_probe_failed(agent, now, input->transaction, input->why))
        return;
    if (!call || !call_request_failed(call, now, input->transaction, input->why))
        (void)agent_message_failed(agent, input->transaction, input->why);
}

void agent_handle(struct agent *agent, time_ms now, const struct sip_output *input)
{
    struct sip_dialog *dialog;
    struct call *call;
    switch (input->kind) {
    case SIP_OUTPUT_REQUEST:
        receive_request(agent, now, input);
        break;
    case SIP_OUTPUT_ACK:
        call = call_table_reach_dialog(agent->calls, input->message, &dialog);
        if (call)
            call_receive_ack(call, now, input->message);
        break;
    case SIP_OUTPUT_CANCELLED:
        call = call_table_reach_invite(agent->calls, input->message, input->transaction);
        if (call)
            call_receive_cancel(call, now, input->message);
        break;
    case SIP_OUTPUT_RESPONSE:
        receive_response(agent, now, input);
        break;
    case SIP_OUTPUT_FAILED:
        request_failed(agent, now, input);
        break;
    case SIP_OUTPUT_REFUSED:
        note_refused(agent, now, input);
        break;
    case SIP_OUTPUT_UNACKED:
    case SIP_OUTPUT_BYTES:
        break;
    }
}
