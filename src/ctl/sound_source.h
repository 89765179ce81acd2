// SPDX-License-Identifier: ISC
// What is to be played: a sound file of any format that libsndfile reads, or a stream of samples on
// standard input, mixed to one channel.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sound_source;

// "-" is standard input, a sound file or else samples of `raw_rate` (0: the rate of the call).
// Text, a picture and the like are refused, unless the user said that they are samples.
// NULL when it cannot be played, which has been said on standard error.
struct sound_source *sound_source_open(const char *name, uint32_t raw_rate, bool is_raw_said);
// A tone of 1 kHz that begins and ends softly.
struct sound_source *sound_source_beep(void);
// Samples a second; 0: that of the call.
uint32_t sound_source_rate(const struct sound_source *source);
// Waits for a stream. False at the end. *count may be 0 before that.
bool sound_source_read(struct sound_source *source, int16_t *samples, size_t size, size_t *count);
void sound_source_close(struct sound_source *source);
