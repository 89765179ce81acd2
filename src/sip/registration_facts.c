// SPDX-License-Identifier: ISC
// What a registration tells of itself, and the little that it is told.
#include "sip/registration_private.h"

time_ms sip_registration_not_before(const struct sip_registration *registration)
{
    return registration->not_before;
}

bool sip_registration_is_moved(const struct sip_registration *registration)
{
    return registration->contacts.home.length > 0;
}

time_ms sip_registration_deadline(const struct sip_registration *registration)
{
    return time_earliest(registration->deadline, registration->fresh_until);
}

enum sip_registration_state sip_registration_state(const struct sip_registration *registration)
{
    return registration->state;
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

struct slice sip_registration_gruu(const struct sip_registration *registration)
{
    return registration->is_online ? registration->binding.public_gruu : slice_empty();
}

uint32_t sip_registration_flow_timer(const struct sip_registration *registration)
{
    return registration->binding.flow_timer_s;
}

bool sip_registration_uses_outbound(const struct sip_registration *registration)
{
    return registration->instance_id.length && !registration->refuses_outbound;
}

void sip_registration_set_seen(struct sip_registration *registration, struct slice contact_uri)
{
    buffer_clear(&registration->seen_uri);
    buffer_append(&registration->seen_uri, contact_uri);
}

void sip_registration_set_other(struct sip_registration *registration, bool has_other)
{
    registration->has_other = has_other;
}

void sip_registration_set_expires(struct sip_registration *registration, uint32_t expires_s)
{
    registration->expires_s = expires_s;
}

void sip_registration_set_retry(struct sip_registration *registration, uint32_t base_ms)
{
    registration_waits_set_base(&registration->waits, base_ms);
}

void sip_registration_set_gruu(struct sip_registration *registration, bool asks_gruu)
{
    registration->asks_gruu = asks_gruu;
}
