// SPDX-License-Identifier: ISC
// The waits between connections (RFC 5626 4.5): their bounds, over many draws.
#include "sip/flow_recovery.h"
#include "suite.h"

enum {
    DRAWS = 3000,
    START = 1000000
};

struct bounds {
    uint32_t least;
    uint32_t most;
};

/* The wait after `failures` failures in a row, drawn often. */
static struct bounds draw(uint32_t base_ms, uint32_t failures)
{
    struct bounds bounds = { UINT32_MAX, 0 };
    struct random random;
    random_init_number(&random, 5);
    for (int i = 0; i < DRAWS; i++) {
        struct flow_recovery recovery;
        sip_flow_recovery_init(&recovery, base_ms);
        recovery.failures = failures;
        uint32_t wait = sip_flow_recovery_lost(&recovery, START, &random);
        bounds.least = wait < bounds.least ? wait : bounds.least;
        bounds.most = wait > bounds.most ? wait : bounds.most;
    }
    return bounds;
}

static void check(struct bounds bounds, uint32_t least, uint32_t most)
{
    uint32_t slack = (most - least) / 50 + 1;
    ck_assert_uint_ge(bounds.least, least);
    ck_assert_uint_le(bounds.least, least + slack);
    ck_assert_uint_ge(bounds.most, most - slack);
    ck_assert_uint_le(bounds.most, most);
}

START_TEST(the_wait_doubles_from_one_minute_to_half_an_hour)
{
    check(draw(0, 0), 30000, 60000);
    check(draw(0, 1), 30000, 60000);
    check(draw(0, 2), 60000, 120000);
    check(draw(0, 3), 120000, 240000);
    check(draw(0, 4), 240000, 480000);
    check(draw(0, 5), 480000, 960000);
    check(draw(0, 6), 900000, 1800000);
    check(draw(0, 7), 900000, 1800000);
    check(draw(0, 1000), 900000, 1800000);
    check(draw(0, UINT32_MAX), 900000, 1800000);
}
END_TEST

START_TEST(all_times_scale_with_the_base_which_is_bounded)
{
    check(draw(300, 1), 300, 600);
    check(draw(300, 9), 9000, 18000);
    check(draw(300000, 1), 300000, 600000);
    check(draw(UINT32_MAX, 1), 300000, 600000);
}
END_TEST

START_TEST(after_a_good_flow_the_first_try_comes_within_three_seconds)
{
    struct random random;
    struct bounds bounds = { UINT32_MAX, 0 };
    random_init_number(&random, 6);
    for (int i = 0; i < DRAWS; i++) {
        struct flow_recovery recovery;
        sip_flow_recovery_init(&recovery, 0);
        sip_flow_recovery_registered(&recovery, START);
        uint32_t wait = sip_flow_recovery_lost(&recovery, START + 60000, &random);
        bounds.least = wait < bounds.least ? wait : bounds.least;
        bounds.most = wait > bounds.most ? wait : bounds.most;
        ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 1);
        wait = sip_flow_recovery_lost(&recovery, START + 61000, &random);
        ck_assert_uint_ge(wait, 30000);
        ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 2);
    }
    check(bounds, 0, 3000);
}
END_TEST

START_TEST(a_server_that_hangs_up_on_us_is_not_hammered)
{
    struct random random;
    struct flow_recovery recovery;
    random_init_number(&random, 7);
    sip_flow_recovery_init(&recovery, 0);
    for (uint32_t i = 0; i < 5; i++) {
        sip_flow_recovery_registered(&recovery, START);
        uint32_t wait = sip_flow_recovery_lost(&recovery, START + 59999, &random);
        if (i > 0)
            ck_assert_uint_ge(wait, 30000u << (i - 1));
        ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), i + 1);
    }
}
END_TEST

START_TEST(a_flow_that_lasts_a_minute_ends_the_row_of_failures)
{
    struct random random;
    struct flow_recovery recovery;
    random_init_number(&random, 8);
    sip_flow_recovery_init(&recovery, 0);
    for (int i = 0; i < 5; i++)
        sip_flow_recovery_lost(&recovery, START, &random);
    sip_flow_recovery_registered(&recovery, START);
    ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 0);
    sip_flow_recovery_registered(&recovery, START + 50000); // a refresh is no new beginning
    ck_assert_uint_le(sip_flow_recovery_lost(&recovery, START + 60000, &random), 3000);
    ck_assert_uint_ge(sip_flow_recovery_lost(&recovery, START + 60000, &random), 30000);
    ck_assert_uint_ge(sip_flow_recovery_lost(&recovery, START + 200000, &random), 60000);
}
END_TEST

START_TEST(a_reset_begins_the_row_anew)
{
    struct random random;
    struct flow_recovery recovery;
    random_init_number(&random, 9);
    sip_flow_recovery_init(&recovery, 0);
    for (int i = 0; i < 7; i++)
        sip_flow_recovery_lost(&recovery, START, &random);
    sip_flow_recovery_reset(&recovery);
    ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 0);
    ck_assert_uint_le(sip_flow_recovery_lost(&recovery, START, &random), 60000);
}
END_TEST

START_TEST(the_count_of_failures_does_not_wrap)
{
    struct random random;
    struct flow_recovery recovery;
    random_init_number(&random, 10);
    sip_flow_recovery_init(&recovery, 0);
    recovery.failures = UINT32_MAX;
    sip_flow_recovery_lost(&recovery, START, &random);
    ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), UINT32_MAX);
}
END_TEST

START_TEST(another_base_changes_the_waits_and_not_what_is_known_of_the_flow)
{
    struct random random;
    struct flow_recovery recovery;
    random_init_number(&random, 12);
    sip_flow_recovery_init(&recovery, 0);
    sip_flow_recovery_registered(&recovery, START);
    sip_flow_recovery_set_base(&recovery, 1000);
    ck_assert_uint_le(sip_flow_recovery_lost(&recovery, START + 5000, &random), 100);
    ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 1);
    sip_flow_recovery_set_base(&recovery, 2000);
    ck_assert_uint_eq(sip_flow_recovery_failures(&recovery), 1);
    uint32_t wait = sip_flow_recovery_lost(&recovery, START + 5000, &random);
    ck_assert_uint_ge(wait, 2000);
    ck_assert_uint_le(wait, 4000);
}
END_TEST

/* What somebody sent over a good flow is no failure: nothing grows, and it is not hammered. */
START_TEST(framing_that_is_lost_is_connected_anew_at_once_and_once)
{
    struct flow_recovery recovery;
    struct random random;
    time_ms now = START;
    random_init_number(&random, 5);
    sip_flow_recovery_init(&recovery, 0);
    for (int day = 0; day < 100; day++, now += 20000) {
        sip_flow_recovery_registered(&recovery, now);
        ck_assert_uint_eq(sip_flow_recovery_lost_framing(&recovery, now + 1000, &random), 0);
    }
    uint32_t most = 0;
    for (int i = 0; i < DRAWS; i++, now += 5000) { /* again and again: within 3 s, for ever */
        sip_flow_recovery_registered(&recovery, now);
        uint32_t wait = sip_flow_recovery_lost_framing(&recovery, now, &random);
        most = wait > most ? wait : most;
    }
    ck_assert_uint_gt(most, 2900);
    ck_assert_uint_le(most, 3000);
    sip_flow_recovery_registered(&recovery, now); /* what comes then is a first loss */
    ck_assert_uint_le(sip_flow_recovery_lost(&recovery, now + 1, &random), 3000);
    /* what never registered is a failure like any other */
    ck_assert_uint_ge(sip_flow_recovery_lost_framing(&recovery, now + 2, &random), 30000);
    ck_assert_uint_ge(sip_flow_recovery_lost_framing(&recovery, now + 3, &random), 60000);
}
END_TEST

SUITE_MAIN("sip/flow_recovery", framing_that_is_lost_is_connected_anew_at_once_and_once,
           the_wait_doubles_from_one_minute_to_half_an_hour,
           all_times_scale_with_the_base_which_is_bounded,
           after_a_good_flow_the_first_try_comes_within_three_seconds,
           a_server_that_hangs_up_on_us_is_not_hammered,
           a_flow_that_lasts_a_minute_ends_the_row_of_failures, a_reset_begins_the_row_anew,
           the_count_of_failures_does_not_wrap,
           another_base_changes_the_waits_and_not_what_is_known_of_the_flow)
