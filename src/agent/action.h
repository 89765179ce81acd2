// SPDX-License-Identifier: ISC
// What a hook, the configuration or a control client can ask for: the one vocabulary.
#pragma once

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
    ACTION_COUNT,
};

enum {
    ACTION_WORDS_MAX = 32,
    ACTION_TEXT_BYTES = 512
};

// A value that owns its text: words and text point into `storage`.
struct action {
    enum action_kind kind;
    uint32_t call;                    // 0: not addressed
    uint32_t code;                    // reject: 400 to 699
    uint32_t retry_after;             // reject: seconds, 0 when not given
    char text[ACTION_TEXT_BYTES];     // reject, hangup: reason phrase, NUL-terminated
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
