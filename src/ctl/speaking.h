// SPDX-License-Identifier: ISC
// Sounds to the far end of a call, one behind the other, until they have been heard or a key has
// been pressed.
#pragma once

#include "ctl/attachment.h"
#include "ctl/sound_source.h"

struct speech {
    struct sound_source **sources;
    unsigned count;
    bool stops_on_digit;
};

struct speech_result {
    int64_t heard_ms; // by the far end
    char key[2];      // that stopped it; "": none did
};

// Opens all of these files (`names`) or says on standard error which cannot be played; the sources
// and the array of them are to be closed by speaking_close.
bool speaking_open(struct speech *speech, char *const *names, int count, uint32_t raw_rate,
                   bool is_raw_said);
// The rate of the attachment that suits them; 0: the daemon's own.
uint32_t speaking_rate(const struct speech *speech);
// Speaks, and waits until it has been heard. An exit status, said on standard error if it is an
// error; EXIT_NO: somebody else has dropped what was queued. Closes attachment->speak.
int speaking_run(const struct speech *speech, struct attachment *attachment,
                 struct speech_result *result);
void speaking_close(struct speech *speech);
