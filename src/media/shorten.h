// SPDX-License-Identifier: ISC
// A piece of speech made shorter at its pitch: a stretch that is like what follows it is left out,
// one faded into the other.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Leaves out up to `most` of `count` samples at `rate`, in place; returns how many. 0: the piece is
// too short for it.
size_t shorten(int16_t *samples, size_t count, size_t most, uint32_t rate);
