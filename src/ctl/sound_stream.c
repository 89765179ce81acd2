// SPDX-License-Identifier: ISC
#include "ctl/sound_stream.h"

#include "ctl/wav_header.h"
#include "util/memory.h"
#include "util/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    HEAD_BYTES = 64 * 1024, // the samples of a WAV file begin within
    SNIFF_BYTES = 12,
    TEXT_BYTES_MIN = 8,                   // less may be samples by chance
    SPOOLED_BYTES_MAX = 256 * 1000 * 1000 // hours of any format that has to be complete
};

/* What a file of some format has at a place of its first SNIFF_BYTES. */
struct mark {
    size_t at;
    const char *bytes;
};

/* The header of an MPEG frame: layer III, with a bit rate and a sample rate that exist. */
static bool is_mpeg_frame(const unsigned char *data)
{
    unsigned bit_rate = data[2] >> 4;
    return data[0] == 0xff && (data[1] & 0xe6) == 0xe2 && bit_rate != 0 && bit_rate != 15 &&
           (data[2] & 0x0c) != 0x0c;
}

/* The length of the first frame of AAC, when a second one may follow; 0: it is none. */
static size_t aac_frame_bytes(const unsigned char *data)
{
    bool is_frame = data[0] == 0xff && (data[1] & 0xf6) == 0xf0 && (data[2] >> 2 & 15) < 13;
    size_t bytes = (size_t)(data[3] & 3) << 11 | (size_t)data[4] << 3 | data[5] >> 5;
    return is_frame && bytes > 7 ? bytes : 0;
}

static bool is_aac(const unsigned char *data, size_t length)
{
    size_t frame = aac_frame_bytes(data);
    return frame && frame + 6 <= length && aac_frame_bytes(data + frame);
}

/* An error message where sound was expected: JSON, HTML, or a line of words. */
static bool is_text(const unsigned char *data, size_t length)
{
    struct slice text = { (const char *)data, length };
    while (text.length) {
        uint32_t code;
        size_t bytes = utf8_read(text, &code);
        if (!bytes)
            return text.length < 4 && text.length < length; /* cut within a character */
        if (!code || (code < ' ' && !strchr("\t\n\r", (int)code)) || code == 0x7f)
            return false;
        text = slice_skip(text, bytes);
    }
    return true;
}

static bool has_mark(const struct mark *marks, size_t count, const unsigned char *data)
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(data + marks[i].at, marks[i].bytes, strlen(marks[i].bytes)) == 0)
            return true;
    return false;
}

enum sound_stream_kind sound_stream_sniff(const unsigned char *data, size_t length)
{
    static const struct mark files[] = {
        { 0, "RIFX" }, { 0, "RF64" }, { 0, "fLaC" }, { 0, "OggS" },
        { 0, "FORM" }, { 0, ".snd" }, { 0, "caff" }, { 0, "ID3" }
    };
    static const struct mark others[] = {
        { 4, "ftyp" },             // M4A, MP4
        { 0, "\x1a\x45\xdf\xa3" }, // WebM, Matroska
        { 0, "\x30\x26\xb2\x75" }, // WMA
        { 0, "#!AMR" },
        { 0, "ADIF" },
        { 0, "MThd" },
        { 0, "RIFF" }, // AVI, WebP
        { 0, "\x89PNG" },
        { 0, "GIF8" },
        { 6, "JFIF" },
        { 6, "Exif" },
        { 0, "%PDF" },
        { 0, "PK\3\4" },
        { 0, "\x1f\x8b\x08" }, // gzip
        { 0, "\xfd"
             "7zXZ" },
        { 0, "\x28\xb5\x2f\xfd" }, // zstd
        { 0, "\x7f"
             "ELF" },
    };
    if (length < SNIFF_BYTES)
        return length >= TEXT_BYTES_MIN && is_text(data, length) ? SOUND_STREAM_OTHER
                                                                 : SOUND_STREAM_SAMPLES;
    if (memcmp(data, "RIFF", 4) == 0 && memcmp(data + 8, "WAVE", 4) == 0)
        return SOUND_STREAM_WAV;
    if (has_mark(files, sizeof(files) / sizeof(*files), data))
        return SOUND_STREAM_FILE;
    if (has_mark(others, sizeof(others) / sizeof(*others), data) || is_aac(data, length) ||
        is_text(data, length))
        return SOUND_STREAM_OTHER;
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
    stream->left = format.data_bytes;
}

void sound_stream_begin(struct sound_stream *stream, int fd)
{
    *stream = (struct sound_stream){
        .fd = fd, .channels = 1, .left = WAV_TO_THE_END, .head = memory_new(HEAD_BYTES)
    };
    while (stream->length < SNIFF_BYTES && read_ahead(stream))
        ;
    /* Only the frame behind tells AAC from loud samples. */
    size_t frame = stream->length < SNIFF_BYTES ? 0 : aac_frame_bytes(stream->head);
    while (frame && stream->length < frame + 6 && read_ahead(stream))
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

static ssize_t took(struct sound_stream *stream, ssize_t count)
{
    if (count > 0 && stream->left != WAV_TO_THE_END)
        stream->left -= (uint64_t)count;
    return count;
}

ssize_t sound_stream_read(struct sound_stream *stream, void *bytes, size_t size)
{
    size_t ahead = stream->length - stream->at;
    size_t wanted = size < stream->left ? size : (size_t)stream->left;
    if (!wanted)
        return 0;
    if (ahead) {
        size_t count = ahead < wanted ? ahead : wanted;
        memcpy(bytes, stream->head + stream->at, count);
        stream->at += count;
        return took(stream, (ssize_t)count);
    }
    return took(stream, read_again(stream->fd, bytes, wanted));
}
