// SPDX-License-Identifier: ISC
// Which packets of one source have been there already (RFC 3711 3.3.2), and the number that a
// 16-bit sequence stands for (3.3.1, appendix A). A value; all zero is the beginning.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    REPLAY_WINDOW_PACKETS = 128
};

struct replay_window {
    uint64_t highest;                          // index of the newest packet
    uint64_t seen[REPLAY_WINDOW_PACKETS / 64]; // bit n: the packet of index highest - n
};

// The index, roll-over counter and sequence number, that is meant by `sequence` next to `highest`.
uint64_t packet_index_estimate(uint64_t highest, uint16_t sequence);
// It has not been seen, and is not older than the window.
bool replay_window_admits(const struct replay_window *window, uint64_t index);
// Only what was admitted, and has proved to be genuine.
void replay_window_add(struct replay_window *window, uint64_t index);
