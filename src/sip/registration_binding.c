// SPDX-License-Identifier: ISC
#include "sip/registration_binding.h"

#include "sip/parameters.h"
#include "util/limits.h"
#include "util/log.h"

enum {
    UNREADABLE_S = 3600, // 3261 10.2.1.1, 20.19: what stands for a time that cannot be read
    BELIEVED_S = 86400,  // whoever grants more is asked again after a day at the latest
    MARGIN_MS = 5000
};

enum match {
    MATCH_NONE,
    MATCH_USER,
    MATCH_HOST_AND_PORT,
    MATCH_URI,
    MATCH_INSTANCE,
    MATCH_INSTANCE_AND_URI
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
        return sip_uri_equal(&contact->uri, ours) ? MATCH_INSTANCE_AND_URI : MATCH_INSTANCE;
    if (sip_uri_equal(&contact->uri, ours))
        return MATCH_URI;
    if (!slice_equal(contact->uri.user, ours->user))
        return MATCH_NONE;
    return slice_equal_ignoring_case(contact->uri.host, ours->host) &&
                   contact->uri.port == ours->port
               ? MATCH_HOST_AND_PORT
               : MATCH_USER;
}

/* Seconds, also in quotes; digits beyond 32 bits are a number, too. False for anything else, as a
 * date. */
static bool read_seconds(struct slice value, uint32_t *seconds)
{
    struct slice text = slice_trim(sip_parameter_unquote(slice_trim(value)));
    size_t digits = 0;
    while (digits < text.length && ascii_is_digit(text.data[digits]))
        digits++;
    struct slice rest = slice_trim(slice_skip(text, digits));
    if (!digits || (rest.length && rest.data[0] != ';' && rest.data[0] != '('))
        return false;
    if (slice_to_uint32(slice_first(text, digits), seconds) != STATUS_OK)
        *seconds = UINT32_MAX;
    return true;
}

/* Listed as gone. */
static bool is_over(const struct sip_address *contact)
{
    struct slice value;
    uint32_t seconds;
    return sip_parameters_find(contact->parameters, "expires", &value) &&
           read_seconds(value, &seconds) && seconds == 0;
}

/* The next Contact that can be read, from the header at `*at` on; all of them are looked at,
 * however many are registered beside us. */
static bool next_contact(const struct sip_message *response, size_t *at,
                         struct sip_address *contact)
{
    while (*at < response->header_count) {
        const struct sip_header *header = &response->headers[(*at)++];
        if (header->id == SIP_HEADER_CONTACT &&
            sip_address_parse(header->value, contact) == STATUS_OK)
            return true;
    }
    return false;
}

/* The Contact most like ours. One whose address was rewritten counts only when it is alone. */
static bool find_ours(const struct sip_message *response, struct slice contact_uri,
                      struct slice instance_id, struct sip_address *ours)
{
    struct sip_uri uri;
    enum match best = MATCH_NONE;
    size_t count = sip_message_count(response, SIP_HEADER_CONTACT);
    struct sip_address contact;
    if (sip_uri_parse(contact_uri, &uri) != STATUS_OK)
        return false;
    for (size_t at = 0; next_contact(response, &at, &contact);) {
        enum match match = match_of(&contact, &uri, instance_id);
        if (match == MATCH_USER && count > 1)
            match = MATCH_NONE;
        if (match >= MATCH_INSTANCE && is_over(&contact)) /* one of ours that lives is before it */
            match = MATCH_USER;
        if (match > best) {
            best = match;
            *ours = contact;
        }
    }
    return best != MATCH_NONE;
}

static uint32_t granted(const struct sip_message *response, const struct sip_address *ours,
                        uint32_t asked_s)
{
    struct slice header = sip_message_value(response, SIP_HEADER_EXPIRES);
    struct slice parameter = slice_empty();
    uint32_t seconds;
    if (ours)
        (void)sip_parameters_find(ours->parameters, "expires", &parameter);
    if (read_seconds(parameter, &seconds) || read_seconds(header, &seconds))
        return seconds;
    return header.length || parameter.length ? UNREADABLE_S : asked_s;
}

/* Nobody gets us to come back later than we have asked to: a registrar that grants a week has
 * forgotten us long before, as often as not. */
static uint32_t believed(uint32_t granted_s, uint32_t asked_s)
{
    uint32_t most = asked_s < BELIEVED_S ? asked_s : BELIEVED_S;
    return granted_s < most ? granted_s : most;
}

/* RFC 5627 4.2: a sip: or sips: URI with `gr`, in quotes. What is none is left alone. */
static struct slice gruu_of(struct registration_binding *binding, const struct sip_address *ours,
                            const char *name)
{
    struct slice quoted;
    struct slice gr;
    struct sip_uri uri;
    if (!ours || !sip_parameters_find(ours->parameters, name, &quoted))
        return slice_empty();
    struct slice text = sip_parameter_unquote(quoted);
    bool is_gruu = sip_uri_parse(text, &uri) == STATUS_OK &&
                   (uri.scheme == SIP_SCHEME_SIP || uri.scheme == SIP_SCHEME_SIPS) &&
                   sip_parameters_find(uri.parameters, "gr", &gr);
    return is_gruu ? arena_copy(binding->arena, text) : slice_empty();
}

/* A usable Route only (RFC 3608 6): one that cannot be read would spoil every request of ours. */
static bool is_route(struct slice value)
{
    struct sip_address route;
    return sip_address_parse(value, &route) == STATUS_OK && !route.is_wildcard &&
           (route.uri.scheme == SIP_SCHEME_SIP || route.uri.scheme == SIP_SCHEME_SIPS);
}

static bool is_address(struct slice value)
{
    struct sip_address address;
    return sip_address_parse(value, &address) == STATUS_OK;
}

static size_t copy_values(struct registration_binding *binding, const struct sip_message *response,
                          enum sip_header_id id, bool (*is_usable)(struct slice value),
                          struct slice *values)
{
    const struct sip_header *header;
    size_t count = 0;
    for (size_t i = 0; count < REGISTRATION_URIS_MAX; i++) {
        if (!(header = sip_message_header(response, id, i)))
            break;
        if (is_usable(header->value))
            values[count++] = arena_copy(binding->arena, header->value);
        else
            LOG(WARNING, "a value in the 200 to REGISTER cannot be read and is left out",
                SLICE("value", slice_first(header->value, 80)));
    }
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
    struct sip_address found;
    bool is_found = find_ours(response, contact_uri, instance_id, &found);
    const struct sip_address *ours = is_found ? &found : NULL;
    bool has_instance_id = is_found && has_instance(&found, instance_id);
    if (!is_found)
        LOG(DEBUG, "our Contact is not in the 200");
    uint32_t seconds = granted(response, ours, asked_s);
    binding->public_gruu = gruu_of(binding, has_instance_id ? ours : NULL, "pub-gruu");
    binding->temporary_gruu = gruu_of(binding, has_instance_id ? ours : NULL, "temp-gruu");
    binding->expires_s = believed(seconds, asked_s);
    binding->service_route_count =
        copy_values(binding, response, SIP_HEADER_SERVICE_ROUTE, is_route, binding->service_routes);
    binding->associated_uri_count = copy_values(binding, response, SIP_HEADER_P_ASSOCIATED_URI,
                                                is_address, binding->associated_uris);
    binding->is_outbound_agreed = sip_message_has_token(response, SIP_HEADER_REQUIRE, "outbound");
    binding->flow_timer_s = 0;
    (void)!sip_message_number(response, SIP_HEADER_FLOW_TIMER, &binding->flow_timer_s);
}

size_t registration_binding_strays(const struct sip_message *response, struct slice sent,
                                   struct slice instance_id, struct slice *uris, size_t maximum)
{
    struct sip_uri ours;
    bool is_ours_there = false;
    size_t strays = 0;
    struct sip_address contact;
    if (sip_uri_parse(sent, &ours) != STATUS_OK)
        return 0;
    for (size_t at = 0; next_contact(response, &at, &contact);) {
        if (!has_instance(&contact, instance_id))
            continue;
        if (sip_uri_equal(&contact.uri, &ours))
            is_ours_there = true;
        else if (strays < maximum)
            uris[strays++] = contact.uri.text;
    }
    return is_ours_there ? strays : 0; /* else one of them may be ours, rewritten */
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
