// SPDX-License-Identifier: ISC
#include "ctl/recording.h"

#include "ctl/wav_header.h"
#include "util/memory.h"
#include "util/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct recording {
    const char *name;
    char *temporary; // NULL: standard output
    int format;      // of libsndfile
    int fd;
    SNDFILE *file;       // NULL before the first samples
    uint64_t data_bytes; // to standard output
    off_t whole_bytes;   // of the file, before the last write
    uint32_t rate;
    bool has_failed;
};

/* 0: no format that is written here. */
static int format_of(struct slice name)
{
    static const struct {
        const char *ending;
        int format;
    } formats[] = {
        { ".wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16 },
        { ".flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16 },
        { ".ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS },
        { ".oga", SF_FORMAT_OGG | SF_FORMAT_VORBIS },
        { ".opus", SF_FORMAT_OGG | SF_FORMAT_OPUS },
    };
    for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
        struct slice ending = slice_of(formats[i].ending);
        if (name.length > ending.length &&
            slice_equal_ignoring_case(slice_skip(name, name.length - ending.length), ending))
            return formats[i].format;
    }
    return 0;
}

static void complain(const struct recording *recording, const char *why)
{
    fprintf(stderr, "offhookctl: %s: %s\n",
            recording->temporary ? recording->name : "standard output", why);
}

/* In the same folder, so that it can be renamed; hidden from those who look for "*.wav". */
static char *temporary_name(const char *name)
{
    struct timespec now;
    size_t size = strlen(name) + 64;
    char *text = memory_new(size);
    const char *slash = strrchr(name, '/');
    int folder = slash ? (int)(slash + 1 - name) : 0;
    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(text, size, "%.*s.%s.%ld.%09ld", folder, name, name + folder, (long)getpid(),
             now.tv_nsec);
    return text;
}

static bool is_other_than_file(const char *name)
{
    struct stat status;
    return stat(name, &status) == 0 && !S_ISREG(status.st_mode);
}

struct recording *recording_open(const char *name)
{
    struct recording *recording = memory_new(sizeof(*recording));
    recording->name = name;
    recording->fd = STDOUT_FILENO;
    if (strcmp(name, "-") == 0)
        return recording;
    recording->temporary = temporary_name(name);
    recording->format = format_of(slice_of(name));
    recording->fd = -1;
    if (!recording->format) {
        complain(recording,
                 "records are .wav, .flac, .ogg or .opus, or - for WAV on standard output");
    } else if (is_other_than_file(name)) {
        complain(recording, "it exists and is no file");
    } else {
        recording->fd = open(recording->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (recording->fd >= 0)
            return recording;
        complain(recording, strerror(errno));
    }
    recording_drop(recording);
    return NULL;
}

int recording_descriptor(const struct recording *recording)
{
    return recording->temporary ? -1 : recording->fd;
}

bool recording_has_failed(const struct recording *recording)
{
    return recording->has_failed;
}

void recording_give_up(struct recording *recording)
{
    complain(recording, "nobody reads it");
    recording->has_failed = true;
}

static bool write_all(struct recording *recording, const void *data, size_t length)
{
    const char *bytes = data;
    while (length) {
        ssize_t written = write(recording->fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            if (errno != EPIPE)
                complain(recording, strerror(errno));
            recording->has_failed = errno != EPIPE;
            return false;
        }
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* A pipe learns no length: it ends where it ends. */
static bool write_stream(struct recording *recording, const int16_t *samples, size_t count)
{
    unsigned char header[WAV_HEADER_BYTES];
    wav_header_write(header, recording->rate, UINT32_MAX);
    if (!recording->data_bytes && !write_all(recording, header, sizeof(header)))
        return false;
    recording->data_bytes += count * sizeof(*samples);
    return write_all(recording, samples, count * sizeof(*samples));
}

static bool write_file(struct recording *recording, const int16_t *samples, size_t count)
{
    SF_INFO info = { .samplerate = (int)recording->rate,
                     .channels = 1,
                     .format = recording->format };
    if (!recording->file) {
        recording->file = sf_open_fd(recording->fd, SFM_WRITE, &info, SF_FALSE);
        if (!recording->file) {
            complain(recording, sf_strerror(NULL));
            recording->has_failed = true;
            return false;
        }
        /* Whoever kills us leaves a file that can be played; the others cannot be written twice. */
        if ((recording->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV)
            sf_command(recording->file, SFC_SET_UPDATE_HEADER_AUTO, NULL, SF_TRUE);
    }
    struct stat status;
    recording->whole_bytes = fstat(recording->fd, &status) == 0 ? status.st_size : 0;
    errno = 0;
    if (sf_write_short(recording->file, samples, (sf_count_t)count) == (sf_count_t)count)
        return true;
    complain(recording, errno ? strerror(errno) : sf_strerror(recording->file));
    recording->has_failed = true;
    return false;
}

bool recording_write(struct recording *recording, uint32_t rate, const int16_t *samples,
                     size_t count)
{
    recording->rate = rate;
    if (!count)
        return true;
    return recording->temporary ? write_file(recording, samples, count)
                                : write_stream(recording, samples, count);
}

/* Standard output may be a file after all. */
static void say_length(struct recording *recording)
{
    unsigned char header[WAV_HEADER_BYTES];
    off_t end = lseek(recording->fd, 0, SEEK_CUR);
    off_t start = end - (off_t)(recording->data_bytes + sizeof(header));
    bool is_appended =
        fcntl(recording->fd, F_GETFL) & O_APPEND; /* then it cannot be written back */
    if (end < 0 || start < 0 || is_appended || recording->data_bytes >= UINT32_MAX)
        return;
    wav_header_write(header, recording->rate, (uint32_t)recording->data_bytes);
    (void)!pwrite(recording->fd, header, sizeof(header), start);
}

/* Half a frame of FLAC, or half a page of Ogg, for which there was no room. WAV has samples to the
 * last byte, and a length that libsndfile has set right. */
static void cut_broken_end(struct recording *recording)
{
    bool is_wav = (recording->format & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAV;
    if (recording->has_failed && !is_wav && recording->whole_bytes)
        (void)!ftruncate(recording->fd, recording->whole_bytes);
}

static void clear(struct recording *recording)
{
    if (recording->fd > STDOUT_FILENO)
        close(recording->fd);
    free(recording->temporary);
    free(recording);
}

bool recording_keep(struct recording *recording)
{
    bool is_fine = !recording->has_failed;
    if (!recording->temporary) {
        if (recording->data_bytes)
            say_length(recording);
    } else {
        errno = 0;
        if (recording->file && sf_close(recording->file) != 0 && is_fine) {
            complain(recording, errno ? strerror(errno) : "it cannot be completed");
            is_fine = false;
        }
        cut_broken_end(recording);
        if (rename(recording->temporary, recording->name) != 0) {
            complain(recording, strerror(errno));
            (void)unlink(recording->temporary);
            is_fine = false;
        }
    }
    clear(recording);
    return is_fine;
}

void recording_drop(struct recording *recording)
{
    if (recording->file)
        sf_close(recording->file);
    if (recording->temporary && recording->fd >= 0)
        (void)unlink(recording->temporary);
    clear(recording);
}
