// SPDX-License-Identifier: ISC
// Chance is a parameter: a ChaCha20 (RFC 8439) key stream from a 32-byte seed. io seeds it from the
// kernel, so that tags, cnonces and SSRCs cannot be guessed; tests seed it with a constant, so that
// they are the same at every run.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum {
    RANDOM_SEED_BYTES = 32
};

struct random {
    uint8_t key[RANDOM_SEED_BYTES];
    uint8_t pool[64];
    size_t used;
};

void random_init(struct random *random, const uint8_t seed[RANDOM_SEED_BYTES]);
// For tests: a seed made of one number.
void random_init_number(struct random *random, uint32_t number);
void random_bytes(struct random *random, void *bytes, size_t size);
uint32_t random_uint32(struct random *random);
// From 0 to bound - 1, without bias; bound is at least 1.
uint32_t random_below(struct random *random, uint32_t bound);
// Writes `length` characters of [0-9a-z] and a NUL: text must have room for length + 1.
void random_token(struct random *random, char *text, size_t length);
