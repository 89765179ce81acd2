// SPDX-License-Identifier: ISC
#include "util/certificate_names.h"

#include "util/limits.h"
#include "util/net_address.h"

#include <stdio.h>

enum {
    SHOWN_BYTES = 72 // of a name, in a reason
};

/* Names come from strangers: what is not printable becomes a question mark. */
static const char *shown(struct slice name, char *text)
{
    size_t length = name.length < SHOWN_BYTES ? name.length : SHOWN_BYTES;
    for (size_t i = 0; i < length; i++)
        text[i] =
            name.data[i] > ' ' && name.data[i] < 0x7f && name.data[i] != '"' ? name.data[i] : '?';
    snprintf(text + length, 4, "%s", name.length > length ? "..." : "");
    return text;
}

static struct slice without_final_dot(struct slice name)
{
    if (name.length > 1 && slice_ends_with(name, slice_of(".")))
        name.length--;
    return name;
}

static bool has(struct slice text, char byte)
{
    size_t index;
    return slice_find(text, byte, &index);
}

/* An asterisk is never a letter of a name. */
static bool is_same_host(struct slice certified, struct slice wanted)
{
    return wanted.length && !has(wanted, '*') &&
           slice_equal_ignoring_case(without_final_dot(certified), wanted);
}

/* One whole label: not for b.a.example.com, not for example.com, and no f*.example.com. */
static bool is_wildcard_for(struct slice certified, struct slice wanted)
{
    size_t dot;
    if (!slice_starts_with(certified, slice_of("*.")) || !slice_find(wanted, '.', &dot) || dot == 0)
        return false;
    return is_same_host(slice_skip(certified, 2), slice_skip(wanted, dot + 1));
}

/* RFC 5922 7.1: sip:example.com, without a user part; sips: is none. *host is empty otherwise. */
static bool is_sip_domain(const struct certificate_name *name, struct slice *host)
{
    struct slice rest;
    *host = slice_empty();
    if (name->kind != CERTIFICATE_URI ||
        !slice_starts_with_ignoring_case(name->value, slice_of("sip:")) || has(name->value, '@'))
        return false;
    *host = slice_cut(slice_skip(name->value, 4), ';', &rest);
    *host = slice_cut(*host, '?', &rest);
    *host = slice_cut(*host, ':', &rest);
    return host->length > 0;
}

static bool is_address(const struct certificate_name *name, const struct net_address *wanted)
{
    return name->kind == CERTIFICATE_ADDRESS &&
           slice_equal(name->value, slice_make((const char *)wanted->bytes,
                                               wanted->family == NET_IPV4 ? 4 : 16));
}

static bool is_unfit(struct slice name, char *reason)
{
    char text[SHOWN_BYTES + 4];
    if (name.length > LIMIT_CERTIFICATE_NAME)
        snprintf(reason, CERTIFICATE_REASON_BYTES,
                 "the server's certificate holds a name of %zu bytes, more than the %d that are "
                 "looked at: ask the provider for a plain one",
                 name.length, LIMIT_CERTIFICATE_NAME);
    else if (has(name, '\0'))
        snprintf(
            reason, CERTIFICATE_REASON_BYTES,
            "the server's certificate is forged: there is a NUL inside its name \"%s\": do not "
            "use this server, and tell the provider",
            shown(name, text));
    else
        return false;
    return true;
}

static bool are_unfit(const struct certificate_names *names, char *reason)
{
    if (names->count > LIMIT_CERTIFICATE_NAMES) {
        snprintf(
            reason, CERTIFICATE_REASON_BYTES,
            "the server's certificate holds more than the %d names that are looked at: ask the "
            "provider for one of its own",
            LIMIT_CERTIFICATE_NAMES);
        return true;
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct certificate_name *name = &names->alternatives[i];
        bool is_text = name->kind == CERTIFICATE_DNS || name->kind == CERTIFICATE_URI;
        if (is_text && is_unfit(name->value, reason))
            return true;
    }
    return is_unfit(names->common_name, reason);
}

/* The names of hosts that count: those of the alternatives, else the common name. NULL at the end.
 */
static const struct certificate_name *host_at(const struct certificate_names *names, size_t index,
                                              struct certificate_name *common)
{
    *common = (struct certificate_name){ CERTIFICATE_DNS, names->common_name };
    if (!names->count)
        return index == 0 && names->common_name.length ? common : NULL;
    return index < names->count ? &names->alternatives[index] : NULL;
}

/* What was seen on the way, for the reason. */
struct sightings {
    struct slice first;      // name of any kind
    struct slice wildcard;   // that would stand for what is wanted
    struct slice sip_domain; // the first one: then DNS names do not count (RFC 5922 7.1)
    bool has_host;           // what is wanted, as a DNS name
};

static void look(const struct certificate_names *names, struct slice wanted,
                 struct sightings *sightings)
{
    struct certificate_name common;
    const struct certificate_name *name;
    struct slice domain;
    *sightings = (struct sightings){ .has_host = false };
    for (size_t i = 0; (name = host_at(names, i, &common)); i++) {
        if (is_sip_domain(name, &domain) && !sightings->sip_domain.length)
            sightings->sip_domain = domain;
        if (name->kind == CERTIFICATE_DNS && !sightings->first.length)
            sightings->first = name->value;
        if (name->kind == CERTIFICATE_DNS && is_wildcard_for(name->value, wanted))
            sightings->wildcard = name->value;
        sightings->has_host |= name->kind == CERTIFICATE_DNS && is_same_host(name->value, wanted);
    }
    if (sightings->sip_domain.length)
        sightings->first = sightings->sip_domain;
}

static bool proves_domain(const struct certificate_names *names, struct slice wanted)
{
    struct slice domain;
    for (size_t i = 0; i < names->count; i++)
        if (is_sip_domain(&names->alternatives[i], &domain) && is_same_host(domain, wanted))
            return true;
    return false;
}

static bool proves_address(const struct certificate_names *names, const struct net_address *wanted)
{
    for (size_t i = 0; i < names->count; i++)
        if (is_address(&names->alternatives[i], wanted))
            return true;
    return false;
}

static void explain(const struct sightings *seen, struct slice wanted, bool is_literal,
                    char *reason)
{
    char first[SHOWN_BYTES + 4];
    char want[SHOWN_BYTES + 4];
    shown(seen->first, first);
    shown(wanted, want);
    if (is_literal && seen->has_host)
        snprintf(
            reason, CERTIFICATE_REASON_BYTES,
            "the server's certificate bears %s as if it were a name, not as an address: ask the "
            "provider to correct it, or set outbound_proxy to the name of the server",
            want);
    else if (seen->sip_domain.length && seen->has_host)
        snprintf(
            reason, CERTIFICATE_REASON_BYTES,
            "the server's certificate is for the SIP domain \"%s\", not for \"%s\", which stands "
            "beside it as a host only: set tls.name = \"%s\" if that is your provider",
            first, want, first);
    else if (seen->wildcard.length)
        snprintf(reason, CERTIFICATE_REASON_BYTES,
                 "the server's certificate is for \"%s\", any host there, not for \"%s\": set "
                 "tls.wildcard = true if your provider uses such certificates",
                 shown(seen->wildcard, first), want);
    else if (seen->first.length)
        snprintf(reason, CERTIFICATE_REASON_BYTES,
                 "the server's certificate is for \"%s\", not for \"%s\": set tls.name if that is "
                 "the right server",
                 first, want);
    else
        snprintf(reason, CERTIFICATE_REASON_BYTES,
                 "the server's certificate bears no name of a server, so it is not for \"%s\": ask "
                 "the provider for one that is",
                 want);
}

bool certificate_names_prove(const struct certificate_names *names, struct slice wanted,
                             bool allow_wildcard, char *reason)
{
    struct sightings seen;
    struct net_address address;
    reason[0] = '\0';
    if (are_unfit(names, reason))
        return false;
    wanted = without_final_dot(wanted);
    look(names, wanted, &seen);
    bool is_literal = net_address_parse(wanted, 0, &address) == STATUS_OK;
    bool is_proven = is_literal ? proves_address(names, &address)
                     : seen.sip_domain.length
                         ? proves_domain(names, wanted)
                         : seen.has_host || (allow_wildcard && seen.wildcard.length);
    if (!is_proven)
        explain(&seen, wanted, is_literal, reason);
    return is_proven;
}
