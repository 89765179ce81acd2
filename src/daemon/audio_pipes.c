// SPDX-License-Identifier: ISC
#include "daemon/audio_pipes.h"

#include "io/pipe_stream.h"
#include "media/resampler.h"
#include "util/limits.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FRAME_MAX = 960,      // 20 ms of 48 kHz
    PIPE_MS = 128,        // that a pipe holds, where a page does not hold more
    PAGE_BYTES = 4096,    // the least a pipe can be
    SPEAKERS_MAX = 2,     // the one who speaks, and the next, while the first is played out
    RELEASED_FRAMES = 25, // more than a pipe holds
    FLUSH_ROUNDS_MAX = 3, // frames; who goes on writing is heard again then
    WASTE_BYTES = 64 * 1024,
    HEARD_PER_MS = 96 // bytes of 48 kHz, of which those of the other rates are whole multiples
};

struct speaker {
    bool is_there;
    int fd;
    uint32_t owner;
    uint32_t rate;
    struct resampler *resampler;    // to the call's rate
    char queued[2 * FRAME_MAX * 2]; // a frame, and one read ahead
    size_t queued_bytes;            // at the most two frames
    bool is_at_end;                 // end of file: what is queued is the rest
    bool is_released;               // nobody owns it
    unsigned frames_left;           // of a released one
    unsigned flush_rounds;          // 0: not flushing
    bool has_spoken;                // in the frame before
};

struct listener {
    bool is_there;
    int fd;
    uint32_t owner;
    bool hears_both;
    uint32_t rate;
    struct resampler *resampler; // from the call's rate
    bool was_slow;
};

struct audio_pipes {
    uint32_t call_rate;
    struct speaker speakers[SPEAKERS_MAX]; // the first speaks
    struct listener listeners[LIMIT_LISTENERS];
    int16_t frame[FRAME_MAX];
    bool is_quiet;
    bool is_finishing;
    uint64_t heard; // of the first speaker, in bytes of 48 kHz
    struct audio_figures figures;
};

static size_t frame_bytes(uint32_t rate)
{
    return rate / 50 * sizeof(int16_t);
}

/* Pipes take whole pages, a power of two of them. */
static int pipe_bytes(uint32_t rate)
{
    int bytes = PAGE_BYTES;
    while ((uint32_t)bytes * 2 <= rate / 1000 * PIPE_MS * sizeof(int16_t))
        bytes *= 2;
    return bytes;
}

struct audio_pipes *audio_pipes_new(uint32_t call_rate)
{
    struct audio_pipes *pipes = memory_new(sizeof(*pipes));
    pipes->call_rate = call_rate;
    pipes->is_quiet = true;
    return pipes;
}

void audio_pipes_set_call_rate(struct audio_pipes *pipes, uint32_t call_rate)
{
    if (call_rate == pipes->call_rate)
        return;
    pipes->call_rate = call_rate;
    for (size_t i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &pipes->speakers[i];
        if (!speaker->is_there)
            continue;
        resampler_free(speaker->resampler);
        speaker->resampler = resampler_new(speaker->rate, call_rate);
    }
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        struct listener *listener = &pipes->listeners[i];
        if (!listener->is_there)
            continue;
        resampler_free(listener->resampler);
        listener->resampler = resampler_new(call_rate, listener->rate);
    }
}

static void speaker_close(struct speaker *speaker)
{
    if (!speaker->is_there)
        return;
    close(speaker->fd);
    resampler_free(speaker->resampler);
    *speaker = (struct speaker){ .is_there = false };
}

static void listener_close(struct listener *listener)
{
    if (!listener->is_there)
        return;
    close(listener->fd);
    resampler_free(listener->resampler);
    *listener = (struct listener){ .is_there = false };
}

/* The next one's turn. */
static void speaker_ended(struct audio_pipes *pipes)
{
    speaker_close(&pipes->speakers[0]);
    pipes->speakers[0] = pipes->speakers[1];
    pipes->speakers[1] = (struct speaker){ .is_there = false };
    if (pipes->speakers[0].is_there)
        pipes->heard = 0;
}

static struct listener *free_listener(struct audio_pipes *pipes)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (!pipes->listeners[i].is_there)
            return &pipes->listeners[i];
    return NULL;
}

/* Whether whoever speaks has said its last: the rest is in the pipe. */
static bool is_ending(const struct speaker *speaker)
{
    return speaker->is_released || speaker->is_at_end || pipe_has_no_writer(speaker->fd);
}

/* Whether another one may begin: behind one that has said its last. */
static bool may_begin(const struct audio_pipes *pipes)
{
    bool is_busy = pipes->speakers[0].is_there && !is_ending(&pipes->speakers[0]);
    return !is_busy && !pipes->speakers[1].is_there;
}

static bool open_pipe(int fds[2], uint32_t rate)
{
    return pipe_open(fds, pipe_bytes(rate));
}

static void close_ends(struct audio_ends *ends, int own_heard)
{
    if (ends->heard >= 0)
        close(ends->heard);
    if (own_heard >= 0)
        close(own_heard);
    ends->heard = -1;
}

static void begin_listening(struct audio_pipes *pipes, struct listener *listener, int fd,
                            const struct audio_request *request)
{
    pipe_set_nonblocking(fd);
    *listener = (struct listener){
        .is_there = true,
        .fd = fd,
        .owner = request->owner,
        .hears_both = request->hears_both,
        .rate = request->rate,
        .resampler = resampler_new(pipes->call_rate, request->rate),
    };
}

static void begin_speaking(struct audio_pipes *pipes, int fd, const struct audio_request *request)
{
    while (request->replaces && pipes->speakers[0].is_there)
        speaker_ended(pipes);
    bool is_next = pipes->speakers[0].is_there;
    if (!is_next)
        pipes->heard = 0;
    pipe_set_nonblocking(fd);
    pipes->speakers[is_next ? 1 : 0] = (struct speaker){
        .is_there = true,
        .fd = fd,
        .owner = request->owner,
        .rate = request->rate,
        .resampler = resampler_new(request->rate, pipes->call_rate),
    };
    pipes->is_quiet = false;
}

enum status audio_pipes_attach(struct audio_pipes *pipes, const struct audio_request *request,
                               struct audio_ends *ends, const char **why)
{
    struct listener *listener = request->listens ? free_listener(pipes) : NULL;
    int heard[2] = { -1, -1 };
    int said[2] = { -1, -1 };
    *ends = (struct audio_ends){ .heard = -1, .said = -1 };
    *why = "as many as may be are listening already";
    if (request->listens && !listener)
        return STATUS_REFUSED;
    *why = "somebody speaks on this call already: --replace takes its place";
    if (request->speaks && !request->replaces && !may_begin(pipes))
        return STATUS_REFUSED;
    *why = "no descriptors are left";
    if (request->listens && !open_pipe(heard, request->rate))
        return STATUS_SYSTEM;
    ends->heard = heard[0];
    if (request->speaks && !open_pipe(said, request->rate)) {
        close_ends(ends, heard[1]);
        return STATUS_SYSTEM;
    }
    ends->said = said[1];
    if (listener)
        begin_listening(pipes, listener, heard[1], request);
    if (request->speaks)
        begin_speaking(pipes, said[0], request);
    return STATUS_OK;
}

void audio_pipes_release(struct audio_pipes *pipes, uint32_t owner)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        if (pipes->listeners[i].owner == owner)
            listener_close(&pipes->listeners[i]);
    for (size_t i = 0; i < SPEAKERS_MAX; i++) {
        struct speaker *speaker = &pipes->speakers[i];
        if (!speaker->is_there || speaker->owner != owner || speaker->is_released)
            continue;
        speaker->is_released = true;
        speaker->frames_left = RELEASED_FRAMES;
    }
}

bool audio_pipes_has_speaker(const struct audio_pipes *pipes)
{
    return pipes->speakers[0].is_there;
}

bool audio_pipes_is_speaking(const struct audio_pipes *pipes)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (pipes->speakers[i].is_there && !is_ending(&pipes->speakers[i]))
            return true;
    return false;
}

/* A frame beyond the one that is wanted is read ahead: a writer of many pages is woken only when
 * the page in the pipe is empty, which seldom is at the end of a frame. False: nothing came. */
static bool read_ahead(struct speaker *speaker)
{
    size_t wanted = 2 * frame_bytes(speaker->rate);
    bool has_come = false;
    while (!speaker->is_at_end && speaker->queued_bytes < wanted) {
        ssize_t count = read(speaker->fd, speaker->queued + speaker->queued_bytes,
                             wanted - speaker->queued_bytes);
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        speaker->is_at_end = count <= 0;
        speaker->queued_bytes += count > 0 ? (size_t)count : 0;
        has_come = has_come || count > 0;
    }
    return has_come;
}

/* What is queued, a frame at the most, with silence behind it. */
static void play(struct audio_pipes *pipes, struct speaker *speaker, bool is_heard)
{
    int16_t frame[FRAME_MAX] = { 0 };
    size_t size = frame_bytes(speaker->rate);
    size_t length = speaker->queued_bytes < size ? speaker->queued_bytes : size;
    memcpy(frame, speaker->queued, length & ~(size_t)1);
    speaker->queued_bytes -= length;
    memmove(speaker->queued, speaker->queued + length, speaker->queued_bytes);
    pipes->heard += is_heard ? length * (48000 / speaker->rate) : 0;
    speaker->has_spoken = true;
    resampler_run(speaker->resampler, frame, pipes->frame);
}

/* The last milliseconds of what was said are still in the resampler. */
static bool has_tail(const struct audio_pipes *pipes, const struct speaker *speaker)
{
    return speaker->has_spoken && speaker->rate != pipes->call_rate;
}

/* The first silence behind what was said. */
static const int16_t *fall_silent(struct audio_pipes *pipes, struct speaker *speaker)
{
    static const int16_t silence[FRAME_MAX];
    bool is_all = !has_tail(pipes, speaker);
    speaker->has_spoken = false;
    if (is_all)
        return NULL;
    resampler_run(speaker->resampler, silence, pipes->frame);
    return pipes->frame;
}

static void drop_queued(struct speaker *speaker)
{
    size_t dropped = 0;
    speaker->queued_bytes = 0;
    bool has_come = read_ahead(speaker);
    bool was_empty = !has_come;
    while (has_come && dropped < WASTE_BYTES) {
        dropped += speaker->queued_bytes;
        speaker->queued_bytes = 0;
        has_come = read_ahead(speaker);
    }
    speaker->queued_bytes = 0;
    speaker->has_spoken = false;
    speaker->frames_left = 0;
    if (was_empty || --speaker->flush_rounds == 0 || speaker->is_at_end)
        speaker->flush_rounds = 0;
}

static bool is_over(const struct audio_pipes *pipes, const struct speaker *speaker)
{
    return (speaker->is_at_end && !speaker->queued_bytes && !has_tail(pipes, speaker)) ||
           (speaker->is_released && !speaker->frames_left);
}

/* One round for all that are flushed; whoever has come since waits for them. */
static void flush(struct audio_pipes *pipes)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (pipes->speakers[i].flush_rounds)
            drop_queued(&pipes->speakers[i]);
    while (pipes->speakers[0].is_there && is_over(pipes, &pipes->speakers[0]))
        speaker_ended(pipes);
    pipes->is_quiet = audio_pipes_is_flushed(pipes) && audio_pipes_is_empty(pipes);
}

/* Whoever's turn it is; NULL: nobody's. Those before it have been heard. */
static struct speaker *next_speaker(struct audio_pipes *pipes, bool *has_come)
{
    struct speaker *speaker = &pipes->speakers[0];
    while (speaker->is_there) {
        *has_come = read_ahead(speaker);
        if (!is_over(pipes, speaker))
            break;
        speaker_ended(pipes);
    }
    return speaker->is_there ? speaker : NULL;
}

const int16_t *audio_pipes_take(struct audio_pipes *pipes, bool is_heard)
{
    bool has_come = false;
    if (!audio_pipes_is_flushed(pipes)) {
        flush(pipes);
        return NULL;
    }
    struct speaker *speaker = next_speaker(pipes, &has_come);
    pipes->is_quiet = !speaker;
    if (!speaker)
        return NULL;
    speaker->frames_left -= speaker->frames_left > 0;
    bool is_last_piece =
        speaker->queued_bytes &&
        (speaker->is_at_end || (!has_come && (pipes->is_finishing || speaker->is_released)));
    if (speaker->queued_bytes >= frame_bytes(speaker->rate) || is_last_piece) {
        play(pipes, speaker, is_heard);
        return pipes->frame;
    }
    bool is_in_the_middle = speaker->has_spoken && !speaker->is_at_end && !speaker->is_released;
    pipes->figures.underruns += is_in_the_middle;
    pipes->is_quiet = speaker->queued_bytes == 0 && !has_come && !pipes->speakers[1].is_there;
    return fall_silent(pipes, speaker);
}

bool audio_pipes_is_quiet(const struct audio_pipes *pipes)
{
    return pipes->is_quiet;
}

bool audio_pipes_is_empty(const struct audio_pipes *pipes)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++) {
        const struct speaker *speaker = &pipes->speakers[i];
        if (speaker->is_there && (speaker->queued_bytes || pipe_has_bytes(speaker->fd)))
            return false;
    }
    return true;
}

void audio_pipes_finish(struct audio_pipes *pipes, bool is_finishing)
{
    pipes->is_finishing = is_finishing;
}

static void mix(const int16_t *one, const int16_t *other, int16_t *sum, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int32_t both = one[i] + other[i];
        sum[i] = (int16_t)(both > INT16_MAX ? INT16_MAX : both < INT16_MIN ? INT16_MIN : both);
    }
}

static void give_frame(struct audio_pipes *pipes, struct listener *listener, const int16_t *heard)
{
    int16_t frame[FRAME_MAX];
    resampler_run(listener->resampler, heard, frame);
    if (pipe_write_frame(listener->fd, frame, frame_bytes(listener->rate)))
        return;
    if (errno == EPIPE) {
        listener_close(listener); /* it does not want to hear */
        return;
    }
    pipes->figures.dropped_frames++;
    if (!listener->was_slow)
        LOG(NOTICE, "a program reads its audio too slowly: some of it is dropped",
            NUMBER("owner", listener->owner));
    listener->was_slow = true;
}

void audio_pipes_give(struct audio_pipes *pipes, const int16_t *heard, const int16_t *said)
{
    int16_t both[FRAME_MAX];
    for (size_t i = 0; i < LIMIT_LISTENERS; i++) {
        struct listener *listener = &pipes->listeners[i];
        if (!listener->is_there)
            continue;
        bool is_mixed = listener->hears_both && said;
        if (is_mixed)
            mix(heard, said, both, pipes->call_rate / 50);
        give_frame(pipes, listener, is_mixed ? both : heard);
    }
}

void audio_pipes_flush(struct audio_pipes *pipes)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (pipes->speakers[i].is_there)
            pipes->speakers[i].flush_rounds = FLUSH_ROUNDS_MAX;
}

bool audio_pipes_is_flushed(const struct audio_pipes *pipes)
{
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        if (pipes->speakers[i].flush_rounds)
            return false;
    return true;
}

uint32_t audio_pipes_take_heard_ms(struct audio_pipes *pipes)
{
    uint64_t heard = pipes->heard;
    pipes->heard = 0;
    return (uint32_t)(heard / HEARD_PER_MS);
}

void audio_pipes_figures(const struct audio_pipes *pipes, struct audio_figures *figures)
{
    *figures = pipes->figures;
}

void audio_pipes_hang_up(struct audio_pipes *pipes)
{
    for (size_t i = 0; i < LIMIT_LISTENERS; i++)
        listener_close(&pipes->listeners[i]);
}

bool audio_pipes_waste(struct audio_pipes *pipes)
{
    char waste[PAGE_BYTES];
    for (size_t dropped = 0; pipes->speakers[0].is_there && dropped < WASTE_BYTES;) {
        ssize_t count = read(pipes->speakers[0].fd, waste, sizeof(waste));
        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            break;
        if (count <= 0)
            speaker_ended(pipes);
        else
            dropped += (size_t)count;
    }
    return audio_pipes_has_speaker(pipes);
}

void audio_pipes_free(struct audio_pipes *pipes)
{
    if (!pipes)
        return;
    audio_pipes_hang_up(pipes);
    for (size_t i = 0; i < SPEAKERS_MAX; i++)
        speaker_close(&pipes->speakers[i]);
    free(pipes);
}
