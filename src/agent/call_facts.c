// SPDX-License-Identifier: ISC
#include "agent/call_facts.h"

#include "sip/parameters.h"
#include "util/buffer.h"

enum {
    VISIBLE_CHARACTERS = 4
};

static bool is_withheld(const struct sip_message *invite)
{
    const struct sip_header *privacy;
    for (size_t i = 0; (privacy = sip_message_header(invite, SIP_HEADER_PRIVACY, i)); i++) {
        struct slice rest = privacy->value;
        while (rest.data && rest.length) {
            struct slice token = slice_trim(slice_cut(rest, ';', &rest));
            if (slice_equal_ignoring_case(token, slice_of("id")) ||
                slice_equal_ignoring_case(token, slice_of("user")))
                return true;
        }
    }
    return slice_equal_ignoring_case(invite->from.uri.user, slice_of("anonymous"));
}

/* RFC 3325 9.1: of several asserted identities the first that names somebody. */
static bool find_asserted(const struct sip_message *invite, struct sip_address *identity)
{
    const struct sip_header *header;
    struct sip_address address;
    for (size_t i = 0; (header = sip_message_header(invite, SIP_HEADER_P_ASSERTED_IDENTITY, i));
         i++) {
        if (sip_address_parse(header->value, &address) != STATUS_OK ||
            slice_is_empty(address.uri.user))
            continue;
        *identity = address;
        return true;
    }
    return false;
}

static struct slice diversion(struct arena *arena, const struct sip_message *invite)
{
    struct sip_address address;
    struct slice value = sip_message_value(invite, SIP_HEADER_DIVERSION);
    if (slice_is_empty(value) || sip_address_parse(value, &address) != STATUS_OK)
        return slice_empty();
    return arena_copy(arena, address.uri.text);
}

static void read_exported(struct arena *arena, const struct sip_message *invite,
                          const char *const *names, size_t count, struct event *event)
{
    struct slice *copies = arena_allocate(arena, 2 * count * sizeof(*copies));
    event->header_names = copies;
    event->header_values = copies + count;
    for (size_t i = 0; i < count; i++) {
        const struct sip_header *header = sip_message_header_named(invite, slice_of(names[i]), 0);
        if (!header)
            continue;
        copies[event->header_count] = slice_of(names[i]);
        copies[count + event->header_count++] = arena_copy(arena, header->value);
    }
}

static const char *trust_of(const struct sip_message *invite, const struct sip_address *identity,
                            bool is_asserted)
{
    struct slice verdict;
    if ((sip_parameters_find(identity->uri.parameters, "verstat", &verdict) ||
         sip_parameters_find(invite->from.uri.parameters, "verstat", &verdict)) &&
        slice_starts_with_ignoring_case(verdict, slice_of("TN-Validation-Passed")))
        return "verified";
    return is_asserted ? "asserted" : "none";
}

void call_facts_read(struct arena *arena, const struct sip_message *invite,
                     const char *const *export_headers, size_t export_count, struct event *event)
{
    struct sip_address identity = invite->from;
    bool is_asserted = find_asserted(invite, &identity);
    bool hides = is_withheld(invite) || slice_is_empty(identity.uri.user);
    event->from = hides ? slice_of("anonymous") : sip_uri_unescape(arena, identity.uri.user);
    event->from_name = hides ? slice_empty() : sip_address_display_name(arena, &invite->from);
    event->from_uri =
        hides ? slice_of("sip:anonymous@anonymous.invalid") : arena_copy(arena, identity.uri.text);
    event->to = sip_uri_unescape(arena, invite->request_uri.user);
    event->to_uri = arena_copy(arena, invite->request_uri.text);
    event->trust = slice_of(trust_of(invite, &identity, is_asserted));
    event->diversion = diversion(arena, invite);
    read_exported(arena, invite, export_headers, export_count, event);
}

struct slice call_facts_mask(struct arena *arena, const struct sip_uri *uri)
{
    struct buffer masked;
    buffer_init(&masked, 256);
    struct slice user = uri->user;
    buffer_append_text(&masked, slice_is_empty(user) ? "anonymous" : "****");
    if (user.length > VISIBLE_CHARACTERS)
        buffer_append(&masked, slice_first(slice_skip(user, user.length - VISIBLE_CHARACTERS),
                                           VISIBLE_CHARACTERS));
    if (!slice_is_empty(uri->host)) {
        buffer_append_byte(&masked, '@');
        buffer_append(&masked, slice_first(uri->host, 128));
    }
    struct slice text = arena_copy(arena, buffer_slice(&masked));
    buffer_free(&masked);
    return text;
}
