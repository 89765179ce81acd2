// SPDX-License-Identifier: ISC
// A link led at random through whatever may happen to it: it goes through every cell of its table
// of states, and through no other.
#include "sip/link.h"
#include "suite.h"

enum {
    LIVES = 300,
    STEPS = 60,
    CONNECTIONS = 16
};

struct line {
    struct random *random;
    struct link *link;
    time_ms now;
    uint32_t made[CONNECTIONS]; // that were asked for, the last one first
};

static void drain(struct line *line)
{
    struct link_output output;
    while (link_next_output(line->link, line->now, &output)) {
        if (output.kind != LINK_CONNECT)
            continue;
        memmove(line->made + 1, line->made, sizeof(line->made) - sizeof(*line->made));
        line->made[0] = output.connection;
    }
}

static void resolve(struct line *line)
{
    struct net_address addresses[2];
    size_t count = random_below(line->random, 3);
    ck_assert(!net_address_parse(slice_of("192.0.2.1"), 0, &addresses[0]) &&
              !net_address_parse(slice_of("192.0.2.2"), 0, &addresses[1]));
    link_resolved(line->link, line->now,
                  &(struct dns_answer){ .outcome = count ? DNS_FOUND : DNS_ABSENT,
                                        .addresses = addresses,
                                        .count = count,
                                        .ttl_s = 60 });
}

static void close_one(struct line *line)
{
    link_closed(line->link, line->now, line->made[random_below(line->random, 2)],
                random_below(line->random, 2) ? SERVER_RACE_UNREACHED : SERVER_RACE_SWALLOWED,
                "closed");
}

static void pass_time(struct line *line)
{
    time_ms deadline = link_deadline(line->link);
    line->now = deadline == TIME_NEVER || deadline < line->now ? line->now + 1000 : deadline;
    link_timeout(line->link, line->now);
}

static void change_network(struct line *line)
{
    struct link_way way = { .is_there = random_below(line->random, 2),
                            .is_elsewhere = random_below(line->random, 2),
                            .is_same = random_below(line->random, 2) };
    link_network_changed(line->link, line->now, &way);
}

static void step(struct line *line)
{
    switch (random_below(line->random, 12)) {
    case 0:
        close_one(line);
        break;
    case 1:
        change_network(line);
        break;
    case 2:
        link_reconnect(line->link, line->now, "another", random_below(line->random, 2));
        break;
    case 3:
        if (!random_below(line->random, 4))
            link_restart(line->link, line->now, "other settings");
        break;
    case 4:
        link_received(line->link, line->now, line->made[0],
                      slice_of("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"));
        link_registered(line->link, line->now, 0, false);
        break;
    case 5:
    case 6:
    case 7:
        pass_time(line);
        break;
    case 8:
    case 9:
        resolve(line);
        break;
    default:
        link_connected(line->link, line->now, line->made[random_below(line->random, 2)]);
        break;
    }
}

static enum link_state state_of(const struct line *line)
{
    struct link_facts facts;
    link_facts(line->link, &facts);
    return facts.state;
}

static void live(struct random *random, bool seen[][LINK_STATE_COUNT])
{
    struct line line = { .random = random, .now = 1000000 };
    struct link_settings settings = {
        .server = { .host = "proxy.example.com", .port = 5061, .is_tls = true },
        .keepalive_ms = 100000,
    };
    line.link = link_new(&settings, random);
    link_start(line.link, line.now);
    seen[LINK_IS_IDLE][state_of(&line)] = true;
    for (int i = 0; i < STEPS; i++) {
        enum link_state before = state_of(&line);
        step(&line);
        seen[before][state_of(&line)] = true;
        drain(&line);
        seen[before][state_of(&line)] |= state_of(&line) != before;
    }
    link_free(line.link);
}

START_TEST(every_cell_is_walked_and_no_other)
{
    static bool seen[LINK_STATE_COUNT][LINK_STATE_COUNT];
    struct random random;
    random_init_number(&random, 5);
    for (int i = 0; i < LIVES; i++)
        live(&random, seen);
    for (enum link_state from = 0; from < LINK_STATE_COUNT; from++)
        for (enum link_state to = 0; to < LINK_STATE_COUNT; to++)
            if (from != to) /* what is entered anew cannot be seen */
                ck_assert_msg(seen[from][to] == link_state_may_become(from, to), "%s to %s",
                              link_state_text(from), link_state_text(to));
}
END_TEST

SUITE_MAIN("sip/link_states", every_cell_is_walked_and_no_other)
