// SPDX-License-Identifier: ISC
#include "ctl/sound_reader.h"

#include "ctl/sound_source.h"
#include "ctl/verbs.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    READY_BYTES = 32 * 1024 // that it may be ahead
};

struct sound_reader {
    pid_t child;
    int fd;
    bool has_ended;
};

/* What the child is told by being a copy of us. */
struct files {
    char *const *names; // NULL: the beep
    int count;
    uint32_t raw_rate;
    bool is_raw_said;
};

static void give(int fd, const struct sound_piece *piece)
{
    size_t size = offsetof(struct sound_piece, samples) + piece->count * sizeof(*piece->samples);
    if (send(fd, piece, size, MSG_NOSIGNAL) != (ssize_t)size)
        _exit(EXIT_DONE); /* nobody wants it any more */
}

static void read_source(int fd, struct sound_source *source)
{
    struct sound_piece piece = { .rate = sound_source_rate(source) };
    size_t count;
    while (sound_source_read(source, piece.samples, SOUND_PIECE_SAMPLES, &count)) {
        piece.count = (uint32_t)count;
        if (count)
            give(fd, &piece);
    }
    piece.count = 0;
    give(fd, &piece);
}

static struct sound_source **open_sources(const struct files *files)
{
    struct sound_source **sources = memory_new((size_t)files->count * sizeof(*sources));
    for (int i = 0; i < files->count; i++) {
        sources[i] = files->names
                         ? sound_source_open(files->names[i], files->raw_rate, files->is_raw_said)
                         : sound_source_beep();
        if (!sources[i])
            _exit(EXIT_USAGE);
    }
    return sources;
}

static void read_all(int fd, const struct files *files)
{
    struct sound_source **sources = open_sources(files);
    struct sound_piece opened = { .rate = sound_source_rate(sources[0]) };
    for (int i = 1; i < files->count; i++)
        if (sound_source_rate(sources[i]) != opened.rate)
            opened.rate = 0;
    give(fd, &opened);
    for (int i = 0; i < files->count; i++)
        read_source(fd, sources[i]);
    _exit(EXIT_DONE);
}

/* It must not keep alive what we hold: the connection is the call's owner, and whoever reads our
 * standard output waits for its end. */
static int keep_only(int fd)
{
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nothing >= 0)
        (void)dup2(nothing, STDOUT_FILENO);
    if (dup2(fd, STDERR_FILENO + 1) < 0)
        _exit(EXIT_USAGE);
    (void)close_range(STDERR_FILENO + 2, ~0u, 0);
    return STDERR_FILENO + 1;
}

static struct sound_reader *start(const struct files *files)
{
    int fds[2];
    int size = READY_BYTES;
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
        perror("offhookctl: no child process");
        return NULL;
    }
    (void)setsockopt(fds[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(EXIT_DONE);
        read_all(keep_only(fds[1]), files);
    }
    close(fds[1]);
    if (child < 0) {
        perror("offhookctl: no child process");
        close(fds[0]);
        return NULL;
    }
    struct sound_reader *reader = memory_new(sizeof(*reader));
    *reader = (struct sound_reader){ .child = child, .fd = fds[0] };
    return reader;
}

struct sound_reader *sound_reader_new(char *const *names, int count, uint32_t raw_rate,
                                      bool is_raw_said)
{
    return start(&(struct files){ names, count, raw_rate, is_raw_said });
}

struct sound_reader *sound_reader_beep(void)
{
    return start(&(struct files){ .count = 1 });
}

int sound_reader_descriptor(const struct sound_reader *reader)
{
    return reader->fd;
}

/* A library that falls over a broken file must not look like the end of it. */
static enum sound_reader_result end(struct sound_reader *reader)
{
    int status = 0;
    while (waitpid(reader->child, &status, 0) < 0 && errno == EINTR)
        ;
    reader->has_ended = true;
    if (WIFEXITED(status))
        return WEXITSTATUS(status) == EXIT_DONE ? SOUND_READER_END : SOUND_READER_FAILED;
    fprintf(stderr, "offhookctl: the sound cannot be read: %s\n", strsignal(WTERMSIG(status)));
    return SOUND_READER_FAILED;
}

enum sound_reader_result sound_reader_take(struct sound_reader *reader, struct sound_piece *piece)
{
    ssize_t count;
    do
        count = recv(reader->fd, piece, sizeof(*piece), MSG_DONTWAIT);
    while (count < 0 && errno == EINTR);
    if (count > 0)
        return SOUND_READER_PIECE;
    return count < 0 && errno == EAGAIN ? SOUND_READER_WAITS : end(reader);
}

/* Not waited for: a disk that does not answer would keep us, too. */
void sound_reader_free(struct sound_reader *reader)
{
    if (!reader)
        return;
    if (!reader->has_ended) {
        (void)kill(reader->child, SIGKILL);
        (void)waitpid(reader->child, NULL, WNOHANG);
    }
    close(reader->fd);
    free(reader);
}
