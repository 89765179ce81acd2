// SPDX-License-Identifier: ISC
// The codecs as a table: samples to payload and back.
#pragma once

#include "util/slice.h"

enum media_codec {
    MEDIA_CODEC_PCMA,
    MEDIA_CODEC_PCMU
};

// Samples per second of what a codec carries.
uint32_t codec_rate(enum media_codec codec);
// Timestamp units per second.
uint32_t codec_clock_rate(enum media_codec codec);
// Returns the payload's bytes; `payload` holds at least one byte a sample.
size_t codec_encode(enum media_codec codec, const int16_t *samples, size_t count, uint8_t *payload);
// Returns the samples, at most `maximum`.
size_t codec_decode(enum media_codec codec, struct slice payload, int16_t *samples, size_t maximum);
