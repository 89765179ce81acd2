// SPDX-License-Identifier: ISC
// States: OFFLINE until a link is up, then REGISTERING until the answer, REGISTERED until the
// refresh, WAITING after a refusal. What a 200 grants is read in registration_binding.c.
#include "sip/registration_advice.h"
#include "sip/registration_private.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GRANT_LEAST_S = 4,
    ATTEMPTS_MAX = 2, // of one request with credentials
    STOP_MS = 4000,
    FRESH_ANSWER_MS = 8000,
    SLOW_ANSWER_MS = 4000,
    IMPATIENT_MAX = 12, // silences in a row
    PATIENT_EVERY = 4,
    SINGLY_AFTER = 2,           // silences: it may be that we speak of several Contacts at once
    INTERVAL_MAX_S = 7 * 86400, // of a Min-Expires that we ask for
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

static struct sip_registration_output *put(struct sip_registration *registration,
                                           enum sip_registration_output_kind kind)
{
    if (registration->output_count == REGISTRATION_OUTPUTS_MAX)
        return &registration->outputs[REGISTRATION_OUTPUTS_MAX - 1];
    struct sip_registration_output *output = &registration->outputs[registration->output_count++];
    *output = (struct sip_registration_output){ .kind = kind };
    return output;
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

static void send_register(struct sip_registration *registration)
{
    uint32_t expires_s = registration->is_unregistering ? 0 : registration->expires_s;
    struct slice uri = buffer_slice(&registration->registrar);
    sip_writer_clear(&registration->lines);
    write_contacts(registration, expires_s);
    sip_writer_header_number(&registration->lines, SIP_HEADER_EXPIRES, expires_s);
    sip_writer_header_text(&registration->lines, SIP_HEADER_SUPPORTED, supported(registration));
    if (!registration->is_unregistering) /* whose end is fixed */
        registration->deadline = TIME_NEVER;
    registration->state =
        registration->is_unregistering ? REGISTRATION_IS_STOPPING : REGISTRATION_IS_REGISTERING;
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
    put(registration, REGISTRATION_SEND)->request = request;
}

/* On a connection that has served nobody yet, silence is soon enough known for what it is: it was
 * taken by a server that is not ready, or by nobody. One that needs longer than that shows it when
 * every fourth is waited for, after two minutes. */
static void await_answer(struct sip_registration *registration, time_ms now)
{
    bool is_patient = registration->is_slow || (registration->silences >= IMPATIENT_MAX &&
                                                registration->silences % PATIENT_EVERY == 0);
    bool is_awaited = registration->is_fresh && registration->state == REGISTRATION_IS_REGISTERING;
    registration->sent_at = now;
    registration->fresh_until = is_awaited && !is_patient ? now + FRESH_ANSWER_MS : TIME_NEVER;
}

static void begin_round(struct sip_registration *registration)
{
    registration->is_refresh_due = false;
    registration->attempts = 0;
    registration->has_tried_interval = false;
    send_register(registration);
}

static void wait_until(struct sip_registration *registration, time_ms when)
{
    registration->state = REGISTRATION_IS_WAITING;
    registration->deadline = registration->is_refresh_due ? 0 : when;
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
        wait_until(registration, registration->not_before);
    else if (registration->start_jitter_ms)
        wait_until(registration, now + (time_ms)random_below(registration->random,
                                                             registration->start_jitter_ms + 1));
    else
        begin_round(registration);
    registration->start_jitter_ms = 0;
    registration->is_fresh = true;
    await_answer(registration, now);
}

static void go_offline(struct sip_registration *registration, const char *why)
{
    bool is_news = registration->is_online || !registration->has_failed_once;
    registration->is_online = false;
    registration->has_failed_once = true;
    registration->registered_until = TIME_NEVER;
    if (is_news)
        put(registration, REGISTRATION_OFFLINE)->reason = slice_of(why);
}

void sip_registration_link_lost(struct sip_registration *registration, time_ms now)
{
    (void)now;
    registration->is_linked = false;
    registration->fresh_until = TIME_NEVER;
    registration->output_count = 0;
    registration->deadline = TIME_NEVER;
    if (registration->is_unregistering || registration->state == REGISTRATION_IS_STOPPED) {
        if (registration->state != REGISTRATION_IS_STOPPED)
            put(registration, REGISTRATION_STOPPED);
        registration->state = REGISTRATION_IS_STOPPED;
        return;
    }
    registration->state = REGISTRATION_IS_OFFLINE;
    registration->is_online = false; /* the caller tells: it knows why the link is lost */
    registration->registered_until = TIME_NEVER;
}

static void stopped(struct sip_registration *registration)
{
    registration->state = REGISTRATION_IS_STOPPED;
    registration->deadline = TIME_NEVER;
    registration->is_online = false;
    put(registration, REGISTRATION_STOPPED);
}

static void fail(struct sip_registration *registration, time_ms now, time_ms wait,
                 bool keeps_binding)
{
    bool is_alive =
        keeps_binding && registration->is_online && now + wait < registration->registered_until;
    registration->not_before = now + wait;
    LOG(NOTICE, "not registered", TEXT("why", registration->failure),
        NUMBER("retry_in_s", wait / 1000));
    if (!is_alive)
        go_offline(registration, registration->failure);
    wait_until(registration, now + wait);
}

/* What time does not heal. */
static void fail_for_long(struct sip_registration *registration, time_ms now)
{
    fail(registration, now,
         registration_waits_next(&registration->waits, false, NULL, registration->random), false);
}

/* A process that was killed took nothing off. One look is enough: should another telephone use our
 * instance id by mistake, the two must not throw each other out for ever. */
static void tidy(struct sip_registration *registration, const struct sip_message *response)
{
    struct slice uris[REGISTRATION_LEFT_OVER_MAX];
    if (registration->has_tidied)
        return;
    registration->has_tidied = true;
    if (registration->binding.is_outbound_agreed)
        return;
    size_t count = registration_binding_strays(response, buffer_slice(&registration->contacts.sent),
                                               buffer_slice(&registration->instance_id), uris,
                                               REGISTRATION_LEFT_OVER_MAX);
    for (size_t i = 0; i < count; i++)
        registration_contacts_leave_over(&registration->contacts, uris[i]);
    registration->is_refresh_due |= count > 0;
}

/* Our Contact is not bound, as behind a registrar that wants to hear its own view of us. Where
 * there is none, the 200 is taken at its word after a long wait only: refreshed without a pause, it
 * is what gets one banned. */
static void not_granted(struct sip_registration *registration, time_ms now)
{
    registration_contacts_refused(&registration->contacts);
    if (registration->seen_uri.length && !sip_registration_is_moved(registration)) {
        LOG(INFO, "our Contact is not bound: the one that the registrar sees is tried");
        registration_contacts_move(&registration->contacts, buffer_slice(&registration->seen_uri));
        begin_round(registration);
        return;
    }
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES,
             "the registrar answers 200 and grants %u s, which is no registration: ask the "
             "provider",
             registration->binding.expires_s);
    fail_for_long(registration, now);
}

static void succeed(struct sip_registration *registration, time_ms now,
                    const struct sip_message *response)
{
    if (sip_digest_accepted(registration->digest, response) != STATUS_OK) {
        snprintf(registration->failure, REGISTRATION_FAILURE_BYTES,
                 "the registrar did not prove that it knows the password (rspauth is wrong)");
        fail_for_long(registration, now);
        return;
    }
    registration_binding_read(&registration->binding, response,
                              buffer_slice(&registration->contacts.current),
                              buffer_slice(&registration->instance_id), registration->expires_s);
    if (registration->binding.expires_s < GRANT_LEAST_S) {
        not_granted(registration, now);
        return;
    }
    registration->is_fresh = false;
    registration_contacts_granted(&registration->contacts);
    tidy(registration, response);
    registration_waits_succeeded(&registration->waits);
    registration->failure[0] = '\0';
    registration->not_before = 0;
    time_ms granted = (time_ms)registration->binding.expires_s * 1000;
    registration->registered_until = registration->bound_until = now + granted;
    registration->state = REGISTRATION_IS_REGISTERED;
    registration->deadline = now + registration_binding_refresh_ms(registration->binding.expires_s,
                                                                   registration->random);
    if (registration->is_refresh_due)
        registration->deadline = now;
    if (registration->is_online)
        return;
    registration->is_online = true;
    put(registration, REGISTRATION_ONLINE)->expires_s = registration->binding.expires_s;
}

static void challenged(struct sip_registration *registration, time_ms now,
                       const struct sip_message *response)
{
    const char *why = "the registrar rejects the password: check username and password";
    if (++registration->attempts <= ATTEMPTS_MAX &&
        sip_digest_challenged(registration->digest, response, &why) == STATUS_OK) {
        send_register(registration);
        return;
    }
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES, "%s", why);
    fail_for_long(registration, now);
}

/* 10.2.8: once, and only upwards. */
static bool ask_longer(struct sip_registration *registration, const struct sip_message *response)
{
    uint32_t minimum;
    if (registration->has_tried_interval || registration->is_unregistering ||
        !sip_message_number(response, SIP_HEADER_MIN_EXPIRES, &minimum) ||
        minimum <= registration->expires_s || minimum > INTERVAL_MAX_S)
        return false;
    registration->has_tried_interval = true;
    registration->expires_s = minimum;
    send_register(registration);
    return true;
}

/* The connection does not serve; the link knows where to go and when. */
static void want_another(struct sip_registration *registration, bool is_swallowed)
{
    struct sip_registration_output *output;
    go_offline(registration, registration->failure);
    registration->state = REGISTRATION_IS_OFFLINE;
    registration->fresh_until = TIME_NEVER;
    output = put(registration, REGISTRATION_RECONNECT);
    output->reason = slice_of(registration->failure);
    output->is_swallowed = is_swallowed;
}

/* Some registrars take one Contact a REGISTER, some count before they take off, others do not bind
 * what we look like from there: all are told by plain ones. */
static bool is_plain_again(struct sip_registration *registration, uint32_t status)
{
    struct registration_contacts *contacts = &registration->contacts;
    bool is_home_again = registration_contacts_return(contacts) && status == 400;
    bool is_single = (status == 400 || status == 403) && registration_contacts_go_singly(contacts);
    return is_home_again || is_single;
}

/* For status and the log. */
static void explain(struct sip_registration *registration, const struct sip_message *response)
{
    uint32_t status = response->status;
    bool is_route =
        registration->route_count && registration_refuses_route(status, response->reason);
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES, "%s (%u %.*s)%s",
             is_route ? "the proxy takes offence at our Route header: set registration.route = "
                        "false"
                      : registration_advice(status),
             status, SLICE_PRINT(slice_first(response->reason, 60)),
             is_route ? "" : registration_remedy(status));
}

/* A Retry-After that would outlast the binding is doubted once. */
static time_ms wait_after(struct sip_registration *registration, time_ms now, bool is_fault,
                          const struct sip_message *response)
{
    struct registration_waits *waits = &registration->waits;
    bool is_safe = registration->is_online &&
                   now + (time_ms)waits->base_ms * 2 < registration->registered_until;
    if (is_fault && !is_safe && registration_waits_doubts(waits, response))
        return registration_waits_doubted(waits, registration->random);
    return registration_waits_next(waits, is_fault, response, registration->random);
}

static void refused(struct sip_registration *registration, time_ms now,
                    const struct sip_message *response)
{
    uint32_t status = response->status;
    bool is_fault = registration_waits_is_fault(status);
    if (!is_fault && is_plain_again(registration, status)) {
        send_register(registration);
        return;
    }
    explain(registration, response);
    if (status == 503 && registration->has_other) {
        want_another(registration, false);
        return;
    }
    registration->is_fresh = false;
    fail(registration, now, wait_after(registration, now, is_fault, response), is_fault);
}

/* Whatever else is said, we leave; only a challenge is worth an answer. */
static void unregistered(struct sip_registration *registration, const struct sip_message *response)
{
    const char *why;
    bool is_challenge = response->status == 401 || response->status == 407;
    if (is_challenge && ++registration->attempts <= ATTEMPTS_MAX &&
        sip_digest_challenged(registration->digest, response, &why) == STATUS_OK) {
        send_register(registration);
        return;
    }
    if (response->status < 300)
        registration_contacts_expired(&registration->contacts);
    stopped(registration);
}

/* It answers, whatever it says. */
static void take_note(struct sip_registration *registration, time_ms now, uint32_t status)
{
    if (now - registration->sent_at >= SLOW_ANSWER_MS && registration->is_fresh)
        registration->is_slow = true;
    registration->silences = 0;
    await_answer(registration, now);
    if (status >= 300 && status != 401 && status != 407)
        registration_contacts_refused(&registration->contacts);
}

/* The end of a REGISTER that has asked for something. */
static void answered(struct sip_registration *registration, time_ms now,
                     const struct sip_message *response)
{
    uint32_t status = response->status;
    if (status == 401 || status == 407)
        challenged(registration, now, response);
    else if (registration_contacts_took_off(&registration->contacts))
        begin_round(registration); /* whatever became of it: then the next one, or ours */
    else if (status < 300)
        succeed(registration, now, response);
    else if (status == 439 && sip_registration_uses_outbound(registration)) {
        registration->refuses_outbound = true;
        send_register(registration);
    } else if (status != 423 || !ask_longer(registration, response))
        refused(registration, now, response);
    if (registration->state != REGISTRATION_IS_REGISTERING)
        registration->fresh_until = TIME_NEVER;
}

void sip_registration_response(struct sip_registration *registration, time_ms now,
                               const struct sip_message *response)
{
    bool is_awaited = registration->state == REGISTRATION_IS_REGISTERING ||
                      registration->state == REGISTRATION_IS_STOPPING;
    if (!is_awaited || response->cseq != registration->cseq)
        return;
    if (response->status < 200) { /* somebody is at work on it */
        registration->fresh_until = TIME_NEVER;
        return;
    }
    registration->last_status = response->status;
    take_note(registration, now, response->status);
    if (registration->is_unregistering)
        unregistered(registration, response);
    else
        answered(registration, now, response);
}

static void unanswered(struct sip_registration *registration)
{
    registration->silences++;
    if (registration->silences % SINGLY_AFTER == 0)
        (void)registration_contacts_go_singly(&registration->contacts);
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES,
             "the registrar does not answer: the connection is made anew");
    want_another(registration, registration->is_fresh);
}

void sip_registration_failed(struct sip_registration *registration, time_ms now, enum status why)
{
    if (registration->is_unregistering) {
        stopped(registration);
        return;
    }
    if (registration->state != REGISTRATION_IS_REGISTERING || why == STATUS_CLOSED)
        return;
    (void)now;
    if (why == STATUS_TIMED_OUT) {
        unanswered(registration);
        return;
    }
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES,
             "our REGISTER cannot be written: shorten aor, username or outbound_proxy");
    want_another(registration, false);
}

void sip_registration_move(struct sip_registration *registration, struct slice contact_uri)
{
    registration_contacts_move(&registration->contacts, contact_uri);
    begin_round(registration);
}

void sip_registration_refresh(struct sip_registration *registration, time_ms now)
{
    (void)now;
    registration->not_before = 0;
    registration_waits_reset(&registration->waits);
    if (registration->is_linked && (registration->state == REGISTRATION_IS_REGISTERED ||
                                    registration->state == REGISTRATION_IS_WAITING))
        begin_round(registration);
    else if (registration->state == REGISTRATION_IS_REGISTERING)
        registration->is_refresh_due = true;
}

void sip_registration_stop(struct sip_registration *registration, time_ms now)
{
    bool has_binding = registration->is_online && registration->is_linked;
    registration->is_unregistering = true;
    if (!has_binding) {
        stopped(registration);
        return;
    }
    registration->output_count = 0;
    begin_round(registration);
    registration->deadline = now + STOP_MS;
}

void sip_registration_timeout(struct sip_registration *registration, time_ms now)
{
    if (now >= registration->fresh_until) {
        registration->fresh_until = TIME_NEVER;
        if (registration->state == REGISTRATION_IS_REGISTERING)
            unanswered(registration);
        return;
    }
    if (now < registration->deadline)
        return;
    switch (registration->state) {
    case REGISTRATION_IS_REGISTERED:
    case REGISTRATION_IS_WAITING:
        if (registration->is_online && now >= registration->registered_until)
            go_offline(registration, "the registration has expired");
        begin_round(registration);
        await_answer(registration, now);
        break;
    case REGISTRATION_IS_STOPPING:
        stopped(registration);
        break;
    default:
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
