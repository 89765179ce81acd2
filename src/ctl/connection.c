// SPDX-License-Identifier: ISC
#include "ctl/connection.h"

#include "util/memory.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    READ_BYTES = 16384,
    WAIT_S = 1000,      // at a time
    DESCRIPTORS_MAX = 4 // that wait to be taken
};

struct connection {
    int fd;
    char *data; // received, from the first byte of a line on
    size_t length;
    size_t size;
    int descriptors[DESCRIPTORS_MAX];
    size_t descriptor_count;
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
    connection->fd = fd;
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

/* True also when the daemon has closed the connection: it may have said why before, which is still
 * to be received. */
static bool send_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t sent = send(fd, data, length, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return errno == EPIPE;
        data += sent;
        length -= (size_t)sent;
    }
    return true;
}

bool connection_send_with(struct connection *connection, const char *command, const char *call,
                          const char *args, json_t *keys)
{
    json_t *object = json_pack("{s:i,s:s}", "id", 1, "cmd", command);
    if (call)
        json_object_set_new(object, "call", json_string(call));
    if (call && token_for(call))
        json_object_set_new(object, "token", json_string(token_for(call)));
    if (args && args[0])
        json_object_set_new(object, "args", json_string(args));
    if (keys)
        json_object_update(object, keys);
    json_decref(keys);
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    bool is_sent =
        text && send_all(connection->fd, text, strlen(text)) && send_all(connection->fd, "\n", 1);
    free(text);
    return is_sent;
}

bool connection_send(struct connection *connection, const char *command, const char *call,
                     const char *args)
{
    return connection_send_with(connection, command, call, args, NULL);
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
}

bool connection_has_timed_out(const struct connection *connection)
{
    return connection->has_timed_out;
}

/* False when the time is over first. */
static bool wait_for_data(struct connection *connection)
{
    struct pollfd poll_fd = { .fd = connection->fd, .events = POLLIN };
    for (;;) {
        double left = connection->deadline - monotonic();
        int wait_ms = -1;
        if (isfinite(left))
            wait_ms = left <= 0 ? 0 : left < WAIT_S ? (int)(left * 1000 + 1) : WAIT_S * 1000;
        int count = poll(&poll_fd, 1, wait_ms);
        if (count > 0)
            return true;
        if (count == 0 && left <= 0)
            return false;
    }
}

static void keep_descriptors(struct connection *connection, struct msghdr *message)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + i * sizeof(fd), sizeof(fd));
            if (connection->descriptor_count < DESCRIPTORS_MAX)
                connection->descriptors[connection->descriptor_count++] = fd;
            else
                close(fd);
        }
    }
}

/* Descriptors come with the bytes of a line; read(2) would lose them. */
static bool read_more(struct connection *connection)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
    } control;
    if (connection->size - connection->length < READ_BYTES) {
        connection->size = connection->length + 2 * READ_BYTES;
        connection->data = memory_resize(connection->data, connection->size);
    }
    struct iovec bytes = { connection->data + connection->length,
                           connection->size - connection->length };
    struct msghdr message = { .msg_iov = &bytes,
                              .msg_iovlen = 1,
                              .msg_control = control.space,
                              .msg_controllen = sizeof(control.space) };
    ssize_t count;
    do
        count = recvmsg(connection->fd, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    if (count <= 0)
        return false;
    keep_descriptors(connection, &message);
    connection->length += (size_t)count;
    return true;
}

static json_t *take_line(struct connection *connection, size_t length)
{
    json_error_t error;
    json_t *object = json_loadb(connection->data, length, JSON_ALLOW_NUL, &error);
    connection->length -= length + 1;
    memmove(connection->data, connection->data + length + 1, connection->length);
    return object;
}

json_t *connection_receive(struct connection *connection)
{
    size_t searched = 0;
    for (;;) {
        const char *end = connection->length == searched ? NULL
                                                         : memchr(connection->data + searched, '\n',
                                                                  connection->length - searched);
        if (end)
            return take_line(connection, (size_t)(end - connection->data));
        searched = connection->length;
        connection->has_timed_out = !wait_for_data(connection);
        if (connection->has_timed_out || !read_more(connection))
            return NULL;
    }
}

int connection_take_descriptor(struct connection *connection)
{
    if (!connection->descriptor_count)
        return -1;
    int fd = connection->descriptors[0];
    connection->descriptor_count--;
    memmove(connection->descriptors, connection->descriptors + 1,
            connection->descriptor_count * sizeof(fd));
    return fd;
}

int connection_descriptor(const struct connection *connection)
{
    return connection->fd;
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
    for (size_t i = 0; i < connection->descriptor_count; i++)
        close(connection->descriptors[i]);
    close(connection->fd);
    free(connection->data);
    free(connection);
}
