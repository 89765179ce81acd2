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

START_TEST(who_speaks_is_not_talked_over)
{
    struct source_guard guard = guard_of(1);
    comes(&guard, 10, 9, 7, 1);
    for (uint16_t i = 0; i < 1000; i++) {
        ck_assert(comes(&guard, 30 + 20 * i, 9, 7, (uint16_t)(2 + i)));
        ck_assert(!comes(&guard, 40 + 20 * i, 66, 8, i));
    }
    ck_assert(sends_to(&guard, 9));
}
END_TEST

START_TEST(one_packet_and_a_pause_and_then_speech_is_heard)
{
    static const time_ms pauses[] = { 2001, 3000, 60000, 3600000 };
    for (size_t i = 0; i < sizeof(pauses) / sizeof(*pauses); i++) {
        struct source_guard guard = guard_of(1);
        time_ms now = 20000 + pauses[i];
        ck_assert(!comes(&guard, 20000, 9, 7, 1));
        ck_assert(comes(&guard, now, 9, 7, 2)); /* it goes on where it was */
        guard = guard_of(1);
        comes(&guard, 20000, 9, 7, 1);
        ck_assert(!comes(&guard, now, 9, 7, 4000)); /* or anywhere */
        ck_assert(comes(&guard, now + 20, 9, 7, 4001));
        ck_assert(sends_to(&guard, 9));
    }
}
END_TEST

START_TEST(a_stray_packet_before_the_stream_does_not_keep_it_out)
{
    struct source_guard guard = guard_of(1);
    ck_assert(!comes(&guard, 10, 66, 8, 1));
    ck_assert(!comes(&guard, 20, 9, 7, 1));
    ck_assert(!comes(&guard, 30, 66, 9, 5000));
    ck_assert(comes(&guard, 40, 9, 7, 2));
    ck_assert(sends_to(&guard, 9));
}
END_TEST

START_TEST(many_strangers_do_not_keep_it_out_either)
{
    struct source_guard guard = guard_of(1);
    bool is_heard = false;
    for (uint16_t i = 0; i < 100; i++) {
        for (uint8_t from = 100; from < 106; from++) /* nearly as many as there are places */
            comes(&guard, 20 * i, from, from * i, (uint16_t)(977 * i));
        is_heard = comes(&guard, 20 * i + 10, 9, 7, i) || is_heard;
    }
    ck_assert(is_heard && sends_to(&guard, 9));
}
END_TEST

START_TEST(two_packets_of_a_stranger_do_not_win_for_the_call)
{
    struct source_guard guard = guard_of(1);
    comes(&guard, 10, 66, 8, 1);
    ck_assert(comes(&guard, 20, 66, 8, 2)); /* nobody else is there yet */
    for (uint16_t i = 0; i < 300; i++) {
        bool is_heard = comes(&guard, 100 + 20 * i, 9, 7, i);
        ck_assert_int_eq(is_heard, 100 + 20 * i >= 2020);
    }
    ck_assert(sends_to(&guard, 9));
    ck_assert(!comes(&guard, 6200, 66, 8, 3)); /* and it does not come back */
    ck_assert(!comes(&guard, 6220, 66, 8, 4));
}
END_TEST

START_TEST(who_was_heard_longer_comes_back_after_a_pause)
{
    struct source_guard guard = guard_of(1);
    for (uint16_t i = 0; i < 100; i++)
        comes(&guard, 20 * i, 9, 7, i);
    comes(&guard, 9000, 66, 8, 1); /* while it was silent */
    ck_assert(comes(&guard, 9020, 66, 8, 2));
    ck_assert(comes(&guard, 9030, 9, 7, 100));
    ck_assert(!comes(&guard, 9040, 66, 8, 3));
    ck_assert(sends_to(&guard, 9));
}
END_TEST

START_TEST(a_port_that_changes_in_mid_call_is_followed)
{
    for (uint8_t first = 1; first <= 9; first += 8) { /* also of the negotiated address */
        struct source_guard guard = guard_of(1);
        uint16_t next = 65500;
        for (uint16_t i = 0; i < 100; i++)
            comes(&guard, 20 * i, first, 7, next++);
        ck_assert(!comes(&guard, 2000, 12, 7, next++));
        ck_assert(!comes(&guard, 2020, 12, 7, next++));
        ck_assert(comes(&guard, 2040, 12, 7, next++)); /* nothing from the old one for 60 ms */
        ck_assert(comes(&guard, 2060, 12, 7, next++));
        ck_assert(sends_to(&guard, 12));
    }
}
END_TEST

START_TEST(a_stranger_who_does_not_know_the_numbers_is_not_followed)
{
    struct source_guard guard = guard_of(1);
    for (uint16_t i = 0; i < 100; i++)
        comes(&guard, 20 * i, 1, 7, i);
    for (uint16_t i = 0; i < 3000; i++) { /* for a minute, while the far end is silent */
        ck_assert(!comes(&guard, 2000 + 20 * i, 66, 8, (uint16_t)(100 + i)));
        ck_assert(!comes(&guard, 2000 + 20 * i, 67, 7, (uint16_t)(20000 + i)));
        ck_assert(!comes(&guard, 2000 + 20 * i, 68, 7, (uint16_t)(99 - i % 90)));
    }
    ck_assert(sends_to(&guard, 1));
}
END_TEST

START_TEST(a_stranger_who_copies_the_numbers_is_not_heard_beside_the_stream)
{
    struct source_guard guard = guard_of(1);
    for (uint16_t i = 0; i < 1000; i++) {
        ck_assert(comes(&guard, 20 * i, 1, 7, i) || i == 0);
        ck_assert(!comes(&guard, 20 * i + 5, 66, 7, (uint16_t)(i + 1)));
    }
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

START_TEST(late_packets_from_the_old_port_do_not_keep_the_new_one_out)
{
    struct source_guard guard = guard_of(1);
    struct net_address other = address(2);
    uint16_t next = 1;
    for (int i = 0; i < 50; i++)
        comes(&guard, 20 * i, 9, 7, next++);
    source_guard_set(&guard, 1000, &other);
    for (int i = 0; i < 5; i++)
        ck_assert(!comes(&guard, 1000 + 20 * i, 9, 7, next++));
    ck_assert(!comes(&guard, 1110, 10, 8, 1)); /* behind a NAT, with numbers of its own */
    ck_assert(comes(&guard, 1130, 10, 8, 2));
    ck_assert(sends_to(&guard, 10));
    guard = guard_of(1);
    for (int i = 0; i < 50; i++)
        comes(&guard, 20 * i, 9, 7, next++);
    source_guard_set(&guard, 1000, &other); /* of a description that did not mean it: it goes on */
    for (int i = 0; i < 100; i++)
        comes(&guard, 1000 + 20 * i, 9, 7, next++);
    ck_assert(sends_to(&guard, 9));
}
END_TEST

SUITE_MAIN("media/source_guard", the_negotiated_address_is_believed_at_once,
           nobody_else_is_believed_after_it, two_packets_in_a_row_of_another_address_are_learnt,
           packets_that_do_not_follow_each_other_teach_nothing, who_speaks_is_not_talked_over,
           one_packet_and_a_pause_and_then_speech_is_heard,
           a_stray_packet_before_the_stream_does_not_keep_it_out,
           many_strangers_do_not_keep_it_out_either,
           two_packets_of_a_stranger_do_not_win_for_the_call,
           who_was_heard_longer_comes_back_after_a_pause,
           a_port_that_changes_in_mid_call_is_followed,
           a_stranger_who_does_not_know_the_numbers_is_not_followed,
           a_stranger_who_copies_the_numbers_is_not_heard_beside_the_stream,
           the_negotiated_address_wins_over_a_learnt_one,
           another_negotiated_address_opens_the_guard_again,
           late_packets_from_the_old_port_do_not_keep_the_new_one_out)
