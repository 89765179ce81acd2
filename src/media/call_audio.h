// SPDX-License-Identifier: ISC
// The audio of one call (contract, "Audio"): who speaks and who is next, who listens, and what
// becomes of what is said: settling, mute, hold, flush, drain, a bridge, the end of the call.
// Bytes and frames in, frames and orders out; the pipes and sockets are the daemon's.
//
// A tick, every 20 ms: call_audio_begin; for each speaker the bytes that it wants are fed;
// call_audio_say gives what the far end is to hear, call_audio_hear takes what it says; then frames
// for those who listen and outputs are pulled until there are none.
#pragma once

#include "util/slice.h"
#include "util/status.h"
#include "util/time_ms.h"

#include <stdbool.h>
#include <stdint.h>

struct call_audio;

struct audio_request {
    uint32_t rate;   // 8000, 16000, 24000 or 48000
    bool listens;    // wants to hear the far end
    bool hears_both; // and what is said to it, too
    bool speaks;
    bool replaces;  // takes the place of the one who speaks
    uint32_t owner; // for call_audio_release
};

// The numbers of the pipes to be made, which are not used again in this call; 0: none.
struct audio_places {
    uint32_t speaker;
    uint32_t listener;
};

struct audio_figures {
    uint64_t dropped_frames; // that a listener was too slow for
    uint64_t underruns;      // a speaker that goes on had nothing to say
    uint64_t late_frames;    // that came too late from one who answers, and were dropped
};

struct audio_line {    // how the call stands in this tick
    bool is_sending;   // the far end takes audio
    bool has_received; // and has sent some
};

struct audio_frame { // for one who listens; borrowed until the next call
    uint32_t listener;
    struct slice bytes;
};

enum call_audio_output_kind {
    CALL_AUDIO_SPEAKER_GONE,  // its pipe is to be closed
    CALL_AUDIO_LISTENER_GONE, // likewise
    CALL_AUDIO_LISTENER_SLOW, // frames of it are dropped; told once
    CALL_AUDIO_FLUSHED,       // of call_audio_flush
    CALL_AUDIO_PLAYED_OUT,    // of call_audio_play_out
    CALL_AUDIO_DRAINED,       // of call_audio_drain
    CALL_AUDIO_OUTPUT_COUNT
};

struct call_audio_output {
    enum call_audio_output_kind kind;
    uint32_t number;   // of the pipe
    uint32_t heard_ms; // of FLUSHED and PLAYED_OUT
};

struct call_audio *call_audio_new(uint32_t call_rate);
// The codec has changed.
void call_audio_set_rate(struct call_audio *audio, uint32_t call_rate);
// The call is up, or its early media is: what is said may go out after a moment of settling.
void call_audio_connected(struct call_audio *audio, time_ms now);

// Whether somebody may speak or listen; REFUSED: *why is a constant sentence. `replaces` may
// always. Look at the speakers' pipes before (call_audio_look).
MUST_USE enum status call_audio_may_attach(const struct call_audio *audio,
                                           const struct audio_request *request, const char **why);
// Only what may attach.
struct audio_places call_audio_attach(struct call_audio *audio,
                                      const struct audio_request *request);
// The owner is gone: its listeners are cut off, what it has said already is played.
void call_audio_release(struct call_audio *audio, uint32_t owner);

// The tick begins.
void call_audio_begin(struct call_audio *audio, time_ms now, const struct audio_line *line);
// The `index`-th who speaks, from 0; 0: there is none.
uint32_t call_audio_speaker(const struct call_audio *audio, unsigned index);
// How many bytes are to be fed now; 0: none, whoever speaks waits.
size_t call_audio_wants(const struct call_audio *audio, uint32_t speaker);
void call_audio_feed(struct call_audio *audio, uint32_t speaker, struct slice bytes);
void call_audio_end_of_file(struct call_audio *audio, uint32_t speaker);
// Whether it must be known in this tick what the pipes look like.
bool call_audio_wants_look(const struct call_audio *audio);
void call_audio_look(struct call_audio *audio, uint32_t speaker, size_t piped_bytes,
                     bool has_writer);
// The pipe to look at as well, of the one who speaks and listens in one; 0: there is none. So many
// bytes are in it.
uint32_t call_audio_answering_listener(const struct call_audio *audio);
void call_audio_look_unread(struct call_audio *audio, size_t unread_bytes);
// What the far end is to hear; NULL: silence. Borrowed until the next tick. `bridged`: a frame of
// the call that is bridged to this one, at its rate, else NULL.
const int16_t *call_audio_say(struct call_audio *audio, time_ms now, const int16_t *bridged);
// What the far end says in this tick, and for those who hear both what is said to it (NULL:
// silence): frames at the rate of the call, borrowed until all who listen have theirs.
void call_audio_hear(struct call_audio *audio, const int16_t *heard, const int16_t *said);
// False when all who listen have been given theirs.
bool call_audio_next_frame(struct call_audio *audio, struct audio_frame *frame);
// That frame could not be written: whoever listens is too slow, or does not want to hear any more.
void call_audio_frame_lost(struct call_audio *audio, uint32_t listener, bool is_gone);
bool call_audio_next_output(struct call_audio *audio, struct call_audio_output *output);

// What is queued is dropped; whoever begins to speak meanwhile is heard afterwards. FLUSHED tells.
void call_audio_flush(struct call_audio *audio);
// PLAYED_OUT tells when nothing is queued any more.
void call_audio_play_out(struct call_audio *audio);
// DRAINED tells when all has been said and a moment has passed; within a second of now.
void call_audio_drain(struct call_audio *audio, time_ms now);
// A muted call sends silence; whoever speaks does not notice.
void call_audio_mute(struct call_audio *audio, bool is_muted);
// From now on the frames of a bridged call at that rate are said; 0: no more.
void call_audio_set_bridge(struct call_audio *audio, uint32_t rate);
// The call is over: nobody listens any more. What is still said is read and thrown away, in ticks
// of call_audio_begin, feeding and call_audio_waste, which is false when nobody speaks any more.
void call_audio_hang_up(struct call_audio *audio);
bool call_audio_waste(struct call_audio *audio);

// Somebody has a pipe to speak through, or what was said is not played out.
bool call_audio_has_speaker(const struct call_audio *audio);
// Somebody speaks, and will go on.
bool call_audio_is_speaking(const struct call_audio *audio);
// Nothing more was queued in the last tick: what has been said was played out.
bool call_audio_is_quiet(const struct call_audio *audio);
// Nothing is queued now, as far as the pipes were looked at.
bool call_audio_is_empty(const struct call_audio *audio);
bool call_audio_is_flushed(const struct call_audio *audio);
// Milliseconds that were heard of whoever spoke last, since it began to speak or since this was
// asked last.
uint32_t call_audio_take_heard_ms(struct call_audio *audio);
void call_audio_figures(const struct call_audio *audio, struct audio_figures *figures);
void call_audio_free(struct call_audio *audio);
