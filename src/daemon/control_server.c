// SPDX-License-Identifier: ISC
#include "daemon/control_server.h"

#include "daemon/audio_pipes.h"
#include "io/clock.h"
#include "io/unix_listener.h"
#include "util/limits.h"
#include "util/list.h"
#include "util/log.h"
#include "util/memory.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    LOOK_MS = 5000, // whether the socket is still there
    FULL_SAID_MS = 60000,
    PIPES_MAX = 2
};

struct connection {
    struct list_link link;
    struct list_link gone; // server->gone, once is_gone
    struct control_server *server;
    struct unix_connection *socket;
    uint32_t client;
    bool is_gone;
    int pipes[PIPES_MAX];
    size_t pipe_count;
};

struct control_server {
    struct loop *loop;
    struct desk *desk;
    char *path;
    struct unix_listener *listener;
    time_ms look_at; // whether its socket is still there
    bool is_missing; // which has been said
    struct list connections;
    struct list gone;
    time_ms full_said_at; // when a refusal was logged last
};

static void on_received(void *user, struct slice bytes)
{
    const struct connection *connection = user;
    desk_receive(connection->server->desk, connection->client, bytes);
}

static void on_closed(void *user)
{
    struct connection *connection = user;
    if (!connection->is_gone)
        list_append(&connection->server->gone, &connection->gone);
    connection->is_gone = true;
}

/* Once a minute in the log, however often somebody tries. */
static void refuse_client(struct control_server *server, int fd)
{
    struct buffer line;
    time_ms now = clock_now();
    buffer_init(&line, LIMIT_CONTROL_LINE);
    desk_write_full(&line);
    (void)!write(fd, line.data, line.length); /* to a client that waits for an answer */
    buffer_free(&line);
    if (now - server->full_said_at >= FULL_SAID_MS) {
        LOG(NOTICE, "control client refused: too many are connected");
        server->full_said_at = now;
    }
    close(fd);
}

static void on_accepted(void *user, int fd)
{
    static const struct unix_events events = { on_received, on_closed };
    struct control_server *server = user;
    uint32_t client = desk_come(server->desk, clock_now(), unix_peer_is_in_charge(fd));
    if (!client) {
        refuse_client(server, fd);
        return;
    }
    struct connection *connection = memory_new(sizeof(*connection));
    connection->server = server;
    connection->client = client;
    connection->socket = unix_connection_new(server->loop, fd, &events, connection);
    list_append(&server->connections, &connection->link);
}

enum status control_server_new(struct loop *loop, const char *path, struct desk *desk,
                               struct control_server **server, char *text, size_t size)
{
    struct control_server *made = memory_new(sizeof(*made));
    made->loop = loop;
    made->desk = desk;
    made->path = memory_copy_text(path);
    made->full_said_at = -FULL_SAID_MS;
    list_init(&made->connections);
    list_init(&made->gone);
    enum status status =
        unix_listener_new(loop, path, "offhook", on_accepted, made, &made->listener, text, size);
    if (status != STATUS_OK) {
        free(made->path);
        free(made);
        return status;
    }
    *server = made;
    return STATUS_OK;
}

void control_server_watch_socket(struct control_server *server, time_ms now)
{
    char why[512] = "";
    struct unix_listener *next;
    if (now < server->look_at)
        return;
    server->look_at = now + LOOK_MS;
    if (unix_listener_is_there(server->listener))
        return;
    if (unix_listener_new(server->loop, server->path, "offhook", on_accepted, server, &next, why,
                          sizeof(why)) != STATUS_OK) {
        if (!server->is_missing)
            LOG(ERROR, "the control socket has vanished and cannot be made again: restart me",
                TEXT("path", server->path), TEXT("why", why));
        server->is_missing = true;
        return;
    }
    unix_listener_free(server->listener);
    server->listener = next;
    server->is_missing = false;
    LOG(WARNING, "the control socket had vanished; it has been made again",
        TEXT("path", server->path));
}

time_ms control_server_deadline(const struct control_server *server)
{
    return server->look_at;
}

/* At most LIMIT_CONTROL_CLIENTS, and those kept. */
static struct connection *find(const struct control_server *server, uint32_t client)
{
    list_for_each(link, &server->connections) {
        struct connection *connection = list_entry(link, struct connection, link);
        if (connection->client == client)
            return connection;
    }
    return NULL;
}

size_t control_server_hold(struct control_server *server, uint32_t client,
                           const struct audio_ends *ends)
{
    struct connection *connection = find(server, client);
    const int given[PIPES_MAX] = { ends->heard, ends->said };
    size_t count = 0;
    for (size_t i = 0; i < PIPES_MAX; i++) {
        if (given[i] < 0)
            continue;
        if (connection)
            connection->pipes[count++] = given[i];
        else
            close(given[i]);
    }
    if (connection)
        connection->pipe_count = count;
    return count;
}

void control_server_carry_out(struct control_server *server, const struct desk_output *output)
{
    struct connection *connection = find(server, output->client);
    const char *why = output->text;
    if (!connection)
        return;
    if (output->kind == DESK_SEND) {
        size_t count = output->has_pipes ? connection->pipe_count : 0;
        if (unix_connection_pass(connection->socket, output->bytes, connection->pipes, count) !=
            STATUS_REFUSED)
            return;
        why = "it does not read what it is sent";
    }
    if (why)
        LOG(NOTICE, "control client dropped: it does not read what it is sent");
    on_closed(connection);
}

static void connection_free(struct connection *connection)
{
    list_remove(&connection->server->connections, &connection->link);
    unix_connection_free(connection->socket);
    free(connection);
}

bool control_server_sweep(struct control_server *server, time_ms now)
{
    struct list_link *link;
    bool was_there = !list_is_empty(&server->gone);
    while ((link = list_take_first(&server->gone))) {
        struct connection *connection = list_entry(link, struct connection, gone);
        desk_leave(server->desk, now, connection->client);
        connection_free(connection);
    }
    return was_there;
}

void control_server_free(struct control_server *server)
{
    if (!server)
        return;
    while (!list_is_empty(&server->connections))
        connection_free(list_entry(list_first(&server->connections), struct connection, link));
    unix_listener_free(server->listener);
    free(server->path);
    free(server);
}
