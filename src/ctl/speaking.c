// SPDX-License-Identifier: ISC
#include "ctl/speaking.h"

#include "ctl/connection.h"
#include "ctl/resampling.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    OUT_BYTES = 4096,   // what the daemon's pipe holds: written at once, else it empties in between
    LOWEST_RATE = 8000, // that a call can have
    PATIENCE_MS = 100   // for files, which are there; whoever comes later is waited for
};

struct speaker {
    const struct speech *speech;
    struct attachment *attachment;
    struct resampling *resampling; // of the file that is spoken
    struct sound_piece piece;
    size_t piece_at;
    bool has_piece;
    enum sound_reader_result reader; // how it stands
    int16_t out[OUT_BYTES / 2];
    size_t out_bytes; // to be written
    size_t out_at;    // of those, written
};

static void wait_for_reader(const struct speech *speech, const struct attachment *attachment,
                            int wait_ms)
{
    struct pollfd fds[] = {
        { .fd = sound_reader_descriptor(speech->reader), .events = POLLIN },
        { .fd = wait_ms < 0 ? connection_descriptor(attachment->connection) : -1,
          .events = POLLIN },
    };
    (void)poll(fds, sizeof(fds) / sizeof(*fds), wait_ms);
}

/* Nobody tells us of the call before we have its audio, unless we watch. */
static int watch_call(struct attachment *attachment)
{
    int status;
    json_decref(verb_ask(attachment->connection, "watch", NULL, &status));
    if (status == EXIT_DONE)
        json_decref(attachment_ask(attachment, "show", NULL, &status));
    return status;
}

int speaking_open(struct speech *speech, struct sound_reader *reader, struct attachment *attachment)
{
    struct sound_piece opened;
    enum sound_reader_result result;
    speech->reader = reader;
    if (!reader)
        return EXIT_USAGE;
    wait_for_reader(speech, attachment, PATIENCE_MS);
    result = sound_reader_take(reader, &opened);
    int status = result == SOUND_READER_WAITS ? watch_call(attachment) : EXIT_DONE;
    while (status == EXIT_DONE && result == SOUND_READER_WAITS) {
        wait_for_reader(speech, attachment, -1);
        attachment_notice(attachment);
        if (attachment->is_over || attachment->is_lost)
            return attachment->is_over ? attachment_say_over() : verb_lost();
        result = sound_reader_take(reader, &opened);
    }
    if (status != EXIT_DONE || result != SOUND_READER_PIECE)
        return status != EXIT_DONE ? status : EXIT_USAGE;
    /* Prompts of a telephone's own rate go through as they are. */
    speech->rate = opened.rate == LOWEST_RATE ? LOWEST_RATE : 0;
    return EXIT_DONE;
}

void speaking_close(struct speech *speech)
{
    sound_reader_free(speech->reader);
    speech->reader = NULL;
}

static bool has_room(const struct speaker *speaker)
{
    return speaker->out_at == 0 && speaker->out_bytes < OUT_BYTES;
}

/* Whether the next piece is what is missing. */
static bool wants_piece(const struct speaker *speaker)
{
    return !speaker->has_piece && speaker->reader <= SOUND_READER_WAITS && has_room(speaker);
}

static bool is_through(const struct speaker *speaker)
{
    return !speaker->has_piece && !speaker->out_bytes && speaker->reader > SOUND_READER_WAITS;
}

static void take_piece(struct speaker *speaker)
{
    speaker->reader = sound_reader_take(speaker->speech->reader, &speaker->piece);
    speaker->has_piece = speaker->reader == SOUND_READER_PIECE;
    speaker->piece_at = 0;
}

/* From what has been read to what is to be written. */
static void convert(struct speaker *speaker)
{
    const struct sound_piece *piece = &speaker->piece;
    uint32_t rate = speaker->attachment->rate;
    int16_t *to = speaker->out + speaker->out_bytes / 2;
    size_t given = (OUT_BYTES - speaker->out_bytes) / 2;
    size_t taken = piece->count - speaker->piece_at;
    if (!speaker->resampling)
        speaker->resampling = resampling_new(piece->rate ? piece->rate : rate, rate);
    if (piece->count) {
        resampling_run(speaker->resampling, piece->samples + speaker->piece_at, &taken, to, &given);
        speaker->piece_at += taken;
        speaker->has_piece = speaker->piece_at < piece->count;
    } else {
        given = resampling_finish(speaker->resampling, to, given);
        speaker->has_piece = given > 0;
    }
    if (!piece->count && !given) {
        resampling_free(speaker->resampling);
        speaker->resampling = NULL;
    }
    speaker->out_bytes += given * 2;
}

/* A pipe's worth, as far as it is there without waiting. */
static void fill(struct speaker *speaker)
{
    while (has_room(speaker)) {
        if (wants_piece(speaker))
            take_piece(speaker);
        if (!speaker->has_piece)
            return;
        convert(speaker);
    }
}

/* False when nobody hears it any more. */
static bool write_out(struct speaker *speaker)
{
    const char *bytes = (const char *)speaker->out;
    ssize_t written = write(speaker->attachment->speak, bytes + speaker->out_at,
                            speaker->out_bytes - speaker->out_at);
    if (written < 0)
        return errno == EAGAIN || errno == EINTR;
    speaker->out_at += (size_t)written;
    if (speaker->out_at == speaker->out_bytes)
        speaker->out_at = speaker->out_bytes = 0;
    return true;
}

enum {
    POLL_CONNECTION,
    POLL_SPEAK,
    POLL_READER,
    POLL_COUNT
};

static void wait_for_something(const struct speaker *speaker, struct pollfd fds[POLL_COUNT])
{
    int reader = wants_piece(speaker) ? sound_reader_descriptor(speaker->speech->reader) : -1;
    fds[POLL_CONNECTION] =
        (struct pollfd){ .fd = connection_descriptor(speaker->attachment->connection),
                         .events = POLLIN };
    fds[POLL_SPEAK] = (struct pollfd){ .fd = speaker->attachment->speak,
                                       .events = speaker->out_bytes ? POLLOUT : 0 };
    fds[POLL_READER] = (struct pollfd){ .fd = reader, .events = POLLIN };
    (void)poll(fds, POLL_COUNT, -1);
}

static bool is_stopped(const struct speaker *speaker)
{
    const struct attachment *attachment = speaker->attachment;
    return attachment->is_over || attachment->is_lost || attachment->is_flushed ||
           (speaker->speech->stops_on_digit && attachment->key[0]);
}

/* Until all is in the daemon's hands, or it is stopped. False when the daemon has closed the pipe.
 */
static bool hand_over(struct speaker *speaker)
{
    struct pollfd fds[POLL_COUNT];
    bool is_heard = true;
    attachment_notice(speaker->attachment);
    fill(speaker);
    while (is_heard && !is_stopped(speaker) && !is_through(speaker)) {
        wait_for_something(speaker, fds);
        attachment_notice(speaker->attachment);
        if (fds[POLL_SPEAK].revents)
            is_heard = !(fds[POLL_SPEAK].revents & POLLERR) && write_out(speaker);
        fill(speaker);
    }
    return is_heard;
}

/* The pipe is closed for one of two reasons. */
static int say_who_closed(struct attachment *attachment)
{
    int status = EXIT_OVER;
    json_t *answer = attachment_ask(attachment, "show", NULL, &status);
    json_decref(answer);
    if (attachment->is_over)
        return attachment_say_over();
    if (!answer)
        return status;
    fputs("offhookctl: somebody else speaks now\n", stderr);
    return EXIT_REFUSED;
}

static bool send_command(struct attachment *attachment, const char *command, unsigned *awaited)
{
    (*awaited)++;
    return connection_send(attachment->connection, command, attachment->call, NULL);
}

/* `drain` is answered when the daemon is through with the pipe, so that the next one may speak; a
 * key may come before that. */
static int wait_until_heard(const struct speaker *speaker, struct speech_result *result)
{
    struct attachment *attachment = speaker->attachment;
    unsigned awaited = 0;
    bool is_flushed = false;
    int status = EXIT_DONE;
    bool is_sent = send_command(attachment, "drain", &awaited);
    while (is_sent && awaited && status == EXIT_DONE) {
        json_t *answer = NULL;
        if (!is_flushed && is_stopped(speaker)) {
            is_flushed = true;
            is_sent = send_command(attachment, "flush", &awaited);
        }
        enum attachment_line line = attachment_next(attachment, INFINITY, &answer);
        if (line == ATTACHMENT_LOST)
            return verb_lost();
        if (line != ATTACHMENT_ANSWER)
            continue;
        awaited--;
        answer = verb_judge(answer, &status);
        int64_t heard_ms = json_integer_value(json_object_get(answer, "heard_ms"));
        result->heard_ms = heard_ms > result->heard_ms ? heard_ms : result->heard_ms;
        json_decref(answer);
    }
    return is_sent ? status : verb_lost();
}

int speaking_run(const struct speech *speech, struct attachment *attachment,
                 struct speech_result *result)
{
    struct speaker speaker = { .speech = speech, .attachment = attachment };
    *result = (struct speech_result){ 0 };
    int flags = fcntl(attachment->speak, F_GETFL);
    (void)fcntl(attachment->speak, F_SETFL, flags | O_NONBLOCK);
    bool is_heard = hand_over(&speaker);
    resampling_free(speaker.resampling);
    close(attachment->speak);
    attachment->speak = -1;
    if (attachment->is_lost)
        return verb_lost();
    if (attachment->is_over)
        return attachment_say_over();
    int status = is_heard ? wait_until_heard(&speaker, result) : say_who_closed(attachment);
    if (status == EXIT_DONE && speaker.reader == SOUND_READER_FAILED)
        return EXIT_USAGE;
    if (speech->stops_on_digit)
        memcpy(result->key, attachment->key, sizeof(result->key));
    if (status != EXIT_DONE || !attachment->is_flushed || result->key[0])
        return status;
    fputs("offhookctl: somebody has dropped the rest\n", stderr);
    return EXIT_NO;
}
