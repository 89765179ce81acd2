// SPDX-License-Identifier: ISC
#include "ctl/verbs.h"

#include "ctl/completion.h"
#include "ctl/configuration.h"
#include "ctl/connection.h"
#include "ctl/dial.h"
#include "ctl/metrics.h"
#include "ctl/output.h"
#include "ctl/program.h"
#include "ctl/pumping.h"
#include "ctl/rehearsal.h"
#include "ctl/sound.h"
#include "ctl/status.h"
#include "ctl/trace.h"
#include "ctl/waiting.h"
#include "util/utf8.h"

#include <stdio.h>
#include <string.h>

static int exit_code_of(const char *error)
{
    static const struct {
        const char *error;
        enum exit_code code;
    } codes[] = {
        { "no", EXIT_NO },           { "usage", EXIT_USAGE },     { "over", EXIT_OVER },
        { "refused", EXIT_REFUSED }, { "far-end", EXIT_FAR_END },
    };
    for (size_t i = 0; error && i < sizeof(codes) / sizeof(*codes); i++)
        if (strcmp(error, codes[i].error) == 0)
            return (int)codes[i].code;
    return EXIT_REFUSED;
}

int verb_lost(void)
{
    fputs("offhookctl: the daemon closed the connection\n", stderr);
    return EXIT_UNREACHABLE;
}

json_t *verb_judge(json_t *answer, int *status)
{
    if (!answer) {
        *status = verb_lost();
        return NULL;
    }
    if (json_is_true(json_object_get(answer, "ok"))) {
        *status = EXIT_DONE;
        return answer;
    }
    const char *text = json_string_value(json_object_get(answer, "text"));
    fprintf(stderr, "offhookctl: %s\n", text ? text : "refused");
    *status = exit_code_of(json_string_value(json_object_get(answer, "error")));
    json_decref(answer);
    return NULL;
}

json_t *verb_answer(struct connection *connection, int *status)
{
    json_t *line;
    /* Who watches may be told of an event before. */
    while ((line = connection_receive(connection)) && !json_object_get(line, "ok"))
        json_decref(line);
    return verb_judge(line, status);
}

json_t *verb_ask(struct connection *connection, const char *command, const char *call, int *status)
{
    if (connection_send(connection, command, call, NULL))
        return verb_answer(connection, status);
    *status = verb_lost();
    return NULL;
}

static int show_object(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json)
        output_json(answer);
    else if (answer)
        output_object(answer);
    json_decref(answer);
    return status;
}

static int show_table(struct connection *connection, const struct options *options,
                      const char *name, const char *const *keys, const char *empty)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    const json_t *array = json_object_get(answer, name);
    if (answer && options->is_json) {
        for (size_t i = 0; i < json_array_size(array); i++) {
            json_t *row = json_array_get(array, i);
            json_object_set_new(row, "v", json_integer(1));
            output_json(row);
        }
    } else if (answer) {
        output_table(array, keys, empty);
    }
    long long left_out = (long long)json_integer_value(json_object_get(answer, "left_out"));
    if (left_out)
        fprintf(stderr, "offhookctl: %lld more, which did not fit: look at one with show\n",
                left_out);
    json_decref(answer);
    return status;
}

/* Of flush and drain. */
static int show_heard(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    if (answer && options->is_json) {
        json_object_set_new(answer, "v", json_integer(1));
        output_json(answer);
    } else if (answer) {
        printf("%lld\n", (long long)json_integer_value(json_object_get(answer, "heard_ms")));
    }
    json_decref(answer);
    return status;
}

static int show_calls(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "call",  "direction", "state", "seconds",
                                        "codec", "from",      "to",    NULL };
    return show_table(connection, options, "calls", keys, "no calls");
}

static int show_hooks(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "hook",         "runs",      "failures",
                                        "timeouts",     "dropped",   "failing",
                                        "last_failure", "median_ms", "longest_ms",
                                        "last_error",   NULL };
    return show_table(connection, options, "hooks", keys, "no hook has run yet");
}

static int watch(struct connection *connection, const struct options *options)
{
    int status;
    json_t *answer = verb_answer(connection, &status);
    json_t *event;
    json_decref(answer);
    if (status == EXIT_DONE && options->call) /* it may be over already */
        json_decref(verb_ask(connection, "show", options->call, &status));
    bool is_end = false;
    while (status == EXIT_DONE && !is_end && !ferror(stdout)) {
        event = connection_receive(connection);
        if (!event)
            return verb_lost();
        const char *call = json_string_value(json_object_get(event, "call"));
        bool is_wanted = !options->call || (call && strcmp(call, options->call) == 0);
        is_end = options->call && connection_is_event(event, "ended", options->call);
        if (is_wanted && options->is_json)
            output_json(event);
        else if (is_wanted)
            output_event(event);
        json_decref(event);
    }
    return status;
}

static int show_bindings(struct connection *connection, const struct options *options)
{
    static const char *const keys[] = { "contact", NULL };
    return show_table(connection, options, "bindings", keys, "nobody is registered");
}

static const struct verb verbs[] = {
    { "status", "", "registration, connection and calls", status_show, VERB_OWN },
    { "calls", "", "one line for each call", show_calls, 0 },
    { "show", "[CALL]", "everything about one call", show_object, VERB_ON_CALL },
    { "watch", "[CALL]", "events as they happen", watch, 0 },
    { "test", "EVENT [NAME=VALUE...]", "run a hook without a call", rehearsal_show, VERB_WORDS },
    { "trace", "[CALL] [--raw | --pcap FILE]", "the last messages as a ladder", trace_show,
      VERB_CALL_TOO },
    { "hooks", "", "how the hooks have fared", show_hooks, 0 },
    { "metrics", "", "figures for monitoring", metrics_show, VERB_OWN },
    { "reregister", "", "register now", NULL, 0 },
    { "bindings", "", "who is registered for this line", show_bindings, 0 },
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
    { "flush", "", "drop what is still to be heard", show_heard, VERB_ON_CALL },
    { "drain", "", "wait until all has been heard", show_heard, VERB_ON_CALL },
    { "mute", "", "let the far end hear nothing", NULL, VERB_ON_CALL },
    { "unmute", "", "let the far end hear again", NULL, VERB_ON_CALL },
    { "bridge", "CALL", "join two calls until one is over", NULL, VERB_ON_CALL | VERB_WORDS },
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

bool verb_may_send(const char *text)
{
    struct slice rest = slice_of(text);
    uint32_t code;
    size_t length = 1;
    while (rest.length && (length = utf8_read(rest, &code)) != 0)
        rest = slice_skip(rest, length);
    if (!length)
        fputs("offhookctl: what is sent to the daemon must be UTF-8\n", stderr);
    return length != 0;
}

bool verb_is_one_word(const char *word)
{
    if (word[0] && !word[strcspn(word, " \t\r\n")])
        return true;
    fprintf(stderr, "offhookctl: \"%s\": a word must not be empty nor have blanks in it\n", word);
    return false;
}

int verb_run(const struct verb *verb, struct connection *connection, const struct options *options,
             const char *args)
{
    int status;
    if ((verb->flags & VERB_ON_CALL) && !options->call) {
        fprintf(stderr, "offhookctl: %s needs a call: --call ID, or $OFFHOOK_CALL in a hook\n",
                verb->name);
        return EXIT_USAGE;
    }
    if (!verb_may_send(options->call ? options->call : "") || !verb_may_send(args))
        return EXIT_USAGE;
    if (verb->flags & VERB_OWN)
        return verb->show(connection, options);
    bool names_call = verb->flags & (VERB_ON_CALL | VERB_CALL_TOO);
    if (!connection_send(connection, verb->name, names_call ? options->call : NULL, args))
        return verb_lost();
    if (verb->show)
        return verb->show(connection, options);
    json_decref(verb_answer(connection, &status));
    return status;
}
