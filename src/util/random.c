// SPDX-License-Identifier: ISC
// Fast key erasure: each block's first half becomes the next key, the second half is given out.
#include "util/random.h"

#include "util/memory.h"

#include <string.h>

enum {
    KEY_BYTES = 32,
    POOL_BYTES = 64
};

static uint32_t rotate(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

static void quarter_round(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotate(*d ^ *a, 16);
    *c += *d;
    *b = rotate(*b ^ *c, 12);
    *a += *b;
    *d = rotate(*d ^ *a, 8);
    *c += *d;
    *b = rotate(*b ^ *c, 7);
}

/* RFC 8439 2.3, with counter and nonce 0: every key is used once. */
static void chacha20_block(const uint32_t key[8], uint32_t output[16])
{
    uint32_t start[16] = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 };
    memcpy(start + 4, key, KEY_BYTES);
    uint32_t x[16];
    memcpy(x, start, sizeof(x));
    for (int round = 0; round < 10; round++) {
        quarter_round(&x[0], &x[4], &x[8], &x[12]);
        quarter_round(&x[1], &x[5], &x[9], &x[13]);
        quarter_round(&x[2], &x[6], &x[10], &x[14]);
        quarter_round(&x[3], &x[7], &x[11], &x[15]);
        quarter_round(&x[0], &x[5], &x[10], &x[15]);
        quarter_round(&x[1], &x[6], &x[11], &x[12]);
        quarter_round(&x[2], &x[7], &x[8], &x[13]);
        quarter_round(&x[3], &x[4], &x[9], &x[14]);
    }
    for (int i = 0; i < 16; i++)
        output[i] = x[i] + start[i];
}

static void refill(struct random *random)
{
    uint32_t block[16];
    chacha20_block(random->key, block);
    memcpy(random->key, block, KEY_BYTES);
    memcpy(random->pool, block, POOL_BYTES);
    memory_erase(random->pool, KEY_BYTES);
    memory_erase(block, sizeof(block));
    random->used = KEY_BYTES;
}

void random_init(struct random *random, const uint8_t seed[RANDOM_SEED_BYTES])
{
    memcpy(random->key, seed, KEY_BYTES);
    random->used = POOL_BYTES;
}

void random_init_number(struct random *random, uint32_t number)
{
    uint8_t seed[RANDOM_SEED_BYTES] = { 0 };
    memcpy(seed, &number, sizeof(number));
    random_init(random, seed);
}

void random_bytes(struct random *random, void *bytes, size_t size)
{
    unsigned char *out = bytes;
    while (size) {
        if (random->used == POOL_BYTES)
            refill(random);
        size_t part = POOL_BYTES - random->used;
        if (part > size)
            part = size;
        memcpy(out, random->pool + random->used, part);
        memory_erase(random->pool + random->used, part);
        random->used += part;
        out += part;
        size -= part;
    }
}

uint32_t random_uint32(struct random *random)
{
    uint32_t number;
    random_bytes(random, &number, sizeof(number));
    return number;
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    uint32_t unbiased = UINT32_MAX - UINT32_MAX % bound;
    uint32_t number;
    do
        number = random_uint32(random);
    while (number >= unbiased);
    return number % bound;
}

void random_token(struct random *random, char *text, size_t length)
{
    static const char alphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
    for (size_t i = 0; i < length; i++)
        text[i] = alphabet[random_below(random, sizeof(alphabet) - 1)];
    text[length] = '\0';
}
