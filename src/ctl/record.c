// SPDX-License-Identifier: ISC
#include "ctl/record.h"

#include "ctl/attachment.h"
#include "ctl/audio_options.h"
#include "ctl/connection.h"
#include "ctl/output.h"
#include "ctl/recording.h"
#include "ctl/silence_detector.h"
#include "ctl/speaking.h"
#include "ctl/stop_signals.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    STALLED_MS = 1000 // standard output, when the call is over
};

enum end {
    END_NOT_YET,
    END_HANGUP,
    END_MAX,
    END_SILENCE,
    END_SIGNAL,
    END_FULL // it can take no more
};

struct session {
    const struct audio_options *words;
    struct attachment attachment;
    struct recording *recording;
    struct silence_detector silence;
    int signals;
    uint64_t samples; // recorded
    uint64_t limit;   // of those
    int16_t heard[RECORDING_SAMPLES];
    size_t heard_bytes; // in `heard`
};

static enum end take(struct session *session, size_t count)
{
    uint64_t left = session->limit - session->samples;
    if (count > left)
        count = (size_t)left;
    if (!recording_write(session->recording, session->attachment.rate, session->heard, count))
        return END_FULL;
    silence_detector_hear(&session->silence, session->heard, count);
    session->samples += count;
    if (session->samples >= session->limit)
        return END_MAX;
    double quiet_s = (double)silence_detector_quiet_ms(&session->silence) / 1000;
    bool is_silent = session->words->silence_s > 0 && quiet_s >= session->words->silence_s;
    return is_silent ? END_SILENCE : END_NOT_YET;
}

static enum end hear(struct session *session)
{
    char *bytes = (char *)session->heard;
    assert(session->heard_bytes <= 1); /* half a sample */
    ssize_t got = read(session->attachment.hear, bytes + session->heard_bytes,
                       sizeof(session->heard) - session->heard_bytes);
    if (got < 0 && errno == EINTR)
        return END_NOT_YET;
    if (got <= 0)
        return END_HANGUP;
    size_t total = session->heard_bytes + (size_t)got;
    enum end end = take(session, total / 2);
    session->heard_bytes = total % 2;
    if (session->heard_bytes)
        bytes[0] = bytes[total - 1];
    return end;
}

static bool takes(const struct session *session)
{
    struct pollfd out = { .fd = recording_descriptor(session->recording), .events = POLLOUT };
    return out.fd < 0 || poll(&out, 1, 0) != 0;
}

/* Hanging up ends the pipe; what is in it by then is heard first, as long as somebody takes it. */
static enum end listen(struct session *session)
{
    const struct attachment *attachment = &session->attachment;
    enum end end = END_NOT_YET;
    while (end == END_NOT_YET) {
        bool is_end = attachment->is_over || attachment->is_lost;
        int connection = attachment->is_lost ? -1 : connection_descriptor(attachment->connection);
        struct pollfd hear_it = { .fd = attachment->hear, .events = POLLIN };
        struct pollfd write_it = { .fd = recording_descriptor(session->recording),
                                   .events = POLLOUT };
        bool may_hear = takes(session);
        struct pollfd fds[] = { may_hear ? hear_it : write_it,
                                { .fd = session->signals, .events = POLLIN },
                                { .fd = connection, .events = POLLIN } };
        int count = poll(fds, sizeof(fds) / sizeof(*fds), is_end && !may_hear ? STALLED_MS : -1);
        if (count == 0) {
            recording_give_up(session->recording);
            return END_FULL;
        }
        if (fds[2].revents)
            attachment_notice(&session->attachment);
        if (fds[0].revents && may_hear)
            end = hear(session);
        if (fds[1].revents && stop_signals_take(session->signals))
            end = END_SIGNAL;
    }
    return end;
}

/* On the connection that records, too: the call must not be without an owner in between. */
static int beep(struct connection *connection, const char *call)
{
    struct attachment attachment = { .connection = connection, .call = call };
    struct speech_result result;
    struct speech speech = { .reader = NULL };
    int status = speaking_open(&speech, sound_reader_beep(), &attachment);
    if (status == EXIT_DONE)
        status = attachment_open(&attachment, connection, call, "--speak", 0);
    if (status == EXIT_DONE)
        status = speaking_run(&speech, &attachment, &result);
    if (status == EXIT_DONE)
        attachment_close(&attachment);
    speaking_close(&speech);
    return status;
}

static void print_result(const struct session *session, enum end end)
{
    static const char *const ends[] = {
        [END_HANGUP] = "hangup", [END_MAX] = "max",   [END_SILENCE] = "silence",
        [END_SIGNAL] = "signal", [END_FULL] = "full",
    };
    uint64_t recorded_ms = session->samples * 1000 / session->attachment.rate;
    json_t *object = json_pack("{s:i,s:s,s:I,s:s}", "v", 1, "file", session->words->rest[0],
                               "recorded_ms", (json_int_t)recorded_ms, "ended_by", ends[end]);
    if (strcmp(session->words->rest[0], "-") != 0)
        output_json(object);
    json_decref(object);
}

/* With --silence a record without any sound is none. */
static int finish(struct session *session, enum end end, bool is_json)
{
    if (!session->samples && recording_has_failed(session->recording)) {
        recording_drop(session->recording);
        return EXIT_USAGE;
    }
    bool is_nothing = !session->samples || (session->words->silence_s > 0 &&
                                            !silence_detector_has_sound(&session->silence));
    if (is_nothing) {
        recording_drop(session->recording);
        fputs("offhookctl: nothing was recorded\n", stderr);
        return EXIT_NO;
    }
    bool is_whole = recording_keep(session->recording);
    if (is_json)
        print_result(session, end);
    return is_whole ? EXIT_DONE : EXIT_USAGE;
}

static int record(struct session *session, struct connection *connection,
                  const struct options *options)
{
    const char *args = session->words->is_both ? "--listen --both" : "--listen";
    int status = session->words->has_beep ? beep(connection, options->call) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = attachment_open(&session->attachment, connection, options->call, args,
                                 session->words->rate);
    if (status != EXIT_DONE) {
        recording_drop(session->recording);
        return status;
    }
    uint32_t rate = session->attachment.rate;
    session->limit =
        session->words->max_s > 0 ? (uint64_t)(session->words->max_s * rate) : UINT64_MAX;
    silence_detector_init(&session->silence, rate);
    enum end end = listen(session);
    attachment_close(&session->attachment);
    return finish(session, end, options->is_json);
}

int record_show(struct connection *connection, const struct options *options)
{
    struct audio_options words;
    struct session session = { .words = &words };
    if (!audio_options_take(AUDIO_RECORD, options, &words))
        return EXIT_USAGE;
    session.signals = stop_signals_open(false); /* before there is a file that would be left */
    session.recording = recording_open(words.rest[0]);
    int status = session.recording ? record(&session, connection, options) : EXIT_USAGE;
    close(session.signals);
    return status;
}
