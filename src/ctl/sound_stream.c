// SPDX-License-Identifier: ISC
#include "ctl/sound_stream.h"

#include "ctl/wav_header.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 64 * 1024, // the samples of a WAV file begin within
    SNIFF_BYTES = 12,
    SPOOLED_BYTES_MAX = 256 * 1000 * 1000 // hours of any format that has to be complete
};

/* The header of an MPEG frame: layer III, with a bit rate and a sample rate that exist. */
static bool is_mpeg_frame(const unsigned char *data)
{
    unsigned bit_rate = data[2] >> 4;
    return data[0] == 0xff && (data[1] & 0xe6) == 0xe2 && bit_rate != 0 && bit_rate != 15 &&
           (data[2] & 0x0c) != 0x0c;
}

enum sound_stream_kind sound_stream_sniff(const unsigned char *data, size_t length)
{
    static const char *const marks[] = { "RIFX", "RF64", "fLaC", "OggS", "FORM", ".snd", "caff" };
    if (length < SNIFF_BYTES)
        return SOUND_STREAM_SAMPLES;
    if (memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WAVE", 4) == 0)
        return SOUND_STREAM_WAV;
    for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
        if (memcmp(data, marks[i], 4) == 0)
            return SOUND_STREAM_FILE;
    if (memcmp(data, "ID3", 3) == 0)
        return SOUND_STREAM_FILE;
    return is_mpeg_frame(data) ? SOUND_STREAM_PERHAPS : SOUND_STREAM_SAMPLES;
}

static ssize_t read_again(int fd, void *bytes, size_t size)
{
    ssize_t count;
    do
        count = read(fd, bytes, size);
    while (count < 0 && errno == EINTR);
    return count;
}

/* False at the end, or when the head is full. */
static bool read_ahead(struct sound_stream *stream)
{
    ssize_t count =
        read_again(stream->fd, stream->head + stream->length, HEAD_BYTES - stream->length);
    if (count <= 0)
        return false;
    stream->length += (size_t)count;
    return true;
}

static void read_wav_header(struct sound_stream *stream)
{
    struct wav_format format;
    enum wav_result result;
    while ((result = wav_header_read(stream->head, stream->length, &format)) == WAV_NEEDS_MORE)
        if (!read_ahead(stream))
            return;
    if (result != WAV_FOUND)
        return;
    stream->has_samples = true;
    stream->rate = format.rate;
    stream->channels = format.channels;
    stream->at = format.header_bytes;
}

void sound_stream_begin(struct sound_stream *stream, int fd)
{
    *stream = (struct sound_stream){ .fd = fd, .channels = 1, .head = memory_new(HEAD_BYTES) };
    while (stream->length < SNIFF_BYTES && read_ahead(stream))
        ;
    stream->kind = sound_stream_sniff(stream->head, stream->length);
    stream->has_samples = stream->kind == SOUND_STREAM_SAMPLES;
    if (stream->kind == SOUND_STREAM_WAV)
        read_wav_header(stream);
}

int sound_stream_spool(struct sound_stream *stream)
{
    FILE *file = tmpfile();
    bool is_fine = file != NULL;
    size_t kept = 0;
    for (bool has_more = true; is_fine && has_more;) {
        kept += stream->length;
        is_fine = kept <= SPOOLED_BYTES_MAX &&
                  fwrite(stream->head, 1, stream->length, file) == stream->length;
        stream->length = 0;
        has_more = read_ahead(stream);
    }
    is_fine = is_fine && fflush(file) == 0;
    int spooled = is_fine ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (file)
        fclose(file);
    if (spooled >= 0)
        (void)lseek(spooled, 0, SEEK_SET);
    return spooled;
}

ssize_t sound_stream_read(struct sound_stream *stream, void *bytes, size_t size)
{
    size_t ahead = stream->length - stream->at;
    if (!ahead)
        return read_again(stream->fd, bytes, size);
    size_t count = ahead < size ? ahead : size;
    memcpy(bytes, stream->head + stream->at, count);
    stream->at += count;
    return (ssize_t)count;
}
