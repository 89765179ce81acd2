// SPDX-License-Identifier: ISC
// How long it has been silent: by energy, against a floor of noise that follows the line. Computes
// only.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SILENCE_FLOORS = 10
};

struct silence_detector {
    size_t frame_size;             // samples of 20 ms
    size_t taken;                  // of the frame that is not complete yet
    double energy;                 // of those
    double floors[SILENCE_FLOORS]; // the least power of each half second; the last ones are kept
    unsigned floor_count;
    unsigned floor_frames; // of the half second that is not complete yet
    unsigned loud_frames;  // in a row
    uint64_t quiet_frames; // since the last sound
    bool has_sound;
};

void silence_detector_init(struct silence_detector *detector, uint32_t rate);
// What was heard next, in pieces of any size.
void silence_detector_hear(struct silence_detector *detector, const int16_t *samples, size_t count);
// Since the last sound, or since the beginning.
uint64_t silence_detector_quiet_ms(const struct silence_detector *detector);
// Whether there was any sound at all.
bool silence_detector_has_sound(const struct silence_detector *detector);
