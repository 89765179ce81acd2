// SPDX-License-Identifier: ISC
// What a TLS connection goes by: who the server must be, whom we trust, who we are.
#pragma once

#include "util/arena.h"
#include "util/time_ms.h"

#include <stdbool.h>
#include <stddef.h>

struct tls_settings {
    const char *name; // SNI and the identity that is checked: a domain, or an address
    bool allow_wildcard;
    const char *const *pins; // "sha256//BASE64" of the server's public key; one of them must fit
    size_t pin_count;        // 0: any key
    const char *ca_file;     // NULL or "": the system's trust store
    const char *crl_file;    // revoked certificates; NULL or "": none
    const char *cert_file;   // client certificate; NULL or "": none
    const char *key_file;
};

// All of it with every text in `arena`: a connection goes on by what it began with.
struct tls_settings tls_settings_copy(struct arena *arena, const struct tls_settings *settings);
// Whether the files can be used. False with one line in *text (of `size` bytes); the system's trust
// store is not looked at.
bool tls_settings_check_files(const struct tls_settings *settings, char *text, size_t size);
// When our own certificate expires, in ms since 1970; TIME_NEVER without one.
time_ms tls_settings_own_expires(const struct tls_settings *settings);
