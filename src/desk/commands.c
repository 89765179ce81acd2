// SPDX-License-Identifier: ISC
#include "desk/commands.h"

#include "desk/desk_words.h"

enum {
    CALL = CONTROL_NEEDS_CALL,
    WORDS = CONTROL_TAKES_WORDS,
    LOOK = CONTROL_ONLY_LOOKS
};

static const struct control_verb verbs[] = {
    { "status", desk_word_look, ACTION_COUNT, DESK_STATUS, LOOK,
      "registration, connection and calls" },
    { "calls", desk_word_look, ACTION_COUNT, DESK_CALLS, LOOK, "one line for each call" },
    { "show", desk_word_look, ACTION_COUNT, DESK_SHOW, LOOK | CALL, "everything about one call" },
    { "watch", desk_word_watch, ACTION_COUNT, DESK_SEND, LOOK, "events as they happen" },
    { "claim", desk_word_claim, ACTION_COUNT, DESK_SEND, 0, "decide instead of a hook" },
    { "test", desk_word_test, ACTION_COUNT, DESK_SEND, WORDS, "run a hook without a call" },
    { "trace", desk_word_trace, ACTION_COUNT, DESK_SEND, LOOK,
      "the last messages, of one call or all" },
    { "hooks", desk_word_look, ACTION_COUNT, DESK_HOOKS, LOOK, "how the hooks have fared" },
    { "reregister", desk_word_reregister, ACTION_COUNT, DESK_SEND, 0, "register now" },
    { "bindings", desk_word_bindings, ACTION_COUNT, DESK_SEND, 0,
      "who is registered for this line" },
    { "reload", desk_word_look, ACTION_COUNT, DESK_RELOAD, 0,
      "apply what has changed in the configuration" },
    { "check", desk_word_look, ACTION_COUNT, DESK_CHECK, LOOK,
      "say whether the configuration is right" },
    { "log", desk_word_log, ACTION_COUNT, DESK_SEND, WORDS, "set the log level" },
    { "ring", desk_word_act, ACTION_RING, DESK_SEND, CALL, "180 Ringing" },
    { "progress", desk_word_act, ACTION_PROGRESS, DESK_SEND, CALL, "183 with early media" },
    { "answer", desk_word_act, ACTION_ANSWER, DESK_SEND, CALL | WORDS,
      "200, the program gets the audio" },
    { "reject", desk_word_act, ACTION_REJECT, DESK_SEND, CALL | WORDS, "a negative answer" },
    { "redirect", desk_word_act, ACTION_REDIRECT, DESK_SEND, CALL | WORDS, "302 to other URIs" },
    { "ignore", desk_word_act, ACTION_IGNORE, DESK_SEND, CALL, "no answer from us" },
    { "accept", desk_word_act, ACTION_ACCEPT, DESK_SEND, CALL, "the transfer, or the call out" },
    { "hold", desk_word_act, ACTION_HOLD, DESK_SEND, CALL, "put the far end on hold" },
    { "resume", desk_word_act, ACTION_RESUME, DESK_SEND, CALL, "take the far end back" },
    { "dtmf", desk_word_act, ACTION_DTMF, DESK_SEND, CALL | WORDS, "send digits" },
    { "ask", desk_word_act, ACTION_ASK, DESK_SEND, CALL | WORDS, "wait for digits of the far end" },
    { "transfer", desk_word_act, ACTION_TRANSFER, DESK_SEND, CALL | WORDS,
      "send the far end elsewhere" },
    { "hangup", desk_word_act, ACTION_HANGUP, DESK_SEND, CALL | WORDS, "end the call" },
    { "audio", desk_word_audio, ACTION_COUNT, DESK_ATTACH, CALL | WORDS,
      "descriptors of what is heard and said" },
    { "flush", desk_word_await, ACTION_COUNT, DESK_FLUSH, CALL, "drop what is queued to be said" },
    { "drain", desk_word_await, ACTION_COUNT, DESK_PLAY_OUT, CALL, "wait until it is played out" },
    { "mute", desk_word_set, ACTION_COUNT, DESK_MUTE, CALL, "let the far end hear silence" },
    { "unmute", desk_word_set, ACTION_COUNT, DESK_UNMUTE, CALL, "let it hear again" },
    { "bridge", desk_word_bridge, ACTION_COUNT, DESK_BRIDGE, CALL | WORDS,
      "connect the far ends of two calls" },
    { "dial", desk_word_dial, ACTION_COUNT, DESK_SEND, WORDS, "call out" },
    { "message", desk_word_message, ACTION_COUNT, DESK_SEND, WORDS, "send a text message" },
};

const struct control_verb *control_verb_at(size_t index)
{
    return index < sizeof(verbs) / sizeof(*verbs) ? &verbs[index] : NULL;
}

const struct control_verb *control_verb_find(struct slice name)
{
    const struct control_verb *verb;
    for (size_t i = 0; (verb = control_verb_at(i)); i++)
        if (slice_equal(name, slice_of(verb->name)))
            return verb;
    return NULL;
}
