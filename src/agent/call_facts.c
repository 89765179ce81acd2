// SPDX-License-Identifier: ISC
#include "agent/call_facts.h"

#include "sip/parameters.h"
#include "util/buffer.h"

enum {
    VISIBLE_CHARACTERS = 4
};

/* 19.1.6: a telephone number in the user part may have parameters of its own behind it, as in
 * +492;verstat=… (3GPP TS 24.229 7.2A.20). Others may use ";" in their names. */
static struct slice number_of(struct slice user, struct slice *parameters)
{
    size_t index;
    *parameters = slice_empty();
    if (!slice_find(user, ';', &index) || index == 0)
        return user;
    for (size_t i = 0; i < index; i++)
        if (!ascii_is_digit(user.data[i]) && !strchr("+*#%-.()", user.data[i]))
            return user;
    *parameters = slice_skip(user, index);
    return slice_first(user, index);
}

static bool has_verdict(const struct sip_address *address)
{
    struct slice verdict;
    struct slice of_number;
    (void)number_of(address->uri.user, &of_number);
    return (sip_parameters_find(address->uri.parameters, "verstat", &verdict) ||
            sip_parameters_find(of_number, "verstat", &verdict)) &&
           slice_starts_with_ignoring_case(verdict, slice_of("TN-Validation-Passed"));
}

/* The header of draft-ietf-sip-privacy, which FreeSWITCH and others still send. That of the called
 * party is ours. */
static const struct sip_header *remote_party(const struct sip_message *invite, size_t index,
                                             struct sip_address *address)
{
    struct slice party;
    const struct sip_header *header =
        sip_message_header_named(invite, slice_of("Remote-Party-ID"), index);
    bool is_caller = header && sip_address_parse(header->value, address) == STATUS_OK &&
                     !address->is_wildcard &&
                     (!sip_parameters_find(address->parameters, "party", &party) ||
                      slice_equal_ignoring_case(party, slice_of("calling")));
    return is_caller ? header : NULL;
}

static bool is_private_party(const struct sip_address *address)
{
    struct slice privacy;
    if (!sip_parameters_find(address->parameters, "privacy", &privacy))
        return false;
    privacy = sip_parameter_unquote(privacy);
    return slice_equal_ignoring_case(privacy, slice_of("full")) ||
           slice_equal_ignoring_case(privacy, slice_of("uri")) ||
           slice_equal_ignoring_case(privacy, slice_of("name"));
}

static bool is_remote_party_private(const struct sip_message *invite)
{
    struct sip_address address;
    for (size_t i = 0; sip_message_header_named(invite, slice_of("Remote-Party-ID"), i); i++)
        if (remote_party(invite, i, &address) && is_private_party(&address))
            return true;
    return false;
}

static bool is_withheld(const struct sip_message *invite)
{
    if (is_remote_party_private(invite))
        return true;
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
    for (size_t i = 0; sip_message_header_named(invite, slice_of("Remote-Party-ID"), i); i++) {
        if (!remote_party(invite, i, &address) || slice_is_empty(address.uri.user))
            continue;
        *identity = address;
        return true;
    }
    return false;
}

/* RFC 7044 5: the entry before the last is who sent the call on to us. */
static struct slice last_of_history(const struct sip_message *invite)
{
    size_t count = sip_message_count(invite, SIP_HEADER_HISTORY_INFO);
    return count < 2 ? slice_empty()
                     : sip_message_header(invite, SIP_HEADER_HISTORY_INFO, count - 2)->value;
}

static struct slice diversion(struct arena *arena, const struct sip_message *invite)
{
    struct sip_address address;
    size_t index;
    struct slice value = sip_message_value(invite, SIP_HEADER_DIVERSION);
    if (slice_is_empty(value))
        value = last_of_history(invite);
    if (slice_is_empty(value) || sip_address_parse(value, &address) != STATUS_OK)
        return slice_empty();
    struct slice text = address.uri.text;
    if (slice_find(text, '?', &index)) /* the Reason of a History-Info entry */
        text = slice_first(text, index);
    return arena_copy(arena, text);
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
        copies[count + event->header_count++] = header->value;
    }
}

static const char *trust_of(const struct sip_message *invite, const struct sip_address *identity,
                            bool is_asserted)
{
    if (has_verdict(identity) || has_verdict(&invite->from))
        return "verified";
    return is_asserted ? "asserted" : "none";
}

void call_facts_read(struct arena *arena, const struct sip_message *invite,
                     const char *const *export_headers, size_t export_count, struct event *event)
{
    struct event read = *event;
    struct sip_address identity = invite->from;
    struct slice parameters;
    bool is_asserted = find_asserted(invite, &identity);
    bool hides = is_withheld(invite) || slice_is_empty(identity.uri.user);
    read.from = hides ? slice_of("anonymous")
                      : sip_uri_unescape(arena, number_of(identity.uri.user, &parameters));
    read.from_name = hides ? slice_empty() : sip_address_display_name(arena, &invite->from);
    read.from_uri = hides ? slice_of("sip:anonymous@anonymous.invalid") : identity.uri.text;
    read.to = sip_uri_unescape(arena, invite->request_uri.user);
    read.to_uri = invite->request_uri.text;
    read.trust = slice_of(trust_of(invite, &identity, is_asserted));
    read.diversion = diversion(arena, invite);
    read.user_to_user = sip_message_value(invite, SIP_HEADER_USER_TO_USER);
    read.call_info = sip_message_value(invite, SIP_HEADER_CALL_INFO);
    read.identity = sip_message_value(invite, SIP_HEADER_IDENTITY);
    read_exported(arena, invite, export_headers, export_count, &read);
    *event = event_copy(arena, &read);
}

void call_facts_dialled(struct arena *arena, const struct agent_settings *settings,
                        const struct sip_uri *target, struct slice from, struct event *event)
{
    struct sip_uri aor;
    event->to = sip_uri_unescape(arena, target->user);
    event->to_uri = arena_copy(arena, target->text);
    event->trust = slice_of("none");
    event->from_uri = arena_copy(arena, slice_of(settings->aor));
    if (!slice_is_empty(from))
        event->from = arena_copy(arena, from);
    else if (sip_uri_parse(event->from_uri, &aor) == STATUS_OK)
        event->from = sip_uri_unescape(arena, aor.user);
}

void call_facts_transfer(struct slice target, struct slice user, struct slice referred_by,
                         struct event *event)
{
    struct sip_address referrer;
    event->to_uri = target;
    event->to = slice_is_empty(user) ? target : user;
    event->diversion =
        sip_address_parse(referred_by, &referrer) == STATUS_OK ? referrer.uri.text : slice_empty();
}

struct slice call_facts_mask(struct arena *arena, const struct sip_uri *uri)
{
    struct buffer masked;
    buffer_init(&masked, 256);
    struct slice parameters;
    struct slice user = number_of(uri->user, &parameters);
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
