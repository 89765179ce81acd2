// SPDX-License-Identifier: ISC
#include "agent/admission.h"

#include "agent/capabilities.h"

/* RFC 3261 8.2.2.3: every option we do not know is named in the 420. */
static uint32_t check_require(const struct sip_message *request, struct sip_writer *lines)
{
    const struct sip_header *require;
    uint32_t status = 0;
    for (size_t i = 0; (require = sip_message_header(request, SIP_HEADER_REQUIRE, i)); i++) {
        if (slice_is_empty(require->value) || capabilities_has_option(require->value))
            continue;
        sip_writer_header(lines, SIP_HEADER_UNSUPPORTED, require->value);
        status = 420;
    }
    return status;
}

/* RFC 6665 7.2.1: what it is about counts before what it brings. How a transfer goes on is told
 * inside its call, and messages that wait are told outside any. */
static uint32_t check_event(const struct sip_message *request, struct sip_writer *lines)
{
    const char *event = slice_is_empty(request->to_tag) ? "message-summary" : "refer";
    if (request->method != SIP_METHOD_NOTIFY || sip_message_says(request, SIP_HEADER_EVENT, event))
        return 0;
    sip_writer_header_text(lines, SIP_HEADER_ALLOW_EVENTS, CAPABILITIES_EVENTS);
    return 489;
}

/* INFO and MESSAGE know their types themselves: NULL. */
static const char *const *types_of(enum sip_method method)
{
    static const char *const session[] = { CAPABILITIES_SDP, NULL };
    static const char *const news[] = { "message/sipfrag", "application/simple-message-summary",
                                        NULL };
    if (method == SIP_METHOD_INFO || method == SIP_METHOD_MESSAGE)
        return NULL;
    return method == SIP_METHOD_NOTIFY ? news : session;
}

static void write_accept(struct sip_writer *lines, const char *const *types)
{
    for (; *types; types++)
        sip_writer_header_text(lines, SIP_HEADER_ACCEPT, *types);
}

/* RFC 3261 8.2.3: a body that we must understand and do not. A BYE ends the call, and a PRACK is
 * taken (RFC 3262 3), whatever it brings. */
static uint32_t check_body(const struct sip_message *request, struct sip_writer *lines)
{
    const char *const *types = types_of(request->method);
    bool is_encoded = sip_message_is_encoded(request);
    if (slice_is_empty(request->body) || request->method == SIP_METHOD_BYE ||
        request->method == SIP_METHOD_PRACK ||
        (types ? sip_message_body_is_understood(request, types) : !is_encoded))
        return 0;
    if (is_encoded)
        sip_writer_header_text(lines, SIP_HEADER_ACCEPT_ENCODING, "identity");
    else
        write_accept(lines, types);
    return 415;
}

bool admission_takes_description(const struct sip_message *request)
{
    static const char *const usable[] = { "application/sdp", "application/*", "*/*" };
    const struct sip_header *accept;
    for (size_t i = 0; (accept = sip_message_header(request, SIP_HEADER_ACCEPT, i)); i++) {
        struct slice parameters;
        struct slice type = slice_trim(slice_cut(accept->value, ';', &parameters));
        for (size_t k = 0; k < sizeof(usable) / sizeof(*usable); k++)
            if (slice_equal_ignoring_case(type, slice_of(usable[k])))
                return true;
    }
    return !sip_message_count(request, SIP_HEADER_ACCEPT);
}

/* RFC 3261 21.4.7: an INVITE whose Accept leaves no session description. */
static uint32_t check_accept(const struct sip_message *request)
{
    return request->method == SIP_METHOD_INVITE && !admission_takes_description(request) ? 406 : 0;
}

uint32_t admission_check(const struct sip_message *request, struct sip_writer *lines)
{
    if (!capabilities_has_method(request->method)) {
        sip_writer_header_text(lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
        return 405;
    }
    uint32_t status = check_require(request, lines);
    if (!status)
        status = check_event(request, lines);
    if (!status)
        status = check_body(request, lines);
    if (!status)
        status = check_accept(request);
    return status;
}
