// SPDX-License-Identifier: ISC
// A child process that opens and decodes what is to be played, so that neither a file that blocks
// (a FIFO without a writer, a stream that stands still) nor one that never ends keeps us from
// noticing the end of the call.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    SOUND_PIECE_SAMPLES = 1024
};

struct sound_reader;

struct sound_piece {
    uint32_t rate;  // samples a second; 0: that of the call
    uint32_t count; // of samples; 0: here ends a file
    int16_t samples[SOUND_PIECE_SAMPLES];
};

enum sound_reader_result {
    SOUND_READER_PIECE,
    SOUND_READER_WAITS, // poll its descriptor
    SOUND_READER_END,   // of all files
    SOUND_READER_FAILED // it said why on standard error
};

// Begins to open these files, as sound_source_open does. NULL: no child process, which has been
// said on standard error.
struct sound_reader *sound_reader_new(char *const *names, int count, uint32_t raw_rate,
                                      bool is_raw_said);
// The beep of sound_source.h.
struct sound_reader *sound_reader_beep(void);
// To be polled for reading.
int sound_reader_descriptor(const struct sound_reader *reader);
// The first piece is none of a file: it says that all of them have been opened, with the rate that
// all of them have or, if they differ, 0.
enum sound_reader_result sound_reader_take(struct sound_reader *reader, struct sound_piece *piece);
// Ends the child, wherever it is stuck.
void sound_reader_free(struct sound_reader *reader);
