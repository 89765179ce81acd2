// SPDX-License-Identifier: ISC
// Sounds to the far end of a call, one behind the other, until they have been heard or a key has
// been pressed.
#pragma once

#include "ctl/attachment.h"
#include "ctl/sound_reader.h"

struct speech {
    struct sound_reader *reader;
    uint32_t rate; // of the attachment that suits it; 0: the daemon's own
    bool stops_on_digit;
};

struct speech_result {
    int64_t heard_ms; // by the far end
    char key[2];      // that stopped it; "": none did
};

// Opens what `reader` (which is taken over; NULL: it is none) is to read. What is not there at once
// is waited for, but not longer than the call lasts, whose `connection` and `call` stand in
// `attachment` already. An exit status, said on standard error if it is an error; the speech is to
// be closed whatever it is.
int speaking_open(struct speech *speech, struct sound_reader *reader,
                  struct attachment *attachment);
// Speaks, and waits until it has been heard. An exit status, said on standard error if it is an
// error; EXIT_NO: somebody else has dropped what was queued. Closes attachment->speak.
int speaking_run(const struct speech *speech, struct attachment *attachment,
                 struct speech_result *result);
void speaking_close(struct speech *speech);
