// SPDX-License-Identifier: ISC
// Sound of one rate as sound of another, whole from the first sample to the last (speexdsp, seen
// only here).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct resampling;

struct resampling *resampling_new(uint32_t from_rate, uint32_t to_rate);
// Takes `*taken` samples and gives `*given`; both say at first how many there are and how many fit.
void resampling_run(struct resampling *resampling, const int16_t *from, size_t *taken, int16_t *to,
                    size_t *given);
// What the filter still holds, behind the last sample; 0 when that was all.
size_t resampling_finish(struct resampling *resampling, int16_t *to, size_t size);
void resampling_free(struct resampling *resampling);
