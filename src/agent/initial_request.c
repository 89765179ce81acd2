// SPDX-License-Identifier: ISC
#include "agent/initial_request.h"

#include "util/buffer.h"

enum {
    TAG_LENGTH = 16,
    CALL_ID_LENGTH = 24
};

static struct slice in_brackets(struct arena *arena, struct slice uri)
{
    struct buffer value;
    buffer_init(&value, LIMIT_SIP_LINE);
    buffer_append_byte(&value, '<');
    buffer_append(&value, uri);
    buffer_append_byte(&value, '>');
    struct slice copy = arena_copy(arena, buffer_slice(&value));
    buffer_free(&value);
    return copy;
}

static struct slice with_tag(struct arena *arena, struct random *random, struct slice value)
{
    char tag[TAG_LENGTH + 1];
    struct buffer from;
    buffer_init(&from, LIMIT_SIP_LINE);
    random_token(random, tag, TAG_LENGTH);
    buffer_append(&from, value);
    buffer_append_text(&from, ";tag=");
    buffer_append_text(&from, tag);
    struct slice copy = arena_copy(arena, buffer_slice(&from));
    buffer_free(&from);
    return copy;
}

void initial_request_init(struct initial_request *request, struct arena *arena,
                          const struct agent_settings *settings, struct random *random,
                          struct slice uri, struct slice from)
{
    char call_id[CALL_ID_LENGTH + 1];
    random_token(random, call_id, CALL_ID_LENGTH);
    if (slice_is_empty(from))
        from = in_brackets(arena, slice_of(settings->aor));
    *request = (struct initial_request){
        .uri = arena_copy(arena, uri),
        .from = with_tag(arena, random, from),
        .to = in_brackets(arena, uri),
        .call_id = arena_copy(arena, slice_of(call_id)),
    };
}

void initial_request_to_self(struct initial_request *request, struct arena *arena,
                             const struct agent_settings *settings)
{
    request->to = in_brackets(arena, slice_of(settings->aor));
}

bool initial_request_is_secure(const struct initial_request *request,
                               const struct agent_settings *settings,
                               const struct sip_registration *registration)
{
    struct sip_address first;
    struct slice route = slice_of(settings->route);
    if (slice_is_empty(route) && sip_registration_service_route_count(registration))
        route = sip_registration_service_route(registration, 0);
    return slice_starts_with_ignoring_case(request->uri, slice_of("sips:")) ||
           (sip_address_parse(route, &first) == STATUS_OK && !first.is_wildcard &&
            first.uri.scheme == SIP_SCHEME_SIPS);
}

void initial_request_frame(struct initial_request *request, const struct agent_settings *settings,
                           const struct sip_registration *registration,
                           struct slice routes[LIMIT_SIP_ROUTES], struct sip_request *frame)
{
    size_t count = 0;
    size_t services = sip_registration_service_route_count(registration);
    if (settings->route[0])
        routes[count++] = slice_of(settings->route);
    for (size_t i = 0; i < services && count < LIMIT_SIP_ROUTES; i++)
        routes[count++] = sip_registration_service_route(registration, i);
    *frame = (struct sip_request){
        .uri = request->uri,
        .from = request->from,
        .to = request->to,
        .call_id = request->call_id,
        .cseq = ++request->cseq,
        .routes = routes,
        .route_count = count,
    };
}
