// SPDX-License-Identifier: ISC
// The endpoint from outside: what comes in, what is asked of it and how time passes, a line each,
// and what it yields. A case is added as a row (RFC 3261 8, 9, 17, 18; RFC 6026).
#include "sip/endpoint.h"
#include "tests/suite.h"
#include "util/limits.h"
#include "util/log.h"

#include <stdio.h>

// What a step does (`does`):
//   METHOD [branch=] [by=HOST:PORT] [parameters=] [from=] [to=] [call=] [cseq=] [uri=] [forwards=]
//   [with='…']
//                          a request comes; branch=none: without one; branch=old: an RFC 2543 one
//   STATUS [branch=] [by=] [method=] [to=] [via=two] [with='…']
//                          a response to our last request comes
//   answer STATUS [tag=] [lines=bad] [body=huge]       the user answers the last request
//   request METHOD [lines=bad] [body=huge] [uri=none]  the user asks
//   cancel [lines=bad], ack [lines=bad], again         of our last request; the kept ACK again
//   resume, resume INVITE  another process takes up our last INVITE, or the one that came last
//   wait MS, lost, up, from ADDRESS (where what comes in comes from)
// What comes of it (`yields`), in order:
//   "> 100 INVITE" or "> ACK" onto the connection; "request METHOD", "ack", "cancelled",
//   "response STATUS", "failed WHY", "unacked", "refused STATUS" to the user;
//   behind " with " what the bytes sent last must hold.
struct step {
    const char *does;
    const char *yields;
};

enum {
    CALLS = 20
};

struct call {
    uint32_t server; // the transaction of the last request that came
    uint32_t client; // of the last request of ours
    char via[256];   // of our last request
    char method[16]; // of our last request
    char kept[1024]; // the ACK for a 2xx
};

struct bench {
    struct sip_endpoint *endpoint;
    struct random random;
    struct arena *arena;
    time_ms now;
    size_t index; // of the call in hand
    struct call calls[CALLS];
    char yielded[2048];
    char sent[8192];                 // the bytes sent last
    const struct sip_message *reads; // the same, parsed
};

static struct bench *bench_new(void)
{
    static struct bench bench;
    bench = (struct bench){ .arena = arena_new(), .now = 1000 };
    random_init_number(&bench.random, 7);
    bench.endpoint = sip_endpoint_new(&bench.random);
    sip_endpoint_set_local(bench.endpoint, "TLS", slice_of("192.0.2.1"), 40000);
    return &bench;
}

static void bench_free(struct bench *bench)
{
    sip_endpoint_free(bench->endpoint);
    arena_free(bench->arena);
}

// --- words of a step

// The value of `key=` in a step, or what is to stand for it.
static const char *word(struct bench *bench, const char *step, const char *key,
                        const char *otherwise)
{
    char pattern[32];
    snprintf(pattern, sizeof(pattern), " %s=", key);
    const char *found = strstr(step, pattern);
    if (!found)
        return otherwise;
    found += strlen(pattern);
    bool is_quoted = *found == '\'';
    size_t length = strcspn(found + is_quoted, is_quoted ? "'" : " ");
    return arena_copy_text(bench->arena, slice_make(found + is_quoted, length));
}

static const char *first_word(struct bench *bench, const char *step)
{
    return arena_copy_text(bench->arena, slice_make(step, strcspn(step, " ")));
}

static const char *second_word(struct bench *bench, const char *step)
{
    const char *space = strchr(step, ' ');
    return space ? first_word(bench, space + 1) : "";
}

/* Nothing when there is no text. */
static const char *wrap(struct bench *bench, const char *before, const char *text,
                        const char *after)
{
    char line[1024];
    snprintf(line, sizeof(line), "%s%s%s", before, text, after);
    return text[0] ? arena_copy_text(bench->arena, slice_of(line)) : "";
}

static const char *numbered(struct bench *bench, const char *text)
{
    char line[64];
    snprintf(line, sizeof(line), "%s%zu", text, bench->index);
    return arena_copy_text(bench->arena, slice_of(line));
}

// A header line that no writer accepts.
static struct slice lines_of(struct bench *bench, const char *step)
{
    const char *lines = word(bench, step, "lines", "");
    if (strcmp(lines, "bad") == 0)
        return slice_of("Reason: a\nInjected: b\r\n");
    return slice_of(wrap(bench, "", lines, "\r\n"));
}

static struct slice body_of(struct bench *bench, const char *step)
{
    size_t size = LIMIT_SIP_MESSAGE;
    if (strcmp(word(bench, step, "body", ""), "huge") != 0)
        return slice_empty();
    char *body = arena_allocate(bench->arena, size);
    memset(body, 'x', size);
    return slice_make(body, size);
}

// --- what comes in

static void receive(struct bench *bench, const char *text)
{
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(bench->arena, slice_of(text), &message), STATUS_OK);
    sip_endpoint_receive(bench->endpoint, bench->now, message);
}

static const char *tag(struct bench *bench, const char *text)
{
    return wrap(bench, ";tag=", text, "");
}

static void receive_request(struct bench *bench, const char *step)
{
    char text[2048];
    const char *method = first_word(bench, step);
    const char *branch = word(bench, step, "branch", numbered(bench, "b"));
    const char *cookie =
        strncmp(branch, "old", 3) == 0 ? "" : word(bench, step, "cookie", "z9hG4bK");
    const char *forwards = word(bench, step, "forwards", "70");
    const char *with = word(bench, step, "with", "");
    if (strcmp(branch, "none") == 0)
        branch = cookie = "";
    if (strcmp(branch, "bare") == 0)
        branch = "";
    snprintf(
        text, sizeof(text),
        "%s %s SIP/2.0\r\nVia: SIP/2.0/%s %s%s%s%s%s\r\n%sFrom: <sip:them@h>%s\r\n"
        "To: <sip:us@h>%s\r\nCall-ID: %s\r\nCSeq: %s %s\r\n%sContent-Length: 0\r\n\r\n",
        method, word(bench, step, "uri", "sip:us@h"), word(bench, step, "over", "TLS"),
        word(bench, step, "by", "h:5061"), branch[0] || cookie[0] ? ";branch=" : "", cookie, branch,
        word(bench, step, "parameters", ""), wrap(bench, "Max-Forwards: ", forwards, "\r\n"),
        tag(bench, word(bench, step, "from", numbered(bench, "f"))),
        tag(bench, word(bench, step, "to", "")), word(bench, step, "call", numbered(bench, "c")),
        word(bench, step, "cseq", "1"), method, wrap(bench, "", with, "\r\n"));
    receive(bench, text);
}

static void receive_response(struct bench *bench, const char *step)
{
    char text[2048];
    struct call *call = &bench->calls[bench->index];
    const char *branch = word(bench, step, "branch", NULL);
    const char *by = word(bench, step, "by", NULL);
    const char *via = call->via;
    if (branch)
        via = wrap(bench, "SIP/2.0/TLS 192.0.2.1:40000;branch=", branch, "");
    if (by)
        via = wrap(bench, wrap(bench, "SIP/2.0/TLS ", by, ""), strchr(call->via, ';'), "");
    snprintf(text, sizeof(text),
             "SIP/2.0 %s x\r\nVia: %s\r\n%sFrom: <sip:us@h>;tag=u%zu\r\nTo: <sip:them@h>%s\r\n"
             "Call-ID: %s\r\nCSeq: %s %s\r\n%sContent-Length: 0\r\n\r\n",
             first_word(bench, step), via,
             strstr(step, "via=two") ? "Via: SIP/2.0/TLS other;branch=z9hG4bKo\r\n" : "",
             bench->index, tag(bench, word(bench, step, "to", "t")),
             word(bench, step, "call", numbered(bench, "c")), word(bench, step, "cseq", "7"),
             word(bench, step, "method", call->method),
             wrap(bench, "", word(bench, step, "with", ""), "\r\n"));
    receive(bench, text);
}

// --- what the user asks

static struct sip_request request_of(struct bench *bench, const char *step, enum sip_method method)
{
    return (struct sip_request){
        .method = method,
        .uri = slice_of(strstr(step, "uri=none") ? "" : "sip:them@h"),
        .from = slice_of(wrap(bench, "<sip:us@h>;tag=", numbered(bench, "u"), "")),
        .to = slice_of("<sip:them@h>"),
        .call_id = slice_of(numbered(bench, "c")),
        .cseq = 7,
        .lines = lines_of(bench, step),
        .body = body_of(bench, step),
    };
}

static void ask(struct bench *bench, const char *step)
{
    struct call *call = &bench->calls[bench->index];
    struct slice method = slice_of(second_word(bench, step));
    struct sip_request request = request_of(bench, step, sip_method_from_text(method));
    snprintf(call->method, sizeof(call->method), "%.*s", SLICE_PRINT(method));
    call->client = sip_endpoint_request(bench->endpoint, bench->now, &request);
    ck_assert_uint_ne(call->client, 0);
}

static void answer(struct bench *bench, const char *step)
{
    struct sip_response response = {
        .status = (uint32_t)strtoul(second_word(bench, step), NULL, 10),
        .to_tag = slice_of(word(bench, step, "tag", "")),
        .lines = lines_of(bench, step),
        .body = body_of(bench, step),
    };
    sip_endpoint_respond(bench->endpoint, bench->now, bench->calls[bench->index].server, &response);
}

static void acknowledge(struct bench *bench, const char *step)
{
    struct buffer bytes;
    struct sip_request request = request_of(bench, step, SIP_METHOD_ACK);
    buffer_init(&bytes, 1000);
    sip_endpoint_ack(bench->endpoint, &request, &bytes);
    snprintf(bench->calls[bench->index].kept, 1024, "%.*s", SLICE_PRINT(buffer_slice(&bytes)));
    buffer_free(&bytes);
}

static void wait(struct bench *bench, time_ms duration)
{
    time_ms end = bench->now + duration;
    for (time_ms next; (next = sip_endpoint_deadline(bench->endpoint)) <= end;) {
        bench->now = next;
        sip_endpoint_timeout(bench->endpoint, bench->now);
        ck_assert(sip_endpoint_deadline(bench->endpoint) > bench->now);
    }
    bench->now = end;
    sip_endpoint_timeout(bench->endpoint, bench->now);
}

/* What another process did is gone, but for what it had kept. */
static void resume(struct bench *bench)
{
    struct call *call = &bench->calls[bench->index];
    struct sip_request sent;
    struct slice via;
    struct sip_endpoint *other = sip_endpoint_new(&bench->random);
    ck_assert(sip_endpoint_sent(bench->endpoint, call->client, &sent, &via));
    ck_assert(!sip_endpoint_sent(bench->endpoint, 77777, &sent, &via));
    sip_endpoint_set_local(other, "TLS", slice_of("192.0.2.2"), 50000);
    call->client = sip_endpoint_resume_client(other, bench->now, &sent, via);
    sip_endpoint_free(bench->endpoint);
    bench->endpoint = other;
}

static void resume_theirs(struct bench *bench)
{
    struct call *call = &bench->calls[bench->index];
    struct sip_endpoint *other = sip_endpoint_new(&bench->random);
    const struct sip_message *invite = sip_endpoint_request_of(bench->endpoint, call->server);
    sip_endpoint_set_local(other, "TLS", slice_of("192.0.2.2"), 50000);
    call->server = sip_endpoint_resume_server(other, bench->now, invite);
    sip_endpoint_free(bench->endpoint);
    bench->endpoint = other;
}

static void come_from(struct bench *bench, const char *address)
{
    struct net_address source = { .family = NET_NONE };
    (void)!net_address_parse(slice_of(address), 5061, &source);
    sip_endpoint_set_remote(bench->endpoint, &source);
}

static void act(struct bench *bench, const char *step)
{
    struct call *call = &bench->calls[bench->index];
    const char *verb = first_word(bench, step);
    if (ascii_is_digit(verb[0]))
        receive_response(bench, step);
    else if (!ascii_is_letter(verb[0]) || verb[0] <= 'Z')
        receive_request(bench, step);
    else if (strcmp(verb, "answer") == 0)
        answer(bench, step);
    else if (strcmp(verb, "request") == 0)
        ask(bench, step);
    else if (strcmp(verb, "cancel") == 0)
        sip_endpoint_cancel(bench->endpoint, bench->now, call->client, lines_of(bench, step));
    else if (strcmp(verb, "ack") == 0)
        acknowledge(bench, step);
    else if (strcmp(verb, "again") == 0)
        sip_endpoint_send(bench->endpoint, slice_of(call->kept));
    else if (strcmp(verb, "wait") == 0)
        wait(bench, (time_ms)strtoul(second_word(bench, step), NULL, 10));
    else if (strcmp(verb, "lost") == 0)
        sip_endpoint_link_lost(bench->endpoint, bench->now);
    else if (strcmp(verb, "up") == 0)
        sip_endpoint_set_local(bench->endpoint, "TLS", slice_of("192.0.2.1"), 40000);
    else if (strcmp(verb, "resume") == 0 && second_word(bench, step)[0])
        resume_theirs(bench);
    else if (strcmp(verb, "resume") == 0)
        resume(bench);
    else if (strcmp(verb, "from") == 0)
        come_from(bench, second_word(bench, step));
    else
        ck_abort_msg("no such step: %s", step);
}

// --- what comes of it

static void yield(struct bench *bench, const char *what, const char *detail)
{
    size_t length = strlen(bench->yielded);
    snprintf(bench->yielded + length, sizeof(bench->yielded) - length, "%s%s%s", length ? ", " : "",
             what, detail);
}

static const char *method_of(struct bench *bench, const struct sip_message *message)
{
    return arena_copy_text(bench->arena, message->method_text);
}

static void note_sent(struct bench *bench, struct slice bytes)
{
    struct sip_message *message;
    char status[64];
    struct call *call = &bench->calls[bench->index];
    snprintf(bench->sent, sizeof(bench->sent), "%.*s", SLICE_PRINT(bytes));
    ck_assert_int_eq(sip_message_parse(bench->arena, bytes, &message), STATUS_OK);
    /* A response has the Vias and CSeq of its request, defects and all. */
    ck_assert_msg(!message->is_request || !message->defect, "defect: %s", message->defect_text);
    bench->reads = message;
    // No cross-talk: what is sent belongs to the call in hand.
    ck_assert_msg(slice_equal_ignoring_case(message->call_id, slice_of(numbered(bench, "c"))), "%s",
                  bench->sent);
    if (message->is_request) {
        struct slice via = sip_message_value(message, SIP_HEADER_VIA);
        snprintf(call->via, sizeof(call->via), "%.*s", SLICE_PRINT(via));
        yield(bench, "> ", method_of(bench, message));
        return;
    }
    snprintf(status, sizeof(status), "%u %s", message->status, method_of(bench, message));
    yield(bench, "> ", status);
}

static void note(struct bench *bench, const struct sip_output *output)
{
    char status[32];
    struct call *call = &bench->calls[bench->index];
    switch (output->kind) {
    case SIP_OUTPUT_BYTES:
        note_sent(bench, output->bytes);
        return;
    case SIP_OUTPUT_REQUEST:
        call->server = output->transaction;
        yield(bench, "request ", method_of(bench, output->message));
        return;
    case SIP_OUTPUT_ACK:
        yield(bench, "ack", "");
        return;
    case SIP_OUTPUT_CANCELLED:
        ck_assert_uint_eq(output->transaction, call->server);
        ck_assert_int_eq(output->message->method, SIP_METHOD_CANCEL);
        yield(bench, "cancelled", "");
        return;
    case SIP_OUTPUT_RESPONSE:
        ck_assert_uint_eq(output->transaction, call->client);
        ck_assert_str_eq(sip_method_text(output->method), call->method);
        snprintf(status, sizeof(status), "%u", output->message->status);
        yield(bench, "response ", status);
        return;
    case SIP_OUTPUT_FAILED:
        ck_assert_uint_eq(output->transaction, call->client);
        ck_assert_str_eq(sip_method_text(output->method), call->method);
        yield(bench, "failed ", status_text(output->why));
        return;
    case SIP_OUTPUT_REFUSED:
        snprintf(status, sizeof(status), "%u", output->status);
        yield(bench, "refused ", status);
        return;
    case SIP_OUTPUT_UNACKED:
        ck_assert_uint_eq(output->transaction, call->server);
        yield(bench, "unacked", "");
        return;
    }
}

static void play_step(struct bench *bench, const struct step *step)
{
    struct sip_output output;
    const char *with = strstr(step->yields, " with ");
    size_t length = with ? (size_t)(with - step->yields) : strlen(step->yields);
    bench->yielded[0] = '\0';
    act(bench, step->does);
    while (sip_endpoint_next_output(bench->endpoint, &output))
        note(bench, &output);
    ck_assert_msg(slice_equal(slice_of(bench->yielded), slice_make(step->yields, length)),
                  "%s\n yields %s\n    not %s", step->does, bench->yielded, step->yields);
    if (with)
        ck_assert_msg(strstr(bench->sent, with + 6), "%s\n lacks %s\n in %s", step->does, with + 6,
                      bench->sent);
}

static void play_on(struct bench *bench, const struct step *steps)
{
    for (; steps->does; steps++)
        play_step(bench, steps);
}

static void play(const struct step *steps)
{
    struct bench *bench = bench_new();
    play_on(bench, steps);
    bench_free(bench);
}

#define PLAY(...)           play((const struct step[]){ __VA_ARGS__, { NULL, NULL } })
#define PLAY_ON(bench, ...) play_on(bench, (const struct step[]){ __VA_ARGS__, { NULL, NULL } })

// --- server: INVITE (17.2.1, RFC 6026)

START_TEST(an_invite_gets_100_at_once_and_goes_to_the_user)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE with To: <sip:us@h>\r\n" });
}
END_TEST

START_TEST(a_repeated_invite_gets_the_last_answer_and_not_the_user)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "INVITE", "> 100 INVITE" },
         { "answer 180 tag=a", "> 180 INVITE" }, { "answer 183 tag=a", "> 183 INVITE" },
         { "INVITE", "> 183 INVITE with tag=a" }, { "answer 486 tag=a", "> 486 INVITE" },
         { "INVITE", "> 486 INVITE" }, { "answer 200 tag=a", "" }, { "answer 180 tag=a", "" },
         { "INVITE", "> 486 INVITE" });
}
END_TEST

START_TEST(the_ack_ends_a_refused_invite)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 486 tag=a", "> 486 INVITE" },
         { "ACK to=a", "" }, { "wait 40000", "" }, { "answer 486 tag=a", "" });
}
END_TEST

START_TEST(a_refused_invite_without_ack_is_reported_after_timer_h)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 486 tag=a", "> 486 INVITE" },
         { "wait 31999", "" }, { "wait 1", "unacked" }, { "wait 99999", "" });
}
END_TEST

START_TEST(nothing_is_repeated_on_a_reliable_connection)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "wait 9999999", "" },
         { "answer 180 tag=a", "> 180 INVITE" }, { "wait 9999999", "" },
         { "answer 200 tag=a", "> 200 INVITE" }, { "wait 31999", "" });
}
END_TEST

START_TEST(an_accepted_invite_is_absorbed_and_its_answer_repeated_by_the_user)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 200 tag=a", "> 200 INVITE" },
         { "INVITE", "" }, { "answer 200 tag=a", "> 200 INVITE" }, { "answer 486 tag=a", "" },
         { "wait 32000", "" }, { "answer 200 tag=a", "" });
}
END_TEST

START_TEST(each_ack_of_a_2xx_goes_to_the_user)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 200 tag=a", "> 200 INVITE" },
         { "ACK to=a branch=k", "ack" }, { "ACK to=a branch=k", "ack" }, { "wait 32000", "" },
         { "ACK to=a branch=k", "ack" });
}
END_TEST

START_TEST(an_accepted_invite_lives_until_timer_l_whatever_acks_come)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "INVITE", "> 100 INVITE, request INVITE" },
            { "answer 200 tag=a", "> 200 INVITE" }, { "wait 1000", "" },
            { "ACK to=a branch=k", "ack" }, { "INVITE", "" },
            { "CANCEL", "> 200 CANCEL with tag=a" },
            { "INVITE branch=other", "> 482 INVITE, refused 482" }, { "wait 30999", "" });
    ck_assert_uint_eq(sip_endpoint_transaction_count(bench->endpoint), 1);
    PLAY_ON(bench, { "CANCEL", "> 200 CANCEL" }, { "wait 1", "" }, { "CANCEL", "> 481 CANCEL" });
    ck_assert_uint_eq(sip_endpoint_transaction_count(bench->endpoint), 0);
    bench_free(bench);
}
END_TEST

/* "#" in a step stands for the number. */
static void play_numbered(struct bench *bench, size_t number, const char *does, const char *yields)
{
    char text[256];
    size_t length = 0;
    for (; *does; does++)
        length += (size_t)(*does == '#' ? snprintf(text + length, 24, "%zu", number)
                                        : snprintf(text + length, 2, "%c", *does));
    play_step(bench, &(struct step){ text, yields });
}

START_TEST(a_thousand_calls_in_quick_succession_are_not_refused)
{
    struct bench *bench = bench_new();
    for (size_t i = 0; i < 1000; i++) {
        play_numbered(bench, i, "INVITE branch=b# from=f#", "> 100 INVITE, request INVITE");
        play_numbered(bench, i, "answer 200 tag=a#", "> 200 INVITE");
        play_numbered(bench, i, "ACK branch=k# from=F# to=A#", "ack");
    }
    ck_assert_uint_eq(sip_endpoint_transaction_count(bench->endpoint),
                      LIMIT_SIP_TRANSACTIONS_ENDED);
    /* The latest of them are remembered, the first make room. */
    PLAY_ON(bench, { "CANCEL branch=b999", "> 200 CANCEL" },
            { "CANCEL branch=b0", "> 481 CANCEL" });
    bench_free(bench);
}
END_TEST

START_TEST(requests_beyond_the_limit_get_503_with_retry_after)
{
    struct bench *bench = bench_new();
    for (size_t i = 0; i < 10; i++)
        play_numbered(bench, i, "request OPTIONS", "> OPTIONS");
    for (size_t i = 0; i < LIMIT_SIP_TRANSACTIONS; i++)
        play_numbered(bench, i, "OPTIONS branch=b# from=f#", "request OPTIONS");
    PLAY_ON(bench, { "OPTIONS branch=more from=more", "> 503 OPTIONS with Retry-After: " },
            { "request OPTIONS", "> OPTIONS" }, { "answer 200", "> 200 OPTIONS" },
            { "OPTIONS branch=more from=more", "request OPTIONS" });
    bench_free(bench);
}
END_TEST

START_TEST(the_limits_follow_from_how_many_calls_there_may_be)
{
    struct bench *bench = bench_new();
    sip_endpoint_set_calls(bench->endpoint, 1000);
    for (size_t i = 0; i < 4000; i++)
        play_numbered(bench, i, "OPTIONS branch=b# from=f#", "request OPTIONS");
    PLAY_ON(bench, { "OPTIONS branch=more from=more", "> 503 OPTIONS with Retry-After: " });
    sip_endpoint_set_calls(bench->endpoint, 1001);
    PLAY_ON(bench, { "OPTIONS branch=less from=less", "request OPTIONS" });
    bench_free(bench);
}
END_TEST

// --- server: other methods (17.2.2)

START_TEST(another_method_is_absorbed_until_its_answer)
{
    PLAY({ "OPTIONS", "request OPTIONS" }, { "OPTIONS", "" },
         { "answer 183 tag=a", "> 183 OPTIONS" }, { "OPTIONS", "> 183 OPTIONS" },
         { "answer 200 tag=a", "> 200 OPTIONS" }, { "answer 200 tag=a", "" }, { "wait 99999", "" });
}
END_TEST

START_TEST(a_lost_link_ends_other_methods_but_not_an_invite)
{
    PLAY({ "OPTIONS", "request OPTIONS" }, { "lost", "" }, { "answer 200 tag=a", "" },
         { "INVITE", "> 100 INVITE, request INVITE" }, { "lost", "" },
         { "answer 180 tag=a", "> 180 INVITE" }, { "answer 200 tag=a", "> 200 INVITE" });
}
END_TEST

// --- matching requests (17.2.3)

START_TEST(a_request_with_the_cookie_matches_by_branch_sent_by_and_method)
{
    /* From tag, Call-ID and CSeq would prove nothing. */
    PLAY({ "OPTIONS", "request OPTIONS" }, { "OPTIONS call=c0 from=other cseq=9", "" },
         { "OPTIONS by=H:5061", "" }, { "OPTIONS branch=B0", "" },
         { "OPTIONS cookie=Z9HG4BK uri=sip:other@h", "" },
         { "OPTIONS by=h:5062 from=2", "request OPTIONS" },
         { "OPTIONS by=h from=3", "request OPTIONS" },
         { "OPTIONS by=other:5061 from=4", "request OPTIONS" },
         { "OPTIONS branch=b00 from=5", "request OPTIONS" }, { "INFO", "request INFO" });
}
END_TEST

START_TEST(unknown_methods_match_by_their_names)
{
    PLAY({ "FOO", "request FOO" }, { "BAR", "request BAR" }, { "FOO", "" }, { "BAR", "" },
         { "CANCEL", "> 200 CANCEL" });
}
END_TEST

START_TEST(a_request_of_rfc_2543_matches_by_its_headers)
{
    PLAY({ "OPTIONS branch=none", "request OPTIONS" }, { "OPTIONS branch=none", "" },
         { "OPTIONS branch=none uri=sip:us@H from=F0 over=tls", "" },
         { "OPTIONS branch=none over=TCP", "> 482 OPTIONS" },
         { "OPTIONS branch=none uri=sip:other@h", "> 482 OPTIONS" },
         { "OPTIONS branch=none to=x", "request OPTIONS" },
         { "OPTIONS branch=none from=x", "request OPTIONS" },
         { "OPTIONS branch=none call=C0 from=y", "request OPTIONS" },
         { "OPTIONS branch=none cseq=2", "request OPTIONS" },
         { "OPTIONS branch=none by=h2", "> 482 OPTIONS" },
         { "OPTIONS branch=old1", "> 482 OPTIONS" }, { "INFO branch=none", "request INFO" });
}
END_TEST

START_TEST(an_invite_of_rfc_2543_is_acked_and_cancelled_by_its_headers)
{
    PLAY({ "INVITE branch=none", "> 100 INVITE, request INVITE" },
         { "answer 180 tag=a", "> 180 INVITE" }, { "CANCEL branch=none cseq=2", "> 481 CANCEL" },
         { "CANCEL branch=none", "> 200 CANCEL, cancelled" },
         { "answer 487 tag=a", "> 487 INVITE" },
         /* The ACK must name the To tag of our answer. */
         { "ACK branch=none to=b", "ack" }, { "INVITE branch=none", "> 487 INVITE" },
         { "ACK branch=none to=A", "" }, { "CANCEL branch=none", "> 481 CANCEL" });
}
END_TEST

// --- merged requests (8.2.2.2)

START_TEST(the_same_request_by_another_way_gets_482)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" },
         { "INVITE branch=x", "> 482 INVITE, refused 482 with tag=" },
         { "INVITE by=h2:5061 from=F0", "> 482 INVITE, refused 482" },
         { "INVITE branch=x cseq=2", "> 100 INVITE, request INVITE" },
         { "INVITE branch=y call=C0", "> 100 INVITE, request INVITE" },
         { "INVITE branch=z from=x", "> 100 INVITE, request INVITE" },
         { "OPTIONS branch=v", "request OPTIONS" },
         /* Within a dialog nothing merges. */
         { "INVITE branch=w to=x", "> 100 INVITE, request INVITE" });
}
END_TEST

START_TEST(unknown_methods_merge_by_their_names)
{
    PLAY({ "FOO", "request FOO" }, { "BAR branch=x", "request BAR" },
         { "FOO branch=y", "> 482 FOO" });
}
END_TEST

// --- CANCEL as server (9.2)

START_TEST(a_cancel_of_an_open_invite_gets_200_and_reaches_the_user_once)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 180 tag=a", "> 180 INVITE" },
         { "CANCEL", "> 200 CANCEL, cancelled with tag=a" }, { "CANCEL", "> 200 CANCEL" },
         { "INVITE", "> 180 INVITE" }, { "answer 487 tag=a", "> 487 INVITE" },
         { "CANCEL", "> 200 CANCEL" }, { "ACK to=a", "" }, { "CANCEL", "> 481 CANCEL" });
}
END_TEST

START_TEST(a_cancel_of_another_method_gets_200_and_has_no_effect)
{
    PLAY({ "OPTIONS", "request OPTIONS" }, { "CANCEL", "> 200 CANCEL" },
         { "answer 183 tag=a", "> 183 OPTIONS" }, { "CANCEL", "> 200 CANCEL" },
         { "answer 200 tag=a", "> 200 OPTIONS" }, { "CANCEL", "> 481 CANCEL" });
}
END_TEST

START_TEST(a_cancel_after_our_2xx_gets_200_and_the_call_stands)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 200 tag=a", "> 200 INVITE" },
         { "CANCEL", "> 200 CANCEL with tag=a" }, { "answer 200 tag=a", "> 200 INVITE" },
         { "ACK to=a branch=k", "ack" });
}
END_TEST

START_TEST(a_cancel_of_nothing_gets_481)
{
    PLAY({ "CANCEL", "> 481 CANCEL with tag=" }, { "INVITE", "> 100 INVITE, request INVITE" },
         { "CANCEL branch=x", "> 481 CANCEL" }, { "CANCEL by=h:1", "> 481 CANCEL" },
         { "CANCEL by=h2:5061", "> 481 CANCEL" });
}
END_TEST

START_TEST(a_cancelled_invite_may_still_be_accepted)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "CANCEL", "> 200 CANCEL, cancelled" },
         { "answer 200 tag=a", "> 200 INVITE with tag=a\r\n" }, { "ACK to=a branch=k", "ack" });
}
END_TEST

START_TEST(require_in_a_cancel_is_not_looked_at)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" },
         { "CANCEL with='Require: teleportation'", "> 200 CANCEL, cancelled" });
}
END_TEST

// --- answers (8.2.6)

static struct slice sent_tag(struct bench *bench)
{
    ck_assert(!bench->reads->is_request && bench->reads->to_tag.length > 0);
    return bench->reads->to_tag;
}

START_TEST(all_answers_to_a_request_have_one_tag)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "INVITE", "> 100 INVITE, request INVITE" });
    ck_assert(slice_is_empty(bench->reads->to_tag));
    PLAY_ON(bench, { "CANCEL", "> 200 CANCEL, cancelled" });
    struct slice tag = sent_tag(bench);
    PLAY_ON(bench, { "answer 487 tag=a", "> 487 INVITE" });
    ck_assert(slice_equal(tag, sent_tag(bench)));
    PLAY_ON(bench, { "INVITE", "> 487 INVITE" });
    ck_assert(slice_equal(tag, sent_tag(bench)));
    bench_free(bench);
}
END_TEST

START_TEST(an_answer_without_a_tag_gets_one)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "OPTIONS", "request OPTIONS" }, { "answer 183", "> 183 OPTIONS" });
    struct slice tag = sent_tag(bench);
    PLAY_ON(bench, { "answer 481", "> 481 OPTIONS" });
    ck_assert(slice_equal(tag, sent_tag(bench)));
    PLAY_ON(bench, { "INVITE branch=x", "> 100 INVITE, request INVITE" },
            { "answer 180 tag=a", "> 180 INVITE with ;tag=a" },
            { "answer 500", "> 500 INVITE with ;tag=a" });
    bench_free(bench);
}
END_TEST

START_TEST(answers_without_a_transaction_keep_their_tag)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "OPTIONS uri=fax:1", "> 416 OPTIONS" });
    struct slice tag = sent_tag(bench);
    PLAY_ON(bench, { "OPTIONS uri=fax:1", "> 416 OPTIONS" });
    ck_assert(slice_equal(tag, sent_tag(bench)));
    bench_free(bench);
}
END_TEST

START_TEST(the_ack_of_an_answer_without_a_transaction_is_ignored)
{
    struct bench *bench = bench_new();
    char ack[128];
    PLAY_ON(bench, { "INVITE uri=fax:1", "> 416 INVITE, refused 416" });
    snprintf(ack, sizeof(ack), "ACK to=%.*s", SLICE_PRINT(sent_tag(bench)));
    PLAY_ON(bench, { ack, "" });
    for (char *letter = strchr(ack, '='); *letter; letter++)
        *letter = ascii_is_letter(*letter) ? (char)(*letter & ~0x20) : *letter;
    PLAY_ON(bench, { ack, "" }, { "ACK to=other", "ack" });
    bench_free(bench);
}
END_TEST

START_TEST(a_tag_in_the_request_stays)
{
    PLAY({ "OPTIONS to=theirs", "request OPTIONS" },
         { "answer 481 tag=a", "> 481 OPTIONS with To: <sip:us@h>;tag=theirs\r\n" });
}
END_TEST

START_TEST(an_answer_has_the_vias_as_they_came)
{
    PLAY({ "OPTIONS with='Via: SIP/2.0/TCP one;branch=1, SIP/2.0/UDP two;branch=2;x=y'",
           "request OPTIONS" },
         { "answer 200",
           "> 200 OPTIONS with Via: SIP/2.0/TLS h:5061;branch=z9hG4bKb0\r\n"
           "Via: SIP/2.0/TCP one;branch=1\r\nVia: SIP/2.0/UDP two;branch=2;x=y\r\n" });
}
END_TEST

#define TOP "Via: SIP/2.0/TLS "
#define B   ";branch=z9hG4bKb0"

START_TEST(the_topmost_via_tells_where_the_request_came_from)
{
    /* 18.2.1; with rport always (RFC 3581 4). */
    PLAY({ "from 192.0.2.9", "" }, { "INVITE by=h:5061", "> 100 INVITE, request INVITE" },
         { "answer 180 tag=a", "> 180 INVITE with " TOP "h:5061" B ";received=192.0.2.9\r\n" },
         { "OPTIONS by=192.0.2.9:1", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with " TOP "192.0.2.9:1" B "\r\n" },
         { "OPTIONS by=192.0.2.8", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with " TOP "192.0.2.8" B ";received=192.0.2.9\r\n" },
         { "OPTIONS by=192.0.2.9 parameters=;rPort;x", "request OPTIONS" },
         { "answer 200",
           "> 200 OPTIONS with " TOP "192.0.2.9" B ";x;rport=5061;received=192.0.2.9\r\n" },
         { "OPTIONS by=h parameters=;rport=7;received=10.0.0.1", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with " TOP "h" B ";rport=7;received=192.0.2.9\r\n" });
}
END_TEST

START_TEST(an_answer_without_a_transaction_tells_it_too)
{
    PLAY({ "from 192.0.2.9", "" },
         { "CANCEL", "> 481 CANCEL with " TOP "h:5061" B ";received=192.0.2.9\r\n" },
         { "OPTIONS uri=fax:1", "> 416 OPTIONS with ;received=192.0.2.9\r\n" },
         { "OPTIONS by=@ forwards=70", "> 400 OPTIONS with " TOP "@" B "\r\n" });
}
END_TEST

START_TEST(addresses_of_version_6_are_compared_by_value)
{
    PLAY({ "from 2001:db8::9", "" }, { "OPTIONS by=[2001:DB8:0::9]:1", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with " TOP "[2001:DB8:0::9]:1" B "\r\n" },
         { "OPTIONS by=[2001:db8::8]", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with ]" B ";received=2001:db8::9\r\n" });
}
END_TEST

START_TEST(only_the_topmost_via_is_touched)
{
    PLAY({ "from 192.0.2.9", "" },
         { "OPTIONS with='Via: SIP/2.0/UDP two;branch=2;rport'", "request OPTIONS" },
         { "answer 200", "> 200 OPTIONS with ;received=192.0.2.9\r\n"
                         "Via: SIP/2.0/UDP two;branch=2;rport\r\n" });
}
END_TEST

START_TEST(the_source_is_that_of_the_connection_the_request_came_by)
{
    PLAY({ "from 192.0.2.9", "" }, { "INVITE", "> 100 INVITE, request INVITE" }, { "lost", "" },
         { "from 192.0.2.10", "" },
         { "answer 180 tag=a", "> 180 INVITE with ;received=192.0.2.9\r\n" });
}
END_TEST

START_TEST(a_provisional_answer_that_cannot_be_written_is_dropped)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 180 tag=a lines=bad", "" },
         { "answer 183 tag=a body=huge", "" }, { "INVITE", "> 100 INVITE" },
         { "answer 180 tag=a", "> 180 INVITE" }, { "answer 200 tag=a", "> 200 INVITE" });
}
END_TEST

START_TEST(a_final_answer_that_cannot_be_written_becomes_500)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "answer 180 tag=a", "> 180 INVITE" },
         { "answer 200 tag=a lines=bad", "> 500 INVITE with ;tag=a" }, { "INVITE", "> 500 INVITE" },
         { "ACK to=a", "" }, { "OPTIONS", "request OPTIONS" },
         { "answer 200 body=huge", "> 500 OPTIONS" }, { "INFO", "request INFO" },
         { "answer 200 tag='a b'", "> 500 INFO with ;tag=" });
}
END_TEST

// --- defective requests and Max-Forwards

START_TEST(a_defective_request_is_refused_without_a_transaction)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "INVITE forwards=256", "> 400 INVITE, refused 400" },
            { "OPTIONS branch=bare", "> 400 OPTIONS" },
            { "INVITE uri=fax:1", "> 416 INVITE, refused 416" }, { "CANCEL cseq=x", "> 400 " },
            { "BYE cseq=x", "> 400 " });
    ck_assert_uint_eq(sip_endpoint_transaction_count(bench->endpoint), 0);
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 0);
    PLAY_ON(bench, { "ACK cseq=x", "" }, { "OPTIONS call=", "" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 2);
    bench_free(bench);
}
END_TEST

/* What ends something, and who can do without Max-Forwards. */
START_TEST(a_flaw_in_what_is_not_needed_is_no_defect)
{
    PLAY({ "BYE forwards=256", "request BYE" }, { "CANCEL forwards=x", "> 200 CANCEL" },
         { "OPTIONS forwards=x", "request OPTIONS" },
         { "INVITE with='Subject: a|Subject: b|nothing'", "> 100 INVITE, request INVITE" });
}
END_TEST

START_TEST(an_answer_repeats_no_line_that_was_smuggled_in)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "OPTIONS from=a\rInjected:x", "> 400 OPTIONS with a Injected:x" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 0);
    bench_free(bench);
}
END_TEST

START_TEST(a_final_answer_begins_at_300)
{
    PLAY({ "INVITE with='Record-Route: <sip:p;lr>'", "> 100 INVITE, request INVITE" },
         { "answer 180 tag=a", "> 180 INVITE with Record-Route" },
         { "answer 300 tag=b", "> 300 INVITE with ;tag=a\r\nCall-ID" },
         { "INVITE", "> 300 INVITE with z9hG4bKb0\r\nFrom" }, { "ACK to=a", "" },
         { "request INVITE", "> INVITE" }, { "300", "> ACK, response 300" });
}
END_TEST

START_TEST(max_forwards_is_no_matter_at_the_end_of_the_way)
{
    PLAY({ "OPTIONS forwards=0", "request OPTIONS" },
         { "OPTIONS branch=x from=x forwards=", "request OPTIONS" });
}
END_TEST

// --- client (8.1, 17.1)

START_TEST(a_request_has_its_six_headers_and_a_branch_of_its_own)
{
    struct bench *bench = bench_new();
    char via[256];
    PLAY_ON(bench, { "request OPTIONS", "> OPTIONS with \r\nMax-Forwards: 70\r\n" });
    ck_assert(bench->reads->via.rport == 0 && strstr(bench->calls[0].via, ";rport"));
    ck_assert(strstr(bench->sent, "\r\nUser-Agent: "));
    ck_assert(strstr(bench->sent, "OPTIONS sip:them@h SIP/2.0\r\n"
                                  "Via: SIP/2.0/TLS 192.0.2.1:40000;branch=z9hG4bK"));
    ck_assert(strstr(bench->sent, "\r\nFrom: <sip:us@h>;tag=u0\r\nTo: <sip:them@h>\r\n"
                                  "Call-ID: c0\r\nCSeq: 7 OPTIONS\r\n"));
    snprintf(via, sizeof(via), "%s", bench->calls[0].via);
    PLAY_ON(bench, { "request OPTIONS", "> OPTIONS" });
    ck_assert_str_ne(via, bench->calls[0].via);
    sip_endpoint_set_local(bench->endpoint, "TCP", slice_of("2001:db8::1"), 5060);
    PLAY_ON(bench, { "request OPTIONS", "> OPTIONS with Via: SIP/2.0/TCP [2001:db8::1]:5060;" },
            { "200", "response 200" });
    bench_free(bench);
}
END_TEST

START_TEST(an_invite_of_ours_hears_all_until_the_final_response)
{
    PLAY({ "request INVITE", "> INVITE" }, { "100", "response 100" }, { "180", "response 180" },
         { "199", "response 199" }, { "wait 9999999", "" }, { "486 to=t", "> ACK, response 486" },
         { "486 to=t", "" }, { "wait 9999999", "" });
}
END_TEST

START_TEST(the_ack_of_a_refusal_repeats_the_invite_and_the_to_of_the_answer)
{
    struct bench *bench = bench_new();
    const struct slice routes[] = { { "<sip:p1;lr>", 11 }, { "<sip:p2;lr>", 11 } };
    struct sip_request invite = request_of(bench, "", SIP_METHOD_INVITE);
    char via[300];
    invite.routes = routes;
    invite.route_count = 2;
    invite.lines = slice_of("Subject: x\r\n");
    bench->calls[0].client = sip_endpoint_request(bench->endpoint, bench->now, &invite);
    snprintf(bench->calls[0].method, sizeof(bench->calls[0].method), "INVITE");
    PLAY_ON(bench, { "up", "> INVITE with Subject" });
    snprintf(via, sizeof(via), "ACK sip:them@h SIP/2.0\r\nVia: %s\r\n", bench->calls[0].via);
    PLAY_ON(bench, { "302 to=t9", "> ACK, response 302" },
            { "wait 0",
              " with Route: <sip:p1;lr>\r\nRoute: <sip:p2;lr>\r\nFrom: <sip:us@h>;tag=u0\r\n"
              "To: <sip:them@h>;tag=t9\r\nCall-ID: c0\r\nCSeq: 7 ACK\r\n" });
    ck_assert_uint_eq(sip_message_count(bench->reads, SIP_HEADER_VIA), 1);
    ck_assert(strstr(bench->sent, via) && !strstr(bench->sent, "Subject"));
    bench_free(bench);
}
END_TEST

START_TEST(each_2xx_to_an_invite_goes_to_the_user_until_timer_m)
{
    PLAY({ "request INVITE", "> INVITE" }, { "200 to=a", "response 200" },
         { "200 to=b", "response 200" }, { "180", "" }, { "486", "" }, { "cancel", "" },
         { "wait 31999", "" }, { "200 to=a", "response 200" }, { "wait 1", "" },
         { "200 to=a", "" });
}
END_TEST

START_TEST(the_ack_of_a_2xx_has_a_branch_of_its_own_and_is_repeated_as_it_was)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "request INVITE", "> INVITE" });
    struct slice branch = bench->reads->via.branch;
    PLAY_ON(bench, { "200", "response 200" }, { "ack", "> ACK with CSeq: 7 ACK" });
    ck_assert(slice_starts_with(bench->reads->via.branch, slice_of("z9hG4bK")));
    ck_assert(!slice_equal(branch, bench->reads->via.branch));
    branch = bench->reads->via.branch;
    PLAY_ON(bench, { "again", "> ACK" });
    ck_assert(slice_equal(branch, bench->reads->via.branch));
    ck_assert_str_eq(bench->sent, bench->calls[0].kept);
    bench_free(bench);
}
END_TEST

START_TEST(an_invite_without_any_response_fails_after_timer_b)
{
    PLAY({ "request INVITE", "> INVITE" }, { "wait 31999", "" }, { "wait 1", "failed timed out" },
         { "200", "" });
}
END_TEST

START_TEST(another_request_fails_after_timer_f_whatever_provisional_came)
{
    PLAY({ "request OPTIONS", "> OPTIONS" }, { "wait 20000", "" }, { "183", "response 183" },
         { "wait 11999", "" }, { "wait 1", "failed timed out" });
}
END_TEST

START_TEST(another_request_hears_one_final_response)
{
    PLAY({ "request OPTIONS", "> OPTIONS" }, { "100", "response 100" }, { "200", "response 200" },
         { "200", "" }, { "request OPTIONS", "> OPTIONS" }, { "606", "response 606" },
         { "wait 99999", "" });
}
END_TEST

START_TEST(a_lost_link_fails_what_waits_for_an_answer)
{
    PLAY({ "request OPTIONS", "> OPTIONS" }, { "lost", "failed closed" },
         { "request OPTIONS", "failed closed" }, { "up", "" }, { "request INVITE", "> INVITE" },
         { "180", "response 180" }, { "lost", "failed closed" }, { "up", "" },
         { "request INVITE", "> INVITE" }, { "200", "response 200" }, { "lost", "" }, { "up", "" },
         { "200", "response 200" });
}
END_TEST

// --- matching responses (17.1.3, 18.1.2, 8.1.3.3)

START_TEST(a_response_matches_by_branch_sent_by_and_method)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "request OPTIONS", "> OPTIONS" }, { "200 branch=z9hG4bKother", "" },
            { "200 by=192.0.2.2:40000", "" }, { "200 by=192.0.2.1:40001", "" },
            { "200 by=192.0.2.1", "" }, { "200 method=INVITE", "" }, { "200 via=two", "" },
            { "200 cseq=x", "" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 7);
    PLAY_ON(bench, { "200 with='CSeq: 7 OPTIONS'", "response 200" }); /* the first of two counts */
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 7);
    bench_free(bench);
}
END_TEST

/* 8.2.6.2: it answers another request; this one goes on waiting, and has its end. */
START_TEST(a_response_with_another_cseq_or_call_id_is_none)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "request OPTIONS", "> OPTIONS" }, { "200 cseq=8", "" }, { "200 cseq=6", "" },
            { "200 call=c9", "" }, { "200 call=C0", "" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 4);
    PLAY_ON(bench, { "wait 32000", "failed timed out" });
    bench_free(bench);
}
END_TEST

START_TEST(ignored_messages_are_counted)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "request INVITE", "> INVITE" }, { "200", "response 200" }, { "180", "" },
            { "404", "" }, { "INVITE", "> 100 INVITE, request INVITE" }, { "ACK to=a", "" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 3);
    PLAY_ON(bench, { "answer 200 tag=a", "> 200 INVITE" }, { "INVITE", "" },
            { "200", "response 200" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 3);
    bench_free(bench);
}
END_TEST

// --- CANCEL as client (9.1)

START_TEST(a_cancel_waits_for_a_provisional_response)
{
    PLAY({ "request INVITE", "> INVITE" }, { "cancel", "" }, { "cancel", "" },
         { "100", "> CANCEL, response 100" }, { "180", "response 180" }, { "cancel", "" });
    PLAY({ "request INVITE", "> INVITE" }, { "cancel", "" }, { "wait 32000", "failed timed out" });
    PLAY({ "request INVITE", "> INVITE" }, { "cancel", "" }, { "200", "response 200" },
         { "180", "" });
}
END_TEST

START_TEST(a_cancel_repeats_what_it_cancels)
{
    struct bench *bench = bench_new();
    char head[300];
    PLAY_ON(bench, { "request INVITE", "> INVITE" }, { "180", "response 180" });
    snprintf(head, sizeof(head), "CANCEL sip:them@h SIP/2.0\r\nVia: %s\r\n", bench->calls[0].via);
    PLAY_ON(bench, { "cancel lines='Reason: SIP;cause=200'", "> CANCEL" },
            { "wait 0", " with From: <sip:us@h>;tag=u0\r\nTo: <sip:them@h>\r\nCall-ID: c0\r\n"
                        "CSeq: 7 CANCEL\r\nReason: SIP;cause=200\r\n" });
    ck_assert(strstr(bench->sent, head));
    ck_assert_uint_eq(sip_message_count(bench->reads, SIP_HEADER_VIA), 1);
    PLAY_ON(bench, { "200 method=CANCEL", "" }, { "487", "> ACK, response 487" });
    ck_assert_uint_eq(sip_endpoint_dropped_count(bench->endpoint), 0);
    bench_free(bench);
}
END_TEST

START_TEST(a_cancelled_invite_without_final_response_fails_after_64_t1)
{
    PLAY({ "request INVITE", "> INVITE" }, { "180", "response 180" }, { "wait 100000", "" },
         { "cancel", "> CANCEL" }, { "wait 31999", "" }, { "wait 1", "failed timed out" });
}
END_TEST

START_TEST(a_cancel_that_comes_too_late_has_no_effect)
{
    PLAY({ "request INVITE", "> INVITE" }, { "180", "response 180" }, { "cancel", "> CANCEL" },
         { "200", "response 200" }, { "request INVITE", "> INVITE" },
         { "486", "> ACK, response 486" }, { "cancel", "" }, { "request OPTIONS", "> OPTIONS" },
         { "183", "response 183" }, { "cancel", "" });
}
END_TEST

START_TEST(an_invite_of_another_process_is_cancelled_by_its_branch)
{
    struct bench *bench = bench_new();
    char via[300];
    PLAY_ON(bench, { "request INVITE", "> INVITE" }, { "180", "response 180" });
    snprintf(via, sizeof(via), "Via: %s\r\n", bench->calls[0].via);
    PLAY_ON(bench, { "resume", "" }, { "cancel", "> CANCEL with CSeq: 7 CANCEL\r\n" });
    ck_assert_msg(strstr(bench->sent, via), "%s lacks %s", bench->sent, via);
    PLAY_ON(bench, { "200 method=CANCEL", "" }, { "487", "> ACK, response 487" });
    ck_assert_msg(strstr(bench->sent, via), "%s lacks %s", bench->sent, via);
    bench_free(bench);
}
END_TEST

START_TEST(the_answer_to_an_invite_of_another_process_reaches_the_user)
{
    PLAY({ "request INVITE", "> INVITE" }, { "resume", "" }, { "wait 100000", "" },
         { "200", "response 200" }, { "200", "response 200" });
    PLAY({ "request INVITE", "> INVITE" }, { "resume", "" }, { "lost", "failed closed" });
}
END_TEST

START_TEST(an_invite_that_came_to_another_process_is_answered)
{
    PLAY({ "INVITE", "> 100 INVITE, request INVITE" }, { "resume INVITE", "" },
         { "answer 480 tag=t", "> 480 INVITE with branch=z9hG4bKb0" }, { "ACK to=t", "" },
         { "wait 100000", "" });
}
END_TEST

START_TEST(a_transaction_is_only_used_for_what_it_is)
{
    struct bench *bench = bench_new();
    struct sip_response ok = { .status = 200 };
    PLAY_ON(bench, { "INVITE", "> 100 INVITE, request INVITE" }, { "request INVITE", "> INVITE" });
    uint32_t server = bench->calls[0].server;
    uint32_t client = bench->calls[0].client;
    sip_endpoint_cancel(bench->endpoint, bench->now, server, slice_empty());
    sip_endpoint_cancel(bench->endpoint, bench->now, 99, slice_empty());
    sip_endpoint_respond(bench->endpoint, bench->now, client, &ok);
    sip_endpoint_respond(bench->endpoint, bench->now, 99, &ok);
    ck_assert_int_eq(sip_endpoint_request_of(bench->endpoint, server)->method, SIP_METHOD_INVITE);
    ck_assert_ptr_null(sip_endpoint_request_of(bench->endpoint, client));
    ck_assert_ptr_null(sip_endpoint_request_of(bench->endpoint, 99));
    PLAY_ON(bench, { "wait 0", "" }, { "CANCEL", "> 200 CANCEL, cancelled" });
    bench_free(bench);
    sip_endpoint_free(NULL);
}
END_TEST

// --- what cannot be written

START_TEST(a_request_that_cannot_be_written_fails_and_says_why)
{
    PLAY({ "request OPTIONS lines=bad", "failed malformed" },
         { "request OPTIONS body=huge", "failed too large" },
         { "request INVITE uri=none", "failed malformed" }, { "wait 99999", "" });
}
END_TEST

START_TEST(ack_cancel_and_bye_go_without_a_bad_line)
{
    struct bench *bench = bench_new();
    PLAY_ON(bench, { "request INVITE", "> INVITE" }, { "180", "response 180" },
            { "cancel lines=bad", "> CANCEL" });
    ck_assert(!strstr(bench->sent, "Injected"));
    PLAY_ON(bench, { "ack lines=bad", "> ACK" });
    ck_assert(!strstr(bench->sent, "Injected") && !strstr(bench->calls[0].kept, "Injected"));
    PLAY_ON(bench, { "request BYE lines=bad", "> BYE" });
    ck_assert(!strstr(bench->sent, "Injected"));
    PLAY_ON(bench, { "ack body=huge", "" }, { "again", "" });
    bench_free(bench);
}
END_TEST

START_TEST(an_escaped_nul_in_the_to_of_a_refusal_is_copied)
{
    static const char from_to[] = "From: <sip:us@h>;tag=u0\r\nTo: \"a\\\0b\" <sip:them@h>;tag=t\r\n"
                                  "Call-ID: c0\r\nCSeq: 7 INVITE\r\nContent-Length: 0\r\n\r\n";
    struct bench *bench = bench_new();
    struct sip_message *message;
    struct buffer text;
    PLAY_ON(bench, { "request INVITE", "> INVITE" });
    buffer_init(&text, 4096);
    buffer_append_text(&text, "SIP/2.0 486 x\r\nVia: ");
    buffer_append_text(&text, bench->calls[0].via);
    buffer_append_text(&text, "\r\n");
    buffer_append(&text, slice_make(from_to, sizeof(from_to) - 1));
    ck_assert_int_eq(sip_message_parse(bench->arena, buffer_slice(&text), &message), STATUS_OK);
    sip_endpoint_receive(bench->endpoint, bench->now, message);
    PLAY_ON(bench, { "wait 0", "> ACK, response 486" });
    ck_assert(slice_equal(sip_message_value(bench->reads, SIP_HEADER_TO),
                          sip_message_value(message, SIP_HEADER_TO)));
    buffer_free(&text);
    bench_free(bench);
}
END_TEST

// --- no cross-talk

static const struct step answered[] = {
    { "INVITE", "> 100 INVITE, request INVITE" },
    { "answer 180 tag=a", "> 180 INVITE with ;tag=a" },
    { "INVITE", "> 180 INVITE" },
    { "answer 200 tag=a", "> 200 INVITE with ;tag=a" },
    { "INVITE", "" },
    { "ACK to=a branch=ack#", "ack" },
    { "INFO to=a branch=info# cseq=2", "request INFO" },
    { "answer 200", "> 200 INFO" },
    { "CANCEL", "> 200 CANCEL with ;tag=a" },
    { NULL, NULL },
};
static const struct step refused[] = {
    { "INVITE", "> 100 INVITE, request INVITE" },
    { "answer 486 tag=r", "> 486 INVITE with ;tag=r" },
    { "INVITE", "> 486 INVITE with ;tag=r" },
    { "ACK to=r", "" },
    { "CANCEL", "> 481 CANCEL" },
    { NULL, NULL },
};
static const struct step cancelled[] = {
    { "INVITE", "> 100 INVITE, request INVITE" },
    { "INVITE branch=merged#", "> 482 INVITE, refused 482" },
    { "answer 183 tag=x", "> 183 INVITE with ;tag=x" },
    { "CANCEL", "> 200 CANCEL, cancelled with ;tag=x" },
    { "answer 487 tag=x", "> 487 INVITE with ;tag=x" },
    { "ACK to=x", "" },
    { NULL, NULL },
};
static const struct step made[] = {
    { "request INVITE", "> INVITE" },
    { "cancel", "" },
    { "100", "> CANCEL, response 100" },
    { "200 method=CANCEL", "" },
    { "200 to=t", "response 200" },
    { "ack", "> ACK" },
    { NULL, NULL },
};
static const struct step made_and_refused[] = {
    { "request INVITE", "> INVITE" },
    { "180 to=t", "response 180" },
    { "603 to=t", "> ACK, response 603 with ;tag=t" },
    { "request OPTIONS", "> OPTIONS" },
    { "200", "response 200" },
    { NULL, NULL },
};

/* 20 calls, one message at a time of a call drawn by lot. */
static void play_shuffled(uint32_t seed)
{
    static const struct step *const scripts[] = { answered, refused, cancelled, made,
                                                  made_and_refused };
    struct bench *bench = bench_new();
    const struct step *next[CALLS];
    struct random lot;
    random_init_number(&lot, seed);
    for (size_t i = 0; i < CALLS; i++)
        next[i] = scripts[i % (sizeof(scripts) / sizeof(*scripts))];
    for (size_t left = CALLS; left;) {
        size_t drawn = bench->index = random_below(&lot, CALLS);
        if (!next[drawn]->does)
            continue;
        play_numbered(bench, drawn, next[drawn]->does, next[drawn]->yields);
        left -= !(++next[drawn])->does;
    }
    bench_free(bench);
}

START_TEST(twenty_calls_at_once_do_not_mix)
{
    for (uint32_t seed = 1; seed <= 50; seed++)
        play_shuffled(seed);
}
END_TEST

SUITE_MAIN(
    "sip/endpoint", an_invite_gets_100_at_once_and_goes_to_the_user,
    a_repeated_invite_gets_the_last_answer_and_not_the_user, the_ack_ends_a_refused_invite,
    a_refused_invite_without_ack_is_reported_after_timer_h,
    nothing_is_repeated_on_a_reliable_connection,
    an_accepted_invite_is_absorbed_and_its_answer_repeated_by_the_user,
    each_ack_of_a_2xx_goes_to_the_user, an_accepted_invite_lives_until_timer_l_whatever_acks_come,
    a_thousand_calls_in_quick_succession_are_not_refused,
    requests_beyond_the_limit_get_503_with_retry_after,
    the_limits_follow_from_how_many_calls_there_may_be, another_method_is_absorbed_until_its_answer,
    a_lost_link_ends_other_methods_but_not_an_invite,
    a_request_with_the_cookie_matches_by_branch_sent_by_and_method,
    unknown_methods_match_by_their_names, a_request_of_rfc_2543_matches_by_its_headers,
    an_invite_of_rfc_2543_is_acked_and_cancelled_by_its_headers,
    the_same_request_by_another_way_gets_482, unknown_methods_merge_by_their_names,
    a_cancel_of_an_open_invite_gets_200_and_reaches_the_user_once,
    a_cancel_of_another_method_gets_200_and_has_no_effect,
    a_cancel_after_our_2xx_gets_200_and_the_call_stands, a_cancel_of_nothing_gets_481,
    a_cancelled_invite_may_still_be_accepted, require_in_a_cancel_is_not_looked_at,
    all_answers_to_a_request_have_one_tag, an_answer_without_a_tag_gets_one,
    answers_without_a_transaction_keep_their_tag,
    the_ack_of_an_answer_without_a_transaction_is_ignored, a_tag_in_the_request_stays,
    an_answer_has_the_vias_as_they_came, the_topmost_via_tells_where_the_request_came_from,
    an_answer_without_a_transaction_tells_it_too, addresses_of_version_6_are_compared_by_value,
    only_the_topmost_via_is_touched, the_source_is_that_of_the_connection_the_request_came_by,
    a_provisional_answer_that_cannot_be_written_is_dropped,
    a_final_answer_that_cannot_be_written_becomes_500,
    a_defective_request_is_refused_without_a_transaction,
    max_forwards_is_no_matter_at_the_end_of_the_way,
    a_request_has_its_six_headers_and_a_branch_of_its_own,
    an_invite_of_ours_hears_all_until_the_final_response,
    the_ack_of_a_refusal_repeats_the_invite_and_the_to_of_the_answer,
    each_2xx_to_an_invite_goes_to_the_user_until_timer_m,
    the_ack_of_a_2xx_has_a_branch_of_its_own_and_is_repeated_as_it_was,
    an_invite_without_any_response_fails_after_timer_b,
    another_request_fails_after_timer_f_whatever_provisional_came,
    another_request_hears_one_final_response, a_lost_link_fails_what_waits_for_an_answer,
    a_response_matches_by_branch_sent_by_and_method,
    a_response_with_another_cseq_or_call_id_is_none, ignored_messages_are_counted,
    a_cancel_waits_for_a_provisional_response, a_cancel_repeats_what_it_cancels,
    a_cancelled_invite_without_final_response_fails_after_64_t1,
    a_cancel_that_comes_too_late_has_no_effect,
    an_invite_of_another_process_is_cancelled_by_its_branch,
    the_answer_to_an_invite_of_another_process_reaches_the_user,
    an_invite_that_came_to_another_process_is_answered, a_transaction_is_only_used_for_what_it_is,
    an_answer_repeats_no_line_that_was_smuggled_in, a_flaw_in_what_is_not_needed_is_no_defect,
    a_final_answer_begins_at_300, a_request_that_cannot_be_written_fails_and_says_why,
    ack_cancel_and_bye_go_without_a_bad_line, an_escaped_nul_in_the_to_of_a_refusal_is_copied,
    twenty_calls_at_once_do_not_mix)
