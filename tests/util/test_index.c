// SPDX-License-Identifier: ISC
#include "tests/suite.h"
#include "util/index.h"

enum {
    ITEMS = 5000
};

struct item {
    int number;
    struct index_link link;
};

static struct item items[ITEMS];

static int find(const struct index *index, int number, uint32_t hash)
{
    int found = 0;
    index_for_each(link, index, hash) found +=
        index_entry(link, struct item, link)->number == number;
    return found;
}

START_TEST(each_is_found_once_through_growth_and_removal)
{
    struct index index;
    index_init(&index);
    ck_assert_ptr_null(index_first(&index, 0));
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        index_add(&index, &items[i].link, (uint32_t)i / 3); // three of a hash
    }
    for (int i = 0; i < ITEMS; i++)
        ck_assert_int_eq(find(&index, i, (uint32_t)i / 3), 1);
    for (int i = 0; i < ITEMS; i += 2)
        index_remove(&index, &items[i].link);
    for (int i = 0; i < ITEMS; i++)
        ck_assert_int_eq(find(&index, i, (uint32_t)i / 3), i % 2);
    ck_assert_uint_eq(index.count, ITEMS / 2);
    index_free(&index);
}
END_TEST

START_TEST(those_of_one_hash_come_youngest_first)
{
    struct index index;
    index_init(&index);
    for (int i = 0; i < ITEMS; i++) {
        items[i].number = i;
        index_add(&index, &items[i].link, i % 7 ? (uint32_t)i : 42);
    }
    int last = ITEMS;
    index_for_each(link, &index, 42)
    {
        int number = index_entry(link, struct item, link)->number;
        ck_assert(number < last);
        last = number;
    }
    ck_assert_int_eq(last, 0);
    index_free(&index);
}
END_TEST

START_TEST(texts_are_hashed_by_all_their_bytes)
{
    ck_assert_uint_eq(index_hash(slice_of("")), 2166136261u);
    ck_assert_uint_eq(index_hash(slice_of("a")), 0xe40c292c);
    ck_assert_uint_eq(index_hash(slice_of("foobar")), 0xbf9cf968);
    ck_assert_uint_eq(index_hash_ignoring_case(slice_of("FooBar")), 0xbf9cf968);
    ck_assert(index_hash(slice_of("FooBar")) != index_hash(slice_of("foobar")));
}
END_TEST

SUITE_MAIN("util/index", each_is_found_once_through_growth_and_removal,
           those_of_one_hash_come_youngest_first, texts_are_hashed_by_all_their_bytes)
