// SPDX-License-Identifier: ISC
#include "io/pipe_stream.h"

#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    READ_BYTES = 4096
};

struct pipe_reader {
    int fd;
    struct loop_watch *watch;
    pipe_received *received;
    void *user;
};

bool pipe_open(int fds[2], int size_bytes)
{
    if (pipe2(fds, O_CLOEXEC) != 0)
        return false;
    if (size_bytes)
        fcntl(fds[0], F_SETPIPE_SZ, size_bytes);
    return true;
}

void pipe_set_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

static void on_readable(void *user)
{
    struct pipe_reader *reader = user;
    char bytes[READ_BYTES];
    ssize_t count = read(reader->fd, bytes, sizeof(bytes));
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0)
        loop_watch_pause(reader->watch, true);
    reader->received(reader->user, slice_make(bytes, count > 0 ? (size_t)count : 0));
}

struct pipe_reader *pipe_reader_new(struct loop *loop, int fd, pipe_received *received, void *user)
{
    struct pipe_reader *reader = memory_new(sizeof(*reader));
    pipe_set_nonblocking(fd);
    reader->fd = fd;
    reader->received = received;
    reader->user = user;
    reader->watch = loop_watch_readable(loop, fd, on_readable, reader);
    return reader;
}

void pipe_reader_drain(struct pipe_reader *reader, size_t maximum)
{
    char bytes[READ_BYTES];
    size_t total = 0;
    ssize_t count;
    while (total < maximum && (count = read(reader->fd, bytes, sizeof(bytes))) > 0) {
        total += (size_t)count;
        reader->received(reader->user, slice_make(bytes, (size_t)count));
    }
}

void pipe_reader_free(struct pipe_reader *reader)
{
    if (!reader)
        return;
    loop_watch_free(reader->watch);
    close(reader->fd);
    free(reader);
}

bool pipe_has_no_writer(int fd)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    return poll(&poll_fd, 1, 0) == 1 && (poll_fd.revents & POLLHUP);
}

size_t pipe_bytes_in(int fd)
{
    int count;
    return ioctl(fd, FIONREAD, &count) == 0 && count > 0 ? (size_t)count : 0;
}

bool pipe_write_frame(int fd, const void *frame, size_t size)
{
    return write(fd, frame, size) == (ssize_t)size;
}
