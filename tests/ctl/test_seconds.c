// SPDX-License-Identifier: ISC
#include "ctl/seconds.h"
#include "tests/suite.h"

START_TEST(seconds_are_numbers_up_to_a_day)
{
    static const struct {
        const char *word;
        double seconds; // -1: refused
    } rows[] = {
        { "0", 0 },   { "20", 20 }, { "0.5", 0.5 }, { "86400", 86400 }, { "86400.1", -1 },
        { "-1", -1 }, { "", -1 },   { "5s", -1 },   { "inf", -1 },      { "nan", -1 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        double seconds = -1;
        ck_assert_msg(seconds_read(rows[i].word, &seconds) == (rows[i].seconds >= 0), "%s",
                      rows[i].word);
        ck_assert_msg(seconds == rows[i].seconds, "%s", rows[i].word);
    }
}
END_TEST

SUITE_MAIN("ctl/seconds", seconds_are_numbers_up_to_a_day)
