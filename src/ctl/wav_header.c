// SPDX-License-Identifier: ISC
#include "ctl/wav_header.h"

#include <string.h>

enum {
    PCM = 1,
    EXTENSIBLE = 0xfffe,
    FORMAT_BYTES = 16,
    EXTENSIBLE_BYTES = 26, // with the kind of samples behind it
    CHANNELS_MAX = 16
};

static void put(unsigned char *at, uint32_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint32_t get(const unsigned char *at, unsigned bytes)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint32_t)at[i] << 8 * i;
    return value;
}

void wav_header_write(unsigned char header[WAV_HEADER_BYTES], uint32_t rate, uint32_t data_bytes)
{
    uint32_t behind = WAV_HEADER_BYTES - 8;
    memcpy(header, "RIFF....WAVEfmt ", 16);
    put(header + 4, data_bytes > UINT32_MAX - behind ? UINT32_MAX : data_bytes + behind, 4);
    put(header + 16, FORMAT_BYTES, 4);
    put(header + 20, PCM, 2);
    put(header + 22, 1, 2);
    put(header + 24, rate, 4);
    put(header + 28, rate * 2, 4);
    put(header + 32, 2, 2);
    put(header + 34, 16, 2);
    memcpy(header + 36, "data", 4);
    put(header + 40, data_bytes, 4);
}

static bool read_format(const unsigned char *chunk, size_t size, struct wav_format *format)
{
    if (size < FORMAT_BYTES)
        return false;
    uint32_t kind = get(chunk, 2);
    if (kind == EXTENSIBLE && size >= EXTENSIBLE_BYTES)
        kind = get(chunk + 24, 2);
    format->channels = get(chunk + 2, 2);
    format->rate = get(chunk + 4, 4);
    return kind == PCM && get(chunk + 14, 2) == 16 && format->channels &&
           format->channels <= CHANNELS_MAX && get(chunk + 12, 2) == 2 * format->channels;
}

enum wav_result wav_header_read(const unsigned char *data, size_t length, struct wav_format *format)
{
    struct wav_format found = { 0 };
    if (length < 12)
        return WAV_NEEDS_MORE;
    if (memcmp(data, "RIFF", 4) != 0 || memcmp(data + 8, "WAVE", 4) != 0)
        return WAV_OTHER;
    size_t at = 12;
    while (length - at >= 8) {
        size_t size = get(data + at + 4, 4);
        const unsigned char *chunk = data + at + 8;
        if (memcmp(data + at, "data", 4) == 0) {
            found.header_bytes = at + 8;
            found.data_bytes = size && size != UINT32_MAX ? size : WAV_TO_THE_END;
            if (found.rate)
                *format = found;
            return found.rate ? WAV_FOUND : WAV_OTHER;
        }
        if (size + (size & 1) > length - at - 8)
            return WAV_NEEDS_MORE;
        if (memcmp(data + at, "fmt ", 4) == 0 && !read_format(chunk, size, &found))
            return WAV_OTHER;
        at += 8 + size + (size & 1);
    }
    return WAV_NEEDS_MORE;
}
