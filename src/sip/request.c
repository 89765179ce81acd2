// SPDX-License-Identifier: ISC
#include "sip/request.h"

#include "sip/parameters.h"
#include "sip/product.h"

enum {
    MAX_FORWARDS = 70 // RFC 3261 8.1.1.6
};

static void write_cseq(struct sip_writer *writer, const struct sip_request *request)
{
    struct buffer text;
    buffer_init(&text, 32);
    buffer_append_number(&text, request->cseq);
    buffer_append_byte(&text, ' ');
    buffer_append_text(&text, sip_method_text(request->method));
    sip_writer_header(writer, SIP_HEADER_CSEQ, buffer_slice(&text));
    buffer_free(&text);
}

/* Values of the other side, or made of them: they go back exactly as they came (12.2.1.1). */
static void write_copied(struct sip_writer *writer, enum sip_header_id id, struct slice value)
{
    sip_writer_header_copied(writer, id, value, slice_empty());
}

void sip_request_write(struct sip_writer *writer, const struct sip_request *request,
                       struct slice via)
{
    sip_writer_request_line(writer, slice_of(sip_method_text(request->method)), request->uri);
    sip_writer_header(writer, SIP_HEADER_VIA, via);
    sip_writer_header_number(writer, SIP_HEADER_MAX_FORWARDS, MAX_FORWARDS);
    for (size_t i = 0; i < request->route_count; i++)
        write_copied(writer, SIP_HEADER_ROUTE, request->routes[i]);
    write_copied(writer, SIP_HEADER_FROM, request->from);
    write_copied(writer, SIP_HEADER_TO, request->to);
    sip_writer_header(writer, SIP_HEADER_CALL_ID, request->call_id);
    write_cseq(writer, request);
    sip_writer_lines(writer, request->lines);
    sip_writer_header_text(writer, SIP_HEADER_USER_AGENT, sip_product());
    sip_writer_end(writer, request->content_type, request->body);
}

struct sip_request sip_request_copy(struct arena *arena, const struct sip_request *request)
{
    struct slice *routes = arena_allocate(arena, (request->route_count + 1) * sizeof(*routes));
    for (size_t i = 0; i < request->route_count; i++)
        routes[i] = arena_copy(arena, request->routes[i]);
    return (struct sip_request){
        .user = request->user,
        .method = request->method,
        .uri = arena_copy(arena, request->uri),
        .from = arena_copy(arena, request->from),
        .to = arena_copy(arena, request->to),
        .call_id = arena_copy(arena, request->call_id),
        .cseq = request->cseq,
        .routes = routes,
        .route_count = request->route_count,
    };
}

void sip_request_append_uri(struct buffer *buffer, const struct sip_uri *uri)
{
    size_t tail = uri->parameters.length;
    struct slice rest = uri->parameters;
    struct slice from = rest;
    struct sip_parameter parameter;
    if (uri->headers.length)
        tail += 1 + uri->headers.length; /* and the "?" */
    buffer_append(buffer, slice_first(uri->text, uri->text.length - tail));
    for (; sip_parameters_next(&rest, &parameter); from = rest)
        if (!slice_equal_ignoring_case(parameter.name, slice_of("method")))
            buffer_append(buffer, slice_first(from, from.length - rest.length));
}
