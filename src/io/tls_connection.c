// SPDX-License-Identifier: ISC
#include "io/tls_connection.h"

#include "io/certificate.h"
#include "io/clock.h"
#include "io/connect_failure.h"
#include "io/socket_address.h"
#include "io/tls_credentials.h"
#include "io/tls_failure.h"
#include "io/tls_session_store.h"
#include "util/buffer.h"
#include "util/limits.h"
#include "util/memory.h"

#include <gnutls/gnutls.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The profile refuses RSA keys below 2048 bits; SHA-1 in certificates NORMAL refuses already. */
#define PRIORITY                                                                                   \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:"                  \
    "%SAFE_RENEGOTIATION:%PROFILE_MEDIUM"

enum {
    READ_BYTES = 16 * 1024,
    READS_PER_TURN = 4 // what is answered to them must fit into the queue
};

enum connection_state {
    CONNECTING,
    HANDSHAKING,
    UP,
    DOWN
};

struct tls_connection {
    struct loop *loop;
    struct connection_events events;
    void *user;
    bool is_tls;
    struct arena *arena;     // of the texts in `tls`
    struct tls_settings tls; // a reload may take its own away meanwhile
    struct tls_session_store *sessions;
    struct net_address to;
    uint32_t user_timeout_ms;
    bool has_own;     // certificate
    bool has_offered; // an earlier session to be resumed
    bool cannot_send; // any more; what can be read tells why
    int fd;
    enum connection_state state;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    struct loop_watch *readable;
    struct loop_watch *writable;
    struct loop_timer *timer; // connect deadline, and the deferred first failure
    time_ms expires;          // the server's certificate: read once, everybody asks
    struct buffer queue;
    char text[512]; // why it is down
};

static void go_down(struct tls_connection *connection, enum status why, const char *text)
{
    if (connection->state == DOWN)
        return;
    connection->state = DOWN;
    if (text != connection->text)
        snprintf(connection->text, sizeof(connection->text), "%s", text);
    loop_timer_at(connection->timer, TIME_NEVER);
    if (connection->readable)
        loop_watch_pause(connection->readable, true);
    if (connection->writable)
        loop_watch_pause(connection->writable, true);
    connection->events.closed(connection->user, why, connection->text);
}

static void watch_for_write(struct tls_connection *connection, bool wants)
{
    loop_watch_pause(connection->writable, !wants);
}

static bool is_literal_address(const char *name)
{
    struct net_address address;
    return net_address_parse(slice_of(name), 0, &address) == STATUS_OK;
}

static void come_up(struct tls_connection *connection)
{
    connection->state = UP;
    if (connection->is_tls)
        connection->expires = certificate_expires(connection->session);
    loop_timer_at(connection->timer, TIME_NEVER);
    watch_for_write(connection, connection->queue.length > 0);
    connection->events.connected(connection->user);
}

static void explain(struct tls_connection *connection, int result)
{
    const struct tls_failure failure = {
        .result = result,
        .is_handshake = connection->state == HANDSHAKING,
        .has_own = connection->has_own,
        .was_asked_own = gnutls_certificate_client_get_request_status(connection->session),
    };
    tls_failure_explain(connection->session, &failure, connection->text, sizeof(connection->text));
}

static bool begin(struct tls_connection *connection);

/* An earlier session must never keep us from a new one: the server may have forgotten it in a way
 * that it does not forgive, or has another certificate by now. */
static void begin_again(struct tls_connection *connection)
{
    loop_watch_free(connection->readable);
    loop_watch_free(connection->writable);
    connection->readable = connection->writable = NULL;
    gnutls_deinit(connection->session);
    connection->session = NULL;
    close(connection->fd);
    connection->fd = -1;
    connection->has_offered = false;
    connection->text[0] = '\0';
    connection->state = CONNECTING;
    if (!begin(connection))
        go_down(connection, STATUS_SYSTEM, connection->text);
}

static bool is_resumed(const struct tls_connection *connection)
{
    return gnutls_session_is_resumed(connection->session) != 0;
}

static bool is_right_server(struct tls_connection *connection)
{
    return certificate_check(connection->session, &connection->tls, connection->text,
                             sizeof(connection->text));
}

/* Within a full handshake: before our own certificate and before anything of SIP is sent. */
static int on_certificate(gnutls_session_t session)
{
    return is_right_server(gnutls_session_get_ptr(session)) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static int on_ticket(gnutls_session_t session, unsigned type, unsigned when, unsigned is_incoming,
                     const gnutls_datum_t *message)
{
    struct tls_connection *connection = gnutls_session_get_ptr(session);
    (void)type, (void)when, (void)is_incoming, (void)message;
    if (connection->state == UP && connection->sessions)
        tls_session_store_keep(connection->sessions, session, &connection->to);
    return 0;
}

static void fail_handshake(struct tls_connection *connection, int result)
{
    if (connection->has_offered && result != GNUTLS_E_CERTIFICATE_ERROR) {
        begin_again(connection);
        return;
    }
    gnutls_alert_send_appropriate(connection->session, result);
    if (result != GNUTLS_E_CERTIFICATE_ERROR)
        explain(connection, result);
    go_down(connection, STATUS_REFUSED, connection->text);
}

static void continue_handshake(struct tls_connection *connection)
{
    int result = gnutls_handshake(connection->session);
    if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ||
        (result < 0 && !gnutls_error_is_fatal(result))) {
        watch_for_write(connection, gnutls_record_get_direction(connection->session) == 1);
        return;
    }
    if (result < 0) {
        fail_handshake(connection, result);
        return;
    }
    /* A resumed session brings the certificate of its first handshake; what we trust, and the
     * date, may be others by now. */
    if (is_resumed(connection) && !is_right_server(connection)) {
        begin_again(connection);
        return;
    }
    if (connection->sessions && gnutls_protocol_get_version(connection->session) == GNUTLS_TLS1_2)
        tls_session_store_keep(connection->sessions, connection->session, &connection->to);
    come_up(connection);
}

static void finish_connect(struct tls_connection *connection)
{
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        connect_failure_explain(error, &connection->to, connection->text, sizeof(connection->text));
        go_down(connection, STATUS_CLOSED, connection->text);
        return;
    }
    if (!connection->is_tls) {
        come_up(connection);
        return;
    }
    connection->state = HANDSHAKING;
    continue_handshake(connection);
}

static ssize_t receive_some(struct tls_connection *connection, char *bytes, size_t size)
{
    if (!connection->is_tls) {
        ssize_t count = recv(connection->fd, bytes, size, 0);
        if (count >= 0)
            return count;
        return errno == EAGAIN || errno == EINTR ? GNUTLS_E_AGAIN : GNUTLS_E_PULL_ERROR;
    }
    return gnutls_record_recv(connection->session, bytes, size);
}

/* A renegotiation is not taken up, which a server must bear (RFC 5246 7.4.1.1); tickets and key
 * updates of TLS 1.3 GnuTLS handles itself. */
static bool is_harmless(ssize_t result)
{
    return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ||
           result == GNUTLS_E_REHANDSHAKE || result == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

/* Who does not take our answers is asked for no more questions: they wait in its own socket. */
static bool is_behind(const struct tls_connection *connection)
{
    return connection->queue.length > LIMIT_WRITE_BACKLOG;
}

static void receive(struct tls_connection *connection)
{
    char bytes[READ_BYTES];
    for (int i = 0; i < READS_PER_TURN && connection->state == UP && !is_behind(connection); i++) {
        ssize_t count = receive_some(connection, bytes, sizeof(bytes));
        if (count > 0) {
            connection->events.received(connection->user, slice_make(bytes, (size_t)count));
            /* A TLS record may be left in the library while the socket is quiet (P13b). */
            if (!connection->is_tls && (size_t)count < sizeof(bytes))
                return;
            continue;
        }
        if (count == 0)
            go_down(connection, STATUS_CLOSED, "the server closed the connection");
        else if (!is_harmless(count)) {
            if (connection->is_tls)
                explain(connection, (int)count);
            else
                snprintf(connection->text, sizeof(connection->text), "the connection broke: %s",
                         strerror(errno));
            go_down(connection, STATUS_CLOSED, connection->text);
        }
        return;
    }
}

static ssize_t send_some(struct tls_connection *connection, struct slice bytes)
{
    if (!connection->is_tls) {
        ssize_t count = send(connection->fd, bytes.data, bytes.length, MSG_NOSIGNAL);
        if (count >= 0)
            return count;
        return errno == EAGAIN || errno == EINTR ? GNUTLS_E_AGAIN : GNUTLS_E_PUSH_ERROR;
    }
    return gnutls_record_send(connection->session, bytes.data, bytes.length);
}

/* The server's last word, an alert say, may be there already, and is read before anything is said
 * of the connection: sockets come before the timer. */
static void leave_to_reader(struct tls_connection *connection)
{
    connection->cannot_send = true;
    buffer_consume(&connection->queue, connection->queue.length);
    snprintf(connection->text, sizeof(connection->text), "the connection broke while sending");
    loop_timer_at(connection->timer, clock_now());
}

static void flush(struct tls_connection *connection)
{
    while (connection->queue.length && connection->state == UP) {
        ssize_t count = send_some(connection, buffer_slice(&connection->queue));
        if (count > 0) {
            buffer_consume(&connection->queue, (size_t)count);
            continue;
        }
        if (!is_harmless(count))
            leave_to_reader(connection);
        break;
    }
    if (connection->state != UP)
        return;
    watch_for_write(connection, connection->queue.length > 0);
    loop_watch_pause(connection->readable, is_behind(connection));
}

static void on_readable(void *user)
{
    struct tls_connection *connection = user;
    if (connection->state == HANDSHAKING)
        continue_handshake(connection);
    if (connection->state == UP)
        receive(connection);
}

static void on_writable(void *user)
{
    struct tls_connection *connection = user;
    if (connection->state == CONNECTING)
        finish_connect(connection);
    else if (connection->state == HANDSHAKING)
        continue_handshake(connection);
    else if (connection->state == UP)
        flush(connection);
}

static void on_timer(void *user)
{
    struct tls_connection *connection = user;
    if (connection->text[0]) {
        go_down(connection, connection->cannot_send ? STATUS_CLOSED : STATUS_SYSTEM,
                connection->text);
        return;
    }
    bool has_connected = connection->state == HANDSHAKING;
    connect_failure_explain_silence(has_connected, &connection->to, connection->text,
                                    sizeof(connection->text));
    go_down(connection, has_connected ? STATUS_NEED_MORE : STATUS_TIMED_OUT, connection->text);
}

static bool fail(struct tls_connection *connection, const char *what, const char *why)
{
    snprintf(connection->text, sizeof(connection->text), "%s: %s", what, why);
    return false;
}

/* RFC 6066 3: a name without a final dot, never an address. */
static void set_server_name(const struct tls_connection *connection)
{
    struct slice name = slice_of(connection->tls.name);
    if (is_literal_address(connection->tls.name))
        return;
    if (slice_ends_with(name, slice_of(".")))
        name.length--;
    gnutls_server_name_set(connection->session, GNUTLS_NAME_DNS, name.data, name.length);
}

static void begin_session(struct tls_connection *connection)
{
    gnutls_init(&connection->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_priority_set_direct(connection->session, PRIORITY, NULL);
    gnutls_credentials_set(connection->session, GNUTLS_CRD_CERTIFICATE, connection->credentials);
    gnutls_session_set_ptr(connection->session, connection);
    gnutls_session_set_verify_function(connection->session, on_certificate);
    gnutls_handshake_set_max_packet_length(connection->session, LIMIT_TLS_HANDSHAKE);
    gnutls_handshake_set_hook_function(connection->session, GNUTLS_HANDSHAKE_NEW_SESSION_TICKET,
                                       GNUTLS_HOOK_POST, on_ticket);
    set_server_name(connection);
    gnutls_transport_set_int(connection->session, connection->fd);
    gnutls_handshake_set_timeout(connection->session, 0); /* our own timer counts */
    if (connection->sessions)
        connection->has_offered =
            tls_session_store_offer(connection->sessions, connection->session, &connection->to);
}

static bool open_socket(struct tls_connection *connection, int family)
{
    int yes = 1;
    connection->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        return fail(connection, "no socket", strerror(errno));
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    setsockopt(connection->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    if (connection->user_timeout_ms)
        setsockopt(connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &connection->user_timeout_ms,
                   sizeof(connection->user_timeout_ms));
    return true;
}

static bool begin(struct tls_connection *connection)
{
    struct sockaddr_storage storage;
    socklen_t length = socket_address_write(&connection->to, &storage);
    if (!open_socket(connection, storage.ss_family))
        return false;
    if (connection->is_tls)
        begin_session(connection);
    if (connect(connection->fd, (struct sockaddr *)&storage, length) != 0 && errno != EINPROGRESS) {
        connect_failure_explain(errno, &connection->to, connection->text, sizeof(connection->text));
        return false;
    }
    connection->readable =
        loop_watch_readable(connection->loop, connection->fd, on_readable, connection);
    connection->writable =
        loop_watch_writable(connection->loop, connection->fd, on_writable, connection);
    return true;
}

static bool start(struct tls_connection *connection)
{
    if (connection->is_tls)
        connection->credentials =
            tls_credentials_new(&connection->tls, true, connection->text, sizeof(connection->text));
    return (!connection->is_tls || connection->credentials) && begin(connection);
}

struct tls_connection *tls_connection_new(struct loop *loop,
                                          const struct connection_settings *settings,
                                          const struct connection_events *events, void *user)
{
    struct tls_connection *connection = memory_new(sizeof(*connection));
    connection->loop = loop;
    connection->events = *events;
    connection->user = user;
    connection->is_tls = settings->is_tls;
    connection->arena = arena_new();
    connection->tls = tls_settings_copy(connection->arena, settings->tls);
    connection->has_own = settings->tls->cert_file && settings->tls->cert_file[0];
    connection->sessions = settings->sessions;
    connection->to = settings->to;
    connection->user_timeout_ms = settings->user_timeout_ms;
    connection->fd = -1;
    connection->expires = TIME_NEVER;
    buffer_init(&connection->queue, LIMIT_WRITE_QUEUE);
    connection->timer = loop_timer_new(loop, on_timer, connection);
    bool has_started = start(connection);
    loop_timer_at(connection->timer, clock_now() + (has_started ? settings->connect_ms : 0));
    return connection;
}

void tls_connection_hand_over(struct tls_connection *connection,
                              const struct connection_events *events, void *user)
{
    connection->events = *events;
    connection->user = user;
}

enum status tls_connection_send(struct tls_connection *connection, struct slice bytes)
{
    if (connection->state != UP)
        return STATUS_CLOSED;
    if (connection->cannot_send)
        return STATUS_OK; // lost like what was on its way; `closed` comes in this turn or the next
    if (connection->queue.length + bytes.length > connection->queue.maximum)
        flush(connection);
    buffer_append(&connection->queue, bytes);
    if (buffer_status(&connection->queue) != STATUS_OK) {
        go_down(connection, STATUS_TOO_LARGE, "the server does not take what we send");
        return STATUS_TOO_LARGE;
    }
    flush(connection);
    return STATUS_OK;
}

void tls_connection_local(const struct tls_connection *connection, struct net_address *address)
{
    socket_address_local(connection->fd, address);
}

void tls_connection_remote(const struct tls_connection *connection, struct net_address *address)
{
    socket_address_remote(connection->fd, address);
}

const char *tls_connection_protocol(const struct tls_connection *connection)
{
    if (!connection->is_tls)
        return "TCP";
    return gnutls_protocol_get_name(gnutls_protocol_get_version(connection->session));
}

time_ms tls_connection_expires(const struct tls_connection *connection)
{
    return connection->expires;
}

void tls_connection_free(struct tls_connection *connection)
{
    if (!connection)
        return;
    if (connection->session) {
        if (connection->state == UP)
            gnutls_bye(connection->session, GNUTLS_SHUT_WR);
        gnutls_deinit(connection->session);
    }
    if (connection->credentials)
        gnutls_certificate_free_credentials(connection->credentials);
    loop_watch_free(connection->readable);
    loop_watch_free(connection->writable);
    loop_timer_free(connection->timer);
    if (connection->fd >= 0)
        close(connection->fd);
    buffer_free(&connection->queue);
    arena_free(connection->arena);
    free(connection);
}
