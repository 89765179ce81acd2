// SPDX-License-Identifier: ISC
// Whether the peer's certificate proves the identity we want: its size, its names, its chain and
// dates, its pin. It fails closed, with the reason in plain words.
#pragma once

#include "io/tls_settings.h"

#include <gnutls/gnutls.h>

// True when proven. Otherwise *text (of `size` bytes) says why, for an operator.
bool certificate_check(gnutls_session_t session, const struct tls_settings *wanted, char *text,
                       size_t size);
// When the peer's own certificate expires, in ms since 1970; TIME_NEVER when there is none.
time_ms certificate_expires(gnutls_session_t session);
// The same of the first certificate in a PEM file.
time_ms certificate_file_expires(const char *path);
