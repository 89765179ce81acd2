// SPDX-License-Identifier: ISC
// The header of a WAV file of 16-bit samples, for streams, which libsndfile can neither write nor
// read. Computes only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    WAV_HEADER_BYTES = 44
};

// Who writes into a pipe does not know the length yet: its header says 0, or all bits are set.
#define WAV_TO_THE_END UINT64_MAX

struct wav_format {
    uint32_t rate;
    uint32_t channels;
    size_t header_bytes; // where the samples begin
    uint64_t data_bytes; // of samples; WAV_TO_THE_END: as much as there is
};

enum wav_result {
    WAV_FOUND,
    WAV_NEEDS_MORE, // bytes
    WAV_OTHER       // not a WAV file, or one of another kind of samples
};

// Mono. The length is that of the samples; UINT32_MAX: not known yet, until the end of the stream.
void wav_header_write(unsigned char header[WAV_HEADER_BYTES], uint32_t rate, uint32_t data_bytes);
// The beginning of a stream; *format is touched when it is WAV_FOUND.
enum wav_result wav_header_read(const unsigned char *data, size_t length,
                                struct wav_format *format);
