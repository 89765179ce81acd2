// SPDX-License-Identifier: ISC
#include "sip/dialog.h"

#include "sip/parameters.h"
#include "sip/route_set.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>

struct sip_dialog {
    struct arena *arena;
    struct slice call_id;
    struct slice local;  // From value of our requests, with tag
    struct slice remote; // To value of our requests, with tag where there is one
    struct slice local_tag;
    struct slice remote_tag;
    bool is_tag_unknown;  // the far end's: the To that told it could not be read
    struct buffer target; // as Request-URI; changes with target refreshes
    struct slice routes[LIMIT_SIP_ROUTES];
    size_t route_count;
    // What a request gets in their place where the first route is strict.
    struct buffer strict_uri;
    struct buffer strict_target; // "<sip:…>"
    struct slice strict_routes[LIMIT_SIP_ROUTES];
    uint32_t local_cseq;
    uint32_t remote_cseq;
    bool has_remote_cseq;
    bool is_confirmed;
    uint32_t revision;
};

static struct sip_dialog *dialog_new(struct slice call_id)
{
    struct sip_dialog *dialog = memory_new(sizeof(*dialog));
    dialog->arena = arena_new();
    dialog->call_id = arena_copy(dialog->arena, call_id);
    buffer_init(&dialog->target, LIMIT_SIP_LINE);
    buffer_init(&dialog->strict_uri, LIMIT_SIP_LINE);
    buffer_init(&dialog->strict_target, LIMIT_SIP_LINE + 2);
    return dialog;
}

/* What is no address is left out: it could not be written, and nobody would understand it. */
static void read_routes(struct sip_dialog *dialog, const struct sip_message *message,
                        bool is_reversed)
{
    const struct sip_header *header;
    size_t count = 0;
    for (size_t i = 0; (header = sip_message_header(message, SIP_HEADER_RECORD_ROUTE, i)) &&
                       count < LIMIT_SIP_ROUTES;
         i++) {
        if (sip_route_read(dialog->arena, header->value, &dialog->routes[count]))
            count++;
        else
            LOG(DEBUG, "a Record-Route is no address", SLICE("value", header->value));
    }
    for (size_t i = 0; is_reversed && i < count / 2; i++) {
        struct slice route = dialog->routes[i];
        dialog->routes[i] = dialog->routes[count - 1 - i];
        dialog->routes[count - 1 - i] = route;
    }
    dialog->route_count = count;
}

/* A broken peer may leave its Contact out, or name something that is no SIP URI. */
static void read_target(struct sip_dialog *dialog, const struct sip_message *message)
{
    struct sip_address contact;
    if (!sip_target_read(message, &contact))
        return;
    buffer_clear(&dialog->target);
    sip_request_append_uri(&dialog->target, &contact.uri);
    dialog->revision++;
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
    struct sip_dialog *dialog = dialog_new(request->call_id);
    struct slice to = sip_message_value(request, SIP_HEADER_TO);
    dialog->local_tag = arena_copy(dialog->arena, local_tag);
    dialog->remote_tag = arena_copy(dialog->arena, request->from_tag);
    dialog->local = slice_is_empty(request->to_tag) ? with_tag(dialog->arena, to, local_tag)
                                                    : arena_copy(dialog->arena, to);
    dialog->remote = arena_copy(dialog->arena, sip_message_value(request, SIP_HEADER_FROM));
    dialog->remote_cseq = request->cseq;
    dialog->has_remote_cseq = true;
    dialog->is_confirmed = true; /* its route set is final */
    read_routes(dialog, request, false);
    sip_request_append_uri(&dialog->target, &request->from.uri); /* the best guess */
    read_target(dialog, request);
    return dialog;
}

/* Our own tag is that of what we sent, whatever became of it on its way. */
static struct slice tag_of(struct slice from, const struct sip_message *response)
{
    struct sip_address address;
    struct slice tag;
    bool is_read = sip_address_parse(from, &address) == STATUS_OK &&
                   sip_parameters_find(address.parameters, "tag", &tag);
    return is_read ? tag : response->from_tag;
}

/* A To that cannot be read is not written into requests of ours: 12.2.1.1 goes by the tags. */
static struct slice read_remote(struct sip_dialog *dialog, const struct sip_message *response)
{
    struct sip_address address;
    struct slice to = sip_message_value(response, SIP_HEADER_TO);
    if (sip_address_parse(to, &address) == STATUS_OK && !address.is_wildcard)
        return arena_copy(dialog->arena, to);
    dialog->is_tag_unknown = true;
    struct buffer text;
    buffer_init(&text, LIMIT_SIP_LINE + 2);
    buffer_append_byte(&text, '<');
    buffer_append(&text, buffer_slice(&dialog->target));
    buffer_append_byte(&text, '>');
    struct slice copy = arena_copy(dialog->arena, buffer_slice(&text));
    buffer_free(&text);
    return copy;
}

struct sip_dialog *sip_dialog_new_client(const struct sip_message *response, struct slice from,
                                         struct slice dialled)
{
    struct sip_dialog *dialog = dialog_new(response->call_id);
    dialog->local_tag = arena_copy(dialog->arena, tag_of(from, response));
    dialog->remote_tag = arena_copy(dialog->arena, response->to_tag);
    dialog->local = arena_copy(dialog->arena, from);
    dialog->local_cseq = response->cseq;
    dialog->is_confirmed = response->status >= 200;
    read_routes(dialog, response, true);
    sip_request_append_uri(&dialog->target, &response->to.uri); /* the best guess */
    if (!dialog->target.length)
        buffer_append(&dialog->target, dialled);
    read_target(dialog, response);
    dialog->remote = read_remote(dialog, response);
    return dialog;
}

/* A far end whose tag could not be read is known by all else. */
static bool is_remote_tag(const struct sip_dialog *dialog, const struct sip_message *message)
{
    struct slice remote = message->is_request ? message->from_tag : message->to_tag;
    return (message->is_request && dialog->is_tag_unknown) ||
           slice_equal_ignoring_case(dialog->remote_tag, remote);
}

bool sip_dialog_matches(const struct sip_dialog *dialog, const struct sip_message *message)
{
    struct slice local = message->is_request ? message->to_tag : message->from_tag;
    return slice_equal(dialog->call_id, message->call_id) &&
           slice_equal_ignoring_case(dialog->local_tag, local) && is_remote_tag(dialog, message);
}

/* An equal number is not out of order: 3263 4.3 sends the same request again, under a new branch,
 * by another server. What the endpoint knows as a repetition never comes here. */
enum status sip_dialog_admit(struct sip_dialog *dialog, const struct sip_message *request)
{
    if (dialog->has_remote_cseq && request->cseq < dialog->remote_cseq)
        return STATUS_REFUSED;
    dialog->remote_cseq = request->cseq;
    dialog->has_remote_cseq = true;
    return STATUS_OK;
}

/* 12.2, 3311 5.1, 6665 3.1 and 3.2, 5057 5.4. A 1xx does it when it is reliable (6141 4.6). */
static bool is_target_refresh(const struct sip_message *message)
{
    bool is_invite = message->method == SIP_METHOD_INVITE;
    if (!message->is_request && message->status < 200)
        return is_invite && sip_message_has_token(message, SIP_HEADER_REQUIRE, "100rel");
    if (!message->is_request && message->status >= 300)
        return false;
    return is_invite || message->method == SIP_METHOD_UPDATE ||
           message->method == SIP_METHOD_SUBSCRIBE || message->method == SIP_METHOD_NOTIFY ||
           message->method == SIP_METHOD_REFER;
}

void sip_dialog_refresh_target(struct sip_dialog *dialog, const struct sip_message *message)
{
    if (is_target_refresh(message))
        read_target(dialog, message);
}

/* 13.2.2.4: of the dialog's state only the route set is computed again. */
void sip_dialog_confirm(struct sip_dialog *dialog, const struct sip_message *response)
{
    if (dialog->is_confirmed || response->method != SIP_METHOD_INVITE || response->status < 200 ||
        response->status >= 300)
        return;
    dialog->is_confirmed = true;
    dialog->revision++;
    read_routes(dialog, response, true);
    read_target(dialog, response);
}

static bool is_loose(struct slice route, struct sip_address *address)
{
    struct slice value;
    return sip_address_parse(route, address) != STATUS_OK ||
           sip_parameters_find(address->uri.parameters, "lr", &value);
}

/* 12.2.1.1: the first route is the Request-URI, the target the last route. */
static void route_strictly(struct sip_dialog *dialog, const struct sip_uri *first,
                           struct sip_request *request)
{
    buffer_clear(&dialog->strict_uri);
    sip_request_append_uri(&dialog->strict_uri, first);
    buffer_clear(&dialog->strict_target);
    buffer_append_byte(&dialog->strict_target, '<');
    buffer_append(&dialog->strict_target, buffer_slice(&dialog->target));
    buffer_append_byte(&dialog->strict_target, '>');
    for (size_t i = 1; i < dialog->route_count; i++)
        dialog->strict_routes[i - 1] = dialog->routes[i];
    dialog->strict_routes[dialog->route_count - 1] = buffer_slice(&dialog->strict_target);
    request->uri = buffer_slice(&dialog->strict_uri);
    request->routes = dialog->strict_routes;
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
    if (dialog->route_count && !is_loose(dialog->routes[0], &first))
        route_strictly(dialog, &first.uri, request);
}

void sip_dialog_request(struct sip_dialog *dialog, enum sip_method method,
                        struct sip_request *request)
{
    if (dialog->local_cseq < INT32_MAX) /* 8.1.1.5 */
        dialog->local_cseq++;
    dialog->revision++;
    fill(dialog, method, dialog->local_cseq, request);
}

void sip_dialog_ack(struct sip_dialog *dialog, uint32_t cseq, struct sip_request *request)
{
    fill(dialog, SIP_METHOD_ACK, cseq, request);
}

bool sip_dialog_wants_sips(const struct sip_message *request)
{
    struct sip_address next;
    const struct sip_header *header = sip_message_header(request, SIP_HEADER_RECORD_ROUTE, 0);
    if (!header)
        header = sip_message_header(request, SIP_HEADER_CONTACT, 0);
    return request->request_uri.scheme == SIP_SCHEME_SIPS ||
           (header && sip_address_parse(header->value, &next) == STATUS_OK && !next.is_wildcard &&
            next.uri.scheme == SIP_SCHEME_SIPS);
}

void sip_dialog_state(const struct sip_dialog *dialog, struct sip_dialog_state *state)
{
    *state = (struct sip_dialog_state){
        .call_id = dialog->call_id,
        .local = dialog->local,
        .remote = dialog->remote,
        .local_tag = dialog->local_tag,
        .remote_tag = dialog->remote_tag,
        .target = buffer_slice(&dialog->target),
        .route_count = dialog->route_count,
        .local_cseq = dialog->local_cseq,
        .remote_cseq = dialog->has_remote_cseq ? dialog->remote_cseq : 0,
        .is_confirmed = dialog->is_confirmed,
    };
    memcpy(state->routes, dialog->routes, sizeof(state->routes));
}

struct sip_dialog *sip_dialog_restore(const struct sip_dialog_state *state)
{
    struct sip_dialog *dialog = dialog_new(state->call_id);
    dialog->local = arena_copy(dialog->arena, state->local);
    dialog->remote = arena_copy(dialog->arena, state->remote);
    dialog->local_tag = arena_copy(dialog->arena, state->local_tag);
    dialog->remote_tag = arena_copy(dialog->arena, state->remote_tag);
    buffer_append(&dialog->target, state->target);
    for (size_t i = 0; i < state->route_count; i++)
        dialog->routes[i] = arena_copy(dialog->arena, state->routes[i]);
    dialog->route_count = state->route_count;
    dialog->local_cseq = state->local_cseq;
    dialog->remote_cseq = state->remote_cseq;
    dialog->has_remote_cseq = state->remote_cseq != 0;
    dialog->is_confirmed = state->is_confirmed;
    return dialog;
}

uint32_t sip_dialog_revision(const struct sip_dialog *dialog)
{
    return dialog->revision;
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
    buffer_free(&dialog->strict_uri);
    buffer_free(&dialog->strict_target);
    arena_free(dialog->arena);
    free(dialog);
}
