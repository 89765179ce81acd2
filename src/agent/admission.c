// SPDX-License-Identifier: ISC
#include "agent/admission.h"

#include "agent/capabilities.h"
#include "sip/parameters.h"

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

/* RFC 3261 8.2.3: a body that we must understand and do not. */
static uint32_t check_body(const struct sip_message *request, struct sip_writer *lines)
{
    struct slice encoding = sip_message_value(request, SIP_HEADER_CONTENT_ENCODING);
    if (slice_is_empty(request->body))
        return 0;
    if (!slice_is_empty(encoding) && !slice_equal_ignoring_case(encoding, slice_of("identity"))) {
        sip_writer_header_text(lines, SIP_HEADER_ACCEPT_ENCODING, "identity");
        return 415;
    }
    struct slice disposition = sip_message_value(request, SIP_HEADER_CONTENT_DISPOSITION);
    struct slice handling = slice_empty();
    struct slice kind = slice_cut(disposition, ';', &disposition);
    bool is_optional = kind.length && disposition.data &&
                       sip_parameters_find(slice_make(disposition.data - 1, disposition.length + 1),
                                           "handling", &handling) &&
                       slice_equal_ignoring_case(handling, slice_of("optional"));
    bool is_session = request->method == SIP_METHOD_INVITE ||
                      request->method == SIP_METHOD_UPDATE || request->method == SIP_METHOD_PRACK;
    if (!is_session || is_optional ||
        !slice_is_empty(sip_message_body_of_type(request, CAPABILITIES_SDP)))
        return 0;
    sip_writer_header_text(lines, SIP_HEADER_ACCEPT, CAPABILITIES_SDP);
    return 415;
}

/* RFC 3261 21.4.7: an INVITE whose Accept leaves no session description. */
static uint32_t check_accept(const struct sip_message *request)
{
    static const char *const usable[] = { "application/sdp", "application/*", "*/*" };
    const struct sip_header *accept;
    if (request->method != SIP_METHOD_INVITE || !sip_message_count(request, SIP_HEADER_ACCEPT))
        return 0;
    for (size_t i = 0; (accept = sip_message_header(request, SIP_HEADER_ACCEPT, i)); i++) {
        struct slice parameters;
        struct slice type = slice_trim(slice_cut(accept->value, ';', &parameters));
        for (size_t k = 0; k < sizeof(usable) / sizeof(*usable); k++)
            if (slice_equal_ignoring_case(type, slice_of(usable[k])))
                return 0;
    }
    return 406;
}

uint32_t admission_check(const struct sip_message *request, struct sip_writer *lines)
{
    if (!capabilities_has_method(request->method)) {
        sip_writer_header_text(lines, SIP_HEADER_ALLOW, CAPABILITIES_ALLOW);
        return 405;
    }
    uint32_t status = check_require(request, lines);
    if (!status)
        status = check_body(request, lines);
    if (!status)
        status = check_accept(request);
    return status;
}
