// SPDX-License-Identifier: ISC
// What the answers to a REGISTER mean, and that there is none. What a 200 grants is read in
// registration_binding.c.
#include "sip/registration_advice.h"
#include "sip/registration_private.h"
#include "util/log.h"

#include <stdio.h>

enum {
    GRANT_LEAST_S = 4,
    ATTEMPTS_MAX = 2, // of one request with credentials
    SLOW_ANSWER_MS = 4000,
    SINGLY_AFTER = 2,          // silences: it may be that we speak of several Contacts at once
    INTERVAL_MAX_S = 7 * 86400 // of a Min-Expires that we ask for
};

static void fail(struct sip_registration *registration, time_ms now, time_ms wait,
                 bool keeps_binding)
{
    bool is_alive =
        keeps_binding && registration->is_online && now + wait < registration->registered_until;
    registration->not_before = now + wait;
    LOG(NOTICE, "not registered", TEXT("why", registration->failure),
        NUMBER("retry_in_s", wait / 1000));
    if (!is_alive)
        registration_go_offline(registration, registration->failure);
    registration_wait_until(registration, now + wait);
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
        registration_begin_round(registration);
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
    time_ms refresh =
        registration_binding_refresh_ms(registration->binding.expires_s, registration->random);
    registration_become(registration, REGISTRATION_IS_REGISTERED,
                        registration->is_refresh_due ? now : now + refresh);
    if (registration->is_online)
        return;
    registration->is_online = true;
    registration_put(registration, REGISTRATION_ONLINE)->expires_s =
        registration->binding.expires_s;
}

static void challenged(struct sip_registration *registration, time_ms now,
                       const struct sip_message *response)
{
    const char *why = "the registrar rejects the password: check username and password";
    if (++registration->attempts <= ATTEMPTS_MAX &&
        sip_digest_challenged(registration->digest, response, &why) == STATUS_OK) {
        registration_send(registration);
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
    registration_send(registration);
    return true;
}

/* The connection does not serve; the link knows where to go and when. */
static void want_another(struct sip_registration *registration, bool is_swallowed)
{
    struct sip_registration_output *output;
    registration_go_offline(registration, registration->failure);
    registration_become(registration, REGISTRATION_IS_OFFLINE, TIME_NEVER);
    registration->fresh_until = TIME_NEVER;
    output = registration_put(registration, REGISTRATION_RECONNECT);
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
        registration_send(registration);
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
        registration_send(registration);
        return;
    }
    if (response->status < 300)
        registration_contacts_expired(&registration->contacts);
    registration_stopped(registration);
}

/* It answers, whatever it says. */
static void take_note(struct sip_registration *registration, time_ms now, uint32_t status)
{
    if (now - registration->sent_at >= SLOW_ANSWER_MS && registration->is_fresh)
        registration->is_slow = true;
    registration->silences = 0;
    registration_await_answer(registration, now);
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
        registration_begin_round(
            registration); /* whatever became of it: then the next one, or ours */
    else if (status < 300)
        succeed(registration, now, response);
    else if (status == 439 && sip_registration_uses_outbound(registration)) {
        registration->refuses_outbound = true;
        registration_send(registration);
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

void registration_unanswered(struct sip_registration *registration)
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
        registration_stopped(registration);
        return;
    }
    if (registration->state != REGISTRATION_IS_REGISTERING || why == STATUS_CLOSED)
        return;
    (void)now;
    if (why == STATUS_TIMED_OUT) {
        registration_unanswered(registration);
        return;
    }
    snprintf(registration->failure, REGISTRATION_FAILURE_BYTES,
             "our REGISTER cannot be written: shorten aor, username or outbound_proxy");
    want_another(registration, false);
}
