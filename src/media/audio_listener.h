// SPDX-License-Identifier: ISC
// One who listens to a call: frames of 20 ms at the rate of the call, at its own rate, with what is
// said to the far end mixed in where it wants that. A value inside the call's audio; owns no pipe.
#pragma once

#include "media/resampler.h"

#include <stdbool.h>
#include <stdint.h>

struct audio_listener {
    uint32_t number; // what the pipe is known by; 0: there is none
    uint32_t owner;  // whom call_audio_release names
    bool hears_both;
    bool is_slow; // a frame of it was dropped
    bool is_told_slow;
    uint32_t rate;
    struct resampler *resampler; // from the call's rate
    uint64_t given_bytes;
    size_t unread_bytes; // in its pipe, as seen last
};

// `owner`, `hears_both` and `rate` (8000, 16000, 24000 or 48000) are set already.
void audio_listener_begin(struct audio_listener *listener, uint32_t number, uint32_t call_rate);
void audio_listener_set_call_rate(struct audio_listener *listener, uint32_t call_rate);
// Its frame of this tick (rate / 50 samples): what the far end says, and if it hears both what is
// said to it (NULL: silence), both of `count` samples at the rate of the call.
void audio_listener_hear(struct audio_listener *listener, const int16_t *heard, const int16_t *said,
                         size_t count, int16_t *frame);
void audio_listener_end(struct audio_listener *listener);
