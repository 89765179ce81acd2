// SPDX-License-Identifier: ISC
#include "ctl/sound_source.h"

#include "ctl/sound_stream.h"
#include "ctl/wav_header.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHANNELS_MAX = 16,
    FRAMES_MAX = 1024, // mixed at once
    RATE_MIN = 4000,
    RATE_MAX = 192000,
    BEEP_HZ = 1000,
    BEEP_RATE = 16000,
    BEEP_SAMPLES = BEEP_RATE / 5,
    BEEP_EDGE = BEEP_RATE / 100,
    BEEP_PEAK = 8000
};

enum kind {
    KIND_FILE,
    KIND_STREAM,
    KIND_BEEP
};

struct sound_source {
    enum kind kind;
    uint32_t rate;
    uint32_t channels;
    int fd;
    SNDFILE *file;
    struct sound_stream stream;
    unsigned char left[2 * CHANNELS_MAX]; // of a sample of all channels that is not complete yet
    size_t left_bytes;
    size_t position; // in the beep
};

/* What may be done with what is no sound file. */
struct raw {
    bool is_allowed;
    bool is_said; // by the user, who knows
    uint32_t rate;
};

static bool is_playable(uint32_t rate, uint32_t channels)
{
    return channels > 0 && channels <= CHANNELS_MAX && rate >= RATE_MIN && rate <= RATE_MAX;
}

/* Some versions of libsndfile close a descriptor that they cannot read, whatever they are told: it
 * gets one of its own. */
static bool open_file(struct sound_source *source, int fd, const char **why)
{
    SF_INFO info = { 0 };
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    SNDFILE *file = sf_open_fd(own, SFM_READ, &info, SF_TRUE);
    *why = sf_strerror(NULL);
    if (!file) {
        close(own);
        return false;
    }
    if (!is_playable((uint32_t)info.samplerate, (uint32_t)info.channels)) {
        *why = "its sample rate or number of channels cannot be played";
        sf_close(file);
        return false;
    }
    source->kind = KIND_FILE;
    source->file = file;
    source->rate = (uint32_t)info.samplerate;
    source->channels = (uint32_t)info.channels;
    return true;
}

static void stream_samples(struct sound_source *source, uint32_t rate)
{
    source->kind = KIND_STREAM;
    source->rate = rate;
    source->channels = source->stream.channels;
}

static bool may_be_raw(const struct sound_source *source, const struct raw *raw, const char **why)
{
    if (raw->is_allowed && source->stream.kind == SOUND_STREAM_OTHER && !raw->is_said)
        *why = "it is neither a sound file nor samples; --rate says that they are samples";
    return raw->is_allowed && (source->stream.kind != SOUND_STREAM_OTHER || raw->is_said);
}

/* What cannot be played as it comes is played once it is complete. */
static bool open_spooled(struct sound_source *source, const struct raw *raw, const char **why)
{
    struct sound_stream *stream = &source->stream;
    int spooled = sound_stream_spool(stream);
    *why = "it cannot be kept in a temporary file (256 MB at most): give its name instead";
    if (spooled < 0)
        return false;
    close(source->fd);
    source->fd = spooled;
    if (open_file(source, spooled, why))
        return true;
    if (!raw->is_allowed || stream->kind != SOUND_STREAM_PERHAPS)
        return false;
    (void)lseek(spooled, 0, SEEK_SET);
    stream->fd = spooled;
    stream_samples(source, raw->rate);
    return true;
}

static bool open_wav(struct sound_source *source)
{
    struct sound_stream *stream = &source->stream;
    if (stream->kind != SOUND_STREAM_WAV || !stream->has_samples ||
        !is_playable(stream->rate, stream->channels))
        return false;
    stream_samples(source, stream->rate);
    return true;
}

static bool open_stream(struct sound_source *source, const struct raw *raw, const char **why)
{
    enum sound_stream_kind kind = source->stream.kind;
    if (kind != SOUND_STREAM_SAMPLES && kind != SOUND_STREAM_OTHER)
        return open_spooled(source, raw, why);
    *why = "it is no sound file";
    if (!may_be_raw(source, raw, why))
        return false;
    stream_samples(source, raw->rate);
    return true;
}

/* libsndfile knows many formats, but believes a WAV file that says 0 bytes. */
static bool open_regular(struct sound_source *source, off_t start, const struct raw *raw,
                         const char **why)
{
    struct sound_stream *stream = &source->stream;
    (void)lseek(source->fd, start, SEEK_SET);
    if (open_file(source, source->fd, why))
        return true;
    if (!may_be_raw(source, raw, why))
        return false;
    (void)lseek(source->fd, start, SEEK_SET);
    stream->at = stream->length = 0;
    stream->channels = 1;
    stream->left = WAV_TO_THE_END;
    stream_samples(source, raw->rate);
    return true;
}

static bool open_descriptor(struct sound_source *source, const struct raw *raw, const char **why)
{
    struct stat status;
    if (fstat(source->fd, &status) != 0 || S_ISDIR(status.st_mode)) {
        *why = "it is a folder";
        return false;
    }
    bool is_file = S_ISREG(status.st_mode);
    off_t start = is_file ? lseek(source->fd, 0, SEEK_CUR) : 0;
    sound_stream_begin(&source->stream, source->fd);
    if (open_wav(source))
        return true;
    return is_file ? open_regular(source, start, raw, why) : open_stream(source, raw, why);
}

/* A hook works in a folder of its own, which is empty: a bare name may be that of a sound of the
 * administrator. */
static int open_name(const char *name)
{
    char path[PATH_MAX];
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 || errno != ENOENT || strchr(name, '/') ||
        snprintf(path, sizeof(path), SOUNDS_FOLDER "/%s", name) >= (int)sizeof(path))
        return fd;
    return open(path, O_RDONLY | O_CLOEXEC);
}

struct sound_source *sound_source_open(const char *name, uint32_t raw_rate, bool is_raw_said)
{
    bool is_standard_input = strcmp(name, "-") == 0;
    struct raw raw = { is_standard_input, is_raw_said, raw_rate };
    struct sound_source *source = memory_new(sizeof(*source));
    source->fd = is_standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open_name(name);
    const char *why = strerror(errno);
    if (source->fd >= 0 && open_descriptor(source, &raw, &why))
        return source;
    fprintf(stderr, "offhookctl: %s: %s\n", is_standard_input ? "standard input" : name, why);
    sound_source_close(source);
    return NULL;
}

struct sound_source *sound_source_beep(void)
{
    struct sound_source *source = memory_new(sizeof(*source));
    source->kind = KIND_BEEP;
    source->rate = BEEP_RATE;
    source->channels = 1;
    source->fd = -1;
    return source;
}

uint32_t sound_source_rate(const struct sound_source *source)
{
    return source->rate;
}

static int16_t clip(float value)
{
    if (value >= 32767.0f)
        return INT16_MAX;
    return value > -32768.0f ? (int16_t)lrintf(value) : INT16_MIN;
}

static int16_t beep_at(size_t position)
{
    size_t to_edge = position < BEEP_SAMPLES / 2 ? position : BEEP_SAMPLES - 1 - position;
    double softness = to_edge < BEEP_EDGE ? (double)to_edge / BEEP_EDGE : 1.0;
    double angle = 2 * M_PI * BEEP_HZ * (double)position / BEEP_RATE;
    return (int16_t)lrint(BEEP_PEAK * softness * sin(angle));
}

static bool read_beep(struct sound_source *source, int16_t *samples, size_t size, size_t *count)
{
    size_t left = BEEP_SAMPLES - source->position;
    *count = left < size ? left : size;
    for (size_t i = 0; i < *count; i++)
        samples[i] = beep_at(source->position++);
    return left > 0;
}

/* Read as numbers of floating point, which all formats have in one scale. */
static bool read_file(struct sound_source *source, int16_t *samples, size_t size, size_t *count)
{
    float frames[FRAMES_MAX * CHANNELS_MAX];
    sf_count_t wanted = size < FRAMES_MAX ? (sf_count_t)size : FRAMES_MAX;
    sf_count_t got = sf_readf_float(source->file, frames, wanted);
    for (sf_count_t i = 0; i < got; i++) {
        float sum = 0;
        for (uint32_t channel = 0; channel < source->channels; channel++)
            sum += frames[(uint32_t)i * source->channels + channel];
        samples[i] = clip(sum * 32768.0f / (float)source->channels);
    }
    *count = got > 0 ? (size_t)got : 0;
    return got > 0;
}

static bool read_stream(struct sound_source *source, int16_t *samples, size_t size, size_t *count)
{
    unsigned char bytes[FRAMES_MAX * 2 * CHANNELS_MAX];
    size_t frame_bytes = 2 * source->channels;
    size_t wanted = (size < FRAMES_MAX ? size : FRAMES_MAX) * frame_bytes;
    memcpy(bytes, source->left, source->left_bytes);
    ssize_t got =
        sound_stream_read(&source->stream, bytes + source->left_bytes, wanted - source->left_bytes);
    size_t total = source->left_bytes + (got > 0 ? (size_t)got : 0);
    *count = total / frame_bytes;
    for (size_t i = 0; i < *count; i++) {
        int sum = 0;
        for (uint32_t channel = 0; channel < source->channels; channel++) {
            const unsigned char *at = bytes + i * frame_bytes + 2 * channel;
            sum += (int16_t)(at[0] | at[1] << 8);
        }
        samples[i] = (int16_t)(sum / (int)source->channels);
    }
    source->left_bytes = total % frame_bytes;
    memcpy(source->left, bytes + *count * frame_bytes, source->left_bytes);
    return got > 0;
}

bool sound_source_read(struct sound_source *source, int16_t *samples, size_t size, size_t *count)
{
    switch (source->kind) {
    case KIND_FILE:
        return read_file(source, samples, size, count);
    case KIND_STREAM:
        return read_stream(source, samples, size, count);
    case KIND_BEEP:
        break;
    }
    return read_beep(source, samples, size, count);
}

void sound_source_close(struct sound_source *source)
{
    if (!source)
        return;
    if (source->file)
        sf_close(source->file);
    if (source->fd >= 0)
        close(source->fd);
    free(source->stream.head);
    free(source);
}
