// SPDX-License-Identifier: ISC
// G.711: A-law and mu-law, one byte a sample at 8 kHz (ITU-T G.711).
#pragma once

#include "util/slice.h"

// Return the bytes written, `count`.
size_t codec_g711_encode_alaw(const int16_t *samples, size_t count, uint8_t *payload);
size_t codec_g711_encode_ulaw(const int16_t *samples, size_t count, uint8_t *payload);
// Return the samples written, at most `maximum`.
size_t codec_g711_decode_alaw(struct slice payload, int16_t *samples, size_t maximum);
size_t codec_g711_decode_ulaw(struct slice payload, int16_t *samples, size_t maximum);
