// SPDX-License-Identifier: ISC
#include "media/replay_window.h"

enum {
    HALF = 1 << 15 // of the sequence numbers
};

uint64_t packet_index_estimate(uint64_t highest, uint16_t sequence)
{
    uint64_t counter = highest >> 16;
    uint16_t last = (uint16_t)highest;
    if (last < HALF && sequence - last > HALF && counter)
        counter--;
    else if (last >= HALF && last - HALF > sequence)
        counter++;
    return counter << 16 | sequence;
}

static bool is_empty(const struct replay_window *window)
{
    return !window->seen[0];
}

bool replay_window_admits(const struct replay_window *window, uint64_t index)
{
    if (is_empty(window) || index > window->highest)
        return true;
    uint64_t age = window->highest - index;
    if (age >= REPLAY_WINDOW_PACKETS)
        return false;
    return !(window->seen[age / 64] >> age % 64 & 1);
}

static void shift(struct replay_window *window, uint64_t count)
{
    if (count >= REPLAY_WINDOW_PACKETS) {
        window->seen[0] = window->seen[1] = 0;
    } else if (count >= 64) {
        window->seen[1] = window->seen[0] << (count - 64);
        window->seen[0] = 0;
    } else if (count) {
        window->seen[1] = window->seen[1] << count | window->seen[0] >> (64 - count);
        window->seen[0] <<= count;
    }
}

void replay_window_add(struct replay_window *window, uint64_t index)
{
    if (is_empty(window) || index > window->highest) {
        shift(window, is_empty(window) ? 0 : index - window->highest);
        window->highest = index;
        window->seen[0] |= 1;
        return;
    }
    uint64_t age = window->highest - index;
    window->seen[age / 64] |= UINT64_C(1) << age % 64;
}
