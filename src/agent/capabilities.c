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
        return true;
    default:
        return false;
    }
}

bool capabilities_has_option(struct slice option_tag)
{
    /* RFC 5626: the flow is ours, a proxy may insist on it. */
    return slice_equal_ignoring_case(option_tag, slice_of("outbound")) ||
           slice_equal_ignoring_case(option_tag, slice_of("path"));
}

void capabilities_write(struct sip_writer *lines)
{
    sip_writer_header_text(lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT, CAPABILITIES_ACCEPT);
    sip_writer_header_text(lines, SIP_HEADER_SUPPORTED, "outbound, path");
}
