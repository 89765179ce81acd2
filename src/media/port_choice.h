// SPDX-License-Identifier: ISC
// In which order the pairs of ports for RTP and RTCP of a range are tried (RFC 3550 11): each pair
// once, each draw independent of the ones before, so that a port cannot be guessed and ports that
// others have taken in a row hide nothing of the rest.
#pragma once

#include "util/random.h"

#include <stdbool.h>

struct port_choice {
    struct random *random;
    uint16_t *pairs; // those not drawn yet come first
    uint32_t left;
    uint16_t first; // even
};

// Pairs lie within [first, last]; there may be none.
void port_choice_init(struct port_choice *choice, struct random *random, uint16_t first,
                      uint16_t last);
// The even port of the next pair. False: all have been drawn.
bool port_choice_next(struct port_choice *choice, uint16_t *port);
void port_choice_free(struct port_choice *choice);
