// SPDX-License-Identifier: ISC
// One direction of one call from one rate to another (speexdsp, seen only here). State is kept from
// frame to frame.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct resampler;

struct resampler *resampler_new(uint32_t from_rate, uint32_t to_rate);
// 20 ms in, 20 ms out: `from` holds from_rate / 50 samples, `to` takes to_rate / 50.
void resampler_run(struct resampler *resampler, const int16_t *from, int16_t *to);
// Any whole number of samples that is one at the other rate, too: `to` takes what `from_count`
// samples become, which is returned.
size_t resampler_convert(struct resampler *resampler, const int16_t *from, size_t from_count,
                         int16_t *to);
void resampler_free(struct resampler *resampler);
