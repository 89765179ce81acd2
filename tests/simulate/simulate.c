// SPDX-License-Identifier: ISC
// Lines that live at random: the agent between a far end, a connection, hooks, clients and media
// that do anything at any time, and processes that are killed, on a clock of its own. What must
// hold at every step and in the end is checked; a seed that fails gives the same life again, and
// the fewest steps that still fail are looked for.
//   simulate [-v] [SEED [LIVES [STEPS]]]
#include "agent/agent.h"
#include "sip/endpoint.h"
#include "tests/agent/line_settings.h"
#include "tests/simulate/far_end.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIVES = 200,
    STEPS = 400,
    CALLS_MAX = 100000,
    TURNS_MAX = 100000,
    QUIET_MS = 900000,
    REFUSED_MS = 3 * 3600 * 1000, // a registrar that has refused is left alone for as long at most
    RECORDS_MAX = 64,
    OWNERS_MAX = 3 // of a kind and a call
};

struct record {
    uint32_t call; // 0: the place is free
    char *text;
};

struct life {
    bool is_told; // what happens
    struct random chance, agents;
    time_ms now;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    struct far_end *far;
    bool is_linked;
    time_ms link_at; // it comes back
    bool is_quiet;   // whoever may behave does
    uint32_t last_call;
    uint32_t recent[8]; // calls of this process
    unsigned char ended[CALLS_MAX];
    struct record records[RECORDS_MAX];
    char *binding;
    const char *fault; // what did not hold
    char what[2048];
};

static void tell(const struct life *life, const char *what, unsigned number)
{
    if (life->is_told)
        printf("%10lld %s %u\n", (long long)life->now, what, number);
}

static void fail(struct life *life, const char *fault, const char *what)
{
    if (life->fault)
        return;
    life->fault = fault;
    snprintf(life->what, sizeof(life->what), "%s", what);
}

static unsigned draw(struct life *life, unsigned bound)
{
    return random_below(&life->chance, bound);
}

// --- what outlives a process

static struct record *record_of(struct life *life, uint32_t call)
{
    struct record *place = NULL;
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        if (life->records[i].call == call)
            return &life->records[i];
        if (!life->records[i].call)
            place = &life->records[i];
    }
    if (!place)
        fail(life, "more records than calls there may be", "");
    return place;
}

static void keep_record(struct life *life, uint32_t call)
{
    struct buffer text;
    struct record *record = record_of(life, call);
    buffer_init(&text, LIMIT_CALL_RECORD);
    enum status status =
        agent_write_record(life->agent, life->now, 1000000000000 + life->now, call, &text);
    if (status == STATUS_OK && record) {
        free(record->text);
        *record = (struct record){ .call = 0 };
        if (text.length) {
            buffer_append_byte(&text, '\0');
            *record = (struct record){ .call = call, .text = memory_copy_text(text.data) };
        }
    }
    buffer_free(&text);
}

/* Its hook has been started. */
static void note_told(struct life *life, uint32_t call)
{
    struct record *record = record_of(life, call);
    if (agent_set_told(life->agent, call))
        keep_record(life, call);
    else if (record) {
        free(record->text);
        *record = (struct record){ .call = 0 };
    }
}

static void keep_binding(struct life *life)
{
    struct buffer text;
    buffer_init(&text, 64 * 1024);
    agent_write_binding(life->agent, life->now, 1000000000000 + life->now, &text);
    buffer_append_byte(&text, '\0');
    free(life->binding);
    life->binding = memory_copy_text(text.data);
    buffer_free(&text);
}

// --- what the agent wants

/* What whoever decides does as a rule; else anything. */
static enum action_kind choose_action(struct life *life, uint32_t number)
{
    const struct call *call = agent_call(life->agent, number);
    enum call_state state = call ? call_state(call) : CALL_OVER;
    if (draw(life, 3)) {
        if (state == CALL_DIALLING)
            return ACTION_ACCEPT;
        if (state == CALL_DECIDING)
            return draw(life, 3) ? ACTION_ANSWER : ACTION_RING;
        if (state == CALL_UP)
            return draw(life, 2) ? ACTION_HOLD : ACTION_RESUME;
    }
    return (enum action_kind)draw(life, ACTION_COUNT);
}

static void act(struct life *life, uint32_t call)
{
    static const enum owner_kind kinds[] = { OWNER_HOOK, OWNER_CLIENT, OWNER_PROGRAM,
                                             OWNER_LISTENER, OWNER_DIALLER };
    struct action action = { .kind = choose_action(life, call), .call = call };
    const char *why = "";
    action.code = draw(life, 2) ? 486 : 603;
    action.tone_ms = action.gap_ms = 100;
    snprintf(action.text, sizeof(action.text), "%s", action.kind == ACTION_DTMF ? "12#" : "");
    action.wanted = (struct digit_request){ .count = 3, .timeout_ms = 5000 };
    if (action.kind == ACTION_TRANSFER || action.kind == ACTION_REDIRECT ||
        action.kind == ACTION_ANSWER)
        (void)!action_add_word(&action, slice_of("sip:carol@example.com"));
    switch (draw(life, 8)) {
    case 0:
        agent_own(life->agent, call, kinds[draw(life, 5)], draw(life, OWNERS_MAX));
        break;
    case 1:
        agent_disown(life->agent, life->now, call, kinds[draw(life, 5)], draw(life, OWNERS_MAX));
        break;
    case 2:
        agent_digit(life->agent, life->now, call, '5');
        break;
    default:
        tell(life, action_kind_text(action.kind), call);
        (void)!agent_act(life->agent, life->now, &action, &why);
        break;
    }
}

static void see_event(struct life *life, const struct agent_output *output)
{
    const struct event *event = &output->event;
    tell(life, event_kind_text(event->kind), event->call);
    if (output->transaction)
        agent_event_taken(life->agent, life->now, output->transaction, draw(life, 4) != 0);
    if (!event->call || event->call >= CALLS_MAX)
        return;
    if (life->ended[event->call])
        fail(life, "an event behind `ended`", event_kind_text(event->kind));
    life->ended[event->call] = event->kind == EVENT_ENDED;
    if (event->kind == EVENT_ENDED)
        note_told(life, event->call);
    if (event->kind != EVENT_INCOMING && event->kind != EVENT_OUTGOING)
        return;
    life->recent[life->last_call++ % 8] = event->call;
    if (!life->is_quiet)
        agent_own(life->agent, event->call, OWNER_HOOK, 0);
    if (life->is_quiet || draw(life, 10) == 0)
        agent_decide_default(life->agent, life->now, event->call);
    else
        act(life, event->call);
}

static void lose_link(struct life *life)
{
    tell(life, "connection lost", 0);
    life->is_linked = false;
    life->link_at = life->now + (life->is_quiet ? 100 : draw(life, 40000));
    agent_link_lost(life->agent, life->now, "by chance");
    far_end_link_lost(life->far);
}

static void open_media(struct life *life, uint32_t call)
{
    struct net_address rtp;
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
    if (!life->is_quiet && draw(life, 10) == 0)
        agent_media_failed(life->agent, life->now, call);
    else
        agent_media_opened(life->agent, life->now, call, &rtp, 20001);
}

static void carry_out(struct life *life, const struct outbox_item *item)
{
    switch (item->kind) {
    case OUTBOX_MEDIA_OPEN:
        open_media(life, item->call);
        break;
    case OUTBOX_MEDIA_PROGRAM:
        agent_own(life->agent, item->call, OWNER_PROGRAM, 0);
        agent_disown(life->agent, life->now, item->call, OWNER_DETACHED, 0);
        if (life->is_quiet || draw(life, 2)) /* it has ended, or could not be started */
            agent_disown(life->agent, life->now, item->call, OWNER_PROGRAM, 0);
        break;
    case OUTBOX_MEDIA_DRAIN:
        agent_media_drained(life->agent, life->now, item->call);
        break;
    case OUTBOX_MEDIA_DIGITS:
        agent_digits_sent(life->agent, item->call, draw(life, 8) != 0);
        break;
    case OUTBOX_RECORD:
    case OUTBOX_RECORD_OVER:
        keep_record(life, item->call);
        break;
    case OUTBOX_RECONNECT:
    case OUTBOX_NEW_CONNECTION:
        if (life->is_linked)
            lose_link(life);
        break;
    default:
        break;
    }
}

static void drain(struct life *life)
{
    struct agent_output output;
    unsigned turns = 0;
    while (agent_next_output(life->agent, life->now, &output)) {
        if (output.kind == AGENT_SEND && life->is_linked)
            far_end_hear(life->far, life->now, output.bytes);
        else if (output.kind == AGENT_EVENT)
            see_event(life, &output);
        else if (output.kind == AGENT_BINDING)
            keep_binding(life);
        else if (output.kind == AGENT_OUTBOX)
            carry_out(life, &output.item);
        if (++turns == TURNS_MAX) {
            fail(life, "the outputs never end", "");
            return;
        }
    }
    arena_reset(life->arena);
}

// --- processes

static void begin_process(struct life *life)
{
    life->agent = agent_new(&life->settings, &life->agents);
    memset(life->ended, 0, sizeof(life->ended));
    memset(life->recent, 0, sizeof(life->recent));
    life->is_linked = false;
    life->link_at = life->now;
    if (life->binding && life->binding[0])
        (void)!agent_restore_binding(life->agent, life->now, 1000000000000 + life->now,
                                     slice_of(life->binding));
}

static void take_up(struct life *life)
{
    struct record left[RECORDS_MAX];
    memcpy(left, life->records, sizeof(left));
    memset(life->records, 0, sizeof(life->records));
    for (size_t i = 0; i < RECORDS_MAX; i++) {
        const char *why = "";
        uint32_t call;
        if (!left[i].call)
            continue;
        if (agent_restore(life->agent, life->now, 1000000000000 + life->now, slice_of(left[i].text),
                          &call, &why) != STATUS_OK)
            fail(life, why, left[i].text);
        else
            *record_of(life, call) =
                (struct record){ .call = call, .text = memory_copy_text(left[i].text) };
        free(left[i].text);
    }
}

static void kill_process(struct life *life)
{
    tell(life, "killed", 0);
    agent_free(life->agent);
    far_end_link_lost(life->far);
    begin_process(life);
    take_up(life);
    drain(life);
}

// --- time

static void come_up(struct life *life)
{
    struct agent_link link = { .is_tls = true };
    tell(life, "connected", 0);
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    link.has_other = draw(life, 4) == 0;
    life->is_linked = true;
    life->link_at = TIME_NEVER;
    agent_link_up(life->agent, life->now, &link);
}

static void receive(struct life *life)
{
    char *text;
    while (life->is_linked && (text = far_end_next(life->far, life->now))) {
        struct slice bytes = arena_copy(life->arena, slice_of(text));
        if (life->is_told)
            printf("%10lld < %s\n", (long long)life->now, text);
        agent_receive_bytes(life->agent, life->now, life->arena, bytes, 0, "");
        drain(life);
        free(text);
    }
}

static void check_step(struct life *life)
{
    const struct call_table *calls = agent_calls(life->agent);
    size_t live = 0;
    for (const struct call *call = NULL; (call = call_table_next(calls, call));)
        live += call_state(call) < CALL_ENDING;
    if (live != call_table_count_live(calls))
        fail(life, "live calls are miscounted", "");
    if (live > life->settings.calls_max + life->settings.dial_max_calls)
        fail(life, "more calls than allowed", "");
    if (sip_endpoint_transaction_count(agent_endpoint(life->agent)) >
        LIMIT_SIP_TRANSACTIONS + LIMIT_SIP_TRANSACTIONS_ENDED + LIMIT_SIP_OWED + 100)
        fail(life, "transactions without a bound", "");
}

static void pass_time(struct life *life, time_ms duration)
{
    time_ms end = life->now + duration;
    unsigned turns = 0;
    while (life->now < end && !life->fault) {
        time_ms next = time_earliest(agent_deadline(life->agent), life->link_at);
        next = time_earliest(next, life->is_linked ? far_end_deadline(life->far) : TIME_NEVER);
        bool is_stuck = next <= life->now && ++turns > 100;
        if (is_stuck)
            fail(life, "time does not go on", "");
        if (next > life->now)
            turns = 0;
        life->now = next < end ? next < life->now ? life->now : next : end;
        if (life->now >= life->link_at)
            come_up(life);
        agent_timeout(life->agent, life->now);
        drain(life);
        receive(life);
        check_step(life);
    }
}

static void dial(struct life *life)
{
    struct call_order order = { .target = slice_of("sip:bob@example.com"),
                                .wait_s = draw(life, 30),
                                .ring_s = draw(life, 2) ? 0 : draw(life, 60),
                                .is_detached = draw(life, 2) };
    const char *why;
    uint32_t number;
    if (agent_dial(life->agent, life->now, &order, &number, &why) == STATUS_OK &&
        !order.is_detached)
        agent_own(life->agent, number, OWNER_DIALLER, 0);
}

static void step(struct life *life)
{
    uint32_t call = life->recent[draw(life, 8)];
    switch (draw(life, 12)) {
    case 0:
        dial(life);
        break;
    case 1:
        if (life->is_linked && draw(life, 10) == 0)
            lose_link(life);
        break;
    case 2:
        if (draw(life, 20) == 0)
            kill_process(life);
        break;
    case 3:
        if (draw(life, 4) == 0)
            agent_reregister(life->agent, life->now);
        break;
    case 4:
    case 5:
    case 6:
        far_end_act(life->far, life->now);
        break;
    default:
        if (call)
            act(life, call);
        break;
    }
    drain(life);
    receive(life);
    pass_time(life, draw(life, 12) ? draw(life, 1500) : draw(life, 60000));
}

static void disown(struct life *life, uint32_t call)
{
    for (enum owner_kind kind = 0; kind < OWNER_COUNT; kind++)
        for (uint32_t i = 0; i < OWNERS_MAX; i++)
            agent_disown(life->agent, life->now, call, kind, i);
}

/* Nobody wants anything any more, and everybody does what he should. */
static void come_to_rest(struct life *life)
{
    life->is_quiet = true;
    far_end_behave(life->far);
    life->link_at = life->is_linked ? TIME_NEVER : life->now;
    for (const struct call *call = NULL;
         (call = call_table_next(agent_calls(life->agent), call));) {
        struct action action = { .kind = ACTION_HANGUP, .call = call_number(call) };
        const char *why;
        if (draw(life, 2)) /* else it ends by itself */
            (void)!agent_act(life->agent, life->now, &action, &why);
        disown(life, call_number(call));
    }
    drain(life);
    pass_time(life, QUIET_MS);
    if (!sip_registration_is_online(agent_registration(life->agent)))
        pass_time(life, REFUSED_MS);
}

static void check_rest(struct life *life)
{
    const struct call *left = call_table_next(agent_calls(life->agent), NULL);
    const char *peer = far_end_left(life->far, life->now);
    if (left)
        fail(life, "a call is left", call_state_text(call_state(left)));
    if (peer)
        fail(life, "somebody is left in a call", peer);
    if (sip_endpoint_transaction_count(agent_endpoint(life->agent)))
        fail(life, "a transaction is left", "");
    if (!sip_registration_is_online(agent_registration(life->agent)))
        fail(life, "the line is not online", "");
    for (size_t i = 0; i < RECORDS_MAX; i++)
        if (life->records[i].call)
            fail(life, "a record is left", life->records[i].text);
}

static bool live(struct life *life, unsigned seed, unsigned steps)
{
    *life = (struct life){ .is_told = life->is_told, .now = 1000000 };
    life->settings = line_settings("sip:alice@example.com", "");
    random_init_number(&life->chance, seed);
    random_init_number(&life->agents, seed + 1000003);
    life->arena = arena_new();
    life->far = far_end_new(&life->chance);
    begin_process(life);
    for (unsigned i = 0; i < steps && !life->fault; i++)
        step(life);
    if (!life->fault)
        come_to_rest(life);
    if (!life->fault)
        check_rest(life);
    agent_free(life->agent);
    far_end_free(life->far);
    arena_free(life->arena);
    for (size_t i = 0; i < RECORDS_MAX; i++)
        free(life->records[i].text);
    free(life->binding);
    return !life->fault;
}

/* The fewest steps that still fail, found as by a search for a word: not always the fewest. */
static unsigned shrink(struct life *life, unsigned seed, unsigned steps)
{
    unsigned fine = 0;
    while (fine + 1 < steps) {
        unsigned middle = fine + (steps - fine) / 2;
        if (live(life, seed, middle))
            fine = middle;
        else
            steps = middle;
    }
    return steps;
}

int main(int argc, char **argv)
{
    static struct life life;
    int at = 1;
    unsigned failed = 0;
    life.is_told = argc > at && strcmp(argv[at], "-v") == 0;
    at += life.is_told;
    unsigned first = argc > at ? (unsigned)atoi(argv[at]) : 1;
    unsigned lives = argc > at + 1 ? (unsigned)atoi(argv[at + 1]) : LIVES;
    unsigned steps = argc > at + 2 ? (unsigned)atoi(argv[at + 2]) : STEPS;
    for (unsigned seed = first; seed < first + lives; seed++) {
        if (live(&life, seed, steps))
            continue;
        failed++;
        printf("FAIL: %s %s\n", life.fault, life.what);
        if (!life.is_told)
            printf("again: tests/simulate/simulate -v %u 1 %u\n", seed, shrink(&life, seed, steps));
    }
    printf("%u passed, %u failed\n", lives - failed, failed);
    return failed != 0;
}
