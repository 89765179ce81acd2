// SPDX-License-Identifier: ISC
// Digits heard as pairs of tones in the audio (ITU-T Q.23, Q.24), for a far end that sends them in
// no other way: tones of 40 ms or more with pauses as long, within 1.5 % of their frequencies and
// not 3.5 % beside them.
#pragma once

#include "media/dtmf_tone.h"

enum {
    DTMF_BLOCK_MAX = 612, // samples of 12.75 ms at 48 kHz
    DTMF_DETUNINGS = 5
};

struct dtmf_phasor {
    double real;
    double imaginary;
};

// One of the two tones that the candidate has.
struct dtmf_track {
    struct dtmf_phasor last; // in the last block
    struct dtmf_phasor
        turn; // sum of how far it has turned from block to block, too far or too little
};

struct dtmf_detector {
    uint32_t rate; // that the filters are made for; 0: none yet
    size_t block;
    struct dtmf_phasor filters[DTMF_ROWS + DTMF_COLUMNS][DTMF_DETUNINGS];
    double samples[DTMF_BLOCK_MAX];
    size_t count;
    char candidate; // of the last blocks; '\0': none
    unsigned hits;  // in a row
    struct dtmf_track row;
    struct dtmf_track column;
    char digit;      // that has been told and is not over
    unsigned misses; // blocks since it was there
};

// The digit that is recognised within these samples, '\0' when none is: each press once. At most
// 20 ms of audio at 8000 to 48000 samples a second; another rate begins anew.
char dtmf_detector_run(struct dtmf_detector *detector, uint32_t rate, const int16_t *samples,
                       size_t count);
