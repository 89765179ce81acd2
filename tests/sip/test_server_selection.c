// SPDX-License-Identifier: ISC
// From names to servers: RFC 3263 4.1, 4.2, RFC 2782, RFC 8305 4. A zone is a few rows of text.
#include "sip/server_selection.h"
#include "tests/suite.h"
#include "util/buffer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LINE_BYTES = 512,
    WORDS = 8
};

static struct random chance;

/* "name TYPE data…"; what a zone does not hold is absent. A line "* SILENT" makes it silent. */
struct zone {
    const char *const *lines;
};

static bool read_line(const struct zone *zone, size_t index, char line[LINE_BYTES],
                      char *words[WORDS])
{
    if (!zone->lines[index])
        return false;
    snprintf(line, LINE_BYTES, "%s", zone->lines[index]);
    char *rest = line;
    for (size_t i = 0; i < WORDS; i++)
        words[i] = strsep(&rest, " ");
    return true;
}

static bool fits(char *words[WORDS], const char *name, const char *type)
{
    return (strcmp(words[0], name) == 0 || strcmp(words[0], "*") == 0) &&
           strcmp(words[1], type) == 0;
}

static uint16_t number(const char *word)
{
    return (uint16_t)strtoul(word, NULL, 10);
}

static void take(struct server_selection *selection, struct dns_answer answer)
{
    server_selection_take(selection, &answer);
}

static bool answer_failure(const struct zone *zone, struct server_selection *selection,
                           const char *name)
{
    static const char *const kinds[] = { "ABSENT", "BROKEN", "SILENT" };
    char line[LINE_BYTES];
    char *words[WORDS];
    for (size_t i = 0; read_line(zone, i, line, words); i++) {
        for (int kind = 0; kind < 3; kind++) {
            if (!fits(words, name, kinds[kind]))
                continue;
            take(selection, (struct dns_answer){ .outcome = DNS_ABSENT + (unsigned)kind });
            return true;
        }
    }
    return false;
}

static void answer_naptr(const struct zone *zone, struct server_selection *selection,
                         const char *name)
{
    static char lines[WORDS][LINE_BYTES];
    struct dns_naptr records[WORDS];
    char *words[WORDS];
    size_t count = 0;
    for (size_t i = 0; read_line(zone, i, lines[count], words); i++)
        if (fits(words, name, "NAPTR"))
            records[count++] = (struct dns_naptr){ number(words[2]), number(words[3]), words[4],
                                                   words[5], words[6] };
    take(selection, (struct dns_answer){ .naptr = records, .count = count });
}

static void answer_srv(const struct zone *zone, struct server_selection *selection,
                       const char *name)
{
    static char lines[WORDS][LINE_BYTES];
    struct dns_srv records[WORDS];
    char *words[WORDS];
    size_t count = 0;
    for (size_t i = 0; read_line(zone, i, lines[count], words); i++)
        if (fits(words, name, "SRV"))
            records[count++] =
                (struct dns_srv){ number(words[2]), number(words[3]), number(words[4]), words[5] };
    take(selection, (struct dns_answer){ .srv = records, .count = count });
}

static void answer_addresses(const struct zone *zone, struct server_selection *selection,
                             const char *name)
{
    struct net_address addresses[WORDS];
    char line[LINE_BYTES];
    char *words[WORDS];
    size_t count = 0;
    uint32_t ttl = UINT32_MAX;
    for (size_t i = 0; read_line(zone, i, line, words); i++) {
        if (!fits(words, name, "A"))
            continue;
        ck_assert_int_eq(net_address_parse(slice_of(words[2]), 0, &addresses[count++]), STATUS_OK);
        ttl = words[3] && number(words[3]) < ttl ? number(words[3]) : ttl;
    }
    take(selection, (struct dns_answer){ .addresses = addresses, .count = count, .ttl_s = ttl });
}

/* Asks until the list is complete; `asked` receives the queries, "NAPTR d, SRV _sips._tcp.d". */
static void resolve(struct server_selection *selection, const struct zone *zone,
                    struct buffer *asked)
{
    static const char *const kinds[] = { "NAPTR", "SRV", "A" };
    struct dns_query query;
    while (server_selection_next_query(selection, &query)) {
        ck_assert_uint_lt(asked->length, 16000);
        if (asked->length)
            buffer_append_text(asked, ", ");
        buffer_append_format(asked, "%s %s", kinds[query.kind], query.name);
        if (answer_failure(zone, selection, query.name))
            continue;
        if (query.kind == DNS_NAPTR)
            answer_naptr(zone, selection, query.name);
        else if (query.kind == DNS_SRV)
            answer_srv(zone, selection, query.name);
        else
            answer_addresses(zone, selection, query.name);
    }
}

static const struct row {
    const char *name;
    struct server_wanted wanted;
    const char *zone[10];
    const char *asked;
    const char *targets; // "host=address:port …", or the failure's beginning
} rows[] = {
    { "an address needs no DNS",
      { "192.0.2.7", 0, true, false },
      { NULL },
      "",
      "192.0.2.7=192.0.2.7:5061" },
    { "an IPv6 address with its port",
      { "2001:db8::7", 5070, true, false },
      { NULL },
      "",
      "2001:db8::7=[2001:db8::7]:5070" },
    { "TCP has port 5060",
      { "192.0.2.7", 0, false, true },
      { NULL },
      "",
      "192.0.2.7=192.0.2.7:5060" },
    { "a port skips NAPTR and SRV",
      { "d", 5070, true, false },
      { "d NAPTR 1 1 s SIPS+D2T _sips._tcp.d", "_sips._tcp.d SRV 0 0 9 x", "d A 192.0.2.1" },
      "A d",
      "d=192.0.2.1:5070" },
    { "NAPTR, SRV, address",
      { "d", 0, true, false },
      { "d NAPTR 1 1 s SIPS+D2T _sips._tcp.x", "_sips._tcp.x SRV 0 0 5061 h", "h A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.x, A h",
      "h=192.0.2.1:5061" },
    { "order goes before preference",
      { "d", 0, true, false },
      { "d NAPTR 2 1 s SIPS+D2T c", "d NAPTR 1 9 s SIPS+D2T b", "d NAPTR 1 1 S sips+d2t a",
        "a SRV 0 0 1 h1", "b SRV 0 0 2 h2", "c SRV 0 0 3 h3", "* A 192.0.2.1" },
      "NAPTR d, SRV a, SRV b, SRV c, A h1, A h2, A h3",
      "h1=192.0.2.1:1 h2=192.0.2.1:2 h3=192.0.2.1:3" },
    { "TLS takes SIPS+D2T only",
      { "d", 0, true, false },
      { "d NAPTR 1 1 s SIP+D2T _sip._tcp.d", "d NAPTR 1 2 s SIP+D2U _sip._udp.d",
        "d NAPTR 1 3 u SIPS+D2T x", "_sips._tcp.d SRV 0 0 5061 h", "h A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.d, A h",
      "h=192.0.2.1:5061" },
    { "a given transport skips NAPTR",
      { "d", 0, false, true },
      { "_sip._tcp.d SRV 0 0 5062 h", "h A 192.0.2.1" },
      "SRV _sip._tcp.d, A h",
      "h=192.0.2.1:5062" },
    { "without NAPTR the name is made",
      { "d.", 0, true, false },
      { "_sips._tcp.d SRV 0 0 5061 h.", "h A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.d, A h",
      "h=192.0.2.1:5061" },
    { "without SRV the name itself",
      { "d", 0, true, false },
      { "d A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.d, A d",
      "d=192.0.2.1:5061" },
    { "lower priorities come first",
      { "d", 0, true, true },
      { "_sips._tcp.d SRV 20 0 2 b", "_sips._tcp.d SRV 10 0 1 a", "a A 192.0.2.1",
        "b A 192.0.2.2" },
      "SRV _sips._tcp.d, A a, A b",
      "a=192.0.2.1:1 b=192.0.2.2:2" },
    { "families take turns, IPv6 first",
      { "d", 5061, true, false },
      { "d A 192.0.2.1", "d A 192.0.2.2", "d A 2001:db8::1", "d A 2001:db8::2", "d A 2001:db8::3" },
      "A d",
      "d=[2001:db8::1]:5061 d=192.0.2.1:5061 d=[2001:db8::2]:5061 d=192.0.2.2:5061 "
      "d=[2001:db8::3]:5061" },
    { "an SRV host without address is stepped over",
      { "d", 0, true, true },
      { "_sips._tcp.d SRV 1 0 1 a", "_sips._tcp.d SRV 2 0 2 b", "b A 192.0.2.2" },
      "SRV _sips._tcp.d, A a, A b",
      "b=192.0.2.2:2" },
    { "the same address twice is one server",
      { "d", 5061, true, false },
      { "d A 192.0.2.1", "d A 192.0.2.1" },
      "A d",
      "d=192.0.2.1:5061" },
    { "port 0 and the root are no servers",
      { "d", 0, true, true },
      { "_sips._tcp.d SRV 1 0 0 a", "_sips._tcp.d SRV 1 0 5 .", "_sips._tcp.d SRV 2 0 2 b",
        "* A 192.0.2.2" },
      "SRV _sips._tcp.d, A b",
      "b=192.0.2.2:2" },
    { "the root alone says no",
      { "d", 0, true, true },
      { "_sips._tcp.d SRV 0 0 0 .", "d A 192.0.2.2" },
      "SRV _sips._tcp.d",
      "\"d\" offers no SIP over TLS" },
    { "a name that is not there",
      { "d", 0, true, false },
      { NULL },
      "NAPTR d, SRV _sips._tcp.d, A d",
      "the name \"d\" does not exist" },
    { "a DNS server that fails",
      { "d", 0, true, false },
      { "* BROKEN" },
      "NAPTR d, SRV _sips._tcp.d, A d",
      "no DNS server can say where \"d\"" },
    { "silence leads to the plain name",
      { "d", 0, true, false },
      { "* SILENT" },
      "NAPTR d, SRV _sips._tcp.d, A d",
      "no DNS server answers when asked for \"d\"" },
    { "a forwarder that knows no NAPTR",
      { "d", 0, true, false },
      { "d SILENT", "_sips._tcp.d SRV 0 0 1 h", "h A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.d, A h",
      "h=192.0.2.1:1" },
    { "broken NAPTR, good address",
      { "d", 0, true, false },
      { "_sips._tcp.d BROKEN", "d A 192.0.2.1" },
      "NAPTR d, SRV _sips._tcp.d, A d",
      "d=192.0.2.1:5061" },
};

static void write_targets(const struct server_selection *selection, struct buffer *text)
{
    char address[NET_ADDRESS_TEXT_BYTES];
    const struct server_target *target;
    for (size_t i = 0; (target = server_selection_target(selection, i)); i++)
        buffer_append_format(text, "%s%s=%s", i ? " " : "", target->host,
                             net_address_text(&target->address, address));
}

START_TEST(every_zone_gives_its_servers_in_order)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct zone zone = { rows[i].zone };
        struct buffer asked;
        struct buffer targets;
        random_init_number(&chance, 1);
        buffer_init(&asked, 20000);
        buffer_init(&targets, 20000);
        struct server_selection *selection = server_selection_new(&rows[i].wanted, &chance);
        resolve(selection, &zone, &asked);
        ck_assert_msg(slice_equal(buffer_slice(&asked), slice_of(rows[i].asked)), "%s: %.*s",
                      rows[i].name, SLICE_PRINT(buffer_slice(&asked)));
        write_targets(selection, &targets);
        if (!targets.length)
            buffer_append_text(&targets, server_selection_failure(selection));
        ck_assert_msg(slice_starts_with(buffer_slice(&targets), slice_of(rows[i].targets)),
                      "%s: %.*s", rows[i].name, SLICE_PRINT(buffer_slice(&targets)));
        server_selection_free(selection);
        buffer_free(&asked);
        buffer_free(&targets);
    }
}
END_TEST

START_TEST(weights_are_kept_over_many_choices)
{
    static const struct dns_srv records[] = {
        { 1, 60, 1, "a" }, { 1, 30, 2, "b" }, { 1, 10, 3, "c" }, { 1, 0, 4, "d" }
    };
    const struct server_wanted wanted = { "x", 0, true, true };
    unsigned first[4] = { 0 };
    random_init_number(&chance, 7);
    for (int round = 0; round < 10000; round++) {
        struct server_selection *selection = server_selection_new(&wanted, &chance);
        struct dns_query query;
        take(selection, (struct dns_answer){ .srv = records, .count = 4 });
        ck_assert(server_selection_next_query(selection, &query));
        first[query.name[0] - 'a']++;
        server_selection_free(selection);
    }
    ck_assert_uint_gt(first[0], 5700);
    ck_assert_uint_lt(first[0], 6200);
    ck_assert_uint_gt(first[1], 2800);
    ck_assert_uint_lt(first[1], 3200);
    ck_assert_uint_gt(first[2], 850);
    ck_assert_uint_lt(first[2], 1150);
    ck_assert_uint_gt(first[3], 40); /* 1 of 101: hardly ever, but not never */
    ck_assert_uint_lt(first[3], 200);
}
END_TEST

START_TEST(the_shortest_time_to_live_counts)
{
    static const char *const lines[] = { "_sips._tcp.d SRV 1 0 1 a", "_sips._tcp.d SRV 2 0 2 b",
                                         "a A 192.0.2.1 300", "b A 192.0.2.2 60", NULL };
    const struct zone zone = { lines };
    const struct server_wanted wanted = { "d", 0, true, true };
    struct buffer asked;
    buffer_init(&asked, 1000);
    struct server_selection *selection = server_selection_new(&wanted, &chance);
    resolve(selection, &zone, &asked);
    ck_assert_uint_eq(server_selection_ttl(selection), 60);
    ck_assert(server_selection_used_srv(selection));
    ck_assert(!server_selection_is_dns_down(selection));
    server_selection_free(selection);
    buffer_free(&asked);
}
END_TEST

START_TEST(hostile_answers_are_bounded)
{
    static struct dns_srv many[10000];
    static struct net_address addresses[1000];
    static char name[2000];
    const struct server_wanted wanted = { "d", 0, true, false };
    struct dns_query query;
    memset(name, 'a', sizeof(name) - 1);
    for (size_t i = 0; i < 10000; i++)
        many[i] = (struct dns_srv){ (uint16_t)(i % 7), (uint16_t)i, 5061, i % 3 ? "h" : name };
    for (size_t i = 0; i < 1000; i++)
        addresses[i] =
            (struct net_address){ NET_IPV4, { 192, 0, (uint8_t)(i >> 8), (uint8_t)i }, 0 };
    struct dns_naptr naptr[] = { { 1, 1, "s", "SIPS+D2T", name }, { 1, 1, "", "", "" } };
    struct server_selection *selection = server_selection_new(&wanted, &chance);
    take(selection, (struct dns_answer){ .naptr = naptr, .count = 2 });
    take(selection, (struct dns_answer){ .srv = many, .count = 10000 });
    int asked = 0;
    while (server_selection_next_query(selection, &query)) {
        ck_assert_int_lt(++asked, 20);
        take(selection, (struct dns_answer){ .addresses = addresses, .count = 1000 });
    }
    ck_assert_uint_le(server_selection_count(selection), LIMIT_SERVER_TARGETS);
    server_selection_free(selection);
    const struct server_wanted endless = { name, 0, true, false };
    selection = server_selection_new(&endless, &chance);
    ck_assert(!server_selection_next_query(selection, &query));
    ck_assert_str_eq(server_selection_failure(selection), "the server's name is too long");
    server_selection_free(selection);
}
END_TEST

SUITE_MAIN("sip/server_selection", every_zone_gives_its_servers_in_order,
           weights_are_kept_over_many_choices, the_shortest_time_to_live_counts,
           hostile_answers_are_bounded)
