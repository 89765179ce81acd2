// SPDX-License-Identifier: ISC
// RFC 3629 at its edges.
#include "tests/suite.h"
#include "util/utf8.h"

static const struct row {
    const char *text;
    size_t length;
    uint32_t code;
} rows[] = {
    { "a", 1, 'a' },
    { "\x7f", 1, 0x7f },
    { "\x80", 0, 0 },     // begins with a continuation
    { "\xc0\x80", 0, 0 }, // longer than needed
    { "\xc1\xbf", 0, 0 },
    { "\xc2\x80", 2, 0x80 },
    { "\xc2", 0, 0 }, // cut
    { "\xc2"
      "a",
      0, 0 },
    { "\xdf\xbfx", 2, 0x7ff },
    { "\xe0\x9f\xbf", 0, 0 },
    { "\xe0\xa0\x80", 3, 0x800 },
    { "\xe0\xa0", 0, 0 },
    { "\xed\x9f\xbf", 3, 0xd7ff },
    { "\xed\xa0\x80", 0, 0 }, // surrogates
    { "\xed\xbf\xbf", 0, 0 },
    { "\xee\x80\x80", 3, 0xe000 },
    { "\xef\xbf\xbf", 3, 0xffff },
    { "\xf0\x8f\xbf\xbf", 0, 0 },
    { "\xf0\x90\x80\x80", 4, 0x10000 },
    { "\xf0\x90\x80", 0, 0 },
    { "\xf0\x90\x80\xff", 0, 0 },
    { "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
    { "\xf4\x90\x80\x80", 0, 0 }, // beyond Unicode
    { "\xf5\x80\x80\x80", 0, 0 },
    { "\xff", 0, 0 },
};

START_TEST(only_the_shortest_form_of_a_scalar_is_read)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint32_t code = 0;
        ck_assert_msg(utf8_read(slice_of(rows[i].text), &code) == rows[i].length, "row %zu", i);
        ck_assert_uint_eq(code, rows[i].code);
    }
}
END_TEST

SUITE_MAIN("util/utf8", only_the_shortest_form_of_a_scalar_is_read)
