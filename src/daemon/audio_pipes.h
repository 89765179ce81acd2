// SPDX-License-Identifier: ISC
// The pipes of those who speak and listen on one call; media/call_audio.h decides what becomes of
// what is in them.
#pragma once

#include "media/call_audio.h"

struct audio_pipes;

// The ends that the other side gets; -1 where it has none. Whoever is given them closes them.
struct audio_ends {
    int heard; // to read from
    int said;  // to write to
};

struct audio_pipes *audio_pipes_new(void);
// REFUSED: *why is a constant sentence; SYSTEM: no descriptors are left. Pull the outputs of
// `audio` afterwards.
MUST_USE enum status audio_pipes_attach(struct audio_pipes *pipes, struct call_audio *audio,
                                        const struct audio_request *request,
                                        struct audio_ends *ends, const char **why);
// Those who speak have bytes waiting, or have no writer any more: told to `audio`.
void audio_pipes_look(struct audio_pipes *pipes, struct call_audio *audio);
// What `audio` wants of those who speak, between its begin and its say.
void audio_pipes_read(struct audio_pipes *pipes, struct call_audio *audio);
// Its frames to those who listen. Never blocks: who is too slow loses them.
void audio_pipes_write(struct audio_pipes *pipes, struct call_audio *audio);
// That speaker or listener has gone.
void audio_pipes_close(struct audio_pipes *pipes, uint32_t number);
void audio_pipes_free(struct audio_pipes *pipes);
