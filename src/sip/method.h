// SPDX-License-Identifier: ISC
// The methods we know by name (case-sensitive, RFC 3261 7.1).
#pragma once

#include "util/slice.h"

enum sip_method {
    SIP_METHOD_UNKNOWN,
    SIP_METHOD_INVITE,
    SIP_METHOD_ACK,
    SIP_METHOD_BYE,
    SIP_METHOD_CANCEL,
    SIP_METHOD_OPTIONS,
    SIP_METHOD_REGISTER,
    SIP_METHOD_INFO,
    SIP_METHOD_PRACK,
    SIP_METHOD_UPDATE,
    SIP_METHOD_MESSAGE,
    SIP_METHOD_REFER,
    SIP_METHOD_NOTIFY,
    SIP_METHOD_SUBSCRIBE,
    SIP_METHOD_PUBLISH,
    SIP_METHOD_COUNT,
};

enum sip_method sip_method_from_text(struct slice text);
// "INVITE"; "" for UNKNOWN.
const char *sip_method_text(enum sip_method method);
