// SPDX-License-Identifier: ISC
// What becomes of a change of ours that is refused: refresh, hold and resume, by UPDATE or
// re-INVITE, whatever the far end says (RFC 3261 12.2.1.2, 14.1, 21.5, RFC 4028 10). Each row is
// a call that is up for an interval of 100 s, of which we refresh at 50 and which ends at 68.
#include "agent/agent.h"
#include "sip/response.h"
#include "tests/agent/line_settings.h"
#include "tests/suite.h"
#include "util/limits.h"
#include "util/log.h"

#include <stdio.h>

enum {
    STORY_BYTES = 256,
    ANSWERS_MAX = 4,
    REGISTERED_S = 3600,
    LOOKS_MAX = 200
};

enum peer {
    BY_INVITE, // does not say that it takes UPDATE
    BY_UPDATE
};

struct answer {
    uint32_t status;
    const char *lines;
};

// The answers in turn, the last one again and again. The story: "UPDATE 0": sent so many seconds
// after the first, "hold 503 at 2": what the verb was told; "up" or "BYE" and when.
static const struct row {
    enum action_kind verb; // ACTION_RING: none, the session timer asks
    enum peer peer;
    struct answer answers[ANSWERS_MAX];
    const char *story;
} rows[] = {
    // Taken at once.
    { ACTION_RING, BY_UPDATE, { { 200, "" } }, "UPDATE 0, up" },
    { ACTION_RING, BY_INVITE, { { 200, "" } }, "INVITE 0, up" },
    // Later, as the far end says.
    { ACTION_RING,
      BY_UPDATE,
      { { 503, "Retry-After: 1\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 1, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 500, "Retry-After: 7\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 7, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 480, "Retry-After: 7;duration=9 (busy)\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 7, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 603, "Retry-After: 3\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 3, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 503, "Retry-After: 0\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 1, up" },
    { ACTION_RING,
      BY_INVITE,
      { { 503, "Retry-After: 1\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 1, up" },
    { ACTION_RING,
      BY_INVITE,
      { { 413, "Retry-After: 16\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 16, up" },
    // It does not say when.
    { ACTION_RING, BY_UPDATE, { { 503, "" }, { 200, "" } }, "UPDATE 0, UPDATE 1, up" },
    { ACTION_RING, BY_UPDATE, { { 500, "" }, { 200, "" } }, "UPDATE 0, UPDATE 1, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 504, "Retry-After: soon\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 1, up" },
    { ACTION_RING,
      BY_INVITE,
      { { 500, "" }, { 502, "" }, { 200, "" } },
      "INVITE 0, INVITE 1, INVITE 3, up" },
    // The same method is not tried for ever.
    { ACTION_RING,
      BY_UPDATE,
      { { 500, "" }, { 500, "" }, { 200, "" } },
      "UPDATE 0, UPDATE 1, INVITE 3, up" },
    // Later than the session lives: the other method, then sooner than asked.
    { ACTION_RING,
      BY_UPDATE,
      { { 503, "Retry-After: 18\r\n" }, { 200, "" } },
      "UPDATE 0, INVITE 0, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 503, "Retry-After: 36003600\r\n" }, { 200, "" } },
      "UPDATE 0, INVITE 0, up" },
    { ACTION_RING,
      BY_INVITE,
      { { 503, "Retry-After: 3600\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 9, up" },
    { ACTION_RING,
      BY_INVITE,
      { { 503, "Retry-After: 99999999999999\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 9, up" },
    // A method that is refused for good.
    { ACTION_RING,
      BY_UPDATE,
      { { 405, "Retry-After: 2\r\n" }, { 200, "" } },
      "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 501, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 400, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 302, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 407, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 488, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 603, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_RING,
      BY_UPDATE,
      { { 400, "" }, { 503, "Retry-After: 2\r\n" }, { 200, "" } },
      "UPDATE 0, INVITE 0, INVITE 2, up" },
    { ACTION_RING, BY_INVITE, { { 400, "" }, { 200, "" } }, "INVITE 0, INVITE 1, up" },
    // Everything is refused: the call ends when its session does.
    { ACTION_RING,
      BY_UPDATE,
      { { 400, "" } },
      "UPDATE 0, INVITE 0, INVITE 1, INVITE 3, INVITE 7, INVITE 15, INVITE 16, BYE 18" },
    { ACTION_RING,
      BY_INVITE,
      { { 503, "Retry-After: 1\r\n" } },
      "INVITE 0, INVITE 1, INVITE 3, INVITE 7, INVITE 15, INVITE 16, BYE 18" },
    { ACTION_RING,
      BY_INVITE,
      { { 503, "Retry-After: 60\r\n" } },
      "INVITE 0, INVITE 9, INVITE 13, INVITE 15, INVITE 16, BYE 18" },
    // An interval that is too small.
    { ACTION_RING,
      BY_UPDATE,
      { { 422, "Min-SE: 300\r\n" }, { 200, "" } },
      "UPDATE 0, UPDATE 0, up" },
    { ACTION_RING, BY_UPDATE, { { 422, "" }, { 200, "" } }, "UPDATE 0, INVITE 0, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 422, "Min-SE: 300\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 0, hold 200 at 0, up" },
    // The dialog is gone.
    { ACTION_RING, BY_UPDATE, { { 481, "" } }, "UPDATE 0, BYE 0" },
    { ACTION_RING, BY_INVITE, { { 408, "Retry-After: 5\r\n" } }, "INVITE 0, BYE 0" },
    { ACTION_HOLD, BY_UPDATE, { { 481, "" } }, "INVITE 0, BYE 0, hold 481 at 0" },
    // Hold and resume: whoever asked is told how it ended.
    { ACTION_HOLD, BY_UPDATE, { { 200, "" } }, "INVITE 0, hold 200 at 0, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 503, "Retry-After: 2\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 2, hold 200 at 2, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 500, "" }, { 200, "" } },
      "INVITE 0, INVITE 1, hold 200 at 1, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 503, "Retry-After: 40\r\n" }, { 200, "" } },
      "INVITE 0, hold 503 at 0, UPDATE 50, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 503, "Retry-After: 300\r\n" }, { 200, "" } },
      "INVITE 0, hold 503 at 0, UPDATE 50, up" },
    { ACTION_HOLD,
      BY_UPDATE,
      { { 503, "" }, { 503, "" }, { 488, "" }, { 200, "" } },
      "INVITE 0, INVITE 1, INVITE 3, hold 488 at 3, UPDATE 50, up" },
    { ACTION_HOLD,
      BY_INVITE,
      { { 488, "" }, { 200, "" } },
      "INVITE 0, hold 488 at 0, INVITE 50, up" },
    { ACTION_RESUME,
      BY_UPDATE,
      { { 480, "Retry-After: 4\r\n" }, { 200, "" } },
      "INVITE 0, INVITE 4, resume 200 at 4, up" },
    { ACTION_RESUME,
      BY_UPDATE,
      { { 405, "" }, { 200, "" } },
      "INVITE 0, resume 405 at 0, UPDATE 50, up" },
};

struct bench {
    const struct row *row;
    time_ms now, first;
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    uint32_t call;
    size_t answered;
    bool is_up, is_over;
    char story[STORY_BYTES];
};

static const char sdp[] =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\n";

static void tell(struct bench *bench, const char *what)
{
    size_t length = strlen(bench->story);
    snprintf(bench->story + length, STORY_BYTES - length, "%s%s", length ? ", " : "", what);
}

static unsigned seconds(const struct bench *bench)
{
    return (unsigned)((bench->now - bench->first) / 1000);
}

static void answer(struct bench *bench, const struct sip_message *request, uint32_t status,
                   const char *lines)
{
    bool has_body = status == 200 && request->method == SIP_METHOD_INVITE;
    struct sip_message *message;
    struct sip_writer writer;
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of("far"),
        .lines = slice_of(lines),
        .content_type = slice_of(has_body ? "application/sdp" : ""),
        .body = slice_of(has_body ? sdp : ""),
    };
    sip_writer_init(&writer);
    sip_response_write(&writer, request, &response);
    ck_assert_int_eq(sip_message_parse(bench->arena,
                                       arena_copy(bench->arena, sip_writer_slice(&writer)),
                                       &message),
                     STATUS_OK);
    sip_writer_free(&writer);
    agent_receive(bench->agent, bench->now, message);
}

static void answer_change(struct bench *bench, const struct sip_message *request)
{
    const struct row *row = bench->row;
    char text[64];
    char lines[128];
    if (bench->first == TIME_NEVER)
        bench->first = bench->now;
    snprintf(text, sizeof(text), "%s %u", sip_method_text(request->method), seconds(bench));
    tell(bench, text);
    const struct answer *says = &row->answers[bench->answered];
    if (bench->answered + 1 < ANSWERS_MAX && row->answers[bench->answered + 1].status)
        bench->answered++;
    snprintf(lines, sizeof(lines), "%s%s", says->lines,
             says->status == 200 ? "Session-Expires: 100;refresher=uac\r\n" : "");
    bench->is_over = says->status == 200;
    answer(bench, request, says->status, lines);
}

static void answer_first(struct bench *bench, const struct sip_message *request)
{
    char lines[160];
    snprintf(lines, sizeof(lines),
             "Contact: <sip:bob@192.0.2.9>\r\nSession-Expires: 100;refresher=uac\r\n"
             "Allow: INVITE, ACK, BYE%s\r\n",
             bench->row->peer == BY_UPDATE ? ", UPDATE" : "");
    bench->is_up = true;
    answer(bench, request, 200, lines);
}

static void serve(struct bench *bench, struct slice bytes)
{
    struct sip_message *request;
    char text[64];
    ck_assert_int_eq(sip_message_parse(bench->arena, arena_copy(bench->arena, bytes), &request),
                     STATUS_OK);
    if (request->method == SIP_METHOD_REGISTER) {
        answer(bench, request, 200, "");
    } else if (request->method == SIP_METHOD_BYE) {
        snprintf(text, sizeof(text), "BYE %u", seconds(bench));
        tell(bench, text);
        bench->is_up = false;
        bench->is_over = true;
        answer(bench, request, 200, "");
    } else if (request->method == SIP_METHOD_INVITE && slice_is_empty(request->to_tag)) {
        answer_first(bench, request);
    } else if (request->method != SIP_METHOD_ACK) {
        answer_change(bench, request);
    }
}

static void carry_out(struct bench *bench, const struct outbox_item *item)
{
    struct net_address rtp;
    char text[64];
    if (item->kind == OUTBOX_MEDIA_OPEN) {
        (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
        agent_media_opened(bench->agent, bench->now, item->call, &rtp, 20001);
    } else if (item->kind == OUTBOX_RESULT) {
        snprintf(text, sizeof(text), "%s %u at %u", action_kind_text(item->action), item->status,
                 seconds(bench));
        tell(bench, text);
    }
}

static void pump(struct bench *bench)
{
    struct agent_output output;
    while (agent_next_output(bench->agent, bench->now, &output)) {
        if (output.kind == AGENT_SEND)
            serve(bench, output.bytes);
        else if (output.kind == AGENT_EVENT && output.event.kind == EVENT_OUTGOING)
            agent_decide_default(bench->agent, bench->now, output.event.call);
        else if (output.kind == AGENT_OUTBOX)
            carry_out(bench, &output.item);
    }
}

static void bring_up(struct bench *bench, const struct row *row)
{
    struct call_order order = { .target = slice_of("sip:bob@example.org"), .wait_s = 30 };
    struct agent_link link = { .is_tls = true };
    const char *why;
    *bench = (struct bench){ .row = row, .now = 1000, .first = TIME_NEVER, .arena = arena_new() };
    bench->settings = line_settings("sip:alice@example.com", "");
    bench->settings.expires_s = REGISTERED_S;
    random_init_number(&bench->random, 3);
    bench->agent = agent_new(&bench->settings, &bench->random);
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(bench->agent, bench->now, &link);
    pump(bench);
    ck_assert_int_eq(agent_dial(bench->agent, bench->now, &order, &bench->call, &why), STATUS_OK);
    agent_own(bench->agent, bench->call, OWNER_HOOK, 0);
    pump(bench);
    ck_assert(bench->is_up);
}

static void ask(struct bench *bench)
{
    struct action action = { .kind = bench->row->verb, .call = bench->call };
    const char *why;
    if (action.kind == ACTION_RING)
        return;
    ck_assert_int_eq(agent_act(bench->agent, bench->now, &action, &why), STATUS_OK);
    pump(bench);
}

static void play(struct bench *bench, const struct row *row)
{
    bring_up(bench, row);
    ask(bench);
    for (int i = 0; i < LOOKS_MAX && !bench->is_over; i++) {
        bench->now = agent_deadline(bench->agent);
        agent_timeout(bench->agent, bench->now);
        pump(bench);
    }
    if (bench->is_over && bench->is_up)
        tell(bench, "up");
    agent_free(bench->agent);
    arena_free(bench->arena);
}

START_TEST(what_is_refused_is_tried_again_as_long_as_there_is_a_session)
{
    static struct bench bench;
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        play(&bench, &rows[i]);
        if (strcmp(bench.story, rows[i].story) == 0)
            continue;
        wrong++;
        printf("row %zu: %s\n   and not: %s\n", i, bench.story, rows[i].story);
        fflush(stdout); /* before the suite ends its process */
    }
    ck_assert_uint_eq(wrong, 0);
}
END_TEST

static unsigned lines_logged;

static void count_line(enum log_level level, const char *line, const char *sentence,
                       const struct log_field *fields)
{
    (void)level;
    (void)line;
    (void)sentence;
    (void)fields;
    lines_logged++;
}

START_TEST(what_is_refused_again_and_again_fills_no_log)
{
    static const struct row refused = { ACTION_HOLD, BY_UPDATE, { { 488, "" } }, "" };
    struct call_order order = { .target = slice_of("sip:nobody@example.org") };
    static struct bench bench;
    uint32_t number;
    const char *why;
    bring_up(&bench, &refused);
    log_set_sink(count_line);
    log_set_level(LOG_LEVEL_NOTICE);
    for (int i = 0; i < 1000; i++)
        ask(&bench);
    ck_assert_uint_eq(lines_logged, LIMIT_CALL_NOTICES + 1);
    bench.settings.dial_allow_count = 0;
    for (int i = 0; i < 1000; i++)
        ck_assert_int_ne(agent_dial(bench.agent, bench.now, &order, &number, &why), STATUS_OK);
    ck_assert_uint_eq(lines_logged, LIMIT_CALL_NOTICES + 2);
    log_set_sink(NULL);
    agent_free(bench.agent);
    arena_free(bench.arena);
}
END_TEST

SUITE_MAIN("agent/call_change", what_is_refused_is_tried_again_as_long_as_there_is_a_session,
           what_is_refused_again_and_again_fills_no_log)
