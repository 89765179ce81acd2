// SPDX-License-Identifier: ISC
#include "io/tls_settings.h"

#include "io/certificate.h"
#include "io/tls_credentials.h"

bool tls_settings_check_files(const struct tls_settings *settings, char *text, size_t size)
{
    gnutls_certificate_credentials_t credentials = tls_credentials_new(settings, false, text, size);
    if (credentials)
        gnutls_certificate_free_credentials(credentials);
    return credentials != NULL;
}

time_ms tls_settings_own_expires(const struct tls_settings *settings)
{
    bool has_own = settings->cert_file && settings->cert_file[0];
    return has_own ? certificate_file_expires(settings->cert_file) : TIME_NEVER;
}
