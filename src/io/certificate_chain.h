// SPDX-License-Identifier: ISC
// Whether somebody whom we trust vouches for the peer's certificate, today.
#pragma once

#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>

// By the trust and the revocation lists of the session's credentials. False with one line for an
// operator in *text (of `size` bytes).
bool certificate_chain_check(gnutls_session_t session, char *text, size_t size);
