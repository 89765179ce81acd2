// SPDX-License-Identifier: ISC
// States: OFFLINE until a link is up, then REGISTERING until the answer, REGISTERED until the
// refresh, WAITING after a refusal. What an answer, or none, means is in registration_answers.c.
#include "sip/registration_private.h"
#include "util/limits.h"
#include "util/memory.h"

#include <assert.h>
#include <stdlib.h>

enum {
    STOP_MS = 4000,
    FRESH_ANSWER_MS = 8000,
    IMPATIENT_MAX = 12, // silences in a row
    PATIENT_EVERY = 4
};

enum status sip_registration_registrar(struct slice aor, struct buffer *registrar)
{
    struct sip_uri uri;
    if (sip_uri_parse(aor, &uri) != STATUS_OK ||
        (uri.scheme != SIP_SCHEME_SIP && uri.scheme != SIP_SCHEME_SIPS))
        return STATUS_MALFORMED;
    buffer_append_text(registrar, uri.scheme == SIP_SCHEME_SIPS ? "sips:" : "sip:");
    buffer_append(registrar, uri.host);
    if (uri.port)
        buffer_append_format(registrar, ":%u", uri.port);
    return buffer_status(registrar);
}

static void copy_routes(struct sip_registration *registration,
                        const struct sip_registration_settings *settings)
{
    registration->routes_arena = arena_new();
    registration->route_count =
        settings->route_count < LIMIT_SIP_ROUTES ? settings->route_count : LIMIT_SIP_ROUTES;
    registration->routes =
        arena_allocate(registration->routes_arena,
                       (registration->route_count + 1) * sizeof(*registration->routes));
    for (size_t i = 0; i < registration->route_count; i++)
        registration->routes[i] = arena_copy(registration->routes_arena, settings->routes[i]);
}

struct sip_registration *sip_registration_new(const struct sip_registration_settings *settings,
                                              struct sip_digest *digest, struct random *random)
{
    struct sip_registration *registration = memory_new(sizeof(*registration));
    char tag[17];
    registration->digest = digest;
    registration->random = random;
    struct buffer *const texts[] = { &registration->aor,         &registration->registrar,
                                     &registration->instance_id, &registration->from,
                                     &registration->to,          &registration->seen_uri };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_init(texts[i], LIMIT_SIP_LINE);
    registration_contacts_init(&registration->contacts);
    registration_waits_init(&registration->waits, settings->retry_base_ms);
    buffer_append(&registration->aor, settings->aor);
    buffer_append(&registration->instance_id, settings->instance_id);
    if (settings->registrar.length)
        buffer_append(&registration->registrar, settings->registrar);
    else
        (void)!sip_registration_registrar(settings->aor, &registration->registrar);
    copy_routes(registration, settings);
    registration->expires_s = settings->expires_s;
    registration->asks_gruu = settings->asks_gruu;
    registration->start_jitter_ms = settings->start_jitter_ms;
    registration->deadline = registration->registered_until = TIME_NEVER;
    registration->fresh_until = TIME_NEVER;
    random_token(random, tag, sizeof(tag) - 1);
    random_token(random, registration->call_id, sizeof(registration->call_id) - 1);
    buffer_append_byte(&registration->to, '<');
    buffer_append(&registration->to, settings->aor);
    buffer_append_byte(&registration->to, '>');
    buffer_append(&registration->from, buffer_slice(&registration->to));
    buffer_append_text(&registration->from, ";tag=");
    buffer_append_text(&registration->from, tag);
    sip_writer_init(&registration->lines);
    return registration;
}

struct sip_registration_output *registration_put(struct sip_registration *registration,
                                                 enum sip_registration_output_kind kind)
{
    if (registration->output_count == REGISTRATION_OUTPUTS_MAX)
        return &registration->outputs[REGISTRATION_OUTPUTS_MAX - 1];
    struct sip_registration_output *output = &registration->outputs[registration->output_count++];
    *output = (struct sip_registration_output){ .kind = kind };
    return output;
}

void registration_become(struct sip_registration *registration, enum sip_registration_state state,
                         time_ms deadline)
{
    assert(sip_registration_may_become(registration->state, state));
    registration->state = state;
    registration->deadline = deadline;
}

static void write_contacts(struct sip_registration *registration, uint32_t expires_s)
{
    bool uses_outbound = sip_registration_uses_outbound(registration);
    struct buffer parameters;
    buffer_init(&parameters, LIMIT_SIP_LINE);
    if (uses_outbound) {
        buffer_append_text(&parameters, ";reg-id=1;+sip.instance=\"<");
        buffer_append(&parameters, buffer_slice(&registration->instance_id));
        buffer_append_text(&parameters, ">\"");
    }
    buffer_append_format(&parameters, ";expires=%u", expires_s);
    registration_contacts_write(&registration->contacts, &registration->lines,
                                slice_of(uses_outbound ? ";ob" : ""), buffer_slice(&parameters));
    buffer_free(&parameters);
}

static const char *supported(const struct sip_registration *registration)
{
    if (!sip_registration_uses_outbound(registration))
        return "path";
    return registration->asks_gruu ? "path, outbound, gruu" : "path, outbound";
}

void registration_send(struct sip_registration *registration)
{
    uint32_t expires_s = registration->is_unregistering ? 0 : registration->expires_s;
    struct slice uri = buffer_slice(&registration->registrar);
    sip_writer_clear(&registration->lines);
    write_contacts(registration, expires_s);
    sip_writer_header_number(&registration->lines, SIP_HEADER_EXPIRES, expires_s);
    sip_writer_header_text(&registration->lines, SIP_HEADER_SUPPORTED, supported(registration));
    if (registration->is_unregistering) /* whose end is fixed */
        registration_become(registration, REGISTRATION_IS_STOPPING, registration->deadline);
    else
        registration_become(registration, REGISTRATION_IS_REGISTERING, TIME_NEVER);
    struct sip_request request = {
        .method = SIP_METHOD_REGISTER,
        .uri = uri,
        .from = buffer_slice(&registration->from),
        .to = buffer_slice(&registration->to),
        .call_id = slice_of(registration->call_id),
        .cseq = ++registration->cseq,
        .routes = registration->routes,
        .route_count = registration->route_count,
    };
    sip_digest_authorize(registration->digest, &request, &registration->lines);
    request.lines = sip_writer_slice(&registration->lines);
    registration_put(registration, REGISTRATION_SEND)->request = request;
}

/* On a connection that has served nobody yet, silence is soon enough known for what it is: it was
 * taken by a server that is not ready, or by nobody. One that needs longer than that shows it when
 * every fourth is waited for, after two minutes. */
void registration_await_answer(struct sip_registration *registration, time_ms now)
{
    bool is_patient = registration->is_slow || (registration->silences >= IMPATIENT_MAX &&
                                                registration->silences % PATIENT_EVERY == 0);
    bool is_awaited = registration->is_fresh && registration->state == REGISTRATION_IS_REGISTERING;
    registration->sent_at = now;
    registration->fresh_until = is_awaited && !is_patient ? now + FRESH_ANSWER_MS : TIME_NEVER;
}

void registration_begin_round(struct sip_registration *registration)
{
    registration->is_refresh_due = false;
    registration->attempts = 0;
    registration->has_tried_interval = false;
    registration_send(registration);
}

void registration_wait_until(struct sip_registration *registration, time_ms when)
{
    registration_become(registration, REGISTRATION_IS_WAITING,
                        registration->is_refresh_due ? 0 : when);
}

void sip_registration_connected(struct sip_registration *registration, time_ms now,
                                struct slice contact_uri)
{
    if (now >= registration->bound_until)
        registration_contacts_expired(&registration->contacts);
    registration_contacts_set(&registration->contacts, contact_uri,
                              registration->binding.is_outbound_agreed);
    registration->is_linked = true;
    sip_digest_forget(registration->digest);
    if (registration->state == REGISTRATION_IS_STOPPED)
        return;
    if (now < registration->not_before)
        registration_wait_until(registration, registration->not_before);
    else if (registration->start_jitter_ms)
        registration_wait_until(
            registration,
            now + (time_ms)random_below(registration->random, registration->start_jitter_ms + 1));
    else
        registration_begin_round(registration);
    registration->start_jitter_ms = 0;
    registration->is_fresh = true;
    registration_await_answer(registration, now);
}

void registration_go_offline(struct sip_registration *registration, const char *why)
{
    bool is_news = registration->is_online || !registration->has_failed_once;
    registration->is_online = false;
    registration->has_failed_once = true;
    registration->registered_until = TIME_NEVER;
    if (is_news)
        registration_put(registration, REGISTRATION_OFFLINE)->reason = slice_of(why);
}

void sip_registration_link_lost(struct sip_registration *registration, time_ms now)
{
    (void)now;
    registration->is_linked = false;
    registration->fresh_until = TIME_NEVER;
    registration->output_count = 0;
    if (registration->state == REGISTRATION_IS_STOPPED)
        return;
    if (registration->is_unregistering) {
        registration_stopped(registration);
        return;
    }
    registration_become(registration, REGISTRATION_IS_OFFLINE, TIME_NEVER);
    registration->is_online = false; /* the caller tells: it knows why the link is lost */
    registration->registered_until = TIME_NEVER;
}

void registration_stopped(struct sip_registration *registration)
{
    registration_become(registration, REGISTRATION_IS_STOPPED, TIME_NEVER);
    registration->is_online = false;
    registration_put(registration, REGISTRATION_STOPPED);
}

void sip_registration_move(struct sip_registration *registration, struct slice contact_uri)
{
    registration_contacts_move(&registration->contacts, contact_uri);
    registration_begin_round(registration);
}

void sip_registration_refresh(struct sip_registration *registration, time_ms now)
{
    (void)now;
    registration->not_before = 0;
    registration_waits_reset(&registration->waits);
    if (registration->is_linked && (registration->state == REGISTRATION_IS_REGISTERED ||
                                    registration->state == REGISTRATION_IS_WAITING))
        registration_begin_round(registration);
    else if (registration->state == REGISTRATION_IS_REGISTERING)
        registration->is_refresh_due = true;
}

void sip_registration_stop(struct sip_registration *registration, time_ms now)
{
    bool has_binding = registration->is_online && registration->is_linked;
    registration->is_unregistering = true;
    if (!has_binding) {
        registration_stopped(registration);
        return;
    }
    registration->output_count = 0;
    registration_begin_round(registration);
    registration->deadline = now + STOP_MS;
}

void sip_registration_timeout(struct sip_registration *registration, time_ms now)
{
    if (now >= registration->fresh_until) {
        registration->fresh_until = TIME_NEVER;
        if (registration->state == REGISTRATION_IS_REGISTERING)
            registration_unanswered(registration);
        return;
    }
    if (now < registration->deadline)
        return;
    switch (registration->state) {
    case REGISTRATION_IS_REGISTERED:
    case REGISTRATION_IS_WAITING:
        if (registration->is_online && now >= registration->registered_until)
            registration_go_offline(registration, "the registration has expired");
        registration_begin_round(registration);
        registration_await_answer(registration, now);
        break;
    case REGISTRATION_IS_STOPPING:
        registration_stopped(registration);
        break;
    case REGISTRATION_IS_OFFLINE:
    case REGISTRATION_IS_REGISTERING:
    case REGISTRATION_IS_STOPPED:
    case REGISTRATION_STATE_COUNT:
        registration->deadline = TIME_NEVER;
        break;
    }
}

bool sip_registration_next_output(struct sip_registration *registration,
                                  struct sip_registration_output *output)
{
    if (!registration->output_count)
        return false;
    *output = registration->outputs[0];
    registration->output_count--;
    memmove(registration->outputs, registration->outputs + 1,
            registration->output_count * sizeof(*registration->outputs));
    return true;
}

void sip_registration_free(struct sip_registration *registration)
{
    if (!registration)
        return;
    struct buffer *const texts[] = { &registration->aor,         &registration->registrar,
                                     &registration->instance_id, &registration->from,
                                     &registration->to,          &registration->seen_uri };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_free(texts[i]);
    registration_contacts_free(&registration->contacts);
    sip_writer_free(&registration->lines);
    registration_binding_clear(&registration->binding);
    arena_free(registration->routes_arena);
    free(registration);
}
