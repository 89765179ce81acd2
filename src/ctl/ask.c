// SPDX-License-Identifier: ISC
#include "ctl/ask.h"

#include "ctl/audio_options.h"
#include "ctl/output.h"
#include "ctl/speaking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARGS_BYTES = 128,
    DIGITS_BYTES = 160
};

struct question {
    const struct audio_options *words;
    struct attachment attachment;
    unsigned count; // of digits that complete it; 0: not said
    char digits[DIGITS_BYTES];
};

/* What the daemon is asked for now, when some digits have come already. */
static void write_args(const struct question *question, bool is_fresh, const char *timeout,
                       char args[ARGS_BYTES])
{
    const char *until = question->words->until;
    char digits[32] = "";
    if (question->count)
        snprintf(digits, sizeof(digits), " --digits %u",
                 question->count - (unsigned)strlen(question->digits));
    snprintf(args, ARGS_BYTES, "%s%s%s%s%s%s", is_fresh ? " --fresh" : "", digits,
             until ? " --until " : "", until ? until : "", timeout ? " --timeout " : "",
             timeout ? timeout : "");
    memmove(args, args + (args[0] == ' '), strlen(args) + (args[0] != ' '));
}

static void add_digits(struct question *question, const json_t *answer)
{
    const char *more = json_string_value(json_object_get(answer, "digits"));
    size_t length = strlen(question->digits);
    if (more)
        snprintf(question->digits + length, sizeof(question->digits) - length, "%s", more);
}

/* What has been pressed before the question may be the whole answer, or its beginning. */
static int take_ahead(struct question *question, bool *is_complete)
{
    char args[ARGS_BYTES];
    int status = EXIT_NO;
    write_args(question, question->words->is_fresh, "0", args);
    json_t *answer = attachment_exchange(&question->attachment, "ask", args);
    add_digits(question, answer);
    const char *error = json_string_value(json_object_get(answer, "error"));
    *is_complete = json_is_true(json_object_get(answer, "ok"));
    if (error && strcmp(error, "no") == 0)
        status = EXIT_DONE;
    else
        answer = verb_judge(answer, &status);
    json_decref(answer);
    return status;
}

static int put_question(struct question *question, const struct speech *speech)
{
    struct speech_result result;
    struct attachment *attachment = &question->attachment;
    if (question->digits[0] || attachment->key[0])
        return EXIT_DONE;
    int status = speaking_run(speech, attachment, &result);
    return status == EXIT_NO ? EXIT_DONE : status; /* cut short, but a question */
}

static int collect(struct question *question, bool is_fresh)
{
    int status;
    char args[ARGS_BYTES];
    write_args(question, is_fresh, question->words->timeout, args);
    json_t *answer = attachment_exchange(&question->attachment, "ask", args);
    add_digits(question, answer);
    json_decref(verb_judge(answer, &status));
    return status;
}

static int ask_with_speech(struct question *question, struct connection *connection,
                           const char *call)
{
    bool is_complete = false;
    const struct audio_options *words = question->words;
    struct speech speech = { .stops_on_digit = true };
    struct attachment *attachment = &question->attachment;
    int status = speaking_open(&speech,
                               sound_reader_new(words->rest, words->rest_count,
                                                audio_options_raw_rate(words), words->rate != 0),
                               attachment);
    if (status == EXIT_DONE)
        status = attachment_open(attachment, connection, call, "--speak", speech.rate);
    if (status == EXIT_DONE)
        status = take_ahead(question, &is_complete);
    if (status == EXIT_DONE && !is_complete)
        status = put_question(question, &speech);
    attachment_close(attachment);
    speaking_close(&speech);
    return status == EXIT_DONE && !is_complete ? collect(question, false) : status;
}

static void print_digits(const struct question *question, int status, bool is_json)
{
    if (is_json) {
        json_t *object = json_pack("{s:i,s:s,s:b}", "v", 1, "digits", question->digits, "complete",
                                   status == EXIT_DONE);
        output_json(object);
        json_decref(object);
    } else if (status == EXIT_DONE || question->digits[0]) {
        puts(question->digits);
    }
}

int ask_show(struct connection *connection, const struct options *options)
{
    struct audio_options words;
    struct question question = { .words = &words };
    if (!audio_options_take(AUDIO_ASK, options, &words))
        return EXIT_USAGE;
    question.count = words.digits ? (unsigned)strtoul(words.digits, NULL, 10) : 0;
    question.attachment = (struct attachment){
        .connection = connection, .call = options->call, .hear = -1, .speak = -1
    };
    int status = words.rest_count ? ask_with_speech(&question, connection, options->call)
                                  : collect(&question, words.is_fresh);
    if (status == EXIT_DONE || status == EXIT_NO)
        print_digits(&question, status, options->is_json);
    return status;
}
