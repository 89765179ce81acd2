// SPDX-License-Identifier: ISC
// What scenarios cannot see of the agent: every field of its events, lookups, deadlines, and that
// it may be freed at any moment.
#include "agent/agent.h"
#include "suite.h"

#include <stdio.h>

enum {
    START = 1000000
};

struct bench {
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    struct agent_output event; // the last of its kind
    char sent[8192];           // the last request of ours
    char texts[12][64];        // of the last event
};

static void note_event(struct bench *bench, const struct event *event)
{
    const struct slice fields[] = { event->call_id,   event->token,        event->line,
                                    event->direction, event->state,        event->result,
                                    event->ended_by,  event->reason,       event->mos,
                                    event->jitter_ms, event->loss_percent, event->expires };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        snprintf(bench->texts[i], sizeof(bench->texts[i]), "%.*s", SLICE_PRINT(fields[i]));
}

static const char *field(const struct bench *bench, size_t index)
{
    return bench->texts[index];
}

enum {
    ID,
    TOKEN,
    LINE,
    DIRECTION,
    STATE,
    RESULT,
    ENDED_BY,
    REASON,
    MOS,
    JITTER,
    LOSS,
    EXPIRES
};

/* Pulls everything; whether an event of that kind was among it. */
static bool pump(struct bench *bench, time_ms now, enum event_kind kind)
{
    struct agent_output output;
    bool has_come = false;
    while (agent_next_output(bench->agent, now, &output)) {
        if (output.kind == AGENT_SEND && !slice_starts_with(output.bytes, slice_of("SIP/2.0 ")))
            snprintf(bench->sent, sizeof(bench->sent), "%.*s", SLICE_PRINT(output.bytes));
        if (output.kind != AGENT_EVENT || output.event.kind != kind)
            continue;
        has_come = true;
        if (output.transaction)
            agent_event_taken(bench->agent, now, output.transaction, true);
        bench->event = output;
        note_event(bench, &output.event);
    }
    return has_come;
}

static void setup(struct bench *bench)
{
    *bench = (struct bench){ .settings = {
                                 .line = "home",
                                 .aor = "sips:alice@example.com",
                                 .username = "alice",
                                 .password = "secret",
                                 .instance_id = "",
                                 .route = "",
                                 .expires_s = 600,
                                 .calls_max = 8,
                                 .incoming = { .kind = ACTION_REJECT, .code = 480 },
                                 .codecs = { CODEC_PCMA, CODEC_PCMU },
                                 .codec_count = 2,
                             } };
    random_init_number(&bench->random, 7);
    bench->arena = arena_new();
    bench->agent = agent_new(&bench->settings, &bench->random);
}

static void teardown(struct bench *bench)
{
    agent_free(bench->agent);
    arena_free(bench->arena);
}

static void receive(struct bench *bench, time_ms now, const char *text)
{
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(bench->arena, slice_of(text), &message), STATUS_OK);
    agent_receive(bench->agent, now, message);
}

static void link_up(struct bench *bench, time_ms now)
{
    struct agent_link link = { .is_tls = true };
    ck_assert_int_eq(net_address_parse(slice_of("192.0.2.7"), 40000, &link.local), STATUS_OK);
    agent_link_up(bench->agent, now, &link);
}

/* A response to the last request of ours. */
static void respond(struct bench *bench, time_ms now, const char *status)
{
    static const char *const copied[] = { "Via: ", "From: ", "To: ", "Call-ID: ", "CSeq: " };
    char text[8192];
    size_t length = (size_t)snprintf(text, sizeof(text), "SIP/2.0 %s\r\n", status);
    for (size_t i = 0; i < 5; i++) {
        char key[16];
        snprintf(key, sizeof(key), "\r\n%s", copied[i]);
        const char *found = strstr(bench->sent, key);
        ck_assert(found != NULL);
        length += (size_t)snprintf(text + length, sizeof(text) - length, "%.*s\r\n",
                                   (int)strcspn(found + 2, "\r"), found + 2);
    }
    snprintf(text + length, sizeof(text) - length, "Content-Length: 0\r\n\r\n");
    receive(bench, now, text);
}

static void come_online(struct bench *bench)
{
    link_up(bench, START);
    pump(bench, START, EVENT_ONLINE);
    respond(bench, START, "200 OK");
    ck_assert(pump(bench, START, EVENT_ONLINE));
}

static void call_in(struct bench *bench, time_ms now, int number)
{
    char text[1024];
    snprintf(text, sizeof(text),
             "INVITE sip:alice@192.0.2.7 SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bK%d\r\n"
             "From: <sip:ada@example.org>;tag=1\r\nTo: <sip:alice@example.com>\r\n"
             "Call-ID: %d@h\r\nCSeq: 1 INVITE\r\nContact: <sip:ada@192.0.2.9>\r\n"
             "Content-Length: 0\r\n\r\n",
             number, number);
    receive(bench, now, text);
}

START_TEST(an_agent_may_be_freed_at_any_moment)
{
    for (int moment = 0; moment < 6; moment++) {
        struct bench bench;
        setup(&bench);
        if (moment > 0)
            link_up(&bench, START);
        if (moment > 1)
            pump(&bench, START, EVENT_ONLINE);
        if (moment > 2)
            respond(&bench, START, "200 OK");
        if (moment > 3)
            call_in(&bench, START, 1);
        if (moment > 4) {
            struct agent_output output;
            while (agent_next_output(bench.agent, START, &output) && output.kind == AGENT_SEND)
                ;
            receive(&bench, START,
                    "MESSAGE sip:alice@192.0.2.7 SIP/2.0\r\n"
                    "Via: SIP/2.0/TLS h;branch=z9hG4bKm\r\nFrom: <sip:ada@example.org>;tag=1\r\n"
                    "To: <sip:alice@example.com>\r\nCall-ID: m\r\nCSeq: 1 MESSAGE\r\n"
                    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
            ck_assert(agent_next_output(bench.agent, START, &output));
        }
        teardown(&bench);
    }
    agent_free(NULL);
    call_free(NULL);
    call_table_free(NULL);
    negotiation_free(NULL);
}
END_TEST

START_TEST(events_of_the_line_name_it)
{
    struct bench bench;
    setup(&bench);
    come_online(&bench);
    ck_assert_str_eq(field(&bench, LINE), "home");
    ck_assert_str_eq(field(&bench, EXPIRES), "600");
    ck_assert_uint_eq(bench.event.event.call, 0);
    agent_link_lost(bench.agent, START, "cut");
    ck_assert(pump(&bench, START, EVENT_OFFLINE));
    ck_assert_str_eq(field(&bench, LINE), "home");
    ck_assert_str_eq(field(&bench, REASON), "cut");
    ck_assert_uint_eq(bench.event.event.call, 0);
    teardown(&bench);
}
END_TEST

START_TEST(events_of_a_call_have_its_id_token_and_state)
{
    struct bench bench;
    struct media_statistics figures = {
        .mos_x100 = 405, .packets_received = 1, .loss_percent_x100 = 9, .jitter_ms = 17
    };
    setup(&bench);
    come_online(&bench);
    call_in(&bench, START, 1);
    ck_assert(pump(&bench, START, EVENT_INCOMING));
    const struct call *call = call_table_next(agent_calls(bench.agent), NULL);
    ck_assert_uint_eq(bench.event.event.call, call_number(call));
    ck_assert_str_eq(field(&bench, ID), call_id(call));
    ck_assert_uint_eq(strlen(field(&bench, ID)), 4);
    ck_assert_uint_eq(strlen(field(&bench, TOKEN)), 24);
    ck_assert_str_eq(field(&bench, LINE), "home");
    ck_assert_str_eq(field(&bench, DIRECTION), "in");
    ck_assert_str_eq(field(&bench, STATE), "deciding");
    ck_assert_str_eq(field(&bench, RESULT), "");
    agent_media_figures(bench.agent, bench.event.event.call, &figures);
    agent_decide_default(bench.agent, START, bench.event.event.call);
    ck_assert(pump(&bench, START, EVENT_ENDED));
    ck_assert_str_eq(field(&bench, STATE), "over");
    ck_assert_str_eq(field(&bench, RESULT), "rejected");
    ck_assert_str_eq(field(&bench, ENDED_BY), "local");
    ck_assert_str_eq(field(&bench, REASON), "Temporarily Unavailable");
    ck_assert_str_eq(field(&bench, MOS), "4.05");
    ck_assert_str_eq(field(&bench, LOSS), "0.09");
    ck_assert_str_eq(field(&bench, JITTER), "17");
    ck_assert_uint_eq(call_table_count(agent_calls(bench.agent)), 0);
    teardown(&bench);
}
END_TEST

START_TEST(calls_are_found_by_number_and_id)
{
    struct bench bench;
    setup(&bench);
    come_online(&bench);
    for (int i = 1; i <= 3; i++)
        call_in(&bench, START, i);
    pump(&bench, START, EVENT_INCOMING);
    const struct call_table *table = agent_calls(bench.agent);
    ck_assert_uint_eq(call_table_count(table), 3);
    ck_assert_uint_eq(call_table_count_live(table), 3);
    const struct call *call = NULL;
    for (size_t i = 0; i < 3; i++) {
        call = call_table_next(table, call);
        ck_assert_uint_eq(call_number(call), i + 1);
        ck_assert(call_table_find(table, call_number(call)) == call);
        ck_assert(call_table_find_id(table, slice_of(call_id(call))) == call);
        ck_assert(agent_call(bench.agent, call_number(call)) == call);
        ck_assert_int_eq(call_arrived_at(call), START);
        ck_assert_int_eq(call_answered_at(call), TIME_NEVER);
    }
    ck_assert(call_table_next(table, call) == NULL);
    ck_assert(call_table_find(table, 4) == NULL);
    ck_assert(call_table_find_id(table, slice_of("none")) == NULL);
    ck_assert(agent_settings(bench.agent) == &bench.settings);
    teardown(&bench);
}
END_TEST

START_TEST(no_two_calls_have_the_same_id)
{
    struct bench bench;
    setup(&bench);
    come_online(&bench);
    for (int i = 1; i <= 3; i++) {
        call_in(&bench, START, i);
        random_init_number(&bench.random, 9); /* chance repeats itself */
        pump(&bench, START, EVENT_INCOMING);
    }
    const struct call_table *table = agent_calls(bench.agent);
    ck_assert_uint_eq(call_table_count(table), 3);
    for (const struct call *call = NULL; (call = call_table_next(table, call));)
        ck_assert(call_table_find_id(table, slice_of(call_id(call))) == call);
    teardown(&bench);
}
END_TEST

START_TEST(verbs_on_a_call_that_is_not_there_are_refused)
{
    struct bench bench;
    struct action action = { .kind = ACTION_HANGUP, .call = 7 };
    const char *why = "";
    setup(&bench);
    come_online(&bench);
    ck_assert_int_eq(agent_act(bench.agent, START, &action, &why), STATUS_CLOSED);
    ck_assert_str_eq(why, "the call is over");
    agent_own(bench.agent, 7, OWNER_HOOK, 0);
    agent_disown(bench.agent, START, 7, OWNER_HOOK, 0);
    agent_media_failed(bench.agent, START, 7);
    agent_media_drained(bench.agent, START, 7);
    agent_digit(bench.agent, START, 7, '1');
    agent_digits_sent(bench.agent, 7, true);
    agent_cancel_ask(bench.agent, 7);
    agent_decide_default(bench.agent, START, 7);
    struct agent_output output;
    ck_assert(!agent_next_output(bench.agent, START, &output));
    teardown(&bench);
}
END_TEST

START_TEST(a_refusal_says_why)
{
    static const struct {
        enum action_kind kind;
        const char *why;
    } rows[] = {
        { ACTION_HOLD, "the call is not up yet" },
        { ACTION_RESUME, "the call is not up yet" },
        { ACTION_TRANSFER, "the call is not up yet" },
        { ACTION_DTMF, "the call is not up yet" },
        { ACTION_ASK, "the call is not up yet" },
        { ACTION_ACCEPT, "accept answers a transfer, not a call" },
    };
    struct bench bench;
    setup(&bench);
    come_online(&bench);
    call_in(&bench, START, 1);
    pump(&bench, START, EVENT_INCOMING);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct action action = { .kind = rows[i].kind, .call = 1 };
        const char *why = "";
        ck_assert_int_eq(agent_act(bench.agent, START, &action, &why), STATUS_REFUSED);
        ck_assert_str_eq(why, rows[i].why);
    }
    teardown(&bench);
}
END_TEST

START_TEST(the_deadline_is_the_earliest_of_all)
{
    struct bench bench;
    setup(&bench);
    ck_assert_int_eq(agent_deadline(bench.agent), TIME_NEVER);
    come_online(&bench);
    time_ms refresh = agent_deadline(bench.agent);
    ck_assert(refresh > START && refresh < START + 600000);
    call_in(&bench, START, 1);
    pump(&bench, START, EVENT_INCOMING);
    ck_assert_int_eq(agent_deadline(bench.agent), START + 180000); // nobody decides
    struct action action = { .kind = ACTION_RING, .call = 1 };
    const char *why;
    ck_assert_int_eq(agent_act(bench.agent, START, &action, &why), STATUS_OK);
    pump(&bench, START, EVENT_INCOMING);
    ck_assert_int_eq(agent_deadline(bench.agent), START + 60000); // ring again
    teardown(&bench);
}
END_TEST

SUITE_MAIN("agent/agent", an_agent_may_be_freed_at_any_moment, events_of_the_line_name_it,
           events_of_a_call_have_its_id_token_and_state, calls_are_found_by_number_and_id,
           no_two_calls_have_the_same_id, verbs_on_a_call_that_is_not_there_are_refused,
           a_refusal_says_why, the_deadline_is_the_earliest_of_all)
