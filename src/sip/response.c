// SPDX-License-Identifier: ISC
#include "sip/response.h"

#include "sip/parameters.h"
#include "sip/product.h"
#include "sip/status_text.h"
#include "util/limits.h"

static void copy_headers(struct sip_writer *writer, const struct sip_message *request,
                         enum sip_header_id id)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (request->headers[i].id == id)
            sip_writer_header_copied(writer, id, request->headers[i].value, slice_empty());
}

static bool is_named(const struct sip_parameter *parameter, const char *name)
{
    return slice_equal_ignoring_case(parameter->name, slice_of(name));
}

/* Whether the sent-by is a name, or another address than that of the source (18.2.1). */
static bool is_elsewhere(const struct sip_via *via, const struct net_address *source)
{
    struct net_address sent_by;
    return net_address_parse(via->host, 0, &sent_by) != STATUS_OK ||
           !net_address_same_host(&sent_by, source);
}

/* All of `value` but a received parameter and an rport that asks; these two come last. */
static void annotate_via(struct buffer *text, struct slice value, const struct sip_via *via,
                         const struct net_address *source)
{
    char host[NET_ADDRESS_TEXT_BYTES];
    struct slice rest = via->parameters;
    struct slice from = rest;
    struct sip_parameter parameter;
    bool is_asked = false;
    buffer_append(text, slice_first(value, value.length - rest.length));
    for (; sip_parameters_next(&rest, &parameter); from = rest) {
        bool asks = is_named(&parameter, "rport") && !parameter.value.length;
        is_asked |= asks;
        if (!asks && !is_named(&parameter, "received"))
            buffer_append(text, slice_first(from, from.length - rest.length));
    }
    if (is_asked)
        buffer_append_format(text, ";rport=%u", source->port);
    if (is_asked || is_elsewhere(via, source)) {
        buffer_append_text(text, ";received=");
        buffer_append_text(text, net_address_host(source, host));
    }
}

static void write_vias(struct sip_writer *writer, const struct sip_message *request,
                       const struct net_address *source)
{
    const struct sip_header *via;
    struct buffer top;
    buffer_init(&top, LIMIT_SIP_LINE + 2 * NET_ADDRESS_TEXT_BYTES);
    for (size_t i = 0; (via = sip_message_header(request, SIP_HEADER_VIA, i)); i++) {
        bool is_plain = i > 0 || source->family == NET_NONE || !request->via.host.length;
        if (!is_plain)
            annotate_via(&top, via->value, &request->via, source);
        sip_writer_header_copied(writer, SIP_HEADER_VIA, is_plain ? via->value : buffer_slice(&top),
                                 slice_empty());
    }
    buffer_free(&top);
}

static void copy_first(struct sip_writer *writer, const struct sip_message *request,
                       enum sip_header_id id)
{
    const struct sip_header *header = sip_message_header(request, id, 0);
    if (header)
        sip_writer_header_copied(writer, id, header->value, slice_empty());
}

// RFC 3261 8.2.6.2: our tag is added where there is none; a 100 may do without.
static void write_to(struct sip_writer *writer, const struct sip_message *request,
                     const struct sip_response *response)
{
    bool wants_tag = !request->to_tag.length && response->status > 100;
    sip_writer_header_copied(writer, SIP_HEADER_TO, sip_message_value(request, SIP_HEADER_TO),
                             wants_tag ? response->to_tag : slice_empty());
}

// RFC 3261 12.1.1, RFC 6665 4.2.1.2, RFC 3515 2.4.4
static bool forms_dialog(const struct sip_message *request, uint32_t status)
{
    return status > 100 && status < 300 &&
           (request->method == SIP_METHOD_INVITE || request->method == SIP_METHOD_SUBSCRIBE ||
            request->method == SIP_METHOD_REFER);
}

void sip_response_write(struct sip_writer *writer, const struct sip_message *request,
                        const struct sip_response *response)
{
    struct slice reason = response->reason;
    if (slice_is_empty(reason))
        reason = slice_of(sip_status_text(response->status));
    sip_writer_status_line(writer, response->status, reason);
    write_vias(writer, request, &response->source);
    if (forms_dialog(request, response->status))
        copy_headers(writer, request, SIP_HEADER_RECORD_ROUTE);
    copy_first(writer, request, SIP_HEADER_FROM);
    write_to(writer, request, response);
    copy_first(writer, request, SIP_HEADER_CALL_ID);
    copy_first(writer, request, SIP_HEADER_CSEQ);
    if (response->status == 100) // 8.2.6.1
        copy_first(writer, request, SIP_HEADER_TIMESTAMP);
    sip_writer_lines(writer, response->lines);
    sip_writer_header_text(writer, SIP_HEADER_SERVER, sip_product());
    sip_writer_end(writer, response->content_type, response->body);
}
