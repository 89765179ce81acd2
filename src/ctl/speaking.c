// SPDX-License-Identifier: ISC
#include "ctl/speaking.h"

#include "ctl/connection.h"
#include "ctl/resampling.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHUNK = 1024,      // samples taken from a source at once
    OUT_BYTES = 4096,  // what the daemon's pipe holds: written at once, else it empties in between
    LOWEST_RATE = 8000 // that a call can have
};

struct speaker {
    const struct speech *speech;
    struct attachment *attachment;
    struct resampling *resampling; // of the source that is spoken
    unsigned index;                // of that source
    bool is_at_end;                // of that source
    int16_t in[CHUNK];
    size_t in_at;
    size_t in_count;
    int16_t out[OUT_BYTES / 2];
    size_t out_bytes; // to be written
    size_t out_at;    // of those, written
};

bool speaking_open(struct speech *speech, char *const *names, int count, uint32_t raw_rate,
                   bool is_raw_said)
{
    speech->count = 0;
    speech->sources = memory_new(((size_t)count + 1) * sizeof(struct sound_source *));
    for (int i = 0; i < count; i++) {
        speech->sources[i] = sound_source_open(names[i], raw_rate, is_raw_said);
        if (!speech->sources[i]) {
            speaking_close(speech);
            return false;
        }
        speech->count++;
    }
    return true;
}

/* Prompts of a telephone's own rate go through as they are. */
uint32_t speaking_rate(const struct speech *speech)
{
    for (unsigned i = 0; i < speech->count; i++)
        if (sound_source_rate(speech->sources[i]) != LOWEST_RATE)
            return 0;
    return LOWEST_RATE;
}

void speaking_close(struct speech *speech)
{
    for (unsigned i = 0; i < speech->count; i++)
        sound_source_close(speech->sources[i]);
    free(speech->sources);
    speech->sources = NULL;
    speech->count = 0;
}

static struct sound_source *current(const struct speaker *speaker)
{
    bool has_more = speaker->index < speaker->speech->count;
    return has_more ? speaker->speech->sources[speaker->index] : NULL;
}

static bool has_room(const struct speaker *speaker)
{
    return speaker->out_at == 0 && speaker->out_bytes < OUT_BYTES;
}

/* Whether a read from the source is what comes next. */
static bool wants_source(const struct speaker *speaker)
{
    return current(speaker) && !speaker->is_at_end && speaker->in_at == speaker->in_count &&
           has_room(speaker);
}

static void read_source(struct speaker *speaker)
{
    speaker->in_at = 0;
    speaker->is_at_end =
        !sound_source_read(current(speaker), speaker->in, CHUNK, &speaker->in_count);
}

static void next_source(struct speaker *speaker)
{
    resampling_free(speaker->resampling);
    speaker->resampling = NULL;
    speaker->index++;
    speaker->is_at_end = false;
}

/* From what has been read to what is to be written. */
static void convert(struct speaker *speaker)
{
    uint32_t rate = sound_source_rate(current(speaker));
    int16_t *to = speaker->out + speaker->out_bytes / 2;
    size_t given = (OUT_BYTES - speaker->out_bytes) / 2;
    size_t taken = speaker->in_count - speaker->in_at;
    if (!speaker->resampling)
        speaker->resampling =
            resampling_new(rate ? rate : speaker->attachment->rate, speaker->attachment->rate);
    if (taken) {
        resampling_run(speaker->resampling, speaker->in + speaker->in_at, &taken, to, &given);
        speaker->in_at += taken;
    } else if (speaker->is_at_end) {
        given = resampling_finish(speaker->resampling, to, given);
        if (!given)
            next_source(speaker);
    } else {
        given = 0;
    }
    speaker->out_bytes += given * 2;
}

/* A pipe's worth, as far as it is there without waiting. */
static void fill(struct speaker *speaker)
{
    while (current(speaker) && has_room(speaker)) {
        if (wants_source(speaker) && sound_source_descriptor(current(speaker)) >= 0)
            return;
        if (wants_source(speaker))
            read_source(speaker);
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
    POLL_SOURCE,
    POLL_COUNT
};

static void wait_for_something(const struct speaker *speaker, struct pollfd fds[POLL_COUNT])
{
    int source = wants_source(speaker) ? sound_source_descriptor(current(speaker)) : -1;
    fds[POLL_CONNECTION] =
        (struct pollfd){ .fd = connection_descriptor(speaker->attachment->connection),
                         .events = POLLIN };
    fds[POLL_SPEAK] = (struct pollfd){ .fd = speaker->attachment->speak,
                                       .events = speaker->out_bytes ? POLLOUT : 0 };
    fds[POLL_SOURCE] = (struct pollfd){ .fd = source, .events = POLLIN };
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
    while (is_heard && !is_stopped(speaker) && (current(speaker) || speaker->out_bytes)) {
        wait_for_something(speaker, fds);
        attachment_notice(speaker->attachment);
        if (fds[POLL_SPEAK].revents)
            is_heard = !(fds[POLL_SPEAK].revents & POLLERR) && write_out(speaker);
        if (fds[POLL_SOURCE].revents)
            read_source(speaker);
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
    if (speech->stops_on_digit)
        memcpy(result->key, attachment->key, sizeof(result->key));
    if (status != EXIT_DONE || !attachment->is_flushed || result->key[0])
        return status;
    fputs("offhookctl: somebody has dropped the rest\n", stderr);
    return EXIT_NO;
}
