// SPDX-License-Identifier: ISC
// Changes of the network, made in one of the test's own: told once a burst, and to whom it
// concerns.
#include "io/network_watch.h"
#include "tests/io/private_network.h"
#include "tests/io/run_until.h"

struct told {
    unsigned times;
    time_ms at;
    bool is_told;
};

static void on_changed(void *user)
{
    struct told *told = user;
    told->times++;
    told->at = clock_now();
    told->is_told = true;
}

static void on_time(void *user)
{
    *(bool *)user = true;
}

static void run_for(struct loop *loop, time_ms milliseconds)
{
    bool is_over = false;
    struct loop_timer *timer = loop_timer_new(loop, on_time, &is_over);
    loop_timer_at(timer, clock_now() + milliseconds);
    run_until(loop, &is_over);
    loop_timer_free(timer);
}

START_TEST(a_burst_of_changes_is_told_once_after_it_has_settled)
{
    if (!network_enter())
        return;
    struct told told = { 0 };
    struct loop *loop = loop_new();
    struct network_watch *watch = network_watch_new(loop, on_changed, &told);
    time_ms began = clock_now();
    for (int i = 0; i < 20; i++)
        network_set_up(i % 2 == 1);
    run_until(loop, &told.is_told);
    ck_assert_int_ge(told.at - began, 300);
    run_for(loop, 700);
    ck_assert_uint_eq(told.times, 1);
    network_set_up(false);
    told.is_told = false;
    run_until(loop, &told.is_told);
    ck_assert_uint_eq(told.times, 2);
    network_watch_free(watch);
    loop_free(loop);
}
END_TEST

/* More than the socket of the kernel's messages holds: some are lost, the change is not. */
START_TEST(a_flood_of_changes_is_told_too)
{
    if (!network_enter())
        return;
    struct told told = { 0 };
    struct loop *loop = loop_new();
    struct network_watch *watch = network_watch_new(loop, on_changed, &told);
    for (int i = 0; i < 2000; i++)
        network_set_up(i % 2 == 1);
    run_until(loop, &told.is_told);
    network_set_up(false);
    told.is_told = false;
    run_until(loop, &told.is_told);
    network_watch_free(watch);
    loop_free(loop);
}
END_TEST

START_TEST(nothing_is_told_when_nothing_changes_or_the_watch_is_gone)
{
    struct told told = { 0 };
    if (!network_enter())
        return;
    struct loop *loop = loop_new();
    struct network_watch *watch = network_watch_new(loop, on_changed, &told);
    run_for(loop, 500);
    ck_assert_uint_eq(told.times, 0);
    network_set_up(false);
    network_watch_free(watch);
    run_for(loop, 500);
    ck_assert_uint_eq(told.times, 0);
    loop_free(loop);
}
END_TEST

SUITE_MAIN("io/network_watch", a_burst_of_changes_is_told_once_after_it_has_settled,
           a_flood_of_changes_is_told_too,
           nothing_is_told_when_nothing_changes_or_the_watch_is_gone)
