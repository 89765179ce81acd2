// SPDX-License-Identifier: ISC
#include "ctl/pumping.h"

#include "ctl/attachment.h"
#include "ctl/audio_options.h"
#include "ctl/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum {
    PIPE_BYTES = 4096,
    STALLED_MS = 1000 // standard output, when the call is over
};

/* One direction: bytes wait here until they can be written. */
struct pump {
    int from; // -1: it has ended
    int to;
    char bytes[PIPE_BYTES];
    size_t at;
    size_t length;
};

static bool is_full(const struct pump *pump)
{
    return pump->at < pump->length;
}

static void stop(struct pump *pump)
{
    pump->from = -1;
    pump->at = pump->length = 0;
}

/* A descriptor that is not polled for anything still tells that its other end is gone. */
static void prepare(const struct pump *pump, struct pollfd fds[2])
{
    fds[0] = (struct pollfd){ .fd = is_full(pump) ? -1 : pump->from, .events = POLLIN };
    fds[1] = (struct pollfd){ .fd = pump->from < 0 && !is_full(pump) ? -1 : pump->to,
                              .events = is_full(pump) ? POLLOUT : 0 };
}

static bool is_passing(ssize_t count)
{
    return count < 0 && (errno == EAGAIN || errno == EINTR);
}

static void move(struct pump *pump, const struct pollfd fds[2])
{
    if (fds[1].revents & POLLERR) {
        stop(pump);
    } else if (fds[1].revents) {
        ssize_t count = write(pump->to, pump->bytes + pump->at, pump->length - pump->at);
        if (count > 0)
            pump->at += (size_t)count;
        else if (!is_passing(count))
            stop(pump);
    } else if (fds[0].revents) {
        ssize_t count = read(pump->from, pump->bytes, sizeof(pump->bytes));
        pump->at = 0;
        pump->length = count > 0 ? (size_t)count : 0;
        if (count <= 0 && !is_passing(count))
            stop(pump);
    }
}

static bool has_ended(const struct pump *pump)
{
    return pump->from < 0 && !is_full(pump);
}

static void set_nonblocking(int fd)
{
    (void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* Until both directions have ended, or the call is over and all of it has been heard. */
static void run(struct attachment *attachment)
{
    struct pump hearing = { .from = attachment->hear, .to = STDOUT_FILENO };
    struct pump speaking = { .from = STDIN_FILENO, .to = attachment->speak };
    while (!has_ended(&hearing) || !has_ended(&speaking)) {
        struct pollfd fds[5];
        prepare(&hearing, fds);
        prepare(&speaking, fds + 2);
        fds[4] = (struct pollfd){ .fd = attachment->is_lost
                                            ? -1
                                            : connection_descriptor(attachment->connection),
                                  .events = POLLIN };
        bool is_end = attachment->is_over || attachment->is_lost;
        if (poll(fds, 5, is_end ? STALLED_MS : -1) == 0)
            stop(&hearing); /* nobody takes the rest */
        if (fds[4].revents)
            attachment_notice(attachment);
        move(&hearing, fds);
        move(&speaking, fds + 2);
        if (attachment->is_over || attachment->is_lost)
            stop(&speaking);
        if (has_ended(&speaking) && attachment->speak >= 0) {
            close(attachment->speak);
            attachment->speak = -1;
        }
        if (has_ended(&hearing) && attachment->hear >= 0) {
            close(attachment->hear);
            attachment->hear = -1;
        }
    }
}

int pumping_show(struct connection *connection, const struct options *options)
{
    struct audio_options words;
    struct attachment attachment;
    if (!audio_options_take(AUDIO_AUDIO, options, &words))
        return EXIT_USAGE;
    int status = attachment_open(&attachment, connection, options->call, "", words.rate);
    if (status != EXIT_DONE)
        return status;
    set_nonblocking(attachment.hear);
    set_nonblocking(attachment.speak);
    run(&attachment);
    if (attachment.is_lost)
        return verb_lost();
    if (attachment.is_over)
        return attachment_say_over();
    json_decref(attachment_ask(&attachment, "drain", NULL, &status));
    return status;
}
