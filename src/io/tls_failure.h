// SPDX-License-Identifier: ISC
// Why TLS has failed, in words that say what to do.
#pragma once

#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>

struct tls_failure {
    int result;         // of gnutls_handshake or gnutls_record_recv
    bool is_handshake;  // not yet over
    bool has_own;       // a certificate of ours is configured
    bool was_asked_own; // the server has asked for one
};

// One line in *text (of `size` bytes).
void tls_failure_explain(gnutls_session_t session, const struct tls_failure *failure, char *text,
                         size_t size);
