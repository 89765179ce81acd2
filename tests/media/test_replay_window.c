// SPDX-License-Identifier: ISC
#include "media/replay_window.h"
#include "tests/suite.h"

#define ROC(counter, sequence) ((uint64_t)(counter) << 16 | (sequence))

static const struct {
    uint64_t highest;
    uint16_t sequence;
    uint64_t index;
} estimates[] = {
    { 0, 0, 0 },
    { 0, 40000, 40000 }, // no counter is below 0
    { 5, 65535, 65535 },
    { 32767, 65535, 65535 },
    { 32768, 0, 0 }, // half the numbers behind: still of this round
    { 32769, 0, ROC(1, 0) },
    { 65535, 0, ROC(1, 0) },
    { 65535, 32766, ROC(1, 32766) },
    { 65535, 32767, 32767 },
    { 65535, 32768, 32768 },
    { ROC(1, 0), 65535, 65535 },
    { ROC(1, 0), 32769, 32769 },
    { ROC(1, 0), 32768, ROC(1, 32768) },
    { ROC(7, 100), 200, ROC(7, 200) },
    { ROC(7, 100), 50, ROC(7, 50) },
    { ROC(7, 100), 65000, ROC(6, 65000) },
    { ROC(7, 65000), 100, ROC(8, 100) },
};

START_TEST(an_index_is_the_nearest_that_a_sequence_number_can_mean)
{
    for (size_t i = 0; i < sizeof(estimates) / sizeof(*estimates); i++) {
        uint64_t index = packet_index_estimate(estimates[i].highest, estimates[i].sequence);
        ck_assert_msg(index == estimates[i].index, "row %zu: %llx", i, (unsigned long long)index);
    }
}
END_TEST

/* The window held against a plain list of all that was seen. */
START_TEST(each_packet_is_admitted_once_and_only_within_the_window)
{
    static bool seen[4000];
    struct replay_window window = { 0 };
    uint64_t highest = 0;
    uint32_t chance = 1;
    bool is_empty = true;
    for (int i = 0; i < 200000 && highest < 3700; i++) {
        chance = chance * 1664525 + 1013904223;
        uint64_t base = highest > 150 ? highest - 150 : 0;
        uint64_t index = base + (chance >> 16) % (chance >> 8 & 63 ? 152 : 300);
        bool is_old = !is_empty && highest >= index + REPLAY_WINDOW_PACKETS;
        ck_assert_int_eq(replay_window_admits(&window, index), !is_old && !seen[index]);
        if (is_old || seen[index])
            continue;
        seen[index] = true;
        replay_window_add(&window, index);
        highest = is_empty || index > highest ? index : highest;
        is_empty = false;
        ck_assert_uint_eq(window.highest, highest);
    }
    ck_assert_uint_ge(highest, 3000);
}
END_TEST

START_TEST(jumps_of_any_size_forget_only_what_is_too_old)
{
    static const uint64_t jumps[] = { 1, 2, 63, 64, 65, 126, 127, 128, 129, 1000, 65536 };
    for (size_t i = 0; i < sizeof(jumps) / sizeof(*jumps); i++) {
        struct replay_window window = { 0 };
        replay_window_add(&window, 500);
        replay_window_add(&window, 500 + jumps[i]);
        ck_assert(!replay_window_admits(&window, 500));
        ck_assert(!replay_window_admits(&window, 500 + jumps[i]));
        ck_assert(replay_window_admits(&window, 501 + jumps[i]));
        if (jumps[i] > 1)
            ck_assert(replay_window_admits(&window, 499 + jumps[i]));
        ck_assert_int_eq(replay_window_admits(&window, 499), jumps[i] < 127);
    }
}
END_TEST

SUITE_MAIN("media/replay_window", an_index_is_the_nearest_that_a_sequence_number_can_mean,
           each_packet_is_admitted_once_and_only_within_the_window,
           jumps_of_any_size_forget_only_what_is_too_old)
