// SPDX-License-Identifier: ISC
#include "sip/method.h"

static const struct slice names[SIP_METHOD_COUNT] = {
    [SIP_METHOD_UNKNOWN] = SLICE_LITERAL(""),
    [SIP_METHOD_INVITE] = SLICE_LITERAL("INVITE"),
    [SIP_METHOD_ACK] = SLICE_LITERAL("ACK"),
    [SIP_METHOD_BYE] = SLICE_LITERAL("BYE"),
    [SIP_METHOD_CANCEL] = SLICE_LITERAL("CANCEL"),
    [SIP_METHOD_OPTIONS] = SLICE_LITERAL("OPTIONS"),
    [SIP_METHOD_REGISTER] = SLICE_LITERAL("REGISTER"),
    [SIP_METHOD_INFO] = SLICE_LITERAL("INFO"),
    [SIP_METHOD_PRACK] = SLICE_LITERAL("PRACK"),
    [SIP_METHOD_UPDATE] = SLICE_LITERAL("UPDATE"),
    [SIP_METHOD_MESSAGE] = SLICE_LITERAL("MESSAGE"),
    [SIP_METHOD_REFER] = SLICE_LITERAL("REFER"),
    [SIP_METHOD_NOTIFY] = SLICE_LITERAL("NOTIFY"),
    [SIP_METHOD_SUBSCRIBE] = SLICE_LITERAL("SUBSCRIBE"),
    [SIP_METHOD_PUBLISH] = SLICE_LITERAL("PUBLISH"),
};

enum sip_method sip_method_from_text(struct slice text)
{
    for (enum sip_method method = SIP_METHOD_INVITE; method < SIP_METHOD_COUNT; method++)
        if (slice_equal(text, names[method]))
            return method;
    return SIP_METHOD_UNKNOWN;
}

const char *sip_method_text(enum sip_method method)
{
    return names[method].data;
}
