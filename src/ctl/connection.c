// SPDX-License-Identifier: ISC
#include "ctl/connection.h"

#include "util/memory.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

struct connection {
    FILE *stream;
    char *line;
    size_t size;
    double deadline; // of the monotonic clock, in seconds
    bool has_timed_out;
};

static const char *advice(int error)
{
    switch (error) {
    case ENOENT:
    case ECONNREFUSED:
        return "offhookd is not running there";
    case EACCES:
    case EPERM:
        return "you may not: become root or join the group offhook";
    default:
        return strerror(error);
    }
}

struct connection *connection_open(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *variable = getenv("OFFHOOK_SOCKET");
    if (variable && variable[0])
        path = variable;
    if (strlen(path) >= sizeof(address.sun_path)) {
        fprintf(stderr, "offhookctl: %s: too long for a socket\n", path);
        return NULL;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        fprintf(stderr, "offhookctl: %s: %s\n", path, advice(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct connection *connection = memory_new(sizeof(*connection));
    connection->stream = fdopen(fd, "r+");
    if (!connection->stream)
        abort();
    connection->deadline = INFINITY;
    setenv("OFFHOOK_SOCKET", path, 1); /* of programs that we run */
    return connection;
}

/* In a hook: its own call, and the right to it. Who names another call has the socket's. */
static const char *token_for(const char *call)
{
    const char *own = getenv("OFFHOOK_CALL");
    const char *token = getenv("OFFHOOK_TOKEN");
    return token && token[0] && (!own || strcmp(own, call) == 0) ? token : NULL;
}

/* A daemon that has closed the connection may have said why before. */
static bool read_only(struct connection *connection)
{
    int fd = dup(fileno(connection->stream));
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (!stream)
        return false;
    fclose(connection->stream);
    connection->stream = stream;
    return true;
}

bool connection_send(struct connection *connection, const char *command, const char *call,
                     const char *args)
{
    json_t *object = json_pack("{s:i,s:s}", "id", 1, "cmd", command);
    if (call)
        json_object_set_new(object, "call", json_string(call));
    if (call && token_for(call))
        json_object_set_new(object, "token", json_string(token_for(call)));
    if (args && args[0])
        json_object_set_new(object, "args", json_string(args));
    bool is_sent = json_dumpf(object, connection->stream, JSON_COMPACT) == 0 &&
                   fputc('\n', connection->stream) != EOF && fflush(connection->stream) == 0;
    json_decref(object);
    return is_sent || read_only(connection);
}

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void connection_limit(struct connection *connection, double seconds)
{
    connection->deadline = monotonic() + seconds;
    connection->has_timed_out = false;
    clearerr(connection->stream);
}

bool connection_has_timed_out(const struct connection *connection)
{
    return connection->has_timed_out;
}

/* False when the time is over. The read that follows gives up then. */
static bool arm(struct connection *connection)
{
    double left = connection->deadline - monotonic();
    if (!isfinite(left))
        return true;
    struct timeval limit = { .tv_sec = (time_t)left };
    limit.tv_usec = (suseconds_t)((left - (double)limit.tv_sec) * 1e6) + 1;
    if (left <= 0)
        return false;
    setsockopt(fileno(connection->stream), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    return true;
}

json_t *connection_receive(struct connection *connection)
{
    json_error_t error;
    if (!arm(connection)) {
        connection->has_timed_out = true;
        return NULL;
    }
    ssize_t length = getline(&connection->line, &connection->size, connection->stream);
    if (length <= 0) {
        connection->has_timed_out = ferror(connection->stream) && errno == EAGAIN;
        return NULL;
    }
    return json_loadb(connection->line, (size_t)length, 0, &error);
}

static bool says(const json_t *event, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(event, key));
    return text && strcmp(text, value) == 0;
}

bool connection_is_event(const json_t *event, const char *name, const char *call)
{
    return says(event, "event", name) && (!call || says(event, "call", call));
}

void connection_close(struct connection *connection)
{
    if (!connection)
        return;
    fclose(connection->stream);
    free(connection->line);
    free(connection);
}
