// SPDX-License-Identifier: ISC
// Digits as pairs of tones in the audio that is sent (ITU-T Q.23), in place of what the program
// says, for a far end that takes them in no other way.
#pragma once

#include "util/limits.h"
#include "util/slice.h"

enum {
    DTMF_ROWS = 4,
    DTMF_COLUMNS = 4
};

// Hertz.
extern const double dtmf_row_frequencies[DTMF_ROWS];
extern const double dtmf_column_frequencies[DTMF_COLUMNS];
// "123A456B789C*0#D": row by row.
extern const char dtmf_keys[DTMF_ROWS * DTMF_COLUMNS + 1];

struct dtmf_tone {
    uint8_t key; // index into dtmf_keys
    uint32_t tone_ms;
    uint32_t gap_ms;
};

struct dtmf_tones {
    struct dtmf_tone queue[LIMIT_DIGITS_QUEUED]; // the first is being sent
    size_t count;
    uint32_t elapsed; // samples since the tone began
    uint32_t faded;   // samples the program has been on its way out; 0: it is heard
};

// False: no digit, or the queue is full.
bool dtmf_tones_add(struct dtmf_tones *tones, char digit, uint32_t tone_ms, uint32_t gap_ms);
// Puts what is due into the next `count` samples, `rate` of them a second.
void dtmf_tones_insert(struct dtmf_tones *tones, uint32_t rate, int16_t *samples, size_t count);
// The far end may not hear us now: what was being sent is given up, the rest waits.
void dtmf_tones_pause(struct dtmf_tones *tones);
