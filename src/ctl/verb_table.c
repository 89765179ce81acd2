// SPDX-License-Identifier: ISC
#include "ctl/completion.h"
#include "ctl/configuration.h"
#include "ctl/dial.h"
#include "ctl/metrics.h"
#include "ctl/program.h"
#include "ctl/pumping.h"
#include "ctl/rehearsal.h"
#include "ctl/reports.h"
#include "ctl/sound.h"
#include "ctl/status.h"
#include "ctl/trace.h"
#include "ctl/verbs.h"
#include "ctl/waiting.h"

#include <string.h>

enum {
    NAME_LENGTH_MAX = 15, // of a verb, and of what may have been meant for one
    SLIPS_MAX = 2         // letters that are wrong, missing or too many
};

static const struct verb verbs[] = {
    { "status", "", "registration, connection and calls", status_show, VERB_OWN },
    { "calls", "", "one line for each call", report_calls, 0 },
    { "show", "[CALL]", "everything about one call", report_object,
      VERB_ON_CALL | VERB_NAMES_CALL },
    { "watch", "[CALL]", "events as they happen", report_watch, VERB_NAMES_CALL },
    { "test", "EVENT [NAME=VALUE...]", "run a hook without a call", rehearsal_show, VERB_WORDS },
    { "trace", "[CALL] [--raw | --pcap FILE]", "the last messages as a ladder", trace_show,
      VERB_CALL_TOO | VERB_NAMES_CALL },
    { "hooks", "", "how the hooks have fared", report_hooks, 0 },
    { "metrics", "", "figures for monitoring", metrics_show, VERB_OWN },
    { "reregister", "", "register now", NULL, 0 },
    { "bindings", "", "who is registered for this line", report_bindings, 0 },
    { "reload", "", "apply what has changed in the configuration", configuration_show_changes, 0 },
    { "check", "[FILE]", "say whether the configuration, or that file, is right",
      configuration_show_check, VERB_WORDS | VERB_FILES },
    { "log", "LEVEL", "set the log level", NULL, VERB_WORDS },
    { "completion", "bash|zsh|fish", "a script for the shell", completion_show,
      VERB_WORDS | VERB_OWN | VERB_LOCAL },
    { "ring", "[SECONDS]", "180 Ringing, and wait so long", waiting_ring,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN },
    { "wait-online", "[-t SECONDS]", "wait until the line is registered", waiting_online,
      VERB_WORDS | VERB_OWN },
    { "wait", "[SECONDS]", "wait, at most until the call is over", waiting_wait,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN },
    { "progress", "", "183 with early media", NULL, VERB_ON_CALL },
    { "answer", "[PROGRAM [ARG...]]", "answer; the program gets the audio", NULL,
      VERB_ON_CALL | VERB_WORDS | VERB_FILES | VERB_EXACT },
    { "reject", "[CODE] [retry-after=N] [TEXT...]", "refuse the call", NULL,
      VERB_ON_CALL | VERB_WORDS },
    { "redirect", "URI...", "302 to other addresses", NULL,
      VERB_ON_CALL | VERB_WORDS | VERB_EXACT },
    { "ignore", "", "give no answer", NULL, VERB_ON_CALL },
    { "accept", "", "let the far end transfer us, or the call out go", NULL, VERB_ON_CALL },
    { "play", "[--stop-on-digit] [--rate N] FILE...|-", "play sound files", sound_play,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN | VERB_FILES | VERB_SOUND },
    { "record", "[--max S] [--silence S] [--both] [--beep] [--rate N] FILE|-",
      "record what the far end says", sound_record,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN | VERB_FILES | VERB_SOUND },
    { "ask", "[--digits N] [--until KEY] [--timeout S] [--fresh] [FILE...]",
      "play sound files and print the keys that are pressed", sound_ask,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN | VERB_FILES | VERB_SOUND },
    { "run", "[--rate N] PROGRAM [ARG...]", "a program that hears and speaks", program_show,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN | VERB_FILES | VERB_PROGRAM },
    { "audio", "[--rate N]", "the sound on standard input and output", pumping_show,
      VERB_ON_CALL | VERB_WORDS | VERB_OWN },
    { "flush", "", "drop what is still to be heard", report_heard, VERB_ON_CALL },
    { "drain", "", "wait until all has been heard", report_heard, VERB_ON_CALL },
    { "mute", "", "let the far end hear nothing", NULL, VERB_ON_CALL },
    { "unmute", "", "let the far end hear again", NULL, VERB_ON_CALL },
    { "bridge", "CALL", "join two calls until one is over", NULL,
      VERB_ON_CALL | VERB_WORDS | VERB_OTHER_CALL },
    { "hold", "", "put the far end on hold", NULL, VERB_ON_CALL },
    { "resume", "", "take the far end back", NULL, VERB_ON_CALL },
    { "dtmf", "DIGITS [--tone MS] [--gap MS] [--method rtp|info|tone]", "send digits", NULL,
      VERB_ON_CALL | VERB_WORDS },
    { "transfer", "NUMBER|URI | --to CALL", "send the far end elsewhere", NULL,
      VERB_ON_CALL | VERB_WORDS },
    { "dial", "[OPTION...] NUMBER|URI [-- PROGRAM [ARG...]]", "call out", dial_show,
      VERB_WORDS | VERB_OWN | VERB_BEHIND },
    { "message", "NUMBER|URI TEXT...", "send a text message", NULL, VERB_WORDS },
    { "hangup", "[TEXT]", "end the call", NULL, VERB_ON_CALL | VERB_WORDS },
};

const struct verb *verb_at(unsigned index)
{
    return index < sizeof(verbs) / sizeof(*verbs) ? &verbs[index] : NULL;
}

const struct verb *verb_find(const char *name)
{
    const struct verb *verb;
    for (unsigned i = 0; (verb = verb_at(i)); i++)
        if (strcmp(verb->name, name) == 0)
            return verb;
    return NULL;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* How many letters must be changed, left out or added to make one of the other (Levenshtein). */
static unsigned slips_between(const char *given, const char *name)
{
    unsigned row[NAME_LENGTH_MAX + 1];
    size_t length = strlen(name);
    for (size_t i = 0; i <= length; i++)
        row[i] = (unsigned)i;
    for (; *given; given++) {
        unsigned before = row[0]++;
        for (size_t i = 1; i <= length; i++) {
            unsigned changed = before + (*given != name[i - 1]);
            before = row[i];
            row[i] = least(changed, least(row[i], row[i - 1]) + 1);
        }
    }
    return row[length];
}

const char *verb_resembling(const char *name)
{
    const struct verb *verb;
    const char *best = NULL;
    unsigned slips = SLIPS_MAX + 1;
    size_t length = strlen(name);
    for (unsigned i = 0; length <= NAME_LENGTH_MAX && (verb = verb_at(i)); i++) {
        unsigned between = slips_between(name, verb->name);
        if (between >= slips || between >= length)
            continue;
        slips = between;
        best = verb->name;
    }
    return best;
}
