// SPDX-License-Identifier: ISC
// What is cheap comes first: nothing is computed for a chain that is too large or for somebody
// else.
#include "io/certificate.h"

#include "io/certificate_chain.h"
#include "io/clock.h"
#include "io/file.h"
#include "util/certificate_names.h"
#include "util/encoding.h"
#include "util/limits.h"
#include "util/log.h"

#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUBJECT_ALTERNATIVE_NAME "2.5.29.17"
#define PIN_PREFIX               "sha256//"

enum {
    PIN_BYTES = 64,
    KEY_ID_BYTES = 32
};

static bool refuse(char *text, size_t size, const char *why)
{
    snprintf(text, size, "%s", why);
    return false;
}

static bool is_small(const gnutls_datum_t *chain, unsigned count, char *text, size_t size)
{
    if (!count)
        return refuse(
            text, size,
            "the server shows no certificate: outbound_proxy is not a TLS server that can "
            "be trusted; ask the provider for the right name and port");
    if (count > LIMIT_CERTIFICATE_CHAIN) {
        snprintf(
            text, size,
            "the server sends a chain of %u certificates, more than the %d that are looked at: "
            "ask the provider to send only what is needed",
            count, LIMIT_CERTIFICATE_CHAIN);
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        if (chain[i].size <= LIMIT_CERTIFICATE)
            continue;
        snprintf(
            text, size,
            "the server's certificate is too large: %u bytes, more than the %d that are looked "
            "at: ask the provider for one with fewer names",
            chain[i].size, LIMIT_CERTIFICATE);
        return false;
    }
    return true;
}

static enum certificate_name_kind kind_of(unsigned type)
{
    switch (type) {
    case GNUTLS_SAN_DNSNAME:
        return CERTIFICATE_DNS;
    case GNUTLS_SAN_URI:
        return CERTIFICATE_URI;
    case GNUTLS_SAN_IPADDRESS:
        return CERTIFICATE_ADDRESS;
    default:
        return CERTIFICATE_OTHER;
    }
}

/* One more than is allowed, so that it is seen to be too many. The values belong to `from`. */
static size_t read_names(gnutls_subject_alt_names_t from, struct certificate_name *names)
{
    size_t count = 0;
    unsigned type;
    gnutls_datum_t value;
    while (count <= LIMIT_CERTIFICATE_NAMES &&
           gnutls_subject_alt_names_get(from, (unsigned)count, &type, &value, NULL) == 0)
        names[count++] =
            (struct certificate_name){ kind_of(type),
                                       slice_make((const char *)value.data, value.size) };
    return count;
}

static bool prove_names(const struct certificate_names *names, const struct tls_settings *wanted,
                        char *text, size_t size)
{
    char reason[CERTIFICATE_REASON_BYTES];
    return certificate_names_prove(names, slice_of(wanted->name), wanted->allow_wildcard, reason) ||
           refuse(text, size, reason);
}

static bool check_alternatives(const gnutls_datum_t *extension, const struct tls_settings *wanted,
                               char *text, size_t size)
{
    struct certificate_name list[LIMIT_CERTIFICATE_NAMES + 1];
    gnutls_subject_alt_names_t from;
    bool is_proven = false;
    if (gnutls_subject_alt_names_init(&from) != 0)
        return refuse(text, size, "the server's certificate cannot be checked: no memory");
    if (gnutls_x509_ext_import_subject_alt_names(extension, from, 0) != 0) {
        refuse(
            text, size,
            "the names in the server's certificate cannot be read: ask the provider for a correct "
            "certificate");
    } else {
        struct certificate_names names = { list, read_names(from, list), slice_empty() };
        is_proven = prove_names(&names, wanted, text, size);
    }
    gnutls_subject_alt_names_deinit(from);
    return is_proven;
}

/* The size is asked first (A6). Two common names are none: which one is meant? */
static bool check_common_name(gnutls_x509_crt_t certificate, const struct tls_settings *wanted,
                              char *text, size_t size)
{
    size_t length = 0;
    struct certificate_names names = { NULL, 0, slice_empty() };
    bool has_two =
        gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 1, 0, NULL,
                                      &length) != GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
    char *value = NULL;
    length = 0;
    gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, NULL, &length);
    if (length && length <= LIMIT_CERTIFICATE && !has_two && (value = calloc(1, length + 1)) &&
        gnutls_x509_crt_get_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, 0, value,
                                      &length) == 0)
        names.common_name = slice_make(value, length);
    bool is_proven = prove_names(&names, wanted, text, size);
    free(value);
    return is_proven;
}

static bool check_names(gnutls_x509_crt_t certificate, const struct tls_settings *wanted,
                        char *text, size_t size)
{
    gnutls_datum_t extension = { .data = NULL };
    int result = gnutls_x509_crt_get_extension_by_oid2(certificate, SUBJECT_ALTERNATIVE_NAME, 0,
                                                       &extension, NULL);
    if (result == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
        return check_common_name(certificate, wanted, text, size);
    if (result < 0)
        return refuse(
            text, size,
            "the server's certificate cannot be read: ask the provider for a correct one");
    bool is_proven = check_alternatives(&extension, wanted, text, size);
    gnutls_free(extension.data);
    return is_proven;
}

static bool pin_of(gnutls_x509_crt_t certificate, char pin[PIN_BYTES])
{
    unsigned char id[KEY_ID_BYTES];
    size_t length = sizeof(id);
    struct buffer text;
    if (gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, id, &length) != 0)
        return false;
    buffer_init(&text, PIN_BYTES);
    encoding_append_base64(&text, id, length);
    snprintf(pin, PIN_BYTES, PIN_PREFIX "%.*s", (int)text.length, text.data);
    buffer_free(&text);
    return true;
}

static bool check_pin(gnutls_x509_crt_t certificate, const struct tls_settings *wanted, char *text,
                      size_t size)
{
    char pin[PIN_BYTES];
    if (!wanted->pin_count)
        return true;
    if (!pin_of(certificate, pin))
        return refuse(text, size, "the server's key cannot be read, so tls.pin cannot be checked");
    for (size_t i = 0; i < wanted->pin_count; i++)
        if (strcmp(wanted->pins[i], pin) == 0)
            return true;
    snprintf(text, size,
             "the server's key is none of tls.pin: it is \"%s\"; ask the provider whether the key "
             "has changed, and only then put this into tls.pin",
             pin);
    return false;
}

static bool check(gnutls_session_t session, const gnutls_datum_t *first,
                  const struct tls_settings *wanted, char *text, size_t size)
{
    gnutls_x509_crt_t certificate;
    if (gnutls_x509_crt_init(&certificate) != 0)
        return refuse(text, size, "the server's certificate cannot be checked: no memory");
    bool is_proven = gnutls_x509_crt_import(certificate, first, GNUTLS_X509_FMT_DER) == 0;
    if (!is_proven)
        refuse(text, size,
               "the server's certificate cannot be read: ask the provider for a correct one");
    is_proven = is_proven && check_names(certificate, wanted, text, size) &&
                certificate_chain_check(session, text, size) &&
                check_pin(certificate, wanted, text, size);
    gnutls_x509_crt_deinit(certificate);
    return is_proven;
}

bool certificate_check(gnutls_session_t session, const struct tls_settings *wanted, char *text,
                       size_t size)
{
    unsigned count = 0;
    time_ms start = clock_now();
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    bool is_proven = is_small(chain, chain ? count : 0, text, size) &&
                     check(session, &chain[0], wanted, text, size);
    LOG(DEBUG, "certificate checked", NUMBER("certificates", count), NUMBER("proven", is_proven),
        NUMBER("ms", clock_now() - start));
    return is_proven;
}

static time_ms expires(const gnutls_datum_t *data, gnutls_x509_crt_fmt_t format)
{
    gnutls_x509_crt_t certificate;
    time_ms when = TIME_NEVER;
    if (gnutls_x509_crt_init(&certificate) != 0)
        return when;
    if (gnutls_x509_crt_import(certificate, data, format) == 0)
        when = (time_ms)gnutls_x509_crt_get_expiration_time(certificate) * 1000;
    gnutls_x509_crt_deinit(certificate);
    return when;
}

time_ms certificate_expires(gnutls_session_t session)
{
    unsigned count = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
    return chain && count ? expires(&chain[0], GNUTLS_X509_FMT_DER) : TIME_NEVER;
}

time_ms certificate_file_expires(const char *path)
{
    struct buffer content;
    if (file_read(path, LIMIT_CERTIFICATES, &content) != STATUS_OK)
        return TIME_NEVER;
    gnutls_datum_t data = { (unsigned char *)content.data, (unsigned)content.length };
    time_ms when = expires(&data, GNUTLS_X509_FMT_PEM);
    buffer_free(&content);
    return when;
}
