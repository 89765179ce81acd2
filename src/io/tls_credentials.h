// SPDX-License-Identifier: ISC
// What a TLS connection goes by that lies in files: whom we trust, what has been revoked, who we
// are.
#pragma once

#include "io/tls_settings.h"

#include <gnutls/gnutls.h>

// Without `wants_system` the system's trust store is left out. Free with
// gnutls_certificate_free_credentials. NULL with one line in *text (of `size` bytes).
gnutls_certificate_credentials_t tls_credentials_new(const struct tls_settings *settings,
                                                     bool wants_system, char *text, size_t size);
