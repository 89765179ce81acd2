// SPDX-License-Identifier: ISC
// One non-blocking client connection: TLS 1.2 or newer by GnuTLS, or plain TCP. The peer's
// certificate must be for the configured name (RFC 5922); it fails closed, with the reason in plain
// words.
#pragma once

#include "io/loop.h"
#include "io/tls_settings.h"
#include "util/net_address.h"

struct tls_connection;
// The last session of one server, from one connection to the next: tls_session_store.h.
struct tls_session_store;

struct connection_settings {
    struct net_address to;
    bool is_tls;
    const struct tls_settings *tls;     // copied
    struct tls_session_store *sessions; // to resume from and to keep in; NULL: each is a new one
    uint32_t connect_ms;                // for connect and handshake together
    uint32_t user_timeout_ms;           // TCP_USER_TIMEOUT; 0: the kernel's
};

// None of them may free the connection; tls_connection_close may be called from all.
struct connection_events {
    void (*connected)(void *user);
    void (*received)(void *user, struct slice bytes);
    // REFUSED: the certificate or the handshake; CLOSED: by the other side, or it broke; NEED_MORE:
    // TCP was there in time, TLS was not; TIMED_OUT: not even that.
    // Called once, then never again: free the connection in a later turn or outside its callbacks.
    void (*closed)(void *user, enum status why, const char *text);
};

struct tls_connection *tls_connection_new(struct loop *loop,
                                          const struct connection_settings *settings,
                                          const struct connection_events *events, void *user);
// From now on somebody else hears of it; to be called within `connected`, if at all.
void tls_connection_hand_over(struct tls_connection *connection,
                              const struct connection_events *events, void *user);
// Queues, and writes what the kernel takes. TOO_LARGE beyond LIMIT_WRITE_QUEUE, CLOSED when down.
MUST_USE enum status tls_connection_send(struct tls_connection *connection, struct slice bytes);
void tls_connection_local(const struct tls_connection *connection, struct net_address *address);
void tls_connection_remote(const struct tls_connection *connection, struct net_address *address);
// "TLS1.3", or "TCP".
const char *tls_connection_protocol(const struct tls_connection *connection);
// When the server's certificate expires, in ms since 1970; TIME_NEVER without TLS.
time_ms tls_connection_expires(const struct tls_connection *connection);
// close_notify where possible; no callback comes any more.
void tls_connection_free(struct tls_connection *connection);
