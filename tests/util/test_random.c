// SPDX-License-Identifier: ISC
// The key stream of RFC 8439, without bias and repeatable.
#include "tests/suite.h"
#include "util/random.h"

#include <stdbool.h>
#include <string.h>

START_TEST(the_first_bytes_are_the_second_half_of_the_key_stream)
{
    /* RFC 8439 A.1, vector 1: key, nonce and counter of zeros; bytes 32 to 63. */
    static const uint8_t expected[32] = {
        0xda, 0x41, 0x59, 0x7c, 0x51, 0x57, 0x48, 0x8d, 0x77, 0x24, 0xe0,
        0x3f, 0xb8, 0xd8, 0x4a, 0x37, 0x6a, 0x43, 0xb8, 0xf4, 0x15, 0x18,
        0xa1, 0x1c, 0xc3, 0x87, 0xb6, 0x69, 0xb2, 0xee, 0x65, 0x86,
    };
    const uint8_t seed[RANDOM_SEED_BYTES] = { 0 };
    struct random random;
    uint8_t bytes[32];
    random_init(&random, seed);
    random_bytes(&random, bytes, 5);
    random_bytes(&random, bytes + 5, 27);
    ck_assert(memcmp(bytes, expected, 32) == 0);
    for (size_t i = 0; i < sizeof(random.pool); i++)
        ck_assert_uint_eq(random.pool[i], 0); /* what was given out is gone */
}
END_TEST

START_TEST(a_seed_repeats_and_another_does_not)
{
    struct random left, right, other;
    uint8_t a[100], b[100], c[100];
    random_init_number(&left, 1);
    random_init_number(&right, 1);
    random_init_number(&other, 2);
    random_bytes(&left, a, 100);
    random_bytes(&right, b, 100);
    random_bytes(&other, c, 100);
    ck_assert(memcmp(a, b, 100) == 0);
    ck_assert(memcmp(a, c, 32) != 0);
    ck_assert(memcmp(a, a + 32, 32) != 0);
}
END_TEST

START_TEST(below_is_below_and_reaches_every_number)
{
    struct random random;
    unsigned counts[6] = { 0 };
    random_init_number(&random, 3);
    for (int i = 0; i < 6000; i++) {
        uint32_t number = random_below(&random, 6);
        ck_assert_uint_lt(number, 6);
        counts[number]++;
    }
    for (int i = 0; i < 6; i++)
        ck_assert(counts[i] > 850 && counts[i] < 1150);
    ck_assert_uint_eq(random_below(&random, 1), 0);
    ck_assert_uint_lt(random_below(&random, 0x80000001), 0x80000001);
}
END_TEST

START_TEST(a_token_is_small_letters_and_digits)
{
    struct random random;
    char token[33];
    random_init_number(&random, 4);
    random_token(&random, token, 32);
    ck_assert_uint_eq(strlen(token), 32);
    ck_assert_uint_eq(strspn(token, "0123456789abcdefghijklmnopqrstuvwxyz"), 32);
}
END_TEST

SUITE_MAIN("util/random", the_first_bytes_are_the_second_half_of_the_key_stream,
           a_seed_repeats_and_another_does_not, below_is_below_and_reaches_every_number,
           a_token_is_small_letters_and_digits)
