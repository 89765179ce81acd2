// SPDX-License-Identifier: ISC
// The words of the command `audio` (contract, "Control socket").
#pragma once

#include "util/slice.h"
#include "util/status.h"

struct audio_wish {
    uint32_t rate; // 0: audio.rate
    bool listens;
    bool hears_both;
    bool speaks;
    bool replaces;
};

// "[--rate N] [--listen [--both]] [--speak] [--replace]"; neither --listen nor --speak means both.
// MALFORMED: *why is a constant sentence.
MUST_USE enum status control_audio_parse(struct slice words, struct audio_wish *wish,
                                         const char **why);
// 8000, 16000, 24000 or 48000.
bool control_audio_has_rate(int64_t rate);
