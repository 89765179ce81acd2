// SPDX-License-Identifier: ISC
// One who speaks on a call: the bytes that a program or client has written, at its own rate, as
// frames of 20 ms at the rate of the call; what is dropped of them, and when it has said its last.
// Owns no pipe: whoever has it asks how much is wanted and feeds that much.
#pragma once

#include "util/slice.h"

#include <stdbool.h>
#include <stdint.h>

struct audio_speaker;

enum {
    AUDIO_FRAME_MAX = 960, // samples: 20 ms of 48 kHz
    AUDIO_RATE_MAX = 48000
};

// The rates, in samples per second, are 8000, 16000, 24000 or 48000. `owner` is whom
// call_audio_release names, `number` what the pipe is known by.
struct audio_speaker *audio_speaker_new(uint32_t number, uint32_t owner, uint32_t rate,
                                        uint32_t call_rate);
void audio_speaker_set_call_rate(struct audio_speaker *speaker, uint32_t call_rate);
uint32_t audio_speaker_number(const struct audio_speaker *speaker);
uint32_t audio_speaker_owner(const struct audio_speaker *speaker);

// A tick begins: what has come before it has come.
void audio_speaker_begin(struct audio_speaker *speaker);
// How many bytes can be fed now; 0: none in this tick.
size_t audio_speaker_wants(const struct audio_speaker *speaker);
// At most so many as it wants.
void audio_speaker_feed(struct audio_speaker *speaker, struct slice bytes);
// End of file: what is queued is the rest.
void audio_speaker_end(struct audio_speaker *speaker);
// What the pipe looks like without being read: so many bytes are in it, somebody can write to it.
void audio_speaker_look(struct audio_speaker *speaker, size_t piped_bytes, bool has_writer);
// How many bytes it has written, those in its pipe included; how many of them wait to be said.
uint64_t audio_speaker_written(const struct audio_speaker *speaker);
size_t audio_speaker_waiting(const struct audio_speaker *speaker);
// The next so many bytes that come are too late to be said.
void audio_speaker_drop(struct audio_speaker *speaker, size_t bytes);
// Nobody owns it any more: what it has written is played, for no longer than a pipe can hold.
void audio_speaker_release(struct audio_speaker *speaker);

// What is queued is dropped, and what still comes in the next ticks: three of them, fewer when
// nothing comes.
void audio_speaker_flush(struct audio_speaker *speaker);
bool audio_speaker_is_flushing(const struct audio_speaker *speaker);
// One round of it is over: this tick's bytes have come.
void audio_speaker_flushed_once(struct audio_speaker *speaker);
// Nobody will hear what it still says: from now on that is dropped until it has ended.
void audio_speaker_waste(struct audio_speaker *speaker);

// The frame of this tick (`call_rate` / 50 samples) and how long it was, in bytes of 48 kHz; false:
// silence. A last piece that is shorter than a frame waits for its rest unless `is_finishing`.
bool audio_speaker_play(struct audio_speaker *speaker, bool is_finishing, int16_t *frame,
                        uint32_t *heard);
// The first silence behind what was said: the last milliseconds, which are still in the resampler.
// False: there are none.
bool audio_speaker_play_tail(struct audio_speaker *speaker, int16_t *frame);
// It spoke in the frame before, and should have gone on.
bool audio_speaker_is_interrupted(const struct audio_speaker *speaker);
// Bytes have come in this tick, or are queued.
bool audio_speaker_has_more(const struct audio_speaker *speaker);
// Nothing is queued, here or in its pipe as it was seen last.
bool audio_speaker_is_empty(const struct audio_speaker *speaker);
// It has said its last: the rest is queued or in its pipe.
bool audio_speaker_is_ending(const struct audio_speaker *speaker);
// And nothing is left of it.
bool audio_speaker_is_over(const struct audio_speaker *speaker);
void audio_speaker_free(struct audio_speaker *speaker);
