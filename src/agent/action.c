// SPDX-License-Identifier: ISC
#include "agent/action.h"

static const char *const names[ACTION_COUNT] = {
    [ACTION_RING] = "ring",     [ACTION_PROGRESS] = "progress", [ACTION_ANSWER] = "answer",
    [ACTION_REJECT] = "reject", [ACTION_REDIRECT] = "redirect", [ACTION_IGNORE] = "ignore",
    [ACTION_ACCEPT] = "accept", [ACTION_HANGUP] = "hangup",     [ACTION_HOLD] = "hold",
    [ACTION_RESUME] = "resume", [ACTION_DTMF] = "dtmf",         [ACTION_TRANSFER] = "transfer",
    [ACTION_ASK] = "ask",
};

const char *action_kind_text(enum action_kind kind)
{
    return names[kind];
}

bool action_kind_from_text(struct slice text, enum action_kind *kind)
{
    for (size_t i = 0; i < ACTION_COUNT; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            *kind = (enum action_kind)i;
            return true;
        }
    }
    return false;
}

const char *action_word(const struct action *action, size_t index)
{
    return index < action->word_count ? action->storage + action->words[index] : NULL;
}

bool action_add_word(struct action *action, struct slice word)
{
    size_t start = 0;
    if (action->word_count) {
        start = action->words[action->word_count - 1];
        start += strlen(action->storage + start) + 1;
    }
    if (action->word_count == ACTION_WORDS_MAX || start + word.length + 1 > ACTION_TEXT_BYTES)
        return false;
    memcpy(action->storage + start, word.data, word.length);
    action->storage[start + word.length] = '\0';
    action->words[action->word_count++] = (uint16_t)start;
    return true;
}

bool action_is_final(enum action_kind kind)
{
    return kind != ACTION_RING && kind != ACTION_PROGRESS;
}

bool action_is_decision(enum action_kind kind)
{
    return kind < ACTION_HANGUP;
}

bool action_takes_time(enum action_kind kind)
{
    return kind == ACTION_HOLD || kind == ACTION_RESUME || kind == ACTION_TRANSFER ||
           kind == ACTION_DTMF || kind == ACTION_ASK;
}
