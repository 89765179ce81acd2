// SPDX-License-Identifier: ISC
#include "sip/registration_binding.h"

#include "sip/parameters.h"
#include "util/limits.h"
#include "util/log.h"

enum {
    EXPIRES_MAX_S = 7 * 86400,
    MARGIN_MS = 5000
};

enum match {
    MATCH_NONE,
    MATCH_USER,
    MATCH_HOST_AND_PORT,
    MATCH_URI,
    MATCH_INSTANCE
};

static bool has_instance(const struct sip_address *contact, struct slice instance_id)
{
    struct slice value;
    size_t index;
    return instance_id.length &&
           sip_parameters_find(contact->parameters, "+sip.instance", &value) &&
           slice_find_text(value, instance_id, &index);
}

static enum match match_of(const struct sip_address *contact, const struct sip_uri *ours,
                           struct slice instance_id)
{
    if (has_instance(contact, instance_id))
        return MATCH_INSTANCE;
    if (sip_uri_equal(&contact->uri, ours))
        return MATCH_URI;
    if (!slice_equal(contact->uri.user, ours->user))
        return MATCH_NONE;
    return slice_equal_ignoring_case(contact->uri.host, ours->host) &&
                   contact->uri.port == ours->port
               ? MATCH_HOST_AND_PORT
               : MATCH_USER;
}

/* The Contact most like ours. One whose address was rewritten counts only when it is alone. */
static bool find_ours(const struct sip_message *response, struct slice contact_uri,
                      struct slice instance_id, struct sip_address *ours)
{
    struct sip_uri uri;
    enum match best = MATCH_NONE;
    size_t count = sip_message_count(response, SIP_HEADER_CONTACT);
    if (sip_uri_parse(contact_uri, &uri) != STATUS_OK)
        return false;
    for (size_t i = 0; i < count && i < LIMIT_SIP_CONTACTS; i++) {
        struct sip_address contact;
        if (sip_address_parse(sip_message_header(response, SIP_HEADER_CONTACT, i)->value,
                              &contact) != STATUS_OK)
            continue;
        enum match match = match_of(&contact, &uri, instance_id);
        if (match == MATCH_USER && count > 1)
            match = MATCH_NONE;
        if (match > best) {
            best = match;
            *ours = contact;
        }
    }
    return best != MATCH_NONE;
}

static uint32_t granted(const struct sip_message *response, struct slice contact_uri,
                        struct slice instance_id, uint32_t asked_s)
{
    struct sip_address ours;
    struct slice value;
    uint32_t seconds;
    bool is_found = find_ours(response, contact_uri, instance_id, &ours);
    if (!is_found)
        LOG(DEBUG, "our Contact is not in the 200");
    if (is_found && sip_parameters_find(ours.parameters, "expires", &value) &&
        slice_to_uint32(value, &seconds) == STATUS_OK)
        return seconds;
    return sip_message_number(response, SIP_HEADER_EXPIRES, &seconds) ? seconds : asked_s;
}

static size_t copy_values(struct registration_binding *binding, const struct sip_message *response,
                          enum sip_header_id id, struct slice *values)
{
    const struct sip_header *header;
    size_t count = 0;
    while (count < REGISTRATION_URIS_MAX && (header = sip_message_header(response, id, count)))
        values[count++] = arena_copy(binding->arena, header->value);
    return count;
}

void registration_binding_read(struct registration_binding *binding,
                               const struct sip_message *response, struct slice contact_uri,
                               struct slice instance_id, uint32_t asked_s)
{
    if (binding->arena)
        arena_reset(binding->arena);
    else
        binding->arena = arena_new();
    uint32_t seconds = granted(response, contact_uri, instance_id, asked_s);
    binding->expires_s = seconds > EXPIRES_MAX_S ? EXPIRES_MAX_S : seconds;
    binding->service_route_count =
        copy_values(binding, response, SIP_HEADER_SERVICE_ROUTE, binding->service_routes);
    binding->associated_uri_count =
        copy_values(binding, response, SIP_HEADER_P_ASSOCIATED_URI, binding->associated_uris);
    binding->is_outbound_agreed = sip_message_has_token(response, SIP_HEADER_REQUIRE, "outbound");
    binding->flow_timer_s = 0;
    (void)!sip_message_number(response, SIP_HEADER_FLOW_TIMER, &binding->flow_timer_s);
}

time_ms registration_binding_refresh_ms(uint32_t expires_s, struct random *random)
{
    uint32_t whole = expires_s * 1000;
    uint32_t refresh = whole / 2 + random_below(random, whole / 5 * 2 + 1);
    if (whole > 2 * MARGIN_MS && refresh > whole - MARGIN_MS)
        refresh = whole - MARGIN_MS;
    return refresh;
}

void registration_binding_clear(struct registration_binding *binding)
{
    arena_free(binding->arena);
    binding->arena = NULL;
}
