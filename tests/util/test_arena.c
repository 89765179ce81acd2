// SPDX-License-Identifier: ISC
// Memory that goes together.
#include "tests/suite.h"
#include "util/arena.h"
#include "util/memory.h"

#include <stdalign.h>
#include <stdint.h>

START_TEST(memory_is_zeroed_aligned_and_kept_while_it_grows)
{
    struct arena *arena = arena_new();
    unsigned char *parts[300];
    for (size_t i = 0; i < 300; i++) {
        parts[i] = arena_allocate(arena, i * 7 + 1);
        ck_assert_uint_eq((uintptr_t)parts[i] % alignof(max_align_t), 0);
        for (size_t byte = 0; byte <= i * 7; byte++)
            ck_assert_uint_eq(parts[i][byte], 0);
        memset(parts[i], (int)(i % 255 + 1), i * 7 + 1);
    }
    for (size_t i = 0; i < 300; i++)
        ck_assert_uint_eq(parts[i][i * 7], i % 255 + 1);
    arena_free(arena);
    arena_free(NULL);
}
END_TEST

START_TEST(a_reset_arena_gives_zeroed_memory_again)
{
    struct arena *arena = arena_new();
    memset(arena_allocate(arena, 100), 'x', 100);
    memset(arena_allocate(arena, 1000000), 'x', 1000000);
    arena_reset(arena);
    const char *again = arena_allocate(arena, 100);
    for (size_t i = 0; i < 100; i++)
        ck_assert_int_eq(again[i], 0);
    arena_free(arena);
}
END_TEST

START_TEST(what_a_reset_arena_had_is_erased)
{
    struct arena *arena = arena_new();
    const char *kept = arena_copy_text(arena, slice_of("a secret"));
    arena_reset(arena);
    ck_assert_mem_eq(kept, "\0\0\0\0\0\0\0\0", 8);
    arena_free(arena);
}
END_TEST

START_TEST(copies_are_terminated_and_of_their_own)
{
    char text[] = "abcdef";
    struct arena *arena = arena_new();
    struct slice copy = arena_copy(arena, slice_make(text, 3));
    const char *terminated = arena_copy_text(arena, slice_make(text, 3));
    memset(text, 'x', 6);
    ck_assert(slice_equal(copy, slice_of("abc")));
    ck_assert_str_eq(terminated, "abc");
    ck_assert_str_eq(arena_copy_text(arena, slice_make(NULL, 0)), "");
    arena_free(arena);
}
END_TEST

START_TEST(secrets_are_erased_and_texts_copied)
{
    char secret[4] = "abc";
    char *copy = memory_copy_text(secret);
    memory_erase(secret, 3);
    ck_assert_str_eq(secret, "");
    ck_assert_str_eq(copy, "abc");
    copy = memory_resize(copy, 0);
    free(copy);
    char *nothing = memory_new(0);
    ck_assert_int_eq(*nothing, 0);
    free(nothing);
}
END_TEST

SUITE_MAIN("util/arena", memory_is_zeroed_aligned_and_kept_while_it_grows,
           a_reset_arena_gives_zeroed_memory_again, what_a_reset_arena_had_is_erased,
           copies_are_terminated_and_of_their_own, secrets_are_erased_and_texts_copied)
