// SPDX-License-Identifier: ISC
#include "agent/reason.h"

#include "sip/parameters.h"

enum {
    Q850_NORMAL_CLEARING = 16
};

static const struct {
    uint32_t cause;
    const char *text;
} causes[] = {
    { 1, "unallocated number" },
    { 3, "no route to destination" },
    { 16, "normal call clearing" },
    { 17, "user busy" },
    { 18, "no user responding" },
    { 19, "no answer from user" },
    { 20, "subscriber absent" },
    { 21, "call rejected" },
    { 22, "number changed" },
    { 26, "non-selected user clearing" },
    { 27, "destination out of order" },
    { 28, "invalid number format" },
    { 29, "facility rejected" },
    { 31, "normal, unspecified" },
    { 34, "no circuit available" },
    { 38, "network out of order" },
    { 41, "temporary failure" },
    { 42, "switching equipment congestion" },
    { 47, "resource unavailable" },
    { 50, "facility not subscribed" },
    { 55, "incoming calls barred" },
    { 57, "bearer capability not authorized" },
    { 58, "bearer capability not available" },
    { 65, "bearer capability not implemented" },
    { 79, "service not implemented" },
    { 87, "user not member of closed group" },
    { 88, "incompatible destination" },
    { 102, "recovery on timer expiry" },
    { 111, "protocol error" },
    { 127, "interworking, unspecified" },
};

const char *reason_cause_text(uint32_t cause)
{
    for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
        if (causes[i].cause == cause)
            return causes[i].text;
    return "";
}

static void read_one(struct slice value, struct reason *reason)
{
    struct slice parameters;
    struct slice text;
    uint32_t cause;
    struct slice protocol = slice_trim(slice_cut(value, ';', &parameters));
    parameters = slice_skip(value, (size_t)(protocol.data - value.data) + protocol.length);
    if (sip_parameters_find(parameters, "cause", &text) &&
        slice_to_uint32(text, &cause) == STATUS_OK) {
        if (slice_equal_ignoring_case(protocol, slice_of("SIP")) && cause >= 200 && cause < 700)
            reason->sip_code = cause;
        if (slice_equal_ignoring_case(protocol, slice_of("Q.850")) && cause < 128)
            reason->q850_cause = cause;
    }
    if (slice_is_empty(reason->text) && sip_parameters_find(parameters, "text", &text))
        reason->text = sip_parameter_unquote(text);
}

bool reason_read(const struct sip_message *message, struct reason *reason)
{
    const struct sip_header *header;
    *reason = (struct reason){ .text = slice_empty() };
    for (size_t i = 0; (header = sip_message_header(message, SIP_HEADER_REASON, i)); i++)
        read_one(header->value, reason);
    if (slice_is_empty(reason->text))
        reason->text = slice_of(reason_cause_text(reason->q850_cause));
    return reason->sip_code || reason->q850_cause || !slice_is_empty(reason->text);
}

void reason_write(struct sip_writer *lines, uint32_t code, struct slice text)
{
    struct buffer value;
    bool is_failure = code >= 300;
    buffer_init(&value, 512);
    buffer_append_text(&value, is_failure ? "SIP;cause=" : "Q.850;cause=");
    buffer_append_number(&value, is_failure ? code : Q850_NORMAL_CLEARING);
    buffer_append_text(&value, ";text=");
    sip_writer_quote(&value, is_failure ? text : slice_of(reason_cause_text(Q850_NORMAL_CLEARING)));
    sip_writer_header(lines, SIP_HEADER_REASON, buffer_slice(&value));
    buffer_free(&value);
}
