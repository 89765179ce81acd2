// SPDX-License-Identifier: ISC
#include "io/tls_settings.h"

#include "io/certificate.h"
#include "io/tls_credentials.h"

static const char *copy_text(struct arena *arena, const char *text)
{
    return text ? arena_copy_text(arena, slice_of(text)) : NULL;
}

struct tls_settings tls_settings_copy(struct arena *arena, const struct tls_settings *settings)
{
    struct tls_settings copy = *settings;
    const char **pins = arena_allocate(arena, (settings->pin_count + 1) * sizeof(*pins));
    for (size_t i = 0; i < settings->pin_count; i++)
        pins[i] = copy_text(arena, settings->pins[i]);
    copy.pins = pins;
    copy.name = copy_text(arena, settings->name);
    copy.ca_file = copy_text(arena, settings->ca_file);
    copy.crl_file = copy_text(arena, settings->crl_file);
    copy.cert_file = copy_text(arena, settings->cert_file);
    copy.key_file = copy_text(arena, settings->key_file);
    return copy;
}

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
