// SPDX-License-Identifier: ISC
#include "agent/own_request.h"

#include "util/limits.h"

void own_request_init(struct own_request *request)
{
    *request = (struct own_request){ .content_type = "" };
    buffer_init(&request->lines, LIMIT_SIP_HEADER_BLOCK);
    buffer_init(&request->credentials, LIMIT_SIP_HEADER_BLOCK);
    buffer_init(&request->body, LIMIT_SIP_BODY);
}

void own_request_set(struct own_request *request, enum sip_method method, struct slice lines,
                     const char *content_type, struct slice body)
{
    request->method = method;
    request->content_type = content_type;
    buffer_clear(&request->lines);
    buffer_append(&request->lines, lines);
    buffer_clear(&request->body);
    buffer_append(&request->body, body);
}

void own_request_send(struct own_request *request, time_ms now, struct sip_endpoint *endpoint,
                      struct sip_digest *digest, const struct sip_request *frame)
{
    struct sip_request whole = *frame;
    struct sip_writer lines;
    whole.method = request->method;
    whole.content_type = slice_of(request->content_type);
    whole.body = buffer_slice(&request->body);
    sip_writer_init(&lines);
    if (digest)
        sip_digest_authorize(digest, &whole, &lines);
    buffer_clear(&request->credentials);
    buffer_append(&request->credentials, sip_writer_slice(&lines));
    sip_writer_lines(&lines, buffer_slice(&request->lines));
    whole.lines = sip_writer_slice(&lines);
    request->cseq = whole.cseq;
    request->transaction = sip_endpoint_request(endpoint, now, &whole);
    sip_writer_free(&lines);
}

bool own_request_is_challenged(struct sip_digest *digest, const struct sip_message *response,
                               const char **why)
{
    *why = "";
    if (response->status == 401 || response->status == 407) {
        *why = "auth.in_dialog is off";
        return digest && sip_digest_challenged(digest, response, why) == STATUS_OK;
    }
    if (digest && response->status < 300)
        (void)!sip_digest_accepted(digest, response);
    return false;
}

bool own_request_is_open(const struct own_request *request)
{
    return request->transaction != 0;
}

void own_request_end(struct own_request *request)
{
    request->transaction = 0;
}

void own_request_clear(struct own_request *request)
{
    buffer_free(&request->lines);
    buffer_free(&request->credentials);
    buffer_free(&request->body);
    request->transaction = 0;
}
