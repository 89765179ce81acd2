// SPDX-License-Identifier: ISC
#include "media/source_guard.h"
#include "tests/suite.h"

static struct net_address address(uint8_t last)
{
    return (struct net_address){ .family = NET_IPV4, .bytes = { 192, 0, 2, last }, .port = 4000 };
}

static bool comes(struct source_guard *guard, time_ms now, uint8_t from, uint32_t ssrc,
                  uint16_t sequence)
{
    struct net_address source = address(from);
    struct rtp_packet packet = { .ssrc = ssrc, .sequence = sequence };
    return source_guard_admits(guard, now, &source, &packet);
}

static bool sends_to(const struct source_guard *guard, uint8_t last)
{
    struct net_address expected = address(last);
    return net_address_equal(source_guard_destination(guard), &expected);
}

static struct source_guard guard_of(uint8_t last)
{
    struct source_guard guard = { 0 };
    struct net_address negotiated = address(last);
    source_guard_set(&guard, 0, &negotiated);
    return guard;
}

START_TEST(the_negotiated_address_is_believed_at_once)
{
    struct source_guard guard = guard_of(1);
    ck_assert(comes(&guard, 10, 1, 7, 100));
    ck_assert(sends_to(&guard, 1));
}
END_TEST

START_TEST(nobody_else_is_believed_after_it)
{
    struct source_guard guard = guard_of(1);
    ck_assert(comes(&guard, 10, 1, 7, 100));
    for (uint16_t i = 0; i < 1000; i++)
        ck_assert(!comes(&guard, 20 + i, 66, 8, i));
    ck_assert(sends_to(&guard, 1));
}
END_TEST

START_TEST(two_packets_in_a_row_of_another_address_are_learnt)
{
    struct source_guard guard = guard_of(1);
    ck_assert(!comes(&guard, 10, 9, 7, 65535));
    ck_assert(sends_to(&guard, 1));
    ck_assert(comes(&guard, 30, 9, 7, 0));
    ck_assert(sends_to(&guard, 9));
    ck_assert(comes(&guard, 50, 9, 7, 1));
    ck_assert(comes(&guard, 70, 9, 8, 500)); /* another SSRC of the same place */
}
END_TEST

START_TEST(packets_that_do_not_follow_each_other_teach_nothing)
{
    struct source_guard guard = guard_of(1);
    ck_assert(!comes(&guard, 10, 9, 7, 100));
    ck_assert(!comes(&guard, 20, 9, 7, 100));  /* the same again */
    ck_assert(!comes(&guard, 30, 9, 8, 101));  /* another source */
    ck_assert(!comes(&guard, 40, 9, 8, 900));  /* far away */
    ck_assert(!comes(&guard, 50, 10, 8, 901)); /* another address */
    ck_assert(sends_to(&guard, 1));
}
END_TEST

START_TEST(what_is_learnt_is_learnt_once)
{
    struct source_guard guard = guard_of(1);
    comes(&guard, 10, 9, 7, 1);
    ck_assert(comes(&guard, 30, 9, 7, 2));
    for (uint16_t i = 0; i < 1000; i++)
        ck_assert(!comes(&guard, 40 + i, 66, 8, i));
    ck_assert(sends_to(&guard, 9));
}
END_TEST

START_TEST(the_window_closes_two_seconds_after_the_first_stranger)
{
    struct source_guard guard = guard_of(1);
    ck_assert(!comes(&guard, 20000, 9, 7, 1));
    ck_assert(!comes(&guard, 22001, 9, 7, 2));
    ck_assert(!comes(&guard, 22021, 9, 7, 3));
    ck_assert(sends_to(&guard, 1));
}
END_TEST

START_TEST(the_negotiated_address_wins_over_a_learnt_one)
{
    struct source_guard guard = guard_of(1);
    comes(&guard, 10, 66, 7, 1);
    ck_assert(comes(&guard, 30, 66, 7, 2));
    ck_assert(comes(&guard, 40, 1, 5, 1));
    ck_assert(sends_to(&guard, 1));
    ck_assert(!comes(&guard, 50, 66, 7, 3));
    ck_assert(!comes(&guard, 60, 66, 7, 4));
}
END_TEST

START_TEST(another_negotiated_address_opens_the_guard_again)
{
    struct source_guard guard = guard_of(1);
    struct net_address same = address(1);
    struct net_address other = address(2);
    comes(&guard, 10, 9, 7, 1);
    comes(&guard, 30, 9, 7, 2);
    source_guard_set(&guard, 1000, &same);
    ck_assert(sends_to(&guard, 9));
    source_guard_set(&guard, 5000, &other);
    ck_assert(sends_to(&guard, 2));
    ck_assert(!comes(&guard, 5010, 9, 7, 3));
    ck_assert(comes(&guard, 5020, 2, 4, 3));
    ck_assert(!comes(&guard, 5030, 9, 7, 4));
}
END_TEST

SUITE_MAIN("media/source_guard", the_negotiated_address_is_believed_at_once,
           nobody_else_is_believed_after_it, two_packets_in_a_row_of_another_address_are_learnt,
           packets_that_do_not_follow_each_other_teach_nothing, what_is_learnt_is_learnt_once,
           the_window_closes_two_seconds_after_the_first_stranger,
           the_negotiated_address_wins_over_a_learnt_one,
           another_negotiated_address_opens_the_guard_again)
