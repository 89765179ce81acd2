// SPDX-License-Identifier: ISC
#include "io/certificate.h"

#include "util/net_address.h"

#include <gnutls/x509.h>

#include <stdio.h>
#include <string.h>

enum {
    NAME_BYTES_MAX = 1024,
    NAMES_MAX = 100
};

static bool same_name(const char *certified, size_t length, struct slice wanted)
{
    struct slice name = slice_make(certified, length);
    if (slice_ends_with(wanted, slice_of(".")))
        wanted.length--;
    return slice_equal_ignoring_case(name, wanted);
}

/* One label: *.example.com stands for a.example.com, not for b.a.example.com or example.com. */
static bool matches_wildcard(const char *certified, size_t length, struct slice wanted)
{
    size_t dot;
    struct slice pattern = slice_make(certified, length);
    if (!slice_starts_with(pattern, slice_of("*.")) || !slice_find(wanted, '.', &dot) || dot == 0)
        return false;
    return slice_equal_ignoring_case(slice_skip(pattern, 1), slice_skip(wanted, dot));
}

/* RFC 5922 7.1: sip:example.com, without user part. */
static bool matches_sip_uri(const char *certified, size_t length, struct slice wanted)
{
    struct slice uri = slice_make(certified, length);
    size_t index;
    if (!slice_starts_with_ignoring_case(uri, slice_of("sip:")) || slice_find(uri, '@', &index))
        return false;
    return slice_equal_ignoring_case(slice_skip(uri, 4), wanted);
}

static bool matches_address(const char *certified, size_t length, struct slice wanted)
{
    struct net_address address;
    if (net_address_parse(wanted, 0, &address) != STATUS_OK)
        return false;
    return length == (address.family == NET_IPV4 ? 4u : 16u) &&
           memcmp(certified, address.bytes, length) == 0;
}

static bool matches(int type, const char *name, size_t length, struct slice wanted,
                    bool allow_wildcard)
{
    if (type == GNUTLS_SAN_IPADDRESS)
        return matches_address(name, length, wanted);
    if (memchr(name, '\0', length))
        return false;
    if (type == GNUTLS_SAN_URI)
        return matches_sip_uri(name, length, wanted);
    if (type != GNUTLS_SAN_DNSNAME)
        return false;
    return same_name(name, length, wanted) ||
           (allow_wildcard && matches_wildcard(name, length, wanted));
}

static bool has_name(gnutls_x509_crt_t certificate, struct slice wanted, bool allow_wildcard,
                     char *seen, size_t seen_size)
{
    seen[0] = '\0';
    for (unsigned i = 0; i < NAMES_MAX; i++) {
        char name[NAME_BYTES_MAX];
        size_t length = sizeof(name);
        int type = gnutls_x509_crt_get_subject_alt_name(certificate, i, name, &length, NULL);
        if (type == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return false;
        if (type < 0)
            continue; /* longer than any name we want (A6) */
        if (matches(type, name, length, wanted, allow_wildcard))
            return true;
        if (!seen[0] && type == GNUTLS_SAN_DNSNAME)
            snprintf(seen, seen_size, "%.*s", (int)length, name);
    }
    return false;
}

static bool check_chain(gnutls_session_t session, char *text, size_t size)
{
    unsigned status = 0;
    gnutls_datum_t description = { .data = NULL };
    int result = gnutls_certificate_verify_peers3(session, NULL, &status);
    if (result < 0) {
        snprintf(text, size, "the server's certificate cannot be checked: %s",
                 gnutls_strerror(result));
        return false;
    }
    if (status == 0)
        return true;
    if (status & GNUTLS_CERT_EXPIRED)
        snprintf(text, size,
                 "the server's certificate has expired: tell the provider, "
                 "or check this machine's clock");
    else if (status & GNUTLS_CERT_NOT_ACTIVATED)
        snprintf(text, size,
                 "the server's certificate is not valid yet: check this machine's clock");
    else if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
        snprintf(text, size,
                 "the server's certificate is not trusted: set tls.ca_file to the "
                 "authority that signed it");
    else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &description,
                                                          0) == 0)
        snprintf(text, size, "the server's certificate is refused: %s", description.data);
    gnutls_free(description.data);
    return false;
}

bool certificate_check(gnutls_session_t session, const char *name, bool allow_wildcard, char *text,
                       size_t size)
{
    unsigned count = 0;
    char seen[128];
    if (!check_chain(session, text, size))
        return false;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    gnutls_x509_crt_t certificate;
    if (!count || gnutls_x509_crt_init(&certificate) != 0)
        return false;
    bool is_right = gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
                    has_name(certificate, slice_of(name), allow_wildcard, seen, sizeof(seen));
    gnutls_x509_crt_deinit(certificate);
    if (!is_right)
        snprintf(text, size,
                 "the server's certificate is for \"%s\", not for \"%s\": "
                 "set tls.name if that is the right server",
                 seen, name);
    return is_right;
}
