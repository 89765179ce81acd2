// SPDX-License-Identifier: ISC
// Killed after any output of a call, and in the life after that again: the far end is never left in
// a call, and the hook `ended` runs once (decision 15). The far end here is a proxy and a telephone
// that remember; a life is an agent, the disk what OUTBOX_RECORD wrote.
#include "agent/agent.h"
#include "sip/response.h"
#include "tests/agent/line_settings.h"
#include "tests/suite.h"
#include "util/limits.h"
#include "util/log.h"

#include <stdio.h>

enum {
    RECORDS = 4,
    QUEUE = 32,
    TEXT_BYTES = 2048,
    OUTPUTS_MAX = 200,
    WALL_AHEAD_MS = 3600000,
};

enum step {
    END,
    THEIR_INVITE,
    THEIR_CANCEL,
    THEIR_RINGING,
    THEIR_ANSWER,
    THEIR_REFUSAL,
    THEIR_BYE,
    DIAL,
    RING,
    ANSWER,
    REJECT,
    HOLD,
    HANGUP,
    WAIT,
    LINK_LOST,
    LINK_UP,
};

struct record {
    uint32_t call; // 0: none
    struct buffer text;
};

/* What the far end knows of the one call. */
struct far_end {
    const struct sip_message *invite; // ours; NULL when it calls
    char tag[64];                     // of ours, as it was told
    uint32_t cseq;                    // of the last request of ours inside the dialog
    bool is_in;                       // there is a call, or an attempt at one
    bool has_rung;
    bool is_answered;
    bool is_acknowledged;
    bool is_over;
    bool is_known; // that it rings is on disk
};

struct world {
    time_ms now;
    struct random random;
    struct agent_settings settings;
    struct arena *arena;
    struct agent *agent;
    uint32_t call;
    struct record disk[RECORDS];
    size_t outputs; // of this life
    size_t kill_at; // after so many; 0: never
    bool is_dead;
    bool is_sent_late; // bytes leave when the core has come to rest, or not at all
    bool answers_meanwhile;
    bool was_recorded;
    unsigned ended; // hooks started
    struct slice unsent[QUEUE];
    size_t unsent_count;
    struct slice inbox[QUEUE];
    size_t inbox_count;
    struct far_end far;
};

static const char sdp[] =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\n";

// --- the far end

static void to_daemon(struct world *world, struct slice text)
{
    ck_assert_uint_lt(world->inbox_count, QUEUE);
    if (!world->is_dead)
        world->inbox[world->inbox_count++] = arena_copy(world->arena, text);
}

static void respond(struct world *world, const struct sip_message *request, uint32_t status)
{
    struct sip_writer writer;
    bool has_session = request->method == SIP_METHOD_INVITE && status == 200;
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of(status == 100 ? "" : "far"),
        .lines = slice_of(request->method == SIP_METHOD_REGISTER
                              ? "Contact: <sip:alice@192.0.2.7:40000;transport=tls>;expires=600\r\n"
                              : "Contact: <sip:bob@192.0.2.9:5060>\r\n"),
        .content_type = slice_of(has_session ? "application/sdp" : ""),
        .body = slice_of(has_session ? sdp : ""),
    };
    sip_writer_init(&writer);
    sip_response_write(&writer, request, &response);
    ck_assert_int_eq(sip_writer_status(&writer), STATUS_OK);
    to_daemon(world, sip_writer_slice(&writer));
    sip_writer_free(&writer);
}

static void request(struct world *world, const char *method, unsigned cseq, const char *branch)
{
    char text[TEXT_BYTES];
    char ours[300] = "";
    char theirs[300];
    struct far_end *far = &world->far;
    const char *body = strcmp(method, "INVITE") == 0 ? sdp : "";
    const char *call_id = "in@far";
    if (far->invite) {
        struct slice from = sip_message_value(far->invite, SIP_HEADER_FROM);
        struct slice to = sip_message_value(far->invite, SIP_HEADER_TO);
        snprintf(ours, sizeof(ours), "%.*s", SLICE_PRINT(from));
        snprintf(theirs, sizeof(theirs), "%.*s;tag=far", SLICE_PRINT(to));
        call_id = arena_copy_text(world->arena, far->invite->call_id);
    } else {
        bool has_tag = far->tag[0] && strcmp(method, "INVITE") && strcmp(method, "CANCEL");
        snprintf(ours, sizeof(ours), "<sip:alice@example.com>%s%s", has_tag ? ";tag=" : "",
                 has_tag ? far->tag : "");
        snprintf(theirs, sizeof(theirs), "<sip:ada@example.org>;tag=far");
    }
    snprintf(text, sizeof(text),
             "%s sip:alice@192.0.2.7:40000 SIP/2.0\r\n"
             "Via: SIP/2.0/TLS proxy.example.com:5061;branch=z9hG4bK%s\r\n"
             "From: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\nMax-Forwards: 70\r\n"
             "Contact: <sip:ada@192.0.2.9:5060>\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, branch, theirs, ours, call_id, cseq, method,
             body[0] ? "Content-Type: application/sdp\r\n" : "", strlen(body), body);
    to_daemon(world, slice_of(text));
}

/* 15.1.2 and 9.2: whoever ends it, a ringing INVITE gets its 487. */
static void end_ringing(struct world *world)
{
    struct far_end *far = &world->far;
    if (far->invite && !far->is_answered && !far->is_over)
        respond(world, far->invite, 487);
    far->is_over = true;
}

static void hear_cancel(struct world *world, const struct sip_message *cancel)
{
    struct far_end *far = &world->far;
    bool is_known = far->invite && slice_equal(cancel->via.branch, far->invite->via.branch) &&
                    cancel->via.port == far->invite->via.port && cancel->cseq == far->invite->cseq;
    respond(world, cancel, is_known ? 200 : 481);
    if (is_known && !far->is_answered)
        end_ringing(world);
}

static void hear_bye(struct world *world, const struct sip_message *bye)
{
    struct far_end *far = &world->far;
    bool is_known = far->is_in && !far->is_over && !slice_is_empty(bye->to_tag) &&
                    (far->invite ? far->has_rung || far->is_answered : far->is_answered);
    ck_assert_msg(!is_known || slice_equal(bye->to_tag, slice_of("far")), "BYE in a wrong dialog");
    respond(world, bye, is_known ? 200 : 481);
    if (is_known)
        end_ringing(world);
}

/* 12.2.2 */
static bool is_out_of_order(struct far_end *far, const struct sip_message *message)
{
    bool is_counted = message->method != SIP_METHOD_ACK && message->method != SIP_METHOD_CANCEL &&
                      slice_equal(message->to_tag, slice_of("far"));
    if (is_counted && message->cseq <= far->cseq)
        return true;
    if (is_counted)
        far->cseq = message->cseq;
    return false;
}

static void hear_request(struct world *world, const struct sip_message *message)
{
    struct far_end *far = &world->far;
    bool is_new = slice_is_empty(message->to_tag);
    if (is_out_of_order(far, message)) {
        respond(world, message, 500);
        return;
    }
    switch (message->method) {
    case SIP_METHOD_INVITE:
        if (is_new) {
            far->invite = message;
            far->is_in = true;
        }
        respond(world, message, is_new ? 100 : far->is_over ? 481 : 200);
        break;
    case SIP_METHOD_ACK:
        far->is_acknowledged = true;
        break;
    case SIP_METHOD_CANCEL:
        hear_cancel(world, message);
        break;
    case SIP_METHOD_BYE:
        hear_bye(world, message);
        break;
    default:
        respond(world, message, 200);
        break;
    }
}

static void hear_response(struct world *world, const struct sip_message *message)
{
    struct far_end *far = &world->far;
    if (!slice_is_empty(message->to_tag))
        snprintf(far->tag, sizeof(far->tag), "%.*s", SLICE_PRINT(message->to_tag));
    if (message->method == SIP_METHOD_BYE)
        far->is_over = true;
    if (message->method != SIP_METHOD_INVITE || message->status < 200)
        return;
    if (message->status < 300) {
        far->is_answered = true;
        request(world, "ACK", message->cseq, "ack");
    } else if (!far->is_answered) {
        far->is_over = true;
        request(world, "ACK", message->cseq, "invite");
    }
}

static struct sip_message *parse(struct world *world, struct slice text)
{
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(world->arena, text, &message), STATUS_OK);
    ck_assert_msg(!message->defect, "%s\n%.*s", message->defect_text, SLICE_PRINT(text));
    return message;
}

static void hear(struct world *world, struct slice bytes)
{
    struct sip_message *message = parse(world, bytes);
    if (message->is_request)
        hear_request(world, message);
    else
        hear_response(world, message);
}

// --- a life

static struct record *record_of(struct world *world, uint32_t call)
{
    struct record *free_one = NULL;
    for (size_t i = 0; i < RECORDS; i++) {
        if (world->disk[i].call == call)
            return &world->disk[i];
        if (!world->disk[i].call)
            free_one = &world->disk[i];
    }
    ck_assert_ptr_nonnull(free_one);
    free_one->call = call;
    return free_one;
}

static void keep(struct world *world, uint32_t call)
{
    struct record *record = record_of(world, call);
    if (!record->text.maximum)
        buffer_init(&record->text, LIMIT_CALL_RECORD);
    ck_assert_int_eq(agent_write_record(world->agent, world->now, world->now + WALL_AHEAD_MS, call,
                                        &record->text),
                     STATUS_OK);
    if (!record->text.length)
        record->call = 0;
    world->was_recorded = true;
}

/* False when that was the last thing this life did. */
static bool live_on(struct world *world)
{
    if (++world->outputs == world->kill_at)
        world->is_dead = true;
    ck_assert_uint_lt(world->outputs, OUTPUTS_MAX);
    return !world->is_dead;
}

static void start_ended(struct world *world, uint32_t call)
{
    world->ended++;
    if (agent_set_told(world->agent, call))
        keep(world, call);
    else
        record_of(world, call)->call = 0;
}

static void flush(struct world *world)
{
    for (size_t i = 0; i < world->unsent_count; i++)
        hear(world, world->unsent[i]);
    world->unsent_count = 0;
}

static void carry_out_item(struct world *world, const struct outbox_item *item)
{
    struct net_address rtp;
    if (item->kind == OUTBOX_RECORD_OVER)
        flush(world);
    if (item->kind == OUTBOX_RECORD || item->kind == OUTBOX_RECORD_OVER)
        keep(world, item->call);
    if (item->kind != OUTBOX_MEDIA_OPEN)
        return;
    (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
    agent_media_opened(world->agent, world->now, item->call, &rtp, 20001);
}

static void carry_out(struct world *world, const struct agent_output *output)
{
    const struct event *event = &output->event;
    switch (output->kind) {
    case AGENT_BINDING:
        break;
    case AGENT_SEND:
        ck_assert_uint_lt(world->unsent_count, QUEUE);
        world->unsent[world->unsent_count++] = arena_copy(world->arena, output->bytes);
        break;
    case AGENT_EVENT:
        if (event->call)
            world->call = event->call;
        if (event->kind == EVENT_INCOMING || event->kind == EVENT_OUTGOING)
            agent_own(world->agent, event->call, OWNER_HOOK, 0);
        if (event->kind == EVENT_ENDED && live_on(world))
            start_ended(world, event->call);
        break;
    case AGENT_OUTBOX:
        carry_out_item(world, &output->item);
        break;
    }
}

static void come_to_rest(struct world *world)
{
    struct agent_output output;
    while (!world->is_dead && agent_next_output(world->agent, world->now, &output)) {
        carry_out(world, &output);
        if (!world->is_sent_late)
            flush(world);
        if (!world->is_dead)
            (void)live_on(world);
    }
    if (world->is_dead)
        world->unsent_count = 0;
}

/* Until nobody has anything to say. */
static void talk(struct world *world)
{
    for (;;) {
        come_to_rest(world);
        flush(world);
        if (world->is_dead || !world->inbox_count)
            break;
        struct slice text = world->inbox[0];
        world->inbox_count--;
        memmove(world->inbox, world->inbox + 1, world->inbox_count * sizeof(*world->inbox));
        agent_receive(world->agent, world->now, parse(world, text));
    }
    if (world->is_dead)
        world->inbox_count = 0;
}

static void wait(struct world *world, time_ms duration)
{
    time_ms end = world->now + duration;
    while (world->now < end && !world->is_dead) {
        time_ms next = agent_deadline(world->agent);
        world->now = next > world->now && next < end ? next : end;
        agent_timeout(world->agent, world->now);
        talk(world);
    }
    world->now = end;
}

static void link_up(struct world *world)
{
    struct agent_link link = { .is_tls = true };
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(world->agent, world->now, &link);
}

static void act(struct world *world, enum action_kind kind)
{
    struct action action = { .kind = kind, .call = world->call };
    const char *why;
    (void)!agent_act(world->agent, world->now, &action, &why);
}

static void dial(struct world *world)
{
    struct call_order order = { .target = slice_of("sip:bob@example.com"), .wait_s = 30 };
    const char *why;
    ck_assert_int_eq(agent_dial(world->agent, world->now, &order, &world->call, &why), STATUS_OK);
    talk(world);
    if (!world->is_dead)
        agent_decide_default(world->agent, world->now, world->call);
}

static void far_end_does(struct world *world, enum step step)
{
    struct far_end *far = &world->far;
    if (far->is_over)
        return;
    switch (step) {
    case THEIR_INVITE:
        far->is_in = true;
        request(world, "INVITE", 1, "invite");
        break;
    case THEIR_CANCEL:
        request(world, "CANCEL", 1, "invite");
        break;
    case THEIR_BYE:
        far->is_over = true;
        request(world, "BYE", 50, "bye");
        break;
    case THEIR_RINGING:
        far->has_rung = true;
        respond(world, far->invite, 180);
        break;
    case THEIR_ANSWER:
        far->is_answered = true;
        respond(world, far->invite, 200);
        break;
    case THEIR_REFUSAL:
        far->is_over = true;
        respond(world, far->invite, 486);
        break;
    default:
        break;
    }
}

static void play(struct world *world, enum step step)
{
    static const enum action_kind actions[] = {
        [RING] = ACTION_RING,     [ANSWER] = ACTION_ANSWER, [REJECT] = ACTION_REJECT,
        [HANGUP] = ACTION_HANGUP, [HOLD] = ACTION_HOLD,
    };
    switch (step) {
    case DIAL:
        dial(world);
        break;
    case WAIT:
        wait(world, 5000);
        break;
    case LINK_LOST:
        agent_link_lost(world->agent, world->now, "the connection broke");
        break;
    case LINK_UP:
        link_up(world);
        break;
    case RING:
    case ANSWER:
    case REJECT:
    case HOLD:
    case HANGUP:
        act(world, actions[step]);
        break;
    default:
        far_end_does(world, step);
        break;
    }
    talk(world);
}

static void be_born(struct world *world, size_t kill_at)
{
    struct record kept[RECORDS];
    world->agent = agent_new(&world->settings, &world->random);
    world->outputs = world->unsent_count = world->inbox_count = 0;
    world->kill_at = kill_at;
    world->is_dead = false;
    memcpy(kept, world->disk, sizeof(kept));
    memset(world->disk, 0, sizeof(world->disk));
    for (size_t i = 0; i < RECORDS; i++) {
        uint32_t call;
        const char *why = "";
        if (kept[i].call) {
            ck_assert_msg(agent_restore(world->agent, world->now, world->now + WALL_AHEAD_MS,
                                        buffer_slice(&kept[i].text), &call, &why) == STATUS_OK,
                          "%s", why);
            *record_of(world, call) = (struct record){ call, kept[i].text };
        } else {
            buffer_free(&kept[i].text);
        }
    }
}

static bool says(const struct world *world, const char *text)
{
    size_t at;
    for (size_t i = 0; i < RECORDS; i++)
        if (world->disk[i].call &&
            slice_find_text(buffer_slice(&world->disk[i].text), slice_of(text), &at))
            return true;
    return false;
}

static void die(struct world *world)
{
    agent_free(world->agent);
    world->agent = NULL;
    world->far.is_known = world->far.is_known || says(world, "dialog=");
    if (world->answers_meanwhile && world->far.invite && world->far.has_rung && !world->far.is_over)
        world->far.is_answered = true;
    /* The next one begins a little later. */
    world->now += 2000;
}

/* Its whole life is to end what was left. True when it was killed. */
static bool clean_up(struct world *world, size_t kill_at)
{
    be_born(world, kill_at);
    talk(world);
    if (!world->is_dead)
        play(world, LINK_UP);
    if (!world->is_dead)
        wait(world, 60000);
    bool is_dead = world->is_dead;
    if (is_dead)
        die(world);
    return is_dead;
}

struct plan {
    const char *name;
    enum step steps[16];
};

static void world_init(struct world *world)
{
    *world = (struct world){ .now = 1000, .arena = arena_new() };
    world->settings = line_settings("sip:alice@example.com", "");
    random_init_number(&world->random, 3);
}

static void world_clear(struct world *world)
{
    agent_free(world->agent);
    for (size_t i = 0; i < RECORDS; i++)
        buffer_free(&world->disk[i].text);
    arena_free(world->arena);
}

static void check_end(struct world *world, const char *when)
{
    const struct far_end *far = &world->far;
    size_t records = 0;
    for (size_t i = 0; i < RECORDS; i++)
        records += world->disk[i].call != 0;
    bool is_left = far->is_in && !far->is_over;
    /* Killed before it knew of their INVITE; they give up. */
    if (!far->invite && !world->was_recorded)
        is_left = false;
    /* They have answered before we could hear them ring: no ACK comes, they give up (13.3.1.4). */
    if (far->invite && far->is_answered && !far->is_acknowledged && !far->is_known)
        is_left = false;
    ck_assert_msg(!is_left, "%s: the far end is left in the call", when);
    ck_assert_msg(world->ended == world->was_recorded, "%s: `ended` ran %u times", when,
                  world->ended);
    ck_assert_msg(!records, "%s: %zu records are left", when, records);
    ck_assert_msg(!agent_count_left_over(world->agent), "%s: a call is left", when);
}

/* False when the first life did not live long enough to be killed there. */
static bool run(const struct plan *plan, size_t first, size_t second, bool is_sent_late,
                bool answers_meanwhile, bool *was_killed_twice)
{
    struct world world;
    char when[200];
    snprintf(when, sizeof(when), "%s, killed after output %zu and %zu%s%s", plan->name, first,
             second, is_sent_late ? ", sent late" : "",
             answers_meanwhile ? ", answered meanwhile" : "");
    world_init(&world);
    world.is_sent_late = is_sent_late;
    world.answers_meanwhile = answers_meanwhile;
    be_born(&world, first);
    link_up(&world);
    talk(&world);
    for (const enum step *step = plan->steps; *step && !world.is_dead; step++)
        play(&world, *step);
    bool was_killed = world.is_dead;
    if (was_killed) {
        die(&world);
        *was_killed_twice = clean_up(&world, second);
        if (*was_killed_twice)
            ck_assert(!clean_up(&world, 0));
    } else {
        wait(&world, 60000);
    }
    check_end(&world, when);
    world_clear(&world);
    return was_killed;
}

static size_t run_everywhere(const struct plan *plan, bool is_sent_late, bool answers_meanwhile)
{
    size_t runs = 0;
    bool is_twice;
    for (size_t first = 1; run(plan, first, 0, is_sent_late, answers_meanwhile, &is_twice);
         first++) {
        runs++;
        for (size_t second = 1;; second++, runs++) {
            ck_assert(run(plan, first, second, is_sent_late, answers_meanwhile, &is_twice));
            if (!is_twice)
                break;
        }
    }
    return runs;
}

static const struct plan plans[] = {
    { "a call in that they end", { THEIR_INVITE, RING, ANSWER, WAIT, HOLD, WAIT, THEIR_BYE } },
    { "a call in that we end", { THEIR_INVITE, ANSWER, WAIT, HANGUP } },
    { "a call in that is cancelled", { THEIR_INVITE, RING, WAIT, THEIR_CANCEL } },
    { "a call in that is rejected", { THEIR_INVITE, RING, WAIT, REJECT } },
    { "a call in that loses its line", { THEIR_INVITE, ANSWER, LINK_LOST, HANGUP, WAIT, LINK_UP } },
    { "a call out that they end",
      { DIAL, THEIR_RINGING, WAIT, THEIR_ANSWER, WAIT, HOLD, WAIT, THEIR_BYE } },
    { "a call out that we end", { DIAL, THEIR_RINGING, THEIR_ANSWER, WAIT, HANGUP } },
    { "a call out that is refused", { DIAL, THEIR_RINGING, WAIT, THEIR_REFUSAL } },
    { "a call out that we cancel", { DIAL, THEIR_RINGING, WAIT, HANGUP } },
    { "a call out that loses its line", { DIAL, THEIR_RINGING, LINK_LOST, WAIT, LINK_UP } },
    { "a call out that loses its line later",
      { DIAL, THEIR_RINGING, THEIR_ANSWER, LINK_LOST, HANGUP, WAIT, LINK_UP } },
};

static void run_all(bool is_sent_late, bool answers_meanwhile)
{
    size_t runs = 0;
    for (size_t i = 0; i < sizeof(plans) / sizeof(*plans); i++)
        runs += run_everywhere(&plans[i], is_sent_late, answers_meanwhile);
    ck_assert_uint_gt(runs, 500);
}

START_TEST(leaves_no_call_wherever_it_is_killed)
{
    run_all(false, false);
}
END_TEST

START_TEST(leaves_no_call_when_its_last_words_are_lost)
{
    run_all(true, false);
}
END_TEST

START_TEST(leaves_no_call_that_is_answered_while_it_is_dead)
{
    run_all(false, true);
    run_all(true, true);
}
END_TEST

SUITE_MAIN("agent/crash", leaves_no_call_wherever_it_is_killed,
           leaves_no_call_when_its_last_words_are_lost,
           leaves_no_call_that_is_answered_while_it_is_dead)
