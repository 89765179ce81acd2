// SPDX-License-Identifier: ISC
// The clock of the CRLF keep-alive (RFC 5626 3.5.1, 4.4.1; decision 21).
#include "sip/keep_alive.h"
#include "suite.h"

enum {
    START = 5000000,
    INTERVAL = 100000,
    HOUR = 3600 * 1000
};

struct line {
    struct random random;
    struct keep_alive keep_alive;
};

static struct keep_alive *connected(struct line *line, uint32_t interval_ms, bool pong_required)
{
    random_init_number(&line->random, 11);
    sip_keep_alive_init(&line->keep_alive, interval_ms, pong_required);
    sip_keep_alive_connected(&line->keep_alive, START, &line->random);
    return &line->keep_alive;
}

static time_ms send_ping(struct keep_alive *keep_alive)
{
    time_ms now = sip_keep_alive_deadline(keep_alive);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, now), KEEP_ALIVE_SEND_PING);
    sip_keep_alive_sent_ping(keep_alive, now);
    return now;
}

START_TEST(a_ping_comes_after_80_to_100_percent_of_the_interval)
{
    struct line line;
    time_ms least = INTERVAL;
    time_ms most = 0;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    for (int i = 0; i < 2000; i++) {
        time_ms before = START + (time_ms)i * INTERVAL;
        sip_keep_alive_connected(keep_alive, before, &line.random);
        time_ms wait = sip_keep_alive_deadline(keep_alive) - before;
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
    }
    ck_assert_int_ge(least, 80000);
    ck_assert_int_lt(least, 80200);
    ck_assert_int_gt(most, 99800);
    ck_assert_int_le(most, 100000);
}
END_TEST

START_TEST(nothing_happens_before_the_deadline)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    time_ms deadline = sip_keep_alive_deadline(keep_alive);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, deadline - 1), KEEP_ALIVE_NOTHING);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), deadline);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, deadline), KEEP_ALIVE_SEND_PING);
}
END_TEST

START_TEST(without_interval_or_connection_there_are_no_pings)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, 0, false);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
    sip_keep_alive_init(keep_alive, INTERVAL, false);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
    sip_keep_alive_sent_ping(keep_alive, START);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
    sip_keep_alive_pong(keep_alive, START);
    ck_assert(!sip_keep_alive_is_answered(keep_alive));
    sip_keep_alive_flow_timer(keep_alive, START, 20);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
    keep_alive = connected(&line, INTERVAL, false);
    sip_keep_alive_link_lost(keep_alive);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
}
END_TEST

START_TEST(an_interval_is_an_hour_at_most)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, UINT32_MAX, false);
    ck_assert_int_gt(sip_keep_alive_deadline(keep_alive), START + HOUR * 8 / 10 - 1);
    ck_assert_int_le(sip_keep_alive_deadline(keep_alive), START + HOUR);
}
END_TEST

START_TEST(a_ping_that_was_not_sent_is_tried_again)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    time_ms now = sip_keep_alive_deadline(keep_alive);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, now), KEEP_ALIVE_SEND_PING);
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), now + 80000);
    ck_assert_int_le(sip_keep_alive_deadline(keep_alive), now + 100000);
    now = sip_keep_alive_deadline(keep_alive);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, now), KEEP_ALIVE_SEND_PING);
}
END_TEST

START_TEST(a_pong_starts_the_next_interval)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    time_ms sent = send_ping(keep_alive);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), sent + 10000);
    sip_keep_alive_pong(keep_alive, sent + 50);
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), sent + 50 + 80000);
    time_ms deadline = sip_keep_alive_deadline(keep_alive);
    sip_keep_alive_pong(keep_alive, sent + 60); // unasked
    sip_keep_alive_activity(keep_alive, sent + 70);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), deadline);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, deadline), KEEP_ALIVE_SEND_PING);
}
END_TEST

START_TEST(other_bytes_are_as_good_as_a_pong)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    time_ms sent = send_ping(keep_alive);
    sip_keep_alive_activity(keep_alive, sent + 9000);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, sent + 10000), KEEP_ALIVE_NOTHING);
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), sent + 9000 + 80000);
}
END_TEST

/* Who is believed to pong: the configuration says so, the server promised, or it has ponged. */
static const struct {
    bool is_required;
    bool is_promised;
    bool has_ponged;
} reasons[] = {
    { false, false, false }, { true, false, false }, { false, true, false }, { false, false, true }
};

START_TEST(a_missing_pong_is_deadly_only_where_pongs_are_known)
{
    for (size_t i = 0; i < 4; i++) {
        struct line line;
        bool is_deadly = i > 0;
        struct keep_alive *keep_alive = connected(&line, INTERVAL, reasons[i].is_required);
        if (reasons[i].is_promised)
            sip_keep_alive_promised(keep_alive);
        if (reasons[i].has_ponged)
            sip_keep_alive_pong(keep_alive, START);
        ck_assert_int_eq(sip_keep_alive_is_answered(keep_alive), is_deadly);
        time_ms sent = send_ping(keep_alive);
        ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, sent + 9999), KEEP_ALIVE_NOTHING);
        ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, sent + 10000),
                         is_deadly ? KEEP_ALIVE_FLOW_DEAD : KEEP_ALIVE_SEND_PROBE);
        if (is_deadly)
            ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
        else
            send_ping(keep_alive);
    }
}
END_TEST

START_TEST(what_a_connection_promised_ends_with_it)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    sip_keep_alive_promised(keep_alive);
    sip_keep_alive_flow_timer(keep_alive, START, 20);
    ck_assert_int_le(sip_keep_alive_deadline(keep_alive), START + 20000);
    sip_keep_alive_link_lost(keep_alive);
    sip_keep_alive_connected(keep_alive, START, &line.random);
    ck_assert(!sip_keep_alive_is_answered(keep_alive));
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), START + 80000);
}
END_TEST

START_TEST(a_server_that_has_ponged_is_believed_until_it_fails)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    sip_keep_alive_pong(keep_alive, START);
    sip_keep_alive_link_lost(keep_alive);
    sip_keep_alive_connected(keep_alive, START, &line.random);
    ck_assert(sip_keep_alive_is_answered(keep_alive));
    time_ms sent = send_ping(keep_alive);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, sent + 10000), KEEP_ALIVE_FLOW_DEAD);
    sip_keep_alive_connected(keep_alive, START, &line.random);
    ck_assert(!sip_keep_alive_is_answered(keep_alive));
}
END_TEST

START_TEST(a_ping_in_flight_is_forgotten_with_its_connection)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    time_ms sent = send_ping(keep_alive);
    sip_keep_alive_link_lost(keep_alive);
    sip_keep_alive_activity(keep_alive, sent + 1);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
    sip_keep_alive_connected(keep_alive, sent + 100, &line.random);
    send_ping(keep_alive);
}
END_TEST

static const struct {
    uint32_t seconds; // Flow-Timer
    time_ms interval;
} timers[] = {
    { 0, INTERVAL },
    { 1, 10000 },
    { 9, 10000 },
    { 10, 10000 },
    { 11, 11000 },
    { 60, 60000 },
    { 99, 99000 },
    { 100, INTERVAL },
    { 101, INTERVAL },
    { 3600, INTERVAL },
    { UINT32_MAX, INTERVAL },
    { 4294968, INTERVAL },
};

START_TEST(a_flow_timer_shortens_the_interval_to_ten_seconds_at_least)
{
    for (size_t i = 0; i < sizeof(timers) / sizeof(*timers); i++) {
        struct line line;
        struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
        sip_keep_alive_flow_timer(keep_alive, START, timers[i].seconds);
        time_ms wait = sip_keep_alive_deadline(keep_alive) - START;
        ck_assert_msg(wait >= timers[i].interval * 8 / 10 && wait <= timers[i].interval,
                      "row %zu: %lld", i, (long long)wait);
        ck_assert_msg(keep_alive->interval_ms == timers[i].interval, "row %zu", i);
    }
}
END_TEST

START_TEST(a_flow_timer_never_lengthens_a_short_interval)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, 5000, false);
    sip_keep_alive_flow_timer(keep_alive, START, 3);
    ck_assert_uint_eq(keep_alive->interval_ms, 5000);
    sip_keep_alive_flow_timer(keep_alive, START, 60);
    ck_assert_uint_eq(keep_alive->interval_ms, 5000);
}
END_TEST

START_TEST(the_same_flow_timer_again_does_not_put_the_ping_off)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    sip_keep_alive_flow_timer(keep_alive, START, 60);
    time_ms deadline = sip_keep_alive_deadline(keep_alive);
    sip_keep_alive_flow_timer(keep_alive, START + 40000, 60);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), deadline);
    sip_keep_alive_flow_timer(keep_alive, START + 40000, 0);
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), START + 40000 + 80000);
}
END_TEST

START_TEST(a_flow_timer_does_not_end_the_wait_for_a_pong)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    time_ms sent = send_ping(keep_alive);
    sip_keep_alive_flow_timer(keep_alive, sent + 100, 60);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), sent + 10000);
}
END_TEST

START_TEST(another_interval_holds_at_once_and_the_same_one_puts_nothing_off)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, false);
    sip_keep_alive_set_interval(keep_alive, START + 1000, 20000);
    ck_assert_int_le(sip_keep_alive_deadline(keep_alive), START + 21000);
    time_ms deadline = sip_keep_alive_deadline(keep_alive);
    sip_keep_alive_set_interval(keep_alive, START + 9000, 20000);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), deadline);
    sip_keep_alive_flow_timer(keep_alive, START + 9000, 15);
    deadline = sip_keep_alive_deadline(keep_alive);
    sip_keep_alive_set_interval(keep_alive, START + 9500, 20000);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), deadline);
    sip_keep_alive_set_interval(keep_alive, START + 10000, 2 * HOUR);
    ck_assert_int_ge(sip_keep_alive_deadline(keep_alive), START + 10000 + HOUR / 5 * 4);
    ck_assert_int_le(sip_keep_alive_deadline(keep_alive), START + 10000 + HOUR);
}
END_TEST

START_TEST(a_probe_makes_the_next_ping_due_at_once)
{
    struct line line;
    struct keep_alive *keep_alive = connected(&line, INTERVAL, true);
    sip_keep_alive_probe(keep_alive, START + 5);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), START + 5);
    ck_assert_int_eq(sip_keep_alive_timeout(keep_alive, START + 5), KEEP_ALIVE_SEND_PING);
    sip_keep_alive_sent_ping(keep_alive, START + 5);
    sip_keep_alive_probe(keep_alive, START + 6);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), START + 10005);
    sip_keep_alive_link_lost(keep_alive);
    sip_keep_alive_probe(keep_alive, START + 7);
    ck_assert_int_eq(sip_keep_alive_deadline(keep_alive), TIME_NEVER);
}
END_TEST

SUITE_MAIN("sip/keep_alive", a_ping_comes_after_80_to_100_percent_of_the_interval,
           nothing_happens_before_the_deadline, without_interval_or_connection_there_are_no_pings,
           an_interval_is_an_hour_at_most, a_ping_that_was_not_sent_is_tried_again,
           a_pong_starts_the_next_interval, other_bytes_are_as_good_as_a_pong,
           a_missing_pong_is_deadly_only_where_pongs_are_known,
           what_a_connection_promised_ends_with_it,
           a_server_that_has_ponged_is_believed_until_it_fails,
           a_ping_in_flight_is_forgotten_with_its_connection,
           a_flow_timer_shortens_the_interval_to_ten_seconds_at_least,
           a_flow_timer_never_lengthens_a_short_interval,
           the_same_flow_timer_again_does_not_put_the_ping_off,
           a_flow_timer_does_not_end_the_wait_for_a_pong,
           another_interval_holds_at_once_and_the_same_one_puts_nothing_off,
           a_probe_makes_the_next_ping_due_at_once)
