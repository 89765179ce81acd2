// SPDX-License-Identifier: ISC
// The words of play, record, ask, run and audio, by one table.
#pragma once

#include "ctl/verbs.h"

#include <stdbool.h>
#include <stdint.h>

enum audio_verb {
    AUDIO_PLAY = 1,
    AUDIO_RECORD = 2,
    AUDIO_ASK = 4,
    AUDIO_RUN = 8,
    AUDIO_AUDIO = 16
};

struct audio_options {
    bool stops_on_digit;
    bool is_both;
    bool has_beep;
    bool is_fresh;
    uint32_t rate; // 0: not said
    double max_s;  // 0: none, as with the others
    double silence_s;
    const char *digits; // as they were written, for the daemon; NULL: not said, as with the others
    const char *until;
    const char *timeout;
    char *const *rest; // the files, or the program with its words
    int rest_count;
};

// Options and files may stand in any order, up to "--"; for run the first word that is no option is
// the program. `rest` borrows `words`, whose order it changes and which have room for a NULL behind
// the last. False with a sentence in *why.
bool audio_options_read(enum audio_verb verb, char **words, int count,
                        struct audio_options *options, const char **why);
// The words behind the verb, as above; what is wrong is said on standard error.
bool audio_options_take(enum audio_verb verb, const struct options *options,
                        struct audio_options *audio_options);
// Of samples that say no rate themselves: --rate, else $OFFHOOK_RATE, else 0.
uint32_t audio_options_raw_rate(const struct audio_options *options);
