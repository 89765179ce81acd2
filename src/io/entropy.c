// SPDX-License-Identifier: ISC
#include "io/entropy.h"

#include <stdlib.h>
#include <sys/random.h>

void entropy_seed(struct random *random)
{
    uint8_t seed[RANDOM_SEED_BYTES];
    size_t done = 0;
    while (done < sizeof(seed)) {
        ssize_t part = getrandom(seed + done, sizeof(seed) - done, 0);
        if (part > 0)
            done += (size_t)part;
    }
    random_init(random, seed);
}
