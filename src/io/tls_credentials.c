// SPDX-License-Identifier: ISC
#include "io/tls_credentials.h"

#include <stdio.h>

struct loading {
    gnutls_certificate_credentials_t credentials;
    char *text;
    size_t size;
};

static bool is_given(const char *file)
{
    return file && file[0];
}

static bool fail(const struct loading *loading, const char *key, const char *file, const char *why)
{
    snprintf(loading->text, loading->size, "%s: %.200s: %s", key, file, why);
    return false;
}

static bool load_trust(const struct loading *loading, const char *file)
{
    bool is_own = is_given(file);
    int count = is_own ? gnutls_certificate_set_x509_trust_file(loading->credentials, file,
                                                                GNUTLS_X509_FMT_PEM)
                       : gnutls_certificate_set_x509_system_trust(loading->credentials);
    if (count < 0 && !is_own)
        return fail(loading, "tls.ca_file",
                    "not given, and the system's trust store cannot be read",
                    gnutls_strerror(count));
    if (count < 0)
        return fail(loading, "tls.ca_file cannot be read", file, gnutls_strerror(count));
    return count > 0 || !is_own ||
           fail(loading, "tls.ca_file", file, "no certificate in it; it must be PEM");
}

static bool load_revoked(const struct loading *loading, const char *file)
{
    if (!is_given(file))
        return true;
    int count =
        gnutls_certificate_set_x509_crl_file(loading->credentials, file, GNUTLS_X509_FMT_PEM);
    if (count < 0)
        return fail(loading, "tls.crl_file cannot be read", file, gnutls_strerror(count));
    return count > 0 ||
           fail(loading, "tls.crl_file", file, "no revocation list in it; it must be PEM");
}

static bool load_own(const struct loading *loading, const struct tls_settings *settings)
{
    if (!is_given(settings->cert_file))
        return true;
    int result = gnutls_certificate_set_x509_key_file(loading->credentials, settings->cert_file,
                                                      settings->key_file, GNUTLS_X509_FMT_PEM);
    if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH)
        return fail(loading, "tls.cert_file and tls.key_file", settings->key_file,
                    "it is the key of another certificate");
    return result >= 0 || fail(loading, "tls.cert_file or tls.key_file", settings->cert_file,
                               gnutls_strerror(result));
}

gnutls_certificate_credentials_t tls_credentials_new(const struct tls_settings *settings,
                                                     bool wants_system, char *text, size_t size)
{
    struct loading loading = { NULL, text, size };
    if (gnutls_certificate_allocate_credentials(&loading.credentials) != 0) {
        snprintf(text, size, "TLS cannot be used: no memory");
        return NULL;
    }
    bool wants_trust = wants_system || is_given(settings->ca_file);
    if ((!wants_trust || load_trust(&loading, settings->ca_file)) &&
        load_revoked(&loading, settings->crl_file) && load_own(&loading, settings))
        return loading.credentials;
    gnutls_certificate_free_credentials(loading.credentials);
    return NULL;
}
