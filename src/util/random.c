// SPDX-License-Identifier: ISC
// Fast key erasure: each block's first half becomes the next key, the second half is given out.
#include "util/random.h"

#include "util/memory.h"

#include <nettle/chacha.h>

#include <string.h>

enum {
    KEY_BYTES = 32,
    POOL_BYTES = 64
};

static void refill(struct random *random)
{
    static const uint8_t nonce[CHACHA_NONCE96_SIZE]; /* 0: every key is used once */
    struct chacha_ctx stream;
    chacha_set_key(&stream, random->key);
    chacha_set_nonce96(&stream, nonce);
    memset(random->pool, 0, POOL_BYTES);
    chacha_crypt(&stream, POOL_BYTES, random->pool, random->pool);
    memcpy(random->key, random->pool, KEY_BYTES);
    memory_erase(random->pool, KEY_BYTES);
    memory_erase(&stream, sizeof(stream));
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
