// SPDX-License-Identifier: ISC
// The order in which pairs of ports are tried.
#include "media/port_choice.h"
#include "tests/suite.h"

#include <string.h>

static const struct {
    uint16_t first, last;
    uint32_t pairs;
    uint16_t lowest; // of the pairs
} ranges[] = {
    { 16384, 32767, 8192, 16384 }, { 16384, 16385, 1, 16384 }, { 16384, 16384, 0, 0 },
    { 16385, 16387, 1, 16386 },    { 16385, 16386, 0, 0 },     { 16384, 16386, 1, 16384 },
    { 1024, 65535, 32256, 1024 },  { 65534, 65535, 1, 65534 }, { 65535, 65535, 0, 0 },
    { 20001, 21000, 499, 20002 },  { 65533, 65535, 1, 65534 }, { 5, 4, 0, 0 },
};

START_TEST(each_pair_of_a_range_comes_once)
{
    static bool seen[65536];
    for (size_t i = 0; i < sizeof(ranges) / sizeof(*ranges); i++) {
        struct random random;
        struct port_choice choice;
        uint16_t port;
        uint32_t count = 0;
        uint16_t lowest = UINT16_MAX;
        memset(seen, 0, sizeof(seen));
        random_init_number(&random, (uint32_t)i);
        port_choice_init(&choice, &random, ranges[i].first, ranges[i].last);
        while (port_choice_next(&choice, &port)) {
            ck_assert_msg(!(port & 1) && port >= ranges[i].first && port < ranges[i].last,
                          "row %zu: %u", i, port);
            ck_assert_msg(!seen[port], "row %zu: %u twice", i, port);
            seen[port] = true;
            lowest = port < lowest ? port : lowest;
            count++;
        }
        ck_assert_msg(count == ranges[i].pairs, "row %zu: %u pairs", i, count);
        ck_assert(!count || lowest == ranges[i].lowest);
        ck_assert(!port_choice_next(&choice, &port));
        port_choice_free(&choice);
    }
}
END_TEST

/* Somebody else has the lower half, or every second pair: few draws are needed, whatever the range
 * was entered at. */
START_TEST(what_others_have_taken_hides_nothing)
{
    struct random random;
    uint32_t draws = 0;
    random_init_number(&random, 7);
    for (int call = 0; call < 2000; call++) {
        struct port_choice choice;
        uint16_t port = 0;
        uint32_t tries = 0;
        bool is_row = call & 1;
        port_choice_init(&choice, &random, 20000, 23999);
        do {
            ck_assert(port_choice_next(&choice, &port));
            tries++;
        } while (is_row ? port < 22000 : port & 2);
        ck_assert_uint_lt(tries, 40);
        draws += tries;
        port_choice_free(&choice);
    }
    ck_assert_uint_lt(draws, 2000 * 3); /* two are expected */
}
END_TEST

/* What has been drawn says nothing of what comes next. */
START_TEST(neighbours_do_not_follow_each_other)
{
    struct random random;
    struct port_choice choice;
    uint16_t port;
    uint16_t before = 0;
    uint32_t neighbours = 0;
    random_init_number(&random, 1);
    port_choice_init(&choice, &random, 16384, 32767);
    while (port_choice_next(&choice, &port)) {
        neighbours += port == before + 2;
        before = port;
    }
    ck_assert_uint_lt(neighbours, 10); /* one is expected of 8,192 */
    port_choice_free(&choice);
}
END_TEST

START_TEST(the_first_one_is_any_of_them)
{
    uint32_t firsts[8] = { 0 };
    struct random random;
    random_init_number(&random, 3);
    for (int i = 0; i < 8000; i++) {
        struct port_choice choice;
        uint16_t port;
        port_choice_init(&choice, &random, 16384, 16399);
        ck_assert(port_choice_next(&choice, &port));
        firsts[(port - 16384) / 2]++;
        port_choice_free(&choice);
    }
    for (size_t i = 0; i < 8; i++)
        ck_assert_msg(firsts[i] > 850 && firsts[i] < 1150, "%zu: %u", i, firsts[i]);
}
END_TEST

SUITE_MAIN("media/port_choice", each_pair_of_a_range_comes_once,
           what_others_have_taken_hides_nothing, neighbours_do_not_follow_each_other,
           the_first_one_is_any_of_them)
