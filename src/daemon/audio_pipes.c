// SPDX-License-Identifier: ISC
#include "daemon/audio_pipes.h"

#include "io/pipe_stream.h"
#include "util/limits.h"
#include "util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    PIPE_MS = 128,                  // that a pipe holds, where a page does not hold more
    PAGE_BYTES = 4096,              // the least a pipe can be
    PIPES_MAX = LIMIT_LISTENERS + 4 // two who speak, and two who are being replaced
};

struct audio_pipe {
    uint32_t number; // 0: there is none
    int fd;
};

struct audio_pipes {
    struct audio_pipe pipes[PIPES_MAX];
};

/* Pipes take whole pages, a power of two of them. */
static int pipe_bytes(uint32_t rate)
{
    int bytes = PAGE_BYTES;
    while ((uint32_t)bytes * 2 <= rate / 1000 * PIPE_MS * sizeof(int16_t))
        bytes *= 2;
    return bytes;
}

struct audio_pipes *audio_pipes_new(void)
{
    return memory_new(sizeof(struct audio_pipes));
}

static struct audio_pipe *find(struct audio_pipes *pipes, uint32_t number)
{
    for (size_t i = 0; i < PIPES_MAX; i++)
        if (pipes->pipes[i].number == number)
            return &pipes->pipes[i];
    return NULL;
}

static void keep(struct audio_pipes *pipes, uint32_t number, int fd)
{
    pipe_set_nonblocking(fd);
    *find(pipes, 0) = (struct audio_pipe){ .number = number, .fd = fd };
}

static void close_ends(struct audio_ends *ends, int own_heard)
{
    if (ends->heard >= 0)
        close(ends->heard);
    if (own_heard >= 0)
        close(own_heard);
    ends->heard = -1;
}

enum status audio_pipes_attach(struct audio_pipes *pipes, struct call_audio *audio,
                               const struct audio_request *request, struct audio_ends *ends,
                               const char **why)
{
    int heard[2] = { -1, -1 };
    int said[2] = { -1, -1 };
    *ends = (struct audio_ends){ .heard = -1, .said = -1 };
    audio_pipes_look(pipes, audio);
    enum status status = call_audio_may_attach(audio, request, why);
    if (status != STATUS_OK)
        return status;
    *why = "no descriptors are left";
    if (request->listens && !pipe_open(heard, pipe_bytes(request->rate)))
        return STATUS_SYSTEM;
    ends->heard = heard[0];
    if (request->speaks && !pipe_open(said, pipe_bytes(request->rate))) {
        close_ends(ends, heard[1]);
        return STATUS_SYSTEM;
    }
    ends->said = said[1];
    struct audio_places places = call_audio_attach(audio, request);
    if (places.listener)
        keep(pipes, places.listener, heard[1]);
    if (places.speaker)
        keep(pipes, places.speaker, said[0]);
    return STATUS_OK;
}

void audio_pipes_look(struct audio_pipes *pipes, struct call_audio *audio)
{
    uint32_t number;
    for (unsigned i = 0; (number = call_audio_speaker(audio, i)) != 0; i++) {
        int fd = find(pipes, number)->fd;
        call_audio_look(audio, number, pipe_bytes_in(fd), !pipe_has_no_writer(fd));
    }
    number = call_audio_answering_listener(audio);
    if (number)
        call_audio_look_unread(audio, pipe_bytes_in(find(pipes, number)->fd));
}

static void read_wanted(const struct audio_pipe *pipe, struct call_audio *audio)
{
    char bytes[PAGE_BYTES];
    size_t wanted;
    while ((wanted = call_audio_wants(audio, pipe->number)) > 0) {
        ssize_t count = read(pipe->fd, bytes, wanted < sizeof(bytes) ? wanted : sizeof(bytes));
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (count <= 0)
            call_audio_end_of_file(audio, pipe->number);
        else
            call_audio_feed(audio, pipe->number, slice_make(bytes, (size_t)count));
    }
}

void audio_pipes_read(struct audio_pipes *pipes, struct call_audio *audio)
{
    uint32_t number;
    for (unsigned i = 0; (number = call_audio_speaker(audio, i)) != 0; i++)
        read_wanted(find(pipes, number), audio);
    if (call_audio_wants_look(audio))
        audio_pipes_look(pipes, audio);
}

void audio_pipes_write(struct audio_pipes *pipes, struct call_audio *audio)
{
    struct audio_frame frame;
    while (call_audio_next_frame(audio, &frame)) {
        int fd = find(pipes, frame.listener)->fd;
        if (!pipe_write_frame(fd, frame.bytes.data, frame.bytes.length))
            call_audio_frame_lost(audio, frame.listener, errno == EPIPE);
    }
}

void audio_pipes_close(struct audio_pipes *pipes, uint32_t number)
{
    struct audio_pipe *pipe = find(pipes, number);
    close(pipe->fd);
    *pipe = (struct audio_pipe){ .number = 0 };
}

void audio_pipes_free(struct audio_pipes *pipes)
{
    if (!pipes)
        return;
    for (size_t i = 0; i < PIPES_MAX; i++)
        if (pipes->pipes[i].number)
            close(pipes->pipes[i].fd);
    free(pipes);
}
