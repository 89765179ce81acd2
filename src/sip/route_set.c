// SPDX-License-Identifier: ISC
#include "sip/route_set.h"

#include "util/buffer.h"
#include "util/limits.h"

static bool is_sip(const struct sip_address *address)
{
    return !address->is_wildcard && address->uri.host.length &&
           (address->uri.scheme == SIP_SCHEME_SIP || address->uri.scheme == SIP_SCHEME_SIPS);
}

bool sip_route_read(struct arena *arena, struct slice value, struct slice *route)
{
    struct sip_address address;
    size_t index;
    if (sip_address_parse(value, &address) != STATUS_OK || !is_sip(&address))
        return false;
    if (slice_find(value, '<', &index)) {
        *route = arena_copy(arena, value);
        return true;
    }
    struct buffer text;
    buffer_init(&text, LIMIT_SIP_LINE + 2);
    buffer_append_byte(&text, '<');
    buffer_append(&text, address.uri.text);
    buffer_append(&text, address.parameters);
    buffer_append_byte(&text, '>');
    *route = arena_copy(arena, buffer_slice(&text));
    buffer_free(&text);
    return true;
}

bool sip_target_read(const struct sip_message *message, struct sip_address *contact)
{
    struct slice value = sip_message_value(message, SIP_HEADER_CONTACT);
    return sip_message_count(message, SIP_HEADER_CONTACT) == 1 &&
           sip_address_parse(value, contact) == STATUS_OK && is_sip(contact);
}

const char *sip_route_set_fault(const struct sip_message *request)
{
    struct sip_address contact;
    struct slice route;
    const struct sip_header *header;
    size_t count = 0;
    if (!sip_target_read(request, &contact))
        return "an INVITE has one Contact, a SIP or SIPS URI";
    for (; (header = sip_message_header(request, SIP_HEADER_RECORD_ROUTE, count)); count++)
        if (!sip_route_read(request->arena, header->value, &route))
            return "a Record-Route is no SIP or SIPS address";
    return count > LIMIT_SIP_ROUTES ? "more Record-Routes than can be kept" : NULL;
}
