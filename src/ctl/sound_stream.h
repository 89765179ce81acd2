// SPDX-License-Identifier: ISC
// Sound from a pipe, which nobody can seek in: told by its first bytes, played as it comes where
// that can be done.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum sound_stream_kind {
    SOUND_STREAM_SAMPLES, // as they are
    SOUND_STREAM_WAV,     // perhaps with 16-bit samples behind its header
    SOUND_STREAM_FILE,    // of another format
    SOUND_STREAM_PERHAPS, // MP3, or samples that look like it
    SOUND_STREAM_OTHER    // surely no sound that we read: text, a picture, a film
};

struct sound_stream {
    int fd;
    enum sound_stream_kind kind;
    bool has_samples;    // 16-bit ones, which sound_stream_read gives
    uint32_t rate;       // of those; 0: nobody says
    uint32_t channels;   // of those
    uint64_t left;       // bytes of samples that are still to be read; those behind are no sound
    unsigned char *head; // read ahead, to be freed
    size_t at;
    size_t length;
};

// What such first bytes are. Computes only.
enum sound_stream_kind sound_stream_sniff(const unsigned char *data, size_t length);
// Reads as much as it takes to know what it is.
void sound_stream_begin(struct sound_stream *stream, int fd);
// All of it in a file without a name, to be closed; -1: it does not fit.
int sound_stream_spool(struct sound_stream *stream);
// As read(2) does, from where the samples begin to where they end.
ssize_t sound_stream_read(struct sound_stream *stream, void *bytes, size_t size);
