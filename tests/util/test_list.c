// SPDX-License-Identifier: ISC
// The intrusive list, and time beside it.
#include "tests/suite.h"
#include "util/list.h"
#include "util/time_ms.h"

struct item {
    int number;
    struct list_link link;
};

static int digits(const struct list *list)
{
    int sum = 0;
    list_for_each(link, list)
        sum = sum * 10 + list_entry(link, struct item, link)->number;
    return sum;
}

START_TEST(items_keep_their_order_through_removal)
{
    struct list list;
    struct item items[4] = { { .number = 1 }, { .number = 2 }, { .number = 3 }, { .number = 4 } };
    list_init(&list);
    ck_assert(list_is_empty(&list) && !list_first(&list) && !list_take_first(&list));
    for (size_t i = 0; i < 4; i++)
        list_append(&list, &items[i].link);
    ck_assert_int_eq(digits(&list), 1234);
    list_remove(&list, &items[1].link);
    ck_assert_int_eq(digits(&list), 134);
    ck_assert_ptr_eq(list_take_first(&list), &items[0].link);
    ck_assert_ptr_eq(list_first(&list), &items[2].link);
    list_append(&list, &items[0].link);
    ck_assert_int_eq(digits(&list), 341);
    ck_assert_uint_eq(list.count, 3);
    list_for_each_safe(link, &list)
        list_remove(&list, link);
    ck_assert(list_is_empty(&list));
    ck_assert_int_eq(digits(&list), 0);
}
END_TEST

START_TEST(never_is_later_than_any_time)
{
    ck_assert(time_earliest(5, TIME_NEVER) == 5 && time_earliest(TIME_NEVER, 5) == 5);
    ck_assert(time_earliest(-1, 0) == -1);
}
END_TEST

SUITE_MAIN("util/list", items_keep_their_order_through_removal, never_is_later_than_any_time)
