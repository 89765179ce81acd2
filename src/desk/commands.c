// SPDX-License-Identifier: ISC
#include "desk/commands.h"

static const struct control_verb verbs[] = {
    { "status", CONTROL_STATUS, 0, false, false, "registration, connection and calls" },
    { "calls", CONTROL_CALLS, 0, false, false, "one line for each call" },
    { "show", CONTROL_SHOW, 0, true, false, "everything about one call" },
    { "watch", CONTROL_WATCH, 0, false, false, "events as they happen" },
    { "claim", CONTROL_CLAIM, 0, false, false, "decide instead of a hook" },
    { "test", CONTROL_TEST, 0, false, true, "run a hook without a call" },
    { "trace", CONTROL_TRACE, 0, false, false, "the last messages, of one call or all" },
    { "hooks", CONTROL_HOOKS, 0, false, false, "how the hooks have fared" },
    { "reregister", CONTROL_REREGISTER, 0, false, false, "register now" },
    { "bindings", CONTROL_BINDINGS, 0, false, false, "who is registered for this line" },
    { "reload", CONTROL_RELOAD, 0, false, false, "apply what has changed in the configuration" },
    { "check", CONTROL_CHECK, 0, false, false, "say whether the configuration is right" },
    { "log", CONTROL_LOG, 0, false, true, "set the log level" },
    { "ring", CONTROL_ACTION, ACTION_RING, true, false, "180 Ringing" },
    { "progress", CONTROL_ACTION, ACTION_PROGRESS, true, false, "183 with early media" },
    { "answer", CONTROL_ACTION, ACTION_ANSWER, true, true, "200, the program gets the audio" },
    { "reject", CONTROL_ACTION, ACTION_REJECT, true, true, "a negative answer" },
    { "redirect", CONTROL_ACTION, ACTION_REDIRECT, true, true, "302 to other URIs" },
    { "ignore", CONTROL_ACTION, ACTION_IGNORE, true, false, "no answer from us" },
    { "accept", CONTROL_ACTION, ACTION_ACCEPT, true, false, "the transfer, or the call out" },
    { "hold", CONTROL_ACTION, ACTION_HOLD, true, false, "put the far end on hold" },
    { "resume", CONTROL_ACTION, ACTION_RESUME, true, false, "take the far end back" },
    { "dtmf", CONTROL_ACTION, ACTION_DTMF, true, true, "send digits" },
    { "ask", CONTROL_ACTION, ACTION_ASK, true, true, "wait for digits of the far end" },
    { "transfer", CONTROL_ACTION, ACTION_TRANSFER, true, true, "send the far end elsewhere" },
    { "audio", CONTROL_AUDIO, 0, true, true, "descriptors of what is heard and said" },
    { "flush", CONTROL_FLUSH, 0, true, false, "drop what is queued to be said" },
    { "drain", CONTROL_DRAIN, 0, true, false, "wait until it is played out" },
    { "mute", CONTROL_MUTE, 0, true, false, "let the far end hear silence" },
    { "unmute", CONTROL_UNMUTE, 0, true, false, "let it hear again" },
    { "bridge", CONTROL_BRIDGE, 0, true, true, "connect the far ends of two calls" },
    { "dial", CONTROL_DIAL, 0, false, true, "call out" },
    { "message", CONTROL_MESSAGE, 0, false, true, "send a text message" },
    { "hangup", CONTROL_ACTION, ACTION_HANGUP, true, true, "end the call" },
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
