// SPDX-License-Identifier: ISC
// The words of `audio`: a row each.
#include "desk/audio_words.h"
#include "tests/suite.h"

#include <string.h>

enum {
    LISTENS = 1,
    BOTH = 2,
    SPEAKS = 4,
    REPLACES = 8
};

static unsigned flags_of(const struct audio_wish *wish)
{
    return (wish->listens ? LISTENS : 0u) | (wish->hears_both ? BOTH : 0u) |
           (wish->speaks ? SPEAKS : 0u) | (wish->replaces ? REPLACES : 0u);
}

START_TEST(reads_what_is_wished)
{
    static const struct {
        const char *words;
        unsigned flags;
        uint32_t rate;
    } rows[] = {
        { "", LISTENS | SPEAKS, 0 },
        { "   ", LISTENS | SPEAKS, 0 },
        { "--listen", LISTENS, 0 },
        { "--speak", SPEAKS, 0 },
        { "--listen --speak", LISTENS | SPEAKS, 0 },
        { "--speak --listen", LISTENS | SPEAKS, 0 },
        { "--both", LISTENS | SPEAKS | BOTH, 0 },
        { "--listen --both", LISTENS | BOTH, 0 },
        { "--both --listen --speak", LISTENS | SPEAKS | BOTH, 0 },
        { "--replace", LISTENS | SPEAKS | REPLACES, 0 },
        { "--speak --replace", SPEAKS | REPLACES, 0 },
        { "--replace --listen --speak --both", LISTENS | SPEAKS | REPLACES | BOTH, 0 },
        { "--listen --listen", LISTENS, 0 },
        { "--rate 8000", LISTENS | SPEAKS, 8000 },
        { "--rate 16000 --speak", SPEAKS, 16000 },
        { "  --listen \t --rate   24000  ", LISTENS, 24000 },
        { "--rate 48000", LISTENS | SPEAKS, 48000 },
        { "--rate 8000 --rate 16000", LISTENS | SPEAKS, 16000 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct audio_wish wish;
        const char *why = NULL;
        ck_assert_msg(control_audio_parse(slice_of(rows[i].words), &wish, &why) == STATUS_OK,
                      "\"%s\": %s", rows[i].words, why);
        ck_assert_msg(flags_of(&wish) == rows[i].flags, "\"%s\"", rows[i].words);
        ck_assert_uint_eq(wish.rate, rows[i].rate);
    }
}
END_TEST

START_TEST(says_what_is_wrong_and_leaves_the_wish_alone)
{
    static const struct {
        const char *words;
        const char *told; // a part of *why
    } rows[] = {
        { "--rate", "8000, 16000, 24000 or 48000" },
        { "--rate 0", "8000, 16000, 24000 or 48000" },
        { "--rate 11025", "8000, 16000, 24000 or 48000" },
        { "--rate 44100", "8000, 16000, 24000 or 48000" },
        { "--rate 96000", "8000, 16000, 24000 or 48000" },
        { "--rate -8000", "8000, 16000, 24000 or 48000" },
        { "--rate +8000", "8000, 16000, 24000 or 48000" },
        { "--rate 8000.0", "8000, 16000, 24000 or 48000" },
        { "--rate 4294975296", "8000, 16000, 24000 or 48000" }, // 8000 in 32 bits
        { "--rate 18446744073709559616", "8000, 16000, 24000 or 48000" },
        { "--rate --listen", "8000, 16000, 24000 or 48000" },
        { "--listen --rate x", "8000, 16000, 24000 or 48000" },
        { "--rate=8000", "audio takes" },
        { "--loud", "audio takes" },
        { "--Listen", "audio takes" },
        { "--liste", "audio takes" },
        { "--listens", "audio takes" },
        { "--listen 8000", "audio takes" },
        { "-", "audio takes" },
        { "/etc/passwd", "audio takes" },
        { "--both --speak", "--both is for --listen" },
        { "--replace --listen", "--replace for --speak" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct audio_wish wish = { .rate = 1, .hears_both = true };
        const char *why = "";
        ck_assert_msg(control_audio_parse(slice_of(rows[i].words), &wish, &why) == STATUS_MALFORMED,
                      "\"%s\"", rows[i].words);
        ck_assert_msg(strstr(why, rows[i].told), "\"%s\": %s", rows[i].words, why);
        ck_assert(wish.rate == 1 && flags_of(&wish) == BOTH);
    }
}
END_TEST

START_TEST(only_four_rates_are_there)
{
    int count = 0;
    for (int64_t rate = -100000; rate <= 100000; rate++)
        count += control_audio_has_rate(rate);
    ck_assert_int_eq(count, 4);
    ck_assert(!control_audio_has_rate(8000 + (INT64_C(1) << 32)));
}
END_TEST

SUITE_MAIN("desk/audio_words", reads_what_is_wished, says_what_is_wrong_and_leaves_the_wish_alone,
           only_four_rates_are_there)
