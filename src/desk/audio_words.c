// SPDX-License-Identifier: ISC
#include "desk/audio_words.h"

bool control_audio_has_rate(int64_t rate)
{
    return rate == 8000 || rate == 16000 || rate == 24000 || rate == 48000;
}

static bool read_rate(struct slice word, uint32_t *rate)
{
    uint64_t number;
    if (slice_to_number(word, 48000, &number) != STATUS_OK ||
        !control_audio_has_rate((int64_t)number))
        return false;
    *rate = (uint32_t)number;
    return true;
}

static bool set_flag(struct slice word, struct audio_wish *wish)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = { { "--listen", &wish->listens },
                  { "--both", &wish->hears_both },
                  { "--speak", &wish->speaks },
                  { "--replace", &wish->replaces } };
    for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
        if (!slice_equal(word, slice_of(flags[i].word)))
            continue;
        *flags[i].flag = true;
        return true;
    }
    return false;
}

enum status control_audio_parse(struct slice words, struct audio_wish *wish, const char **why)
{
    struct audio_wish parsed = { .rate = 0 };
    for (words = slice_trim(words); !slice_is_empty(words); words = slice_trim(words)) {
        struct slice word = slice_take_word(&words);
        *why = "a rate is 8000, 16000, 24000 or 48000";
        if (slice_equal(word, slice_of("--rate"))) {
            if (!read_rate(slice_take_word(&words), &parsed.rate))
                return STATUS_MALFORMED;
            continue;
        }
        *why = "audio takes --rate N, --listen, --both, --speak and --replace";
        if (!set_flag(word, &parsed))
            return STATUS_MALFORMED;
    }
    if (!parsed.listens && !parsed.speaks)
        parsed.listens = parsed.speaks = true;
    *why = "--both is for --listen, --replace for --speak";
    if ((parsed.hears_both && !parsed.listens) || (parsed.replaces && !parsed.speaks))
        return STATUS_MALFORMED;
    *wish = parsed;
    return STATUS_OK;
}
