// SPDX-License-Identifier: ISC
#include "io/tls_connection.h"

#include "io/certificate.h"
#include "io/clock.h"
#include "io/socket_address.h"
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

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SAFE_RENEGOTIATION"

enum {
    READ_BYTES = 16 * 1024,
    READS_PER_TURN = 16
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
    char *name;
    bool is_tls;
    bool allow_wildcard;
    int fd;
    enum connection_state state;
    gnutls_certificate_credentials_t credentials;
    gnutls_session_t session;
    struct loop_watch *readable;
    struct loop_watch *writable;
    struct loop_timer *timer; // connect deadline, and the deferred first failure
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
    loop_timer_at(connection->timer, TIME_NEVER);
    watch_for_write(connection, connection->queue.length > 0);
    connection->events.connected(connection->user);
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
        snprintf(connection->text, sizeof(connection->text), "TLS handshake failed: %s",
                 gnutls_strerror(result));
        go_down(connection, STATUS_REFUSED, connection->text);
        return;
    }
    if (!certificate_check(connection->session, connection->name, connection->allow_wildcard,
                           connection->text, sizeof(connection->text))) {
        go_down(connection, STATUS_REFUSED, connection->text);
        return;
    }
    come_up(connection);
}

static void finish_connect(struct tls_connection *connection)
{
    int error = 0;
    socklen_t length = sizeof(error);
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) {
        snprintf(connection->text, sizeof(connection->text), "cannot connect: %s", strerror(error));
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

/* RFC 3261 has no use for renegotiation; TLS 1.3 tickets and key updates GnuTLS handles itself. */
static bool is_harmless(ssize_t result)
{
    return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED ||
           result == GNUTLS_E_REHANDSHAKE || result == GNUTLS_E_WARNING_ALERT_RECEIVED;
}

static void receive(struct tls_connection *connection)
{
    char bytes[READ_BYTES];
    for (int i = 0; i < READS_PER_TURN && connection->state == UP; i++) {
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
            snprintf(connection->text, sizeof(connection->text), "the connection broke: %s",
                     connection->is_tls ? gnutls_strerror((int)count) : strerror(errno));
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

static void flush(struct tls_connection *connection)
{
    while (connection->queue.length && connection->state == UP) {
        ssize_t count = send_some(connection, buffer_slice(&connection->queue));
        if (count > 0) {
            buffer_consume(&connection->queue, (size_t)count);
            continue;
        }
        if (!is_harmless(count)) {
            go_down(connection, STATUS_CLOSED, "the connection broke while sending");
            return;
        }
        break;
    }
    if (connection->state == UP)
        watch_for_write(connection, connection->queue.length > 0);
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
    if (connection->text[0])
        go_down(connection, STATUS_SYSTEM, connection->text);
    else
        go_down(connection, STATUS_TIMED_OUT, "the server did not answer in time");
}

static bool fail(struct tls_connection *connection, const char *what, const char *why)
{
    snprintf(connection->text, sizeof(connection->text), "%s: %s", what, why);
    return false;
}

static bool load_trust(struct tls_connection *connection, const char *ca_file)
{
    bool is_own = ca_file && ca_file[0];
    int count = is_own ? gnutls_certificate_set_x509_trust_file(connection->credentials, ca_file,
                                                                GNUTLS_X509_FMT_PEM)
                       : gnutls_certificate_set_x509_system_trust(connection->credentials);
    if (count < 0)
        return fail(connection, is_own ? "tls.ca_file cannot be read" : "no system trust store",
                    gnutls_strerror(count));
    if (count == 0 && is_own)
        return fail(connection, "tls.ca_file", "no certificate in it");
    return true;
}

static bool load_own(struct tls_connection *connection, const struct connection_settings *settings)
{
    if (!settings->cert_file || !settings->cert_file[0])
        return true;
    int result = gnutls_certificate_set_x509_key_file(connection->credentials, settings->cert_file,
                                                      settings->key_file, GNUTLS_X509_FMT_PEM);
    return result >= 0 ||
           fail(connection, "tls.cert_file or tls.key_file", gnutls_strerror(result));
}

bool tls_connection_check_files(const struct connection_settings *settings, char *text, size_t size)
{
    struct tls_connection trial = { .fd = -1 };
    bool is_own = settings->ca_file && settings->ca_file[0];
    gnutls_certificate_allocate_credentials(&trial.credentials);
    bool is_fine = (!is_own || load_trust(&trial, settings->ca_file)) && load_own(&trial, settings);
    gnutls_certificate_free_credentials(trial.credentials);
    if (!is_fine)
        snprintf(text, size, "%s", trial.text);
    return is_fine;
}

static bool start_tls(struct tls_connection *connection, const struct connection_settings *settings)
{
    gnutls_certificate_allocate_credentials(&connection->credentials);
    if (!load_trust(connection, settings->ca_file) || !load_own(connection, settings))
        return false;
    gnutls_init(&connection->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    gnutls_priority_set_direct(connection->session, PRIORITY, NULL);
    gnutls_credentials_set(connection->session, GNUTLS_CRD_CERTIFICATE, connection->credentials);
    if (!is_literal_address(connection->name))
        gnutls_server_name_set(connection->session, GNUTLS_NAME_DNS, connection->name,
                               strlen(connection->name));
    gnutls_transport_set_int(connection->session, connection->fd);
    gnutls_handshake_set_timeout(connection->session, 0); /* our own timer counts */
    return true;
}

static bool start(struct tls_connection *connection, const struct connection_settings *settings)
{
    struct sockaddr_storage storage;
    socklen_t length = socket_address_write(&settings->to, &storage);
    int yes = 1;
    connection->fd = socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (connection->fd < 0)
        return fail(connection, "no socket", strerror(errno));
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    setsockopt(connection->fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof(yes));
    if (settings->user_timeout_ms)
        setsockopt(connection->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &settings->user_timeout_ms,
                   sizeof(settings->user_timeout_ms));
    if (connection->is_tls && !start_tls(connection, settings))
        return false;
    if (connect(connection->fd, (struct sockaddr *)&storage, length) != 0 && errno != EINPROGRESS)
        return fail(connection, "cannot connect", strerror(errno));
    connection->readable =
        loop_watch_readable(connection->loop, connection->fd, on_readable, connection);
    connection->writable =
        loop_watch_writable(connection->loop, connection->fd, on_writable, connection);
    return true;
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
    connection->allow_wildcard = settings->allow_wildcard;
    connection->name = memory_copy_text(settings->name);
    connection->fd = -1;
    buffer_init(&connection->queue, LIMIT_WRITE_QUEUE);
    connection->timer = loop_timer_new(loop, on_timer, connection);
    bool has_started = start(connection, settings);
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
    free(connection->name);
    free(connection);
}
