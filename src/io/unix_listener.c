// SPDX-License-Identifier: ISC
#include "io/unix_listener.h"

#include "util/buffer.h"
#include "util/limits.h"
#include "util/memory.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    BACKLOG = LIMIT_CONTROL_CLIENTS + LIMIT_CONTROL_KEPT,
    READ_BYTES = 16 * 1024,
    DESCRIPTORS_MAX = 2, // with one message
    PASSINGS_MAX = 8     // that wait
};

struct unix_listener {
    int fd;
    char *path;
    dev_t device;
    ino_t inode;
    struct loop_watch *watch;
    unix_accepted *accepted;
    void *user;
};

/* Descriptors, and how many bytes are to be sent before them. */
struct passing {
    size_t after;
    int fds[DESCRIPTORS_MAX];
    size_t count;
};

struct unix_connection {
    int fd;
    struct loop_watch *readable;
    struct loop_watch *writable;
    struct unix_events events;
    void *user;
    struct buffer queue;
    struct passing passings[PASSINGS_MAX]; // the first is sent first
    size_t passing_count;
    bool is_closed;
};

/* One a turn, so that those who have gone again are noticed before more are counted. */
static void on_accept(void *user)
{
    struct unix_listener *listener = user;
    int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0)
        listener->accepted(listener->user, fd);
}

static bool somebody_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_alive = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
    if (fd >= 0)
        close(fd);
    return is_alive;
}

static void set_owner(const char *path, const char *group_name)
{
    const struct group *group = group_name ? getgrnam(group_name) : NULL;
    struct stat info;
    /* A strict unit may not chown, and need not: its Group= is the socket's already. */
    bool is_shared = group && ((stat(path, &info) == 0 && info.st_gid == group->gr_gid) ||
                               chown(path, (uid_t)-1, group->gr_gid) == 0);
    chmod(path, is_shared ? 0660 : 0600);
}

static bool bind_to(int fd, const struct sockaddr_un *address)
{
    struct stat info;
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return true;
    if (errno != EADDRINUSE || stat(address->sun_path, &info) != 0 || !S_ISSOCK(info.st_mode))
        return false;
    if (somebody_listens(address)) {
        errno = EADDRINUSE;
        return false;
    }
    unlink(address->sun_path);
    return bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;
}

enum status unix_listener_new(struct loop *loop, const char *path, const char *group,
                              unix_accepted *accepted, void *user, struct unix_listener **listener,
                              char *text, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct stat info;
    if (strlen(path) >= sizeof(address.sun_path)) {
        snprintf(text, size, "control.socket: %s is longer than a socket path may be", path);
        return STATUS_TOO_LARGE;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    mode_t mask = umask(0177);
    bool is_bound = fd >= 0 && bind_to(fd, &address);
    int error = errno;
    umask(mask);
    if (!is_bound || listen(fd, BACKLOG) != 0) {
        snprintf(text, size, "control.socket: cannot listen at %s: %s", path,
                 error == EADDRINUSE ? "another offhookd is running there" : strerror(error));
        if (fd >= 0)
            close(fd);
        return error == EADDRINUSE ? STATUS_REFUSED : STATUS_SYSTEM;
    }
    set_owner(path, group);
    struct unix_listener *opened = memory_new(sizeof(*opened));
    opened->fd = fd;
    opened->path = memory_copy_text(path);
    if (lstat(path, &info) == 0) {
        opened->device = info.st_dev;
        opened->inode = info.st_ino;
    }
    opened->accepted = accepted;
    opened->user = user;
    opened->watch = loop_watch_readable(loop, fd, on_accept, opened);
    *listener = opened;
    return STATUS_OK;
}

bool unix_listener_is_there(const struct unix_listener *listener)
{
    struct stat info;
    return lstat(listener->path, &info) == 0 && info.st_dev == listener->device &&
           info.st_ino == listener->inode;
}

void unix_listener_free(struct unix_listener *listener)
{
    if (!listener)
        return;
    loop_watch_free(listener->watch);
    close(listener->fd);
    if (unix_listener_is_there(listener))
        unlink(listener->path);
    free(listener->path);
    free(listener);
}

bool unix_peer_is_in_charge(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}

static void close_once(struct unix_connection *connection)
{
    if (connection->is_closed)
        return;
    connection->is_closed = true;
    loop_watch_pause(connection->readable, true);
    loop_watch_pause(connection->writable, true);
    connection->events.closed(connection->user);
}

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        close(fds[i]);
}

/* The bytes up to the next descriptors, or those that descriptors go with. */
static ssize_t send_some(struct unix_connection *connection)
{
    struct slice bytes = buffer_slice(&connection->queue);
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int) * DESCRIPTORS_MAX)];
    } control = { .bytes = { 0 } };
    struct passing *passing = connection->passing_count ? &connection->passings[0] : NULL;
    if (passing && passing->after)
        bytes = slice_first(bytes, passing->after);
    struct iovec part = { .iov_base = (char *)bytes.data, .iov_len = bytes.length };
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (passing && !passing->after) {
        message.msg_control = control.bytes;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * passing->count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * passing->count);
        memcpy(CMSG_DATA(&control.header), passing->fds, sizeof(int) * passing->count);
        part.iov_len = 1; /* behind the next descriptors it would be too late for them */
    }
    return sendmsg(connection->fd, &message, MSG_NOSIGNAL);
}

static void have_sent(struct unix_connection *connection, size_t count)
{
    struct passing *first = &connection->passings[0];
    buffer_consume(&connection->queue, count);
    if (connection->passing_count && !first->after) {
        close_all(first->fds, first->count);
        connection->passing_count--;
        memmove(first, first + 1, connection->passing_count * sizeof(*first));
    }
    for (size_t i = 0; i < connection->passing_count; i++)
        connection->passings[i].after -= count;
}

static void flush(struct unix_connection *connection)
{
    while (connection->queue.length) {
        ssize_t count = send_some(connection);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            close_once(connection);
            return;
        }
        if (count <= 0)
            break;
        have_sent(connection, (size_t)count);
    }
    loop_watch_pause(connection->writable, connection->queue.length == 0);
}

static void on_readable(void *user)
{
    struct unix_connection *connection = user;
    char bytes[READ_BYTES];
    ssize_t count = recv(connection->fd, bytes, sizeof(bytes), 0);
    if (count > 0)
        connection->events.received(connection->user, slice_make(bytes, (size_t)count));
    else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        close_once(connection);
}

static void on_writable(void *user)
{
    flush(user);
}

struct unix_connection *unix_connection_new(struct loop *loop, int fd,
                                            const struct unix_events *events, void *user)
{
    struct unix_connection *connection = memory_new(sizeof(*connection));
    connection->fd = fd;
    connection->events = *events;
    connection->user = user;
    buffer_init(&connection->queue, LIMIT_CONTROL_BACKLOG);
    connection->readable = loop_watch_readable(loop, fd, on_readable, connection);
    connection->writable = loop_watch_writable(loop, fd, on_writable, connection);
    loop_watch_pause(connection->writable, true);
    return connection;
}

enum status unix_connection_pass(struct unix_connection *connection, struct slice bytes,
                                 const int *fds, size_t count)
{
    bool is_lost = count && (connection->passing_count == PASSINGS_MAX || slice_is_empty(bytes));
    if (connection->is_closed || is_lost) {
        close_all(fds, count);
        return connection->is_closed ? STATUS_CLOSED : STATUS_REFUSED;
    }
    if (count) {
        struct passing *passing = &connection->passings[connection->passing_count++];
        *passing = (struct passing){ .after = connection->queue.length, .count = count };
        memcpy(passing->fds, fds, count * sizeof(*fds));
    }
    buffer_append(&connection->queue, bytes);
    if (buffer_status(&connection->queue) != STATUS_OK)
        return STATUS_REFUSED;
    flush(connection);
    return STATUS_OK;
}

void unix_connection_free(struct unix_connection *connection)
{
    if (!connection)
        return;
    loop_watch_free(connection->readable);
    loop_watch_free(connection->writable);
    close(connection->fd);
    for (size_t i = 0; i < connection->passing_count; i++)
        close_all(connection->passings[i].fds, connection->passings[i].count);
    buffer_free(&connection->queue);
    free(connection);
}
