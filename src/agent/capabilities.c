// SPDX-License-Identifier: ISC
#include "agent/capabilities.h"

bool capabilities_has_method(enum sip_method method)
{
    switch (method) {
    case SIP_METHOD_INVITE:
    case SIP_METHOD_ACK:
    case SIP_METHOD_CANCEL:
    case SIP_METHOD_BYE:
    case SIP_METHOD_OPTIONS:
    case SIP_METHOD_PRACK:
    case SIP_METHOD_UPDATE:
    case SIP_METHOD_INFO:
    case SIP_METHOD_MESSAGE:
    case SIP_METHOD_REFER:
    case SIP_METHOD_NOTIFY:
        return true;
    default:
        return false;
    }
}

bool capabilities_has_option(struct slice option_tag)
{
    /* RFC 5626: the flow is ours, a proxy may insist on it. */
    static const char *const tags[] = { "100rel", "timer", "outbound", "path" };
    for (size_t i = 0; i < sizeof(tags) / sizeof(*tags); i++)
        if (slice_equal_ignoring_case(option_tag, slice_of(tags[i])))
            return true;
    return false;
}

#define SUPPORTED "100rel, timer, outbound, path, gruu"

void capabilities_write(struct sip_writer *lines)
{
    sip_writer_header_text(lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT, CAPABILITIES_SDP);
    sip_writer_header_text(lines, SIP_HEADER_SUPPORTED, SUPPORTED);
}

void capabilities_write_all(struct sip_writer *lines)
{
    sip_writer_header_text(lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT, CAPABILITIES_ACCEPT);
    sip_writer_header_text(lines, SIP_HEADER_SUPPORTED, SUPPORTED);
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT_ENCODING, "identity");
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT_LANGUAGE, "en");
    sip_writer_header_text(lines, SIP_HEADER_ALLOW_EVENTS, CAPABILITIES_EVENTS);
}

void capabilities_write_warning(struct sip_writer *lines, const char *why)
{
    struct buffer value;
    buffer_init(&value, 256);
    buffer_append_text(&value, "399 offhookd ");
    sip_writer_quote(&value, slice_of(why));
    sip_writer_header(lines, SIP_HEADER_WARNING, buffer_slice(&value));
    buffer_free(&value);
}
