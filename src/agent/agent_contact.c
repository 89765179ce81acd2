// SPDX-License-Identifier: ISC
// Where we are to be reached: the address of the connection, what the registrar sees of it (RFC
// 3581), or the GRUU it has given us (RFC 5627).
#include "agent/agent_private.h"
#include "sip/parameters.h"
#include "util/log.h"

static bool is_sips_line(const struct agent *agent)
{
    return slice_starts_with_ignoring_case(slice_of(agent->settings->aor), slice_of("sips:"));
}

static void append_uri(const struct agent *agent, const struct net_address *local, bool is_sips,
                       struct buffer *uri)
{
    char address[NET_ADDRESS_TEXT_BYTES];
    buffer_append_text(uri, is_sips ? "sips:" : "sip:");
    buffer_append_text(uri, agent->settings->username);
    buffer_append_byte(uri, '@');
    buffer_append_text(uri, net_address_text(local, address));
    buffer_append_text(uri, agent->link.is_tls ? ";transport=tls" : ";transport=tcp");
}

static void write_flow(const struct agent *agent, bool is_sips, struct buffer *contact)
{
    bool is_moved = sip_registration_is_moved(agent->registration);
    buffer_clear(contact);
    buffer_append_byte(contact, '<');
    append_uri(agent, is_moved ? &agent->seen : &agent->link.local, is_sips, contact);
    if (sip_registration_uses_outbound(agent->registration))
        buffer_append_text(contact, ";ob");
    buffer_append_byte(contact, '>');
}

/* Both schemes name the same telephone; registrars give sip: to a sips: line, too. */
static void write_gruu(struct slice gruu, bool is_sips, struct buffer *contact)
{
    bool is_plain = slice_starts_with_ignoring_case(gruu, slice_of("sip:"));
    buffer_clear(contact);
    buffer_append_text(contact, is_sips && is_plain ? "<sips:" : "<");
    buffer_append(contact, is_sips && is_plain ? slice_skip(gruu, strlen("sip:")) : gruu);
    buffer_append_byte(contact, '>');
}

/* Many registrars give one to everybody who asks and then cannot find us by it within a call; one
 * that keeps flows apart (RFC 5626) has been set up to do so. */
static struct slice usable_gruu(const struct agent *agent)
{
    bool is_used = agent->settings->gruu == AGENT_ALWAYS ||
                   (agent->settings->gruu == AGENT_AUTO &&
                    sip_registration_is_outbound_agreed(agent->registration));
    return is_used ? sip_registration_gruu(agent->registration) : slice_empty();
}

/* RFC 3261 8.1.1.8, 10.2.1: a sips: Contact where the AOR or the request is sips:. */
static void write_contacts(struct agent *agent)
{
    struct slice gruu = usable_gruu(agent);
    bool is_sips = is_sips_line(agent);
    bool may_be_sips = is_sips || agent->link.is_tls;
    if (gruu.length) {
        write_gruu(gruu, is_sips, &agent->contact);
        write_gruu(gruu, may_be_sips, &agent->secure_contact);
    } else {
        write_flow(agent, is_sips, &agent->contact);
        write_flow(agent, may_be_sips, &agent->secure_contact);
    }
}

void agent_connect_line(struct agent *agent, time_ms now)
{
    struct buffer uri;
    buffer_init(&uri, LIMIT_SIP_LINE);
    append_uri(agent, &agent->link.local, is_sips_line(agent), &uri);
    agent->has_moved = false;
    sip_registration_set_other(agent->registration, agent->link.has_other);
    sip_registration_connected(agent->registration, now, buffer_slice(&uri));
    write_contacts(agent);
    buffer_free(&uri);
}

/* No address at all, a group of many, or the registrar's own machine. */
static bool is_plausible(const struct net_address *seen, const struct net_address *local)
{
    static const uint8_t nowhere[16];
    static const uint8_t loopback[16] = { [15] = 1 };
    if (seen->family == NET_IPV6)
        return memcmp(seen->bytes, nowhere, 16) != 0 && memcmp(seen->bytes, loopback, 16) != 0 &&
               seen->bytes[0] != 0xff;
    bool is_near = local->family == NET_IPV4 && local->bytes[0] == 127;
    return seen->bytes[0] != 0 && seen->bytes[0] < 224 && (seen->bytes[0] != 127 || is_near);
}

/* RFC 3581 4: of our own Via, as it comes back. Who fills in rport fills in received, too; one of
 * them alone is a guess of somebody's. */
static bool read_seen(const struct agent *agent, const struct sip_via *via,
                      struct net_address *seen)
{
    const struct net_address *local = &agent->link.local;
    return via->received.length && via->rport &&
           net_address_parse(via->received, (uint16_t)via->rport, seen) == STATUS_OK &&
           !net_address_equal(seen, local) && is_plausible(seen, local);
}

/* Who keeps our connection as our address has no use for any other; all else are helped. */
static bool wants_move(struct agent *agent, const struct sip_message *response)
{
    enum agent_choice choice = agent->settings->follow_nat;
    if (agent->has_moved || choice == AGENT_NEVER ||
        (choice == AGENT_AUTO && sip_registration_is_outbound_agreed(agent->registration)))
        return false;
    return read_seen(agent, &response->via, &agent->seen);
}

void agent_see_answer(struct agent *agent, const struct sip_message *response)
{
    struct buffer uri;
    buffer_init(&uri, LIMIT_SIP_LINE);
    if (wants_move(agent, response))
        append_uri(agent, &agent->seen, is_sips_line(agent), &uri);
    sip_registration_set_seen(agent->registration, buffer_slice(&uri));
    buffer_free(&uri);
}

void agent_see_registered(struct agent *agent, const struct sip_message *response)
{
    struct buffer uri;
    char address[NET_ADDRESS_TEXT_BYTES];
    agent->has_moved |= sip_registration_is_moved(agent->registration);
    if (response->status < 200 || response->status > 299 ||
        sip_registration_state(agent->registration) != REGISTRATION_IS_REGISTERED)
        return;
    write_contacts(agent);
    if (!wants_move(agent, response))
        return;
    agent->has_moved = true; /* once on a connection, whatever the next answers say */
    LOG(INFO, "the registrar sees us at another address: the Contact is corrected",
        TEXT("address", net_address_text(&agent->seen, address)));
    buffer_init(&uri, LIMIT_SIP_LINE);
    append_uri(agent, &agent->seen, is_sips_line(agent), &uri);
    sip_registration_move(agent->registration, buffer_slice(&uri));
    buffer_free(&uri);
}
