// SPDX-License-Identifier: ISC
// A line registers and a call is answered, with each header of each message of the far end spoilt
// in each way, once. What comes of it is a table, tests/data/sip/flawed_calls; in no row is a
// request without an answer or a count, does a call stay up, or does the line stay offline for a
// header that nobody needs. FLAWED_CALLS=--write writes the table anew.
#include "agent/agent.h"
#include "sip/corpus.h"
#include "sip/endpoint.h"
#include "sip/stream.h"
#include "tests/agent/line_settings.h"
#include "tests/suite.h"
#include "util/log.h"

#include <stdio.h>

enum {
    BASE_BYTES = 4096,
    SPOILT_BYTES = 64 * 1024,
    LONG_BYTES = 9000,
    HUGE_BYTES = 40000,
    TALK_MS = 10000,
    GIVES_UP_MS = 32000, // 64*T1: how long the far end waits for an ACK
    WHOLE_MS = 600000,
    STEPS_MAX = 2000,
};

enum target {
    REGISTERED,
    INVITE,
    ANSWER,
    ACK,
    BYE,
    OUR_BYE,
    TARGET_COUNT
};

static const char *const target_names[] = {
    "200-to-REGISTER", "INVITE", "200-to-INVITE", "ACK", "BYE", "200-to-BYE"
};

enum flaw {
    DOUBLED,
    GARBLED,
    CUT,
    TORN,
    NAMELESS,
    LONG,
    HUGE,
    FLAW_COUNT
};

static const char *const flaw_names[] = { "doubled",  "garbled", "cut", "torn",
                                          "nameless", "long",    "huge" };

struct world {
    time_ms now;
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    struct sip_stream *stream;
    enum target target;
    enum flaw flaw;
    size_t header;           // of the target's
    bool is_beyond;          // the target has fewer
    char name[32];           // of that header
    struct slice unsent[16]; // by the far end
    size_t unsent_count;
    const struct sip_message *invite; // ours
    char tag[64];                     // of the daemon
    bool is_out;
    bool is_answered; // for the far end
    bool is_acknowledged;
    bool is_over;
    bool has_bye; // the far end has sent it
    time_ms bye_at;
    uint32_t call;
    unsigned losses;                   // of the connection
    uint32_t status[SIP_METHOD_COUNT]; // what the far end's requests were answered with
    unsigned ended;
    time_ms ended_at;
    char ending[64];
};

static const char sdp[] = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n"
                          "t=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

// --- what is spoilt

static void put(struct buffer *text, struct slice part)
{
    buffer_append(text, part);
}

static void put_many(struct buffer *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        buffer_append_byte(text, 'x');
}

static void spoil_line(struct buffer *text, struct slice line, enum flaw flaw)
{
    struct slice value;
    struct slice name = slice_cut(line, ':', &value);
    if (flaw == NAMELESS) {
        put(text, name);
        put(text, value);
    } else if (flaw == GARBLED) {
        put(text, name);
        put(text, slice_of(": <\"\001;;=,@%"));
    } else if (flaw == CUT || flaw == TORN) {
        put(text, slice_first(line, name.length + 1 + value.length / 2));
    } else {
        put(text, line);
    }
    put_many(text, flaw == LONG ? LONG_BYTES : flaw == HUGE ? HUGE_BYTES : 0);
    put(text, slice_of("\r\n"));
    if (flaw == DOUBLED) {
        put(text, line);
        put(text, slice_of("\r\n"));
    }
}

/* `message` with its header number `world->header` spoilt. */
static void spoil(struct world *world, struct slice message, struct buffer *text)
{
    struct slice rest = message;
    struct slice line = slice_trim(slice_cut(rest, '\n', &rest));
    put(text, line);
    put(text, slice_of("\r\n"));
    world->is_beyond = true;
    for (size_t i = 0; rest.length; i++) {
        line = slice_trim(slice_cut(rest, '\n', &rest));
        if (!line.length)
            break;
        if (i != world->header) {
            put(text, line);
            put(text, slice_of("\r\n"));
            continue;
        }
        struct slice name = slice_cut(line, ':', &line);
        snprintf(world->name, sizeof(world->name), "%.*s", SLICE_PRINT(name));
        spoil_line(text, slice_make(name.data, name.length + 1 + line.length), world->flaw);
        world->is_beyond = false;
        if (world->flaw == TORN)
            rest = slice_empty();
    }
    put(text, slice_of("\r\n"));
    put(text, rest);
}

// --- the far end

static void say(struct world *world, enum target target, struct slice message)
{
    struct buffer text;
    buffer_init(&text, SPOILT_BYTES);
    if (target == world->target && world->losses < 2) /* no connection is made for ever */
        spoil(world, message, &text);
    else
        put(&text, message);
    ck_assert_uint_lt(world->unsent_count, 16);
    world->unsent[world->unsent_count++] = arena_copy(world->arena, buffer_slice(&text));
    buffer_free(&text);
}

static void respond(struct world *world, enum target target, const struct sip_message *request,
                    unsigned status)
{
    char text[BASE_BYTES];
    const char *lines = "";
    const char *body = "";
    if (request->method == SIP_METHOD_REGISTER)
        lines = "Contact: <sip:alice@192.0.2.7:40000;transport=tls>;expires=600\r\n"
                "Expires: 600\r\nService-Route: <sip:edge.example.com;lr>\r\n"
                "P-Associated-URI: <sip:alice@example.com>\r\nFlow-Timer: 120\r\n";
    else if (request->method == SIP_METHOD_INVITE && status == 200) {
        lines = "Contact: <sip:bob@192.0.2.9:5060>\r\nRecord-Route: <sip:edge.example.com;lr>\r\n"
                "Require: timer\r\nSession-Expires: 90;refresher=uac\r\nAllow: INVITE, BYE\r\n"
                "Content-Type: application/sdp\r\n";
        body = sdp;
    }
    struct slice to = sip_message_value(request, SIP_HEADER_TO);
    struct slice via = sip_message_value(request, SIP_HEADER_VIA);
    struct slice from = sip_message_value(request, SIP_HEADER_FROM);
    struct slice call_id = sip_message_value(request, SIP_HEADER_CALL_ID);
    struct slice cseq = sip_message_value(request, SIP_HEADER_CSEQ);
    snprintf(text, sizeof(text),
             "SIP/2.0 %u Reason\r\nVia: %.*s\r\nFrom: %.*s\r\nTo: %.*s%s\r\nCall-ID: %.*s\r\n"
             "CSeq: %.*s\r\n%sServer: far\r\nX-Note: 1\r\nContent-Length: %zu\r\n\r\n%s",
             status, SLICE_PRINT(via), SLICE_PRINT(from), SLICE_PRINT(to),
             request->to_tag.length ? "" : ";tag=far", SLICE_PRINT(call_id), SLICE_PRINT(cseq),
             lines, strlen(body), body);
    say(world, target, slice_of(text));
}

static void request(struct world *world, enum target target, const char *method, unsigned cseq,
                    const char *branch)
{
    char text[BASE_BYTES];
    char ours[300];
    char theirs[300] = "<sip:ada@example.org>;tag=far";
    char call_id[200] = "in@far";
    bool is_invite = target == INVITE;
    snprintf(ours, sizeof(ours), "<sip:alice@example.com>%s%s",
             is_invite ? "" : ";tag=", is_invite ? "" : world->tag);
    if (world->invite) {
        struct slice from = sip_message_value(world->invite, SIP_HEADER_FROM);
        struct slice to = sip_message_value(world->invite, SIP_HEADER_TO);
        snprintf(ours, sizeof(ours), "%.*s", SLICE_PRINT(from));
        snprintf(theirs, sizeof(theirs), "%.*s;tag=far", SLICE_PRINT(to));
        snprintf(call_id, sizeof(call_id), "%.*s", SLICE_PRINT(world->invite->call_id));
    }
    snprintf(text, sizeof(text),
             "%s sip:alice@192.0.2.7:40000 SIP/2.0\r\n"
             "Via: SIP/2.0/TLS edge.example.com:5061;branch=z9hG4bK%s\r\n"
             "Max-Forwards: 70\r\nFrom: %s\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u %s\r\n"
             "User-Agent: far\r\nX-Note: 1\r\n%sContent-Length: %zu\r\n\r\n%s",
             method, branch, theirs, ours, call_id, cseq, method,
             is_invite ? "Contact: <sip:ada@192.0.2.9:5060>\r\n"
                         "Record-Route: <sip:edge.example.com;lr>\r\nSupported: timer\r\n"
                         "Session-Expires: 90;refresher=uac\r\nMin-SE: 90\r\nAllow: INVITE, BYE\r\n"
                         "Content-Type: application/sdp\r\n"
                       : "Reason: Q.850;cause=16\r\n",
             is_invite ? strlen(sdp) : 0, is_invite ? sdp : "");
    say(world, target, slice_of(text));
}

static void hear_request(struct world *world, const struct sip_message *message)
{
    switch (message->method) {
    case SIP_METHOD_REGISTER:
        respond(world, REGISTERED, message, 200);
        break;
    case SIP_METHOD_ACK:
        world->is_acknowledged = true;
        break;
    case SIP_METHOD_INVITE:
        if (world->invite || message->to_tag.length) {
            respond(world, TARGET_COUNT, message, world->is_over ? 481 : 488);
            break;
        }
        world->invite = message;
        world->is_answered = true;
        world->bye_at = world->now + TALK_MS;
        respond(world, ANSWER, message, 200);
        break;
    case SIP_METHOD_BYE:
        respond(world, OUR_BYE, message, world->is_over ? 481 : 200);
        world->is_over = true;
        break;
    default:
        respond(world, TARGET_COUNT, message, world->is_over ? 481 : 200);
        break;
    }
}

/* A CSeq that was spoilt comes back as it was. */
static enum sip_method answered_method(const struct sip_message *response)
{
    if (slice_equal(response->via.branch, slice_of("z9hG4bKinvite")))
        return SIP_METHOD_INVITE;
    if (slice_equal(response->via.branch, slice_of("z9hG4bKbye")))
        return SIP_METHOD_BYE;
    return response->method;
}

static void hear_response(struct world *world, const struct sip_message *message)
{
    if (message->status < 200)
        return;
    enum sip_method method = answered_method(message);
    world->status[method] = message->status;
    if (method != SIP_METHOD_INVITE)
        return;
    snprintf(world->tag, sizeof(world->tag), "%.*s", SLICE_PRINT(message->to_tag));
    if (message->status >= 300) {
        world->is_over = true;
        request(world, TARGET_COUNT, "ACK", 1, "invite");
        return;
    }
    request(world, ACK, "ACK", 1, "ack");
    if (!world->is_answered)
        world->bye_at = world->now + (world->target == OUR_BYE ? WHOLE_MS : TALK_MS);
    world->is_answered = true;
}

static void hear(struct world *world, struct slice bytes)
{
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(world->arena, bytes, &message), STATUS_OK);
    if (message->is_request)
        hear_request(world, message);
    else
        hear_response(world, message);
}

// --- the daemon

static void act(struct world *world, enum action_kind kind)
{
    struct action action = { .kind = kind, .call = world->call };
    const char *why;
    (void)!agent_act(world->agent, world->now, &action, &why);
}

static void see_event(struct world *world, const struct event *event)
{
    if (event->kind == EVENT_INCOMING || event->kind == EVENT_OUTGOING) {
        world->call = event->call;
        agent_own(world->agent, event->call, OWNER_HOOK, 0);
        act(world, event->kind == EVENT_INCOMING ? ACTION_ANSWER : ACTION_ACCEPT);
    }
    if (event->kind != EVENT_ENDED)
        return;
    world->ended++;
    world->ended_at = world->now;
    snprintf(world->ending, sizeof(world->ending), "%.*s/%.*s", SLICE_PRINT(event->result),
             SLICE_PRINT(event->ended_by));
}

static void drain(struct world *world)
{
    struct agent_output output;
    while (agent_next_output(world->agent, world->now, &output)) {
        struct net_address rtp;
        if (output.kind == AGENT_SEND)
            hear(world, arena_copy(world->arena, output.bytes));
        if (output.kind == AGENT_EVENT)
            see_event(world, &output.event);
        if (output.kind != AGENT_OUTBOX || output.item.kind != OUTBOX_MEDIA_OPEN)
            continue;
        (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
        agent_media_opened(world->agent, world->now, output.item.call, &rtp, 20001);
    }
}

static void link_up(struct world *world)
{
    struct agent_link link = { .is_tls = true };
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(world->agent, world->now, &link);
    drain(world);
}

static void lose_link(struct world *world)
{
    world->losses++;
    agent_link_lost(world->agent, world->now, "framing");
    drain(world);
    sip_stream_reset(world->stream);
    world->unsent_count = 0;
    link_up(world);
}

/* True when the framing was lost. */
static bool receive(struct world *world, struct slice text)
{
    struct slice bytes;
    sip_stream_append(world->stream, world->now, text);
    for (;;) {
        enum sip_stream_item item = sip_stream_next(world->stream, &bytes);
        if (item == SIP_STREAM_NOTHING)
            return false;
        bool is_broken = item == SIP_STREAM_BROKEN;
        if (is_broken || item == SIP_STREAM_MESSAGE)
            agent_receive_bytes(world->agent, world->now, world->arena,
                                arena_copy(world->arena, bytes),
                                is_broken ? sip_stream_fault_status(world->stream) : 0,
                                sip_stream_fault(world->stream));
        drain(world);
        if (is_broken)
            return true;
    }
}

static void talk(struct world *world)
{
    drain(world);
    while (world->unsent_count) {
        struct slice text = world->unsent[0];
        world->unsent_count--;
        memmove(world->unsent, world->unsent + 1, world->unsent_count * sizeof(*world->unsent));
        if (receive(world, text))
            lose_link(world);
    }
}

static time_ms far_deadline(const struct world *world)
{
    return world->is_answered && !world->is_over ? world->bye_at : TIME_NEVER;
}

static void far_timeout(struct world *world)
{
    if (far_deadline(world) > world->now)
        return;
    bool is_unheard = world->is_out && !world->is_acknowledged &&
                      world->now < world->bye_at - TALK_MS + GIVES_UP_MS;
    if (is_unheard) {
        world->bye_at += GIVES_UP_MS - TALK_MS;
        return;
    }
    world->is_over = world->has_bye = true;
    request(world, BYE, "BYE", 2, "bye");
}

static void wait(struct world *world, time_ms duration)
{
    time_ms end = world->now + duration;
    unsigned steps = 0;
    while (world->now < end) {
        time_ms next = agent_deadline(world->agent);
        next = time_earliest(
            next, time_earliest(sip_stream_deadline(world->stream), far_deadline(world)));
        ck_assert_msg(steps++ < STEPS_MAX, "it does not come to rest");
        world->now = next > world->now && next < end ? next
                     : next <= world->now            ? world->now + 1
                                                     : end;
        agent_timeout(world->agent, world->now);
        sip_stream_timeout(world->stream, world->now);
        if (receive(world, slice_empty()))
            lose_link(world);
        far_timeout(world);
        talk(world);
    }
}

// --- a row

static void play(struct world *world)
{
    world->agent = agent_new(&world->settings, &world->random);
    link_up(world);
    talk(world);
    if (world->target == REGISTERED) {
        wait(world, 60000);
        return;
    }
    if (world->is_out) {
        struct call_order order = { .target = slice_of("sip:bob@example.com"), .wait_s = 30 };
        const char *why;
        ck_assert_int_eq(agent_dial(world->agent, world->now, &order, &world->call, &why),
                         STATUS_OK);
    } else {
        request(world, INVITE, "INVITE", 1, "invite");
    }
    talk(world);
    if (world->target == OUR_BYE) {
        wait(world, TALK_MS);
        act(world, ACTION_HANGUP);
        talk(world);
    }
    wait(world, WHOLE_MS);
}

/* What nobody could act on (RFC 3261 8.1.1, 17.1.3, 18.3); a response's parties are ours. */
static bool is_vital(const struct world *world)
{
    static const char *const names[] = { "Via", "CSeq", "Call-ID", "Content-Length", "From", "To" };
    bool is_request = world->target == INVITE || world->target == ACK || world->target == BYE;
    for (size_t i = 0; i < (is_request ? 6 : 4); i++)
        if (strcmp(world->name, names[i]) == 0)
            return true;
    return world->flaw == TORN;
}

static void check(const struct world *world, const char *row, uint64_t dropped)
{
    bool is_ours = world->target == INVITE || world->target == BYE;
    enum sip_method method = world->target == INVITE ? SIP_METHOD_INVITE : SIP_METHOD_BYE;
    ck_assert_msg(!is_ours || world->status[method] || dropped, "%s: silence", row);
    ck_assert_msg(!call_table_count(agent_calls(world->agent)), "%s: a call is left", row);
    ck_assert_msg(world->ended == (world->call || world->status[SIP_METHOD_INVITE]),
                  "%s: `ended` %u times", row, world->ended);
    ck_assert_msg(sip_registration_is_online(agent_registration(world->agent)) ||
                      (world->target == REGISTERED && is_vital(world)),
                  "%s: offline", row);
    bool is_heard = world->status[SIP_METHOD_BYE] == 200 && world->ended_at <= 1000 + TALK_MS;
    ck_assert_msg(world->target != BYE || is_vital(world) || is_heard,
                  "%s: the BYE was not carried out", row);
    bool is_up = world->is_out ? world->is_acknowledged || world->flaw == TORN
                               : world->target == INVITE || world->is_answered;
    ck_assert_msg(world->target == REGISTERED || world->target == INVITE || is_vital(world) ||
                      is_up,
                  "%s: no call came up", row);
}

static void write_row(struct world *world, struct buffer *table)
{
    char row[200];
    uint64_t dropped = sip_endpoint_dropped_count(agent_endpoint(world->agent));
    char ending[100] = "-";
    if (world->ended)
        snprintf(ending, sizeof(ending), "%s %us", world->ending,
                 (unsigned)(world->ended_at / 1000));
    snprintf(row, sizeof(row), "%s %s %s %s: invite=%u bye=%u online=%s dropped=%s lost=%u %s",
             world->is_out ? "out" : "in", target_names[world->target], world->name,
             flaw_names[world->flaw], world->status[SIP_METHOD_INVITE],
             world->status[SIP_METHOD_BYE],
             sip_registration_is_online(agent_registration(world->agent)) ? "yes" : "no",
             dropped ? "yes" : "no", world->losses, ending);
    if (getenv("FLAWED_CALLS"))
        fprintf(stderr, "%s\n", row);
    else
        check(world, row, dropped);
    buffer_append_text(table, row);
    buffer_append_text(table, "\n");
}

/* False when the target has no such header. */
static bool run(enum target target, bool is_out, size_t header, enum flaw flaw,
                struct buffer *table)
{
    struct world world = { .now = 1000,
                           .arena = arena_new(),
                           .stream = sip_stream_new(),
                           .target = target,
                           .flaw = flaw,
                           .header = header,
                           .is_out = is_out };
    world.settings = line_settings("sip:alice@example.com", "");
    random_init_number(&world.random, 3);
    play(&world);
    if (!world.is_beyond)
        write_row(&world, table);
    agent_free(world.agent);
    sip_stream_free(world.stream);
    arena_free(world.arena);
    return !world.is_beyond;
}

static void run_target(enum target target, bool is_out, struct buffer *table)
{
    for (size_t header = 0; header < 32; header++)
        for (enum flaw flaw = 0; flaw < FLAW_COUNT; flaw++)
            if (!run(target, is_out, header, flaw, table))
                return;
}

static void write_file(struct slice table)
{
    char path[4096];
    const char *root = getenv("srcdir");
    snprintf(path, sizeof(path), "%s/tests/data/sip/flawed_calls", root ? root : ".");
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fwrite(table.data, 1, table.length, file);
    fclose(file);
}

static void compare(struct slice computed)
{
    struct buffer kept = corpus_read("sip", "flawed_calls");
    struct slice rest = buffer_slice(&kept);
    while (rest.length || computed.length) {
        struct slice wanted = slice_cut(rest, '\n', &rest);
        struct slice came = slice_cut(computed, '\n', &computed);
        ck_assert_msg(slice_equal(wanted, came), "wanted: %.*s\n  came: %.*s", SLICE_PRINT(wanted),
                      SLICE_PRINT(came));
    }
    buffer_free(&kept);
}

START_TEST(no_header_keeps_a_call_up_or_a_line_offline)
{
    struct buffer table;
    const char *flag = getenv("FLAWED_CALLS");
    buffer_init(&table, 1024 * 1024);
    log_set_level(LOG_LEVEL_ERROR);
    run_target(REGISTERED, false, &table);
    run_target(INVITE, false, &table);
    run_target(ACK, false, &table);
    run_target(BYE, false, &table);
    run_target(OUR_BYE, false, &table);
    run_target(ANSWER, true, &table);
    run_target(BYE, true, &table);
    if (flag && strcmp(flag, "--write") == 0)
        write_file(buffer_slice(&table));
    else
        compare(buffer_slice(&table));
    buffer_free(&table);
}
END_TEST

SUITE_MAIN("agent/flawed_calls", no_header_keeps_a_call_up_or_a_line_offline)
