// SPDX-License-Identifier: ISC
#include "ctl/play.h"

#include "ctl/audio_options.h"
#include "ctl/output.h"
#include "ctl/speaking.h"

#include <stdio.h>

static void print_result(const struct speech_result *result)
{
    json_t *object = json_pack("{s:i,s:I}", "v", 1, "heard_ms", (json_int_t)result->heard_ms);
    if (result->key[0])
        json_object_set_new(object, "digit", json_string(result->key));
    output_json(object);
    json_decref(object);
}

static int play(struct attachment *attachment, const struct options *options,
                const struct speech *speech)
{
    struct speech_result result;
    int status =
        attachment_open(attachment, attachment->connection, options->call, "--speak", speech->rate);
    if (status != EXIT_DONE)
        return status;
    status = speaking_run(speech, attachment, &result);
    attachment_close(attachment);
    if (status == EXIT_DONE && options->is_json)
        print_result(&result);
    return status;
}

int play_show(struct connection *connection, const struct options *options)
{
    struct audio_options words;
    struct speech speech = { .reader = NULL };
    struct attachment attachment = { .connection = connection, .call = options->call };
    if (!audio_options_take(AUDIO_PLAY, options, &words))
        return EXIT_USAGE;
    speech.stops_on_digit = words.stops_on_digit;
    int status = speaking_open(&speech,
                               sound_reader_new(words.rest, words.rest_count,
                                                audio_options_raw_rate(&words), words.rate != 0),
                               &attachment);
    if (status == EXIT_DONE)
        status = play(&attachment, options, &speech);
    speaking_close(&speech);
    return status;
}
