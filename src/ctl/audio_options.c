// SPDX-License-Identifier: ISC
#include "ctl/audio_options.h"

#include "ctl/seconds.h"
#include "util/slice.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 64,
    RAW_RATE_MIN = 4000, // of what play reads from a pipe
    RAW_RATE_MAX = 192000
};

enum kind {
    KIND_FLAG,
    KIND_RATE,
    KIND_SECONDS, // as a number
    KIND_DIGITS,  // the others as they are
    KIND_KEY,
    KIND_TIMEOUT
};

struct row {
    const char *name;
    unsigned verbs; // of enum audio_verb
    enum kind kind;
    size_t at;
    const char *wants;
};

#define AT(field) offsetof(struct audio_options, field)

static const struct row rows[] = {
    { "--stop-on-digit", AUDIO_PLAY, KIND_FLAG, AT(stops_on_digit), NULL },
    { "--both", AUDIO_RECORD, KIND_FLAG, AT(is_both), NULL },
    { "--beep", AUDIO_RECORD, KIND_FLAG, AT(has_beep), NULL },
    { "--fresh", AUDIO_ASK, KIND_FLAG, AT(is_fresh), NULL },
    { "--rate", AUDIO_PLAY | AUDIO_RECORD | AUDIO_RUN | AUDIO_AUDIO, KIND_RATE, AT(rate),
      "--rate wants 8000, 16000, 24000 or 48000 (play: 4000 to 192000)" },
    { "--max", AUDIO_RECORD, KIND_SECONDS, AT(max_s), "--max wants seconds, such as 120" },
    { "--silence", AUDIO_RECORD, KIND_SECONDS, AT(silence_s),
      "--silence wants seconds, such as 3" },
    { "--digits", AUDIO_ASK, KIND_DIGITS, AT(digits), "--digits wants a number from 1 to 64" },
    { "--until", AUDIO_ASK, KIND_KEY, AT(until), "--until wants one key: 0 to 9, *, #, A to D" },
    { "--timeout", AUDIO_ASK, KIND_TIMEOUT, AT(timeout), "--timeout wants seconds, such as 8" },
};

static bool read_rate(enum audio_verb verb, const char *word, uint32_t *rate)
{
    uint32_t value;
    if (slice_to_uint32(slice_of(word), &value) != STATUS_OK)
        return false;
    bool is_fine = verb == AUDIO_PLAY
                       ? value >= RAW_RATE_MIN && value <= RAW_RATE_MAX
                       : value == 8000 || value == 16000 || value == 24000 || value == 48000;
    if (is_fine)
        *rate = value;
    return is_fine;
}

static bool read_digits(const char *word)
{
    uint64_t value;
    return slice_to_number(slice_of(word), DIGITS_MAX, &value) == STATUS_OK && value > 0;
}

static bool read_key(const char *word)
{
    return strlen(word) == 1 && strchr("0123456789*#ABCD", word[0]);
}

static bool read_value(enum audio_verb verb, const struct row *row, const char *word, void *at)
{
    double seconds;
    bool is_fine = false;
    switch (row->kind) {
    case KIND_FLAG:
        return true;
    case KIND_RATE:
        return read_rate(verb, word, at);
    case KIND_SECONDS:
        return seconds_read(word, &seconds) && seconds > 0 && seconds_read(word, at);
    case KIND_DIGITS:
        is_fine = read_digits(word);
        break;
    case KIND_KEY:
        is_fine = read_key(word);
        break;
    case KIND_TIMEOUT:
        is_fine = seconds_read(word, &seconds);
        break;
    }
    if (is_fine)
        memcpy(at, &word, sizeof(word));
    return is_fine;
}

static const struct row *find_row(enum audio_verb verb, const char *word)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if ((rows[i].verbs & (unsigned)verb) && strcmp(rows[i].name, word) == 0)
            return &rows[i];
    return NULL;
}

/* The number of words that it took; 0 when it is wrong. */
static int read_option(enum audio_verb verb, char *const *words, int count,
                       struct audio_options *options, const char **why)
{
    const struct row *row = find_row(verb, words[0]);
    *why = "there is no such option";
    if (!row)
        return 0;
    void *at = (char *)options + row->at;
    if (row->kind == KIND_FLAG) {
        memcpy(at, &(bool){ true }, sizeof(bool));
        return 1;
    }
    *why = row->wants;
    return count > 1 && read_value(verb, row, words[1], at) ? 2 : 0;
}

static bool is_option(const char *word)
{
    return word[0] == '-' && word[1];
}

static bool is_count_of_verb(enum audio_verb verb, int count)
{
    switch (verb) {
    case AUDIO_PLAY:
    case AUDIO_RUN:
        return count > 0;
    case AUDIO_RECORD:
        return count == 1;
    case AUDIO_AUDIO:
        return count == 0;
    case AUDIO_ASK:
        break;
    }
    return true;
}

bool audio_options_read(enum audio_verb verb, char **words, int count,
                        struct audio_options *options, const char **why)
{
    int kept = 0;
    int next = 0;
    memset(options, 0, sizeof(*options));
    while (next < count && strcmp(words[next], "--") != 0) {
        if (is_option(words[next])) {
            int taken = read_option(verb, words + next, count - next, options, why);
            if (!taken)
                return false;
            next += taken;
        } else if (verb == AUDIO_RUN) {
            break;
        } else {
            words[kept++] = words[next++];
        }
    }
    if (next < count && strcmp(words[next], "--") == 0)
        next++;
    while (next < count)
        words[kept++] = words[next++];
    words[kept] = NULL;
    options->rest = words;
    options->rest_count = kept;
    *why = "it wants other words than these";
    return is_count_of_verb(verb, kept);
}

bool audio_options_take(enum audio_verb verb, const struct options *options,
                        struct audio_options *audio_options)
{
    static const char *const names[] = { [AUDIO_PLAY] = "play",
                                         [AUDIO_RECORD] = "record",
                                         [AUDIO_ASK] = "ask",
                                         [AUDIO_RUN] = "run",
                                         [AUDIO_AUDIO] = "audio" };
    const char *why;
    if (audio_options_read(verb, options->words, options->word_count, audio_options, &why))
        return true;
    fprintf(stderr, "offhookctl: %s; usage: offhookctl %s %s\n", why, names[verb],
            verb_find(names[verb])->usage);
    return false;
}

uint32_t audio_options_raw_rate(const struct audio_options *options)
{
    uint32_t rate = options->rate;
    const char *variable = getenv("OFFHOOK_RATE");
    if (!rate && variable)
        (void)!read_rate(AUDIO_PLAY, variable, &rate);
    return rate;
}
