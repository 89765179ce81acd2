// SPDX-License-Identifier: ISC
// The last TLS session, so that the next connection to the same server need not begin from nothing
// (RFC 8446 2.2, RFC 5077). It holds no verdict: who resumes checks the certificate again.
#pragma once

#include "util/net_address.h"

struct tls_session_store;
struct gnutls_session_int; // of GnuTLS

struct tls_session_store *tls_session_store_new(void);
// `session` is up, and its server is who we want.
void tls_session_store_keep(struct tls_session_store *store, struct gnutls_session_int *session,
                            const struct net_address *server);
// Before the handshake. True when there was one for that server; it is used once (RFC 8446 C.4).
bool tls_session_store_offer(struct tls_session_store *store, struct gnutls_session_int *session,
                             const struct net_address *server);
// What we trust, or who we are, has changed.
void tls_session_store_forget(struct tls_session_store *store);
void tls_session_store_free(struct tls_session_store *store);
