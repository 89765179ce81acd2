// SPDX-License-Identifier: ISC
#include "sip/dialog.h"

#include "sip/parameters.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdlib.h>

struct sip_dialog {
    struct arena *arena;
    struct slice call_id;
    struct slice local;  // From value of our requests, with tag
    struct slice remote; // To value of our requests, with tag where there is one
    struct slice local_tag;
    struct slice remote_tag;
    struct buffer target;                      // URI; changes with target refreshes
    struct slice routes[LIMIT_SIP_ROUTES + 1]; // one more: strict routing adds the target
    size_t route_count;
    struct slice strict[LIMIT_SIP_ROUTES + 1];
    uint32_t local_cseq;
    uint32_t remote_cseq;
    bool has_remote_cseq;
};

static struct sip_dialog *dialog_new(const struct sip_message *message)
{
    struct sip_dialog *dialog = memory_new(sizeof(*dialog));
    dialog->arena = arena_new();
    dialog->call_id = arena_copy(dialog->arena, message->call_id);
    buffer_init(&dialog->target, LIMIT_SIP_LINE);
    return dialog;
}

static void read_routes(struct sip_dialog *dialog, const struct sip_message *message,
                        bool is_reversed)
{
    size_t count = sip_message_count(message, SIP_HEADER_RECORD_ROUTE);
    if (count > LIMIT_SIP_ROUTES)
        count = LIMIT_SIP_ROUTES;
    for (size_t i = 0; i < count; i++) {
        const struct sip_header *route = sip_message_header(message, SIP_HEADER_RECORD_ROUTE, i);
        dialog->routes[is_reversed ? count - 1 - i : i] = arena_copy(dialog->arena, route->value);
    }
    dialog->route_count = count;
}

static struct slice with_tag(struct arena *arena, struct slice value, struct slice tag)
{
    struct buffer text;
    buffer_init(&text, 2 * LIMIT_SIP_LINE);
    buffer_append(&text, value);
    buffer_append_text(&text, ";tag=");
    buffer_append(&text, tag);
    struct slice copy = arena_copy(arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

struct sip_dialog *sip_dialog_new_server(const struct sip_message *request, struct slice local_tag)
{
    struct sip_dialog *dialog = dialog_new(request);
    struct slice to = sip_message_value(request, SIP_HEADER_TO);
    dialog->local_tag = arena_copy(dialog->arena, local_tag);
    dialog->remote_tag = arena_copy(dialog->arena, request->from_tag);
    dialog->local = slice_is_empty(request->to_tag) ? with_tag(dialog->arena, to, local_tag)
                                                    : arena_copy(dialog->arena, to);
    dialog->remote = arena_copy(dialog->arena, sip_message_value(request, SIP_HEADER_FROM));
    dialog->remote_cseq = request->cseq;
    dialog->has_remote_cseq = true;
    read_routes(dialog, request, false);
    /* A broken peer may leave the Contact out: its From is the best guess. */
    buffer_append(&dialog->target, request->from.uri.text);
    sip_dialog_refresh_target(dialog, request);
    return dialog;
}

struct sip_dialog *sip_dialog_new_client(const struct sip_message *response, struct slice from)
{
    struct sip_dialog *dialog = dialog_new(response);
    dialog->local_tag = arena_copy(dialog->arena, response->from_tag);
    dialog->remote_tag = arena_copy(dialog->arena, response->to_tag);
    dialog->local = arena_copy(dialog->arena, from);
    dialog->remote = arena_copy(dialog->arena, sip_message_value(response, SIP_HEADER_TO));
    dialog->local_cseq = response->cseq;
    read_routes(dialog, response, true);
    buffer_append(&dialog->target, response->to.uri.text);
    sip_dialog_refresh_target(dialog, response);
    return dialog;
}

bool sip_dialog_matches(const struct sip_dialog *dialog, const struct sip_message *message)
{
    struct slice local = message->is_request ? message->to_tag : message->from_tag;
    struct slice remote = message->is_request ? message->from_tag : message->to_tag;
    return slice_equal(dialog->call_id, message->call_id) &&
           slice_equal(dialog->local_tag, local) && slice_equal(dialog->remote_tag, remote);
}

enum status sip_dialog_admit(struct sip_dialog *dialog, const struct sip_message *request)
{
    if (dialog->has_remote_cseq && request->cseq < dialog->remote_cseq)
        return STATUS_REFUSED;
    dialog->remote_cseq = request->cseq;
    dialog->has_remote_cseq = true;
    return STATUS_OK;
}

void sip_dialog_refresh_target(struct sip_dialog *dialog, const struct sip_message *message)
{
    struct sip_address contact;
    if (sip_message_count(message, SIP_HEADER_CONTACT) != 1 ||
        sip_address_parse(sip_message_value(message, SIP_HEADER_CONTACT), &contact) != STATUS_OK ||
        contact.is_wildcard || slice_is_empty(contact.uri.text))
        return;
    buffer_clear(&dialog->target);
    buffer_append(&dialog->target, contact.uri.text);
}

void sip_dialog_confirm(struct sip_dialog *dialog, const struct sip_message *response)
{
    read_routes(dialog, response, true);
    sip_dialog_refresh_target(dialog, response);
}

static bool is_loose(struct slice route, struct sip_address *address)
{
    struct slice value;
    return sip_address_parse(route, address) != STATUS_OK ||
           sip_parameters_find(address->uri.parameters, "lr", &value);
}

static void fill(struct sip_dialog *dialog, enum sip_method method, uint32_t cseq,
                 struct sip_request *request)
{
    struct sip_address first;
    request->method = method;
    request->from = dialog->local;
    request->to = dialog->remote;
    request->call_id = dialog->call_id;
    request->cseq = cseq;
    request->uri = buffer_slice(&dialog->target);
    request->routes = dialog->routes;
    request->route_count = dialog->route_count;
    if (!dialog->route_count || is_loose(dialog->routes[0], &first))
        return;
    /* 12.2.1.1, strict routing: the first route is the Request-URI, the target the last route. */
    struct buffer last;
    buffer_init(&last, LIMIT_SIP_LINE + 2);
    buffer_append_byte(&last, '<');
    buffer_append(&last, buffer_slice(&dialog->target));
    buffer_append_byte(&last, '>');
    for (size_t i = 1; i < dialog->route_count; i++)
        dialog->strict[i - 1] = dialog->routes[i];
    dialog->strict[dialog->route_count - 1] = arena_copy(dialog->arena, buffer_slice(&last));
    buffer_free(&last);
    request->uri = first.uri.text;
    request->routes = dialog->strict;
}

void sip_dialog_request(struct sip_dialog *dialog, enum sip_method method,
                        struct sip_request *request)
{
    fill(dialog, method, ++dialog->local_cseq, request);
}

void sip_dialog_ack(struct sip_dialog *dialog, uint32_t cseq, struct sip_request *request)
{
    fill(dialog, SIP_METHOD_ACK, cseq, request);
}

struct slice sip_dialog_call_id(const struct sip_dialog *dialog)
{
    return dialog->call_id;
}

struct slice sip_dialog_local_tag(const struct sip_dialog *dialog)
{
    return dialog->local_tag;
}

struct slice sip_dialog_remote_tag(const struct sip_dialog *dialog)
{
    return dialog->remote_tag;
}

struct slice sip_dialog_remote_target(const struct sip_dialog *dialog)
{
    return buffer_slice(&dialog->target);
}

void sip_dialog_free(struct sip_dialog *dialog)
{
    if (!dialog)
        return;
    buffer_free(&dialog->target);
    arena_free(dialog->arena);
    free(dialog);
}
