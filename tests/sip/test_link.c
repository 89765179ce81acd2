// SPDX-License-Identifier: ISC
// The link on a clock of its own, against servers and networks that do what these do: what is
// decided when a connection is lost, and for how long a line is online on a bad day.
#include "sip/link.h"
#include "suite.h"

#include <stdio.h>

enum {
    START = 1000000,
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    HOUR = 60 * MINUTE
};

/* What the world does. 0: it does not. */
struct world {
    time_ms closes_idle_ms;  // the server closes what has had no traffic for so long
    time_ms forgets_idle_ms; // a NAT drops without a word what has had none
    bool ignores_pings;      // they do not count for the first; nor are they answered
    bool swallows;           // REGISTER is never answered
    bool refuses;            // no connection is made
    bool shakes_no_hand;     // TCP is there, TLS is not
};

struct line {
    struct world world;
    struct random random;
    struct link_settings settings;
    struct link *link;
    time_ms now;
    uint32_t connection; // that is up; 0: none
    uint32_t shaking;    // that waits for TLS, until
    time_ms shaking_until;
    time_ms traffic_at;
    time_ms answer_at;   // to what was sent; TIME_NEVER: nothing is on its way
    time_ms given_up_at; // no answer to REGISTER; TIME_NEVER
    struct slice answer;
    time_ms forgotten_at; // by the NAT; TIME_NEVER: it is not
    time_ms broken_at;    // the kernel finds out (TCP_USER_TIMEOUT); TIME_NEVER
    bool is_online;
    time_ms online_at;
    time_ms online_for;
    uint32_t pings;
    uint32_t probes;
    uint32_t messages;
    uint32_t losses;
    char reason[256];
    char log[512]; // of outputs, while wanted
};

static void setup(struct line *line, struct world world)
{
    *line = (struct line){ .world = world, .now = START };
    line->settings = (struct link_settings){
        .server = { .host = "192.0.2.1", .port = 5061, .is_tls = true },
        .keepalive_ms = 100 * SECOND,
    };
    line->answer_at = line->given_up_at = line->broken_at = line->forgotten_at = TIME_NEVER;
    line->shaking_until = TIME_NEVER;
    random_init_number(&line->random, 11);
    line->link = link_new(&line->settings, &line->random);
}

static void teardown(struct line *line)
{
    link_free(line->link);
}

static void go_offline(struct line *line)
{
    if (line->is_online) /* nobody reached us behind a NAT that had forgotten us */
        line->online_for += time_earliest(line->now, line->forgotten_at) - line->online_at;
    line->is_online = false;
    line->connection = 0;
    line->answer_at = line->given_up_at = line->broken_at = line->forgotten_at = TIME_NEVER;
}

static void answer_in(struct line *line, time_ms delay, const char *bytes)
{
    if (line->forgotten_at != TIME_NEVER)
        return;
    line->answer = slice_of(bytes);
    line->answer_at = line->now + delay;
}

#define OK200 "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"

static void sent(struct line *line, bool is_message)
{
    time_ms forgets = line->world.forgets_idle_ms;
    if (forgets && line->forgotten_at == TIME_NEVER && line->now - line->traffic_at > forgets) {
        line->forgotten_at = line->traffic_at + forgets;
        line->broken_at = line->now + 20 * SECOND;
    }
    if (is_message || !line->world.ignores_pings)
        line->traffic_at = line->now;
    if (is_message)
        link_sent(line->link, line->now);
}

static void come_up(struct line *line, uint32_t connection)
{
    line->connection = connection;
    line->traffic_at = line->now;
    sent(line, true); /* REGISTER */
    if (line->world.swallows)
        line->given_up_at = line->now + 8 * SECOND;
    else
        answer_in(line, 50, OK200);
}

static void carry_out(struct line *line, const struct link_output *output)
{
    switch (output->kind) {
    case LINK_RESOLVE:
        break;
    case LINK_CONNECT:
        if (line->world.refuses)
            link_closed(line->link, line->now, output->connection, SERVER_RACE_UNREACHED,
                        "refused");
        else if (line->world.shakes_no_hand) {
            line->shaking = output->connection;
            line->shaking_until = line->now + 15 * SECOND;
        } else
            link_connected(line->link, line->now, output->connection);
        break;
    case LINK_UP:
        come_up(line, output->connection);
        break;
    case LINK_LOST:
        line->losses++;
        snprintf(line->reason, sizeof(line->reason), "%s", output->reason);
        go_offline(line);
        break;
    case LINK_SEND:
        line->pings++;
        sent(line, false);
        if (!line->world.ignores_pings)
            answer_in(line, 20, "\r\n");
        break;
    case LINK_PROBE:
        line->probes++;
        sent(line, true);
        answer_in(line, 20, OK200);
        break;
    case LINK_MESSAGE:
        line->messages++;
        line->given_up_at = TIME_NEVER;
        if (line->is_online || !line->connection || output->fault_status)
            break;
        line->is_online = true;
        line->online_at = line->now;
        link_registered(line->link, line->now, 0, false);
        break;
    case LINK_CLOSE:
        break;
    }
}

static void pump(struct line *line)
{
    struct link_output output;
    while (link_next_output(line->link, line->now, &output))
        carry_out(line, &output);
}

static time_ms idle_end(const struct line *line)
{
    return line->connection && line->world.closes_idle_ms
               ? line->traffic_at + line->world.closes_idle_ms
               : TIME_NEVER;
}

/* The next thing that happens; false when that is behind `end`. */
static bool step(struct line *line, time_ms end)
{
    time_ms next = time_earliest(link_deadline(line->link), idle_end(line));
    next = time_earliest(time_earliest(next, line->answer_at), line->given_up_at);
    next = time_earliest(time_earliest(next, line->broken_at), line->shaking_until);
    if (next > end)
        return false;
    line->now = next > line->now ? next : line->now;
    if (line->now >= line->answer_at) {
        line->answer_at = TIME_NEVER;
        line->traffic_at = line->now;
        link_received(line->link, line->now, line->connection, line->answer);
    } else if (line->now >= line->given_up_at) {
        line->given_up_at = TIME_NEVER;
        link_reconnect(line->link, line->now, "no answer", true);
    } else if (line->now >= line->shaking_until) {
        line->shaking_until = TIME_NEVER;
        link_closed(line->link, line->now, line->shaking, SERVER_RACE_SWALLOWED, "no TLS");
    } else if (line->now >= line->broken_at) {
        link_closed(line->link, line->now, line->connection, SERVER_RACE_HUNG_UP, "timed out");
    } else if (line->now >= idle_end(line)) {
        link_closed(line->link, line->now, line->connection, SERVER_RACE_HUNG_UP, "hung up");
    } else {
        link_timeout(line->link, line->now);
    }
    pump(line);
    return true;
}

static void run_for(struct line *line, time_ms duration)
{
    time_ms end = line->now + duration;
    while (step(line, end))
        ;
    line->now = end;
}

static void begin(struct line *line)
{
    link_start(line->link, line->now);
    pump(line);
    run_for(line, SECOND);
    ck_assert(line->is_online || line->world.swallows || line->world.refuses);
}

static double online_share(const struct line *line)
{
    time_ms online = line->online_for + (line->is_online ? line->now - line->online_at : 0);
    return (double)online / (double)(line->now - START);
}

static struct link_facts facts_of(const struct line *line)
{
    struct link_facts facts;
    link_facts(line->link, &facts);
    return facts;
}

// --- a bad day

static const struct {
    struct world world;
    double least;        // of the day online
    uint32_t losses_max; // of connections
    time_ms limit_most;  // what is learned; 0: nothing
} days[] = {
    { { 0 }, 0.9999, 0, 0 },
    { { .closes_idle_ms = 5 * SECOND }, 0.99, 4, 5 * SECOND },
    { { .closes_idle_ms = 10 * SECOND }, 0.99, 4, 10 * SECOND },
    { { .closes_idle_ms = 20 * SECOND }, 0.99, 4, 20 * SECOND },
    { { .closes_idle_ms = 30 * SECOND }, 0.99, 4, 30 * SECOND },
    { { .closes_idle_ms = 75 * SECOND }, 0.99, 4, 75 * SECOND },
    { { .closes_idle_ms = 120 * SECOND }, 0.9999, 0, 0 },
    { { .closes_idle_ms = 30 * SECOND, .ignores_pings = true }, 0.99, 5, 30 * SECOND },
    { { .forgets_idle_ms = 30 * SECOND }, 0.99, 8, 60 * SECOND },
    { { .forgets_idle_ms = 10 * SECOND }, 0.98, 12, 30 * SECOND },
    { { .forgets_idle_ms = 60 * SECOND }, 0.99, 8, 100 * SECOND },
};

START_TEST(a_day_with_a_server_or_nat_that_ends_idle_connections)
{
    struct line line;
    setup(&line, days[_i].world);
    begin(&line);
    run_for(&line, 24 * HOUR);
    struct link_facts facts = facts_of(&line);
    ck_assert_msg(online_share(&line) > days[_i].least, "row %d: %.4f", _i, online_share(&line));
    ck_assert_msg(line.losses <= days[_i].losses_max, "row %d: %u", _i, line.losses);
    ck_assert_msg(facts.idle_limit_ms <= days[_i].limit_most &&
                      !facts.idle_limit_ms == !days[_i].limit_most,
                  "row %d: %u", _i, facts.idle_limit_ms);
    ck_assert_msg(!facts.idle_limit_ms || facts.keepalive_ms < facts.idle_limit_ms, "row %d", _i);
    ck_assert(!days[_i].world.ignores_pings || line.probes > 1000);
    teardown(&line);
}
END_TEST

static void each_day(struct TCase *tcase)
{
    tcase_add_loop_test(tcase, a_day_with_a_server_or_nat_that_ends_idle_connections, 0,
                        (int)(sizeof(days) / sizeof(*days)));
}

START_TEST(another_server_has_another_limit)
{
    struct line line;
    struct link_settings other;
    setup(&line, (struct world){ .closes_idle_ms = 20 * SECOND });
    begin(&line);
    run_for(&line, 10 * MINUTE);
    ck_assert_uint_ne(facts_of(&line).idle_limit_ms, 0);
    line.world.closes_idle_ms = 0;
    other = line.settings;
    other.server.host = "192.0.2.2";
    link_reconfigure(line.link, line.now, &other);
    link_restart(line.link, line.now, "the configuration has changed");
    pump(&line);
    run_for(&line, MINUTE);
    ck_assert(line.is_online);
    ck_assert_uint_eq(facts_of(&line).idle_limit_ms, 0);
    ck_assert_uint_eq(facts_of(&line).keepalive_ms, 100 * SECOND);
    teardown(&line);
}
END_TEST

// --- losses

/* What comes over the connection cannot be read on. */
static void break_framing(struct line *line)
{
    link_received(line->link, line->now, line->connection,
                  slice_of("INVITE sip:a SIP/2.0\r\nContent-Length: x\r\n\r\n"));
    pump(line);
}

START_TEST(what_a_stranger_has_sent_costs_a_moment_and_no_more)
{
    struct line line;
    setup(&line, (struct world){ 0 });
    begin(&line);
    for (int i = 0; i < 200; i++) {
        time_ms before = line.now;
        ck_assert(line.is_online);
        break_framing(&line);
        ck_assert(!line.is_online);
        ck_assert_uint_eq(line.losses, (uint32_t)i + 1);
        while (!line.is_online)
            ck_assert(step(&line, line.now + MINUTE));
        ck_assert_int_le(line.now - before, i % 4 ? 3200 : 200); // at once, once in a while
        run_for(&line, i % 4 == 3 ? 5 * MINUTE : SECOND);
    }
    teardown(&line);
}
END_TEST

START_TEST(a_server_that_speaks_no_sip_is_not_hammered)
{
    struct line line;
    setup(&line, (struct world){ .swallows = true });
    begin(&line);
    for (int i = 0; i < 10; i++) {
        break_framing(&line);
        while (!line.connection)
            ck_assert(step(&line, line.now + HOUR));
    }
    ck_assert_int_gt(line.now - START, 30 * MINUTE);
    teardown(&line);
}
END_TEST

/* A line that was good for ten minutes; then the server boots for so long. How long it takes us to
 * be there once it is ready. */
static time_ms away_after(time_ms boot, struct world booting)
{
    struct line line;
    setup(&line, (struct world){ 0 });
    begin(&line);
    run_for(&line, 10 * MINUTE);
    line.world = booting;
    link_closed(line.link, line.now, line.connection, SERVER_RACE_HUNG_UP, "restart");
    pump(&line);
    run_for(&line, boot);
    line.world = (struct world){ 0 }; /* it answers what comes from now on */
    time_ms ready = line.now;
    while (!line.is_online)
        ck_assert(step(&line, line.now + MINUTE));
    time_ms away = line.now - ready;
    teardown(&line);
    return away;
}

START_TEST(a_server_that_starts_has_us_within_twelve_seconds)
{
    for (time_ms boot = 10 * SECOND; boot < 9 * MINUTE; boot += 17 * SECOND) {
        time_ms away = away_after(boot, (struct world){ .swallows = true });
        ck_assert_msg(away <= 12 * SECOND, "%lld", (long long)away);
    }
}
END_TEST

START_TEST(nor_does_one_that_takes_connections_and_no_handshake_make_waits_grow)
{
    for (time_ms boot = 20 * SECOND; boot < 9 * MINUTE; boot += 19 * SECOND) {
        time_ms away = away_after(boot, (struct world){ .shakes_no_hand = true });
        ck_assert_msg(away <= 19 * SECOND, "%lld", (long long)away);
    }
}
END_TEST

START_TEST(one_that_never_answers_is_left_alone_in_the_end)
{
    struct line line;
    setup(&line, (struct world){ .swallows = true });
    begin(&line);
    run_for(&line, HOUR);
    uint32_t before = facts_of(&line).connects;
    ck_assert_uint_gt(before, 40);
    run_for(&line, 10 * HOUR);
    ck_assert_uint_lt(facts_of(&line).connects - before, 40);
    teardown(&line);
}
END_TEST

START_TEST(one_that_refuses_connections_is_tried_by_the_law)
{
    struct line line;
    setup(&line, (struct world){ .refuses = true });
    begin(&line);
    run_for(&line, 10 * HOUR);
    ck_assert_uint_eq(facts_of(&line).connects, 0);
    ck_assert_str_eq(facts_of(&line).last_failure, "refused");
    ck_assert_int_eq(facts_of(&line).state, LINK_IS_WAITING);
    link_hurry(line.link, line.now);
    line.world.refuses = false;
    run_for(&line, SECOND);
    ck_assert(line.is_online);
    teardown(&line);
}
END_TEST

START_TEST(a_message_that_stalls_ends_the_connection_and_no_wait_grows)
{
    struct line line;
    setup(&line, (struct world){ 0 });
    begin(&line);
    for (int i = 0; i < 5; i++) {
        link_received(line.link, line.now, line.connection,
                      slice_of("INVITE sip:a SIP/2.0\r\nContent-Length: 9\r\n\r\nx"));
        pump(&line);
        uint32_t before = line.losses;
        while (line.losses == before)
            ck_assert(step(&line, line.now + 5 * MINUTE));
        ck_assert(strstr(line.reason, "not completed"));
        time_ms lost = line.now;
        while (!line.is_online)
            ck_assert(step(&line, line.now + MINUTE));
        ck_assert_int_le(line.now - lost, 3200);
    }
    teardown(&line);
}
END_TEST

// --- the network

static const struct {
    struct link_way way;
    bool is_lost;
    uint32_t pings; // soon afterwards
} ways[] = {
    { { .is_there = true, .is_same = true, .is_elsewhere = true }, false, 1 },
    { { .is_there = true, .is_elsewhere = true }, true, 0 },
    { { .is_elsewhere = true }, true, 0 },
    { { .is_there = false }, false, 0 }, // a cable is out for a moment
};

START_TEST(a_change_of_addresses_means_what_it_means)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++) {
        struct line line;
        setup(&line, (struct world){ 0 });
        begin(&line);
        link_network_changed(line.link, line.now, &ways[i].way);
        pump(&line);
        run_for(&line, SECOND);
        ck_assert_msg(line.losses == ways[i].is_lost, "row %zu", i);
        ck_assert_msg(line.is_online, "row %zu", i);
        ck_assert_msg(line.pings == ways[i].pings, "row %zu", i);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_registrar_that_wants_peace_has_it)
{
    struct line line;
    setup(&line, (struct world){ 0 });
    begin(&line);
    run_for(&line, 2 * MINUTE);
    link_not_before(line.link, line.now + HOUR);
    link_closed(line.link, line.now, line.connection, SERVER_RACE_HUNG_UP, "go away");
    pump(&line);
    link_hurry(line.link, line.now);
    run_for(&line, HOUR - 1);
    ck_assert_uint_eq(facts_of(&line).connects, 1);
    run_for(&line, SECOND);
    ck_assert(line.is_online);
    teardown(&line);
}
END_TEST

// --- several servers

struct pair {
    struct random random;
    struct link_settings settings;
    struct link *link;
    uint32_t numbers[8]; // of connections, as they were asked for
    size_t count;
    enum dns_outcome outcome;
    size_t ups;
    size_t closes;
    size_t losses;
};

static void drain(struct pair *pair, time_ms now)
{
    struct link_output output;
    static const struct net_address addresses[] = {
        { .family = NET_IPV4, .bytes = { 192, 0, 2, 1 } },
        { .family = NET_IPV4, .bytes = { 192, 0, 2, 2 } },
    };
    while (link_next_output(pair->link, now, &output)) {
        if (output.kind == LINK_RESOLVE)
            link_resolved(pair->link, now,
                          &(struct dns_answer){ .outcome = pair->outcome,
                                                .addresses = addresses,
                                                .count = 2,
                                                .ttl_s = UINT32_MAX - 1 });
        if (output.kind == LINK_CONNECT && pair->count < 8)
            pair->numbers[pair->count++] = output.connection;
        pair->ups += output.kind == LINK_UP;
        pair->closes += output.kind == LINK_CLOSE;
        pair->losses += output.kind == LINK_LOST;
    }
}

static void setup_pair(struct pair *pair)
{
    *pair = (struct pair){ .count = 0 };
    pair->settings = (struct link_settings){
        .server = { .host = "sip.example", .port = 5061, .is_tls = true },
        .keepalive_ms = 100 * SECOND,
    };
    random_init_number(&pair->random, 3);
    pair->link = link_new(&pair->settings, &pair->random);
    link_start(pair->link, START);
    drain(pair, START);
    ck_assert_uint_eq(pair->count, 1);
}

START_TEST(a_server_that_lets_us_wait_is_passed_and_gone_back_to)
{
    struct pair pair;
    time_ms now = START + 4 * SECOND;
    setup_pair(&pair);
    link_timeout(pair.link, now - 1);
    drain(&pair, now - 1);
    ck_assert_uint_eq(pair.count, 1);
    link_timeout(pair.link, now);
    drain(&pair, now);
    ck_assert_uint_eq(pair.count, 2);
    link_connected(pair.link, now, pair.numbers[1]);
    drain(&pair, now);
    ck_assert_uint_eq(pair.ups, 1);
    ck_assert_uint_eq(pair.closes, 1); // the one that let us wait
    link_registered(pair.link, now, 0, false);
    now += 24 * HOUR; // the time to live counts for a day at most
    link_set_busy(pair.link, now, true);
    link_timeout(pair.link, now);
    drain(&pair, now);
    ck_assert_uint_eq(pair.count, 2); // a call is on
    now += 24 * HOUR;
    link_set_busy(pair.link, now, false);
    link_received(pair.link, now, pair.numbers[1], slice_of("\r\n"));
    link_timeout(pair.link, now);
    drain(&pair, now);
    ck_assert_uint_eq(pair.count, 3);
    link_connected(pair.link, now, pair.numbers[2]);
    drain(&pair, now);
    ck_assert_uint_eq(pair.ups, 2);
    ck_assert_uint_eq(pair.losses, 1);
    link_free(pair.link);
}
END_TEST

START_TEST(a_server_that_does_not_serve_leads_to_the_next_once)
{
    struct pair pair;
    setup_pair(&pair);
    link_connected(pair.link, START, pair.numbers[0]);
    drain(&pair, START);
    link_reconnect(pair.link, START, "503", false);
    drain(&pair, START);
    ck_assert_uint_eq(pair.count, 2);
    link_connected(pair.link, START, pair.numbers[1]);
    drain(&pair, START);
    link_reconnect(pair.link, START, "503", false);
    drain(&pair, START);
    ck_assert_uint_eq(pair.count, 2);
    ck_assert_uint_eq(pair.losses, 2);
    ck_assert_int_gt(link_deadline(pair.link), START + 10 * SECOND);
    link_free(pair.link);
}
END_TEST

START_TEST(with_the_dns_gone_the_last_known_addresses_serve)
{
    struct pair pair;
    struct link_facts facts;
    setup_pair(&pair);
    link_connected(pair.link, START, pair.numbers[0]);
    drain(&pair, START);
    link_registered(pair.link, START, 0, false);
    link_closed(pair.link, START, pair.numbers[0], SERVER_RACE_HUNG_UP, "hung up");
    drain(&pair, START);
    pair.outcome = DNS_SILENT;
    time_ms now = link_deadline(pair.link);
    link_timeout(pair.link, now);
    drain(&pair, now);
    ck_assert_uint_eq(pair.count, 2);
    link_facts(pair.link, &facts);
    ck_assert_str_eq(facts.source, "last known address");
    link_free(pair.link);
}
END_TEST

START_TEST(what_is_not_of_the_connection_is_not_heard)
{
    struct pair pair;
    struct link_facts facts;
    setup_pair(&pair);
    link_received(pair.link, START, 77, slice_of("\r\n\r\n"));
    link_connected(pair.link, START, 77);
    link_closed(pair.link, START, 77, SERVER_RACE_HUNG_UP, "x");
    link_resolved(pair.link, START, &(struct dns_answer){ .outcome = DNS_ABSENT });
    drain(&pair, START);
    link_facts(pair.link, &facts);
    ck_assert_int_eq(facts.state, LINK_IS_CONNECTING);
    link_start(pair.link, START);
    link_start(pair.link, START); // before the question of the first is given out
    drain(&pair, START);
    ck_assert_uint_eq(pair.count, 2);
    link_free(pair.link);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sip/link");
    TCase *tcase = tcase_create("sip/link");
    tcase_set_timeout(tcase, 60);
    each_day(tcase);
    tcase_add_test(tcase, another_server_has_another_limit);
    tcase_add_test(tcase, what_a_stranger_has_sent_costs_a_moment_and_no_more);
    tcase_add_test(tcase, a_server_that_speaks_no_sip_is_not_hammered);
    tcase_add_test(tcase, a_server_that_starts_has_us_within_twelve_seconds);
    tcase_add_test(tcase, nor_does_one_that_takes_connections_and_no_handshake_make_waits_grow);
    tcase_add_test(tcase, one_that_never_answers_is_left_alone_in_the_end);
    tcase_add_test(tcase, one_that_refuses_connections_is_tried_by_the_law);
    tcase_add_test(tcase, a_message_that_stalls_ends_the_connection_and_no_wait_grows);
    tcase_add_test(tcase, a_change_of_addresses_means_what_it_means);
    tcase_add_test(tcase, a_registrar_that_wants_peace_has_it);
    tcase_add_test(tcase, a_server_that_lets_us_wait_is_passed_and_gone_back_to);
    tcase_add_test(tcase, a_server_that_does_not_serve_leads_to_the_next_once);
    tcase_add_test(tcase, with_the_dns_gone_the_last_known_addresses_serve);
    tcase_add_test(tcase, what_is_not_of_the_connection_is_not_heard);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
