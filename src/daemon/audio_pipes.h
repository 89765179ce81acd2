// SPDX-License-Identifier: ISC
// What programs and clients on this machine say and hear on one call: one that speaks, up to four
// that listen, each through a pipe of its own and at its own rate (contract, "Audio"). Frames are
// of 20 ms at the rate of the call.
#pragma once

#include "util/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audio_pipes;

struct audio_request {
    uint32_t rate;   // 8000, 16000, 24000 or 48000
    bool listens;    // wants to hear the far end
    bool hears_both; // and what is said to it, too
    bool speaks;
    bool replaces;  // takes the place of the one who speaks
    uint32_t owner; // for audio_pipes_release
};

struct audio_figures {
    uint64_t dropped_frames; // that a listener was too slow for
    uint64_t underruns;      // a speaker that goes on had nothing to say
};

// The ends that the other side gets; -1 where it has none. Whoever is given them closes them.
struct audio_ends {
    int heard; // to read from
    int said;  // to write to
};

struct audio_pipes *audio_pipes_new(uint32_t call_rate);
// The codec has changed.
void audio_pipes_set_call_rate(struct audio_pipes *pipes, uint32_t call_rate);
// REFUSED: *why is a constant sentence; SYSTEM: no descriptors are left.
MUST_USE enum status audio_pipes_attach(struct audio_pipes *pipes,
                                        const struct audio_request *request,
                                        struct audio_ends *ends, const char **why);
// The owner is gone: its listeners are cut off, what it has said already is played.
void audio_pipes_release(struct audio_pipes *pipes, uint32_t owner);
// Somebody has a pipe to speak through, or what was said is not played out.
bool audio_pipes_has_speaker(const struct audio_pipes *pipes);
// Somebody speaks, and will go on.
bool audio_pipes_is_speaking(const struct audio_pipes *pipes);
// The next frame that is said; NULL: silence. Borrowed until the next call. Only what `is_heard`
// counts for audio_pipes_take_heard_ms. While nothing can be sent it is not to be called: whoever
// speaks waits.
const int16_t *audio_pipes_take(struct audio_pipes *pipes, bool is_heard);
// Nothing more was queued in the last audio_pipes_take: what has been said was played out.
bool audio_pipes_is_quiet(const struct audio_pipes *pipes);
// Nothing is queued now.
bool audio_pipes_is_empty(const struct audio_pipes *pipes);
// The last piece, shorter than a frame, need not wait for the rest of it.
void audio_pipes_finish(struct audio_pipes *pipes, bool is_finishing);
// One frame of what the far end says and, for those who want it, of what is said to it (NULL:
// silence), to all who listen. Never blocks: who is too slow loses it.
void audio_pipes_give(struct audio_pipes *pipes, const int16_t *heard, const int16_t *said);
// What is queued is dropped, by every audio_pipes_take until audio_pipes_is_flushed; who begins to
// speak meanwhile is heard afterwards.
void audio_pipes_flush(struct audio_pipes *pipes);
bool audio_pipes_is_flushed(const struct audio_pipes *pipes);
// Milliseconds that were heard of whoever spoke last, since it began to speak or since this was
// asked last.
uint32_t audio_pipes_take_heard_ms(struct audio_pipes *pipes);
void audio_pipes_figures(const struct audio_pipes *pipes, struct audio_figures *figures);
// The call is over: listeners come to the end of file. What is still said is thrown away by
// audio_pipes_waste until it has ended (false) or audio_pipes_free.
void audio_pipes_hang_up(struct audio_pipes *pipes);
bool audio_pipes_waste(struct audio_pipes *pipes);
void audio_pipes_free(struct audio_pipes *pipes);
