// SPDX-License-Identifier: ISC
// States: OFFLINE until a link is up, then REGISTERING until the answer, REGISTERED until the
// refresh, WAITING after a refusal. What a 200 grants is read in registration_binding.c.
#include "sip/registration.h"

#include "sip/registration_advice.h"
#include "sip/registration_binding.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    GRANT_LEAST_S = 4,
    ATTEMPTS_MAX = 2, // of one request with credentials
    STOP_MS = 4000,
    RETRY_BASE_MS = 30000,
    RETRY_MAX_MS = 1800000,
    REFUSED_BASE_MS = 600000, // half of it at least: wrong password, 403, never banned
    REFUSED_MAX_MS = 3600000,
    OUTPUTS_MAX = 8,
    FAILURE_BYTES = 256,
};

struct sip_registration {
    struct sip_digest *digest;
    struct random *random;
    struct buffer aor;
    struct buffer registrar;
    struct buffer instance_id;
    struct arena *routes_arena;
    struct slice *routes;
    size_t route_count;
    uint32_t expires_s; // asked for; rises with a 423
    uint32_t start_jitter_ms;

    enum sip_registration_state state;
    bool is_linked;
    bool is_online;
    bool has_failed_once;
    bool refuses_outbound;   // 439
    bool has_other;          // server to go to
    bool has_tried_interval; // 423 answered once already for this round
    bool is_unregistering;
    bool is_refresh_due; // asked for while a REGISTER was on its way
    unsigned attempts;
    unsigned failures; // in a row
    time_ms deadline;
    time_ms registered_until;
    time_ms not_before; // Retry-After and refusals hold over new connections

    struct buffer contact; // URI
    struct buffer from;
    struct buffer to;
    char call_id[33];
    uint32_t cseq;
    struct sip_writer lines;
    struct sip_registration_output outputs[OUTPUTS_MAX];
    size_t output_count;
    char failure[FAILURE_BYTES];
    uint32_t last_status;
    struct registration_binding binding; // of the last 200
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
                                     &registration->instance_id, &registration->contact,
                                     &registration->from,        &registration->to };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_init(texts[i], LIMIT_SIP_LINE);
    buffer_append(&registration->aor, settings->aor);
    buffer_append(&registration->instance_id, settings->instance_id);
    if (settings->registrar.length)
        buffer_append(&registration->registrar, settings->registrar);
    else
        (void)!sip_registration_registrar(settings->aor, &registration->registrar);
    copy_routes(registration, settings);
    registration->expires_s = settings->expires_s;
    registration->start_jitter_ms = settings->start_jitter_ms;
    registration->deadline = registration->registered_until = TIME_NEVER;
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
    if (registration->output_count == OUTPUTS_MAX)
        return &registration->outputs[OUTPUTS_MAX - 1];
    struct sip_registration_output *output = &registration->outputs[registration->output_count++];
    *output = (struct sip_registration_output){ .kind = kind };
    return output;
}

bool sip_registration_uses_outbound(const struct sip_registration *registration)
{
    return registration->instance_id.length && !registration->refuses_outbound;
}

static void write_contact(struct sip_registration *registration, uint32_t expires_s)
{
    struct buffer value;
    buffer_init(&value, LIMIT_SIP_LINE);
    buffer_append_byte(&value, '<');
    buffer_append(&value, buffer_slice(&registration->contact));
    if (sip_registration_uses_outbound(registration))
        buffer_append_text(&value, ";ob");
    buffer_append_byte(&value, '>');
    if (sip_registration_uses_outbound(registration)) {
        buffer_append_text(&value, ";reg-id=1;+sip.instance=\"<");
        buffer_append(&value, buffer_slice(&registration->instance_id));
        buffer_append_text(&value, ">\"");
    }
    buffer_append_format(&value, ";expires=%u", expires_s);
    sip_writer_header(&registration->lines, SIP_HEADER_CONTACT, buffer_slice(&value));
    buffer_free(&value);
}

static void send_register(struct sip_registration *registration)
{
    uint32_t expires_s = registration->is_unregistering ? 0 : registration->expires_s;
    struct slice uri = buffer_slice(&registration->registrar);
    sip_writer_clear(&registration->lines);
    write_contact(registration, expires_s);
    sip_writer_header_number(&registration->lines, SIP_HEADER_EXPIRES, expires_s);
    sip_writer_header_text(&registration->lines, SIP_HEADER_SUPPORTED,
                           sip_registration_uses_outbound(registration) ? "path, outbound"
                                                                        : "path");
    sip_digest_authorize(registration->digest, SIP_METHOD_REGISTER, uri, slice_empty(),
                         &registration->lines);
    if (!registration->is_unregistering) /* whose end is fixed */
        registration->deadline = TIME_NEVER;
    registration->state =
        registration->is_unregistering ? REGISTRATION_IS_STOPPING : REGISTRATION_IS_REGISTERING;
    put(registration, REGISTRATION_SEND)->request = (struct sip_request){
        .method = SIP_METHOD_REGISTER,
        .uri = uri,
        .from = buffer_slice(&registration->from),
        .to = buffer_slice(&registration->to),
        .call_id = slice_of(registration->call_id),
        .cseq = ++registration->cseq,
        .routes = registration->routes,
        .route_count = registration->route_count,
        .lines = sip_writer_slice(&registration->lines),
    };
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
    buffer_clear(&registration->contact);
    buffer_append(&registration->contact, contact_uri);
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

/* RFC 5626 4.5's law, for a registrar that answers with a failure. */
static uint32_t grown(struct sip_registration *registration, uint32_t base, uint32_t maximum)
{
    unsigned shift = registration->failures < 16 ? registration->failures : 16;
    uint64_t wait = (uint64_t)base << shift;
    if (wait > maximum)
        wait = maximum;
    registration->failures++;
    return (uint32_t)(wait / 2 + random_below(registration->random, (uint32_t)(wait / 2) + 1));
}

static void fail(struct sip_registration *registration, time_ms now, time_ms wait,
                 bool keeps_binding)
{
    bool is_alive =
        keeps_binding && registration->is_online && now + wait < registration->registered_until;
    registration->not_before = now + wait;
    LOG(DEBUG, "registration failed", TEXT("why", registration->failure),
        NUMBER("retry_in_s", wait / 1000));
    if (!is_alive)
        go_offline(registration, registration->failure);
    wait_until(registration, now + wait);
}

static void succeed(struct sip_registration *registration, time_ms now,
                    const struct sip_message *response)
{
    if (sip_digest_accepted(registration->digest, response) != STATUS_OK) {
        snprintf(registration->failure, FAILURE_BYTES,
                 "the registrar did not prove that it knows the password (rspauth is wrong)");
        fail(registration, now, grown(registration, REFUSED_BASE_MS, REFUSED_MAX_MS), false);
        return;
    }
    registration_binding_read(&registration->binding, response,
                              buffer_slice(&registration->contact),
                              buffer_slice(&registration->instance_id), registration->expires_s);
    if (registration->binding.expires_s < GRANT_LEAST_S) {
        /* Taken at its word it would be refreshed without a pause, which is what gets one banned.
         */
        snprintf(registration->failure, FAILURE_BYTES,
                 "the registrar answers 200 and grants %u s, which is no registration: ask the "
                 "provider",
                 registration->binding.expires_s);
        fail(registration, now, grown(registration, REFUSED_BASE_MS, REFUSED_MAX_MS), false);
        return;
    }
    registration->failures = 0;
    registration->failure[0] = '\0';
    registration->not_before = 0;
    time_ms granted = (time_ms)registration->binding.expires_s * 1000;
    registration->registered_until = now + granted;
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
    snprintf(registration->failure, FAILURE_BYTES, "%s", why);
    fail(registration, now, grown(registration, REFUSED_BASE_MS, REFUSED_MAX_MS), false);
}

/* 10.2.8: once, and only upwards. */
static bool ask_longer(struct sip_registration *registration, const struct sip_message *response)
{
    uint32_t minimum;
    if (registration->has_tried_interval || registration->is_unregistering ||
        !sip_message_number(response, SIP_HEADER_MIN_EXPIRES, &minimum) ||
        minimum <= registration->expires_s || minimum > 7 * 86400)
        return false;
    registration->has_tried_interval = true;
    registration->expires_s = minimum;
    send_register(registration);
    return true;
}

/* The connection does not serve; the link knows where to go and when. */
static void want_another(struct sip_registration *registration)
{
    go_offline(registration, registration->failure);
    registration->state = REGISTRATION_IS_OFFLINE;
    put(registration, REGISTRATION_RECONNECT)->reason = slice_of(registration->failure);
}

static void refused(struct sip_registration *registration, time_ms now,
                    const struct sip_message *response)
{
    uint32_t retry_after = 0;
    uint32_t status = response->status;
    bool is_fault = status == 408 || status == 423 || status == 480 || status >= 500;
    bool is_final = !is_fault || status >= 600;
    snprintf(registration->failure, FAILURE_BYTES, "%s (%u %.*s)", registration_advice(status),
             status, SLICE_PRINT(slice_first(response->reason, 60)));
    if (status == 503 && registration->has_other) {
        want_another(registration);
        return;
    }
    time_ms wait = is_final ? grown(registration, REFUSED_BASE_MS, REFUSED_MAX_MS)
                            : grown(registration, RETRY_BASE_MS, RETRY_MAX_MS);
    if (sip_message_number(response, SIP_HEADER_RETRY_AFTER, &retry_after) &&
        (time_ms)retry_after * 1000 > wait)
        wait = (time_ms)retry_after * 1000;
    else if (retry_after && !is_final)
        wait = (time_ms)retry_after * 1000 + (time_ms)random_below(registration->random, 1000);
    fail(registration, now, wait, !is_final);
}

/* Whatever else is said, we leave; only a challenge is worth an answer. */
static void unregistered(struct sip_registration *registration, const struct sip_message *response)
{
    const char *why;
    bool is_challenge = response->status == 401 || response->status == 407;
    if (is_challenge && ++registration->attempts <= ATTEMPTS_MAX &&
        sip_digest_challenged(registration->digest, response, &why) == STATUS_OK)
        send_register(registration);
    else
        stopped(registration);
}

void sip_registration_response(struct sip_registration *registration, time_ms now,
                               const struct sip_message *response)
{
    uint32_t status = response->status;
    bool is_awaited = registration->state == REGISTRATION_IS_REGISTERING ||
                      registration->state == REGISTRATION_IS_STOPPING;
    if (status < 200 || !is_awaited || response->cseq != registration->cseq)
        return;
    registration->last_status = status;
    if (registration->is_unregistering) {
        unregistered(registration, response);
        return;
    }
    if (status < 300) {
        succeed(registration, now, response);
    } else if (status == 401 || status == 407) {
        challenged(registration, now, response);
    } else if (status == 439 && sip_registration_uses_outbound(registration)) {
        registration->refuses_outbound = true;
        send_register(registration);
    } else if (status != 423 || !ask_longer(registration, response)) {
        refused(registration, now, response);
    }
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
    snprintf(registration->failure, FAILURE_BYTES,
             why == STATUS_TIMED_OUT
                 ? "the registrar does not answer: the connection is made anew"
                 : "our REGISTER cannot be written: shorten aor, username or outbound_proxy");
    want_another(registration);
}

void sip_registration_set_other(struct sip_registration *registration, bool has_other)
{
    registration->has_other = has_other;
}

time_ms sip_registration_not_before(const struct sip_registration *registration)
{
    return registration->not_before;
}

void sip_registration_set_expires(struct sip_registration *registration, uint32_t expires_s)
{
    registration->expires_s = expires_s;
}

void sip_registration_refresh(struct sip_registration *registration, time_ms now)
{
    (void)now;
    registration->not_before = 0;
    registration->failures = 0;
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
    if (now < registration->deadline)
        return;
    switch (registration->state) {
    case REGISTRATION_IS_REGISTERED:
    case REGISTRATION_IS_WAITING:
        if (registration->is_online && now >= registration->registered_until)
            go_offline(registration, "the registration has expired");
        begin_round(registration);
        break;
    case REGISTRATION_IS_STOPPING:
        stopped(registration);
        break;
    default:
        registration->deadline = TIME_NEVER;
        break;
    }
}

time_ms sip_registration_deadline(const struct sip_registration *registration)
{
    return registration->deadline;
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

enum sip_registration_state sip_registration_state(const struct sip_registration *registration)
{
    return registration->state;
}

const char *sip_registration_state_text(enum sip_registration_state state)
{
    static const char *const texts[] = { "offline", "registering", "registered",
                                         "waiting", "stopping",    "stopped" };
    return texts[state];
}

bool sip_registration_is_online(const struct sip_registration *registration)
{
    return registration->is_online;
}

time_ms sip_registration_registered_until(const struct sip_registration *registration)
{
    return registration->registered_until;
}

time_ms sip_registration_next_attempt_at(const struct sip_registration *registration)
{
    return registration->deadline;
}

struct slice sip_registration_last_failure(const struct sip_registration *registration)
{
    return slice_of(registration->failure);
}

uint32_t sip_registration_last_status(const struct sip_registration *registration)
{
    return registration->last_status;
}

size_t sip_registration_service_route_count(const struct sip_registration *registration)
{
    return registration->binding.service_route_count;
}

struct slice sip_registration_service_route(const struct sip_registration *registration,
                                            size_t index)
{
    return registration->binding.service_routes[index];
}

size_t sip_registration_associated_uri_count(const struct sip_registration *registration)
{
    return registration->binding.associated_uri_count;
}

struct slice sip_registration_associated_uri(const struct sip_registration *registration,
                                             size_t index)
{
    return registration->binding.associated_uris[index];
}

bool sip_registration_is_outbound_agreed(const struct sip_registration *registration)
{
    return registration->binding.is_outbound_agreed;
}

uint32_t sip_registration_flow_timer(const struct sip_registration *registration)
{
    return registration->binding.flow_timer_s;
}

void sip_registration_free(struct sip_registration *registration)
{
    if (!registration)
        return;
    struct buffer *const texts[] = { &registration->aor,         &registration->registrar,
                                     &registration->instance_id, &registration->contact,
                                     &registration->from,        &registration->to };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_free(texts[i]);
    sip_writer_free(&registration->lines);
    registration_binding_clear(&registration->binding);
    arena_free(registration->routes_arena);
    free(registration);
}
