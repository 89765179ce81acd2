// SPDX-License-Identifier: ISC
// Whether the peer's certificate proves the identity we want (RFC 5922 7, RFC 6125): chain, dates,
// and a subject alternative name. The common name is not looked at.
#pragma once

#include <gnutls/gnutls.h>

#include <stdbool.h>
#include <stddef.h>

// True when proven. Otherwise *text (of `size` bytes) says why, for an operator.
bool certificate_check(gnutls_session_t session, const char *name, bool allow_wildcard, char *text,
                       size_t size);
