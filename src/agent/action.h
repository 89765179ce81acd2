// SPDX-License-Identifier: ISC
// What a hook, the configuration or a control client can ask for: the one vocabulary.
#pragma once

#include "agent/digit_collection.h"
#include "util/slice.h"

enum action_kind {
    ACTION_RING,
    ACTION_PROGRESS,
    ACTION_ANSWER,
    ACTION_REJECT,
    ACTION_REDIRECT,
    ACTION_IGNORE,
    ACTION_ACCEPT,
    ACTION_HANGUP,
    ACTION_HOLD,
    ACTION_RESUME,
    ACTION_DTMF,
    ACTION_TRANSFER,
    ACTION_ASK,
    ACTION_COUNT,
};

enum action_dtmf_method {
    ACTION_DTMF_ANY, // telephone-event where the far end takes it, else INFO, else tones
    ACTION_DTMF_RTP,
    ACTION_DTMF_INFO,
    ACTION_DTMF_TONE, // in the audio
};

enum {
    ACTION_WORDS_MAX = 32,
    ACTION_TEXT_BYTES = 1024
};

// A value that owns its text: words and text point into `storage`.
struct action {
    enum action_kind kind;
    uint32_t call;                    // 0: not addressed
    uint32_t code;                    // reject: 400 to 699
    uint32_t retry_after;             // reject: seconds, 0 when not given
    uint32_t other_call;              // transfer: to the far end of this call; 0: to words[0]
    enum action_dtmf_method method;   // dtmf
    uint32_t tone_ms;                 // dtmf: of each digit
    uint32_t gap_ms;                  // dtmf: between digits
    struct digit_request wanted;      // ask
    char text[ACTION_TEXT_BYTES];     // reject, hangup: reason phrase; dtmf: digits; NUL-terminated
    size_t word_count;                // answer: PROGRAM and its arguments; redirect: URIs
    uint16_t words[ACTION_WORDS_MAX]; // offsets into storage
    char storage[ACTION_TEXT_BYTES];  // the words, each NUL-terminated
};

const char *action_kind_text(enum action_kind kind);
bool action_kind_from_text(struct slice text, enum action_kind *kind);
// The `index`-th word; NULL beyond the last.
const char *action_word(const struct action *action, size_t index);
// False when there is no room left.
MUST_USE bool action_add_word(struct action *action, struct slice word);
// ring and progress leave the decision open; everything else settles it.
bool action_is_final(enum action_kind kind);
// Whether a hook may print it as a decision; the others are verbs only.
bool action_is_decision(enum action_kind kind);
// Whether OUTBOX_RESULT tells that it is done, when the far end has answered or all has been sent
// or collected, and it is not done at once.
bool action_takes_time(enum action_kind kind);
