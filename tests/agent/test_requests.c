// SPDX-License-Identifier: ISC
// What the agent writes into requests and answers of its own, by address of record, connection and
// far end: identities, routes, Contact (RFC 3261 8.1.1, 10.2, 12.1).
#include "agent/agent.h"
#include "sip/response.h"
#include "tests/agent/line_settings.h"
#include "tests/suite.h"
#include "util/log.h"

#include <stdio.h>

enum {
    SENT_MAX = 64,
    TEXT_BYTES = 4096
};

struct bench {
    time_ms now;
    struct random random;
    struct agent_settings settings;
    struct agent *agent;
    struct arena *arena;
    const struct sip_message *sent[SENT_MAX]; // ours, since the beginning
    size_t sent_count;
    size_t ended;
};

static const char sdp[] =
    "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n"
    "m=audio 6000 RTP/AVP 0\r\n";

static struct bench *bench_new(const char *aor, const char *route)
{
    static struct bench bench;
    bench = (struct bench){ .now = 1000, .arena = arena_new() };
    bench.settings = line_settings(aor, route);
    random_init_number(&bench.random, 3);
    bench.agent = agent_new(&bench.settings, &bench.random);
    return &bench;
}

static void bench_free(struct bench *bench)
{
    agent_free(bench->agent);
    arena_free(bench->arena);
}

static const struct sip_message *parse(struct bench *bench, struct slice text)
{
    struct sip_message *message;
    ck_assert_int_eq(sip_message_parse(bench->arena, arena_copy(bench->arena, text), &message),
                     STATUS_OK);
    ck_assert_msg(!message->defect, "%s", message->defect_text);
    return message;
}

static void note(struct bench *bench, const struct agent_output *output)
{
    struct net_address rtp;
    if (output->kind == AGENT_SEND) {
        ck_assert_uint_lt(bench->sent_count, SENT_MAX);
        bench->sent[bench->sent_count++] = parse(bench, output->bytes);
    } else if (output->kind == AGENT_EVENT && output->event.kind == EVENT_OUTGOING) {
        agent_own(bench->agent, output->event.call, OWNER_HOOK, 0);
        agent_decide_default(bench->agent, bench->now, output->event.call);
    } else if (output->kind == AGENT_OUTBOX && output->item.kind == OUTBOX_MEDIA_OPEN) {
        (void)!net_address_parse(slice_of("192.0.2.7"), 20000, &rtp);
        agent_media_opened(bench->agent, bench->now, output->item.call, &rtp, 20001);
    }
    bench->ended += output->kind == AGENT_EVENT && output->event.kind == EVENT_ENDED;
}

static void pump(struct bench *bench)
{
    struct agent_output output;
    while (agent_next_output(bench->agent, bench->now, &output))
        note(bench, &output);
}

// The last message of ours: a request of that method, or a response to one.
static const struct sip_message *last(const struct bench *bench, const char *method)
{
    ck_assert_uint_gt(bench->sent_count, 0);
    const struct sip_message *message = bench->sent[bench->sent_count - 1];
    ck_assert_msg(slice_equal(message->method_text, slice_of(method)), "%.*s",
                  SLICE_PRINT(message->method_text));
    return message;
}

// An answer to the last request of ours.
static void respond(struct bench *bench, uint32_t status, const char *lines)
{
    struct sip_writer writer;
    struct sip_response response = {
        .status = status,
        .to_tag = slice_of("far"),
        .lines = slice_of(lines),
    };
    sip_writer_init(&writer);
    sip_response_write(&writer, bench->sent[bench->sent_count - 1], &response);
    agent_receive(bench->agent, bench->now, parse(bench, sip_writer_slice(&writer)));
    sip_writer_free(&writer);
    pump(bench);
}

static void link_up(struct bench *bench, bool is_tls)
{
    struct agent_link link = { .is_tls = is_tls };
    (void)!net_address_parse(slice_of("192.0.2.7"), 40000, &link.local);
    agent_link_up(bench->agent, bench->now, &link);
    pump(bench);
}

static void come_online(struct bench *bench, bool is_tls, const char *lines)
{
    link_up(bench, is_tls);
    last(bench, "REGISTER");
    respond(bench, 200, lines);
}

static enum status dial(struct bench *bench, const char *target)
{
    struct call_order order = { .target = slice_of(target), .wait_s = 30 };
    uint32_t number;
    const char *why;
    enum status status = agent_dial(bench->agent, bench->now, &order, &number, &why);
    pump(bench);
    return status;
}

static enum status send_message(struct bench *bench, const char *target)
{
    uint32_t number;
    const char *why;
    enum status status = agent_send_message(bench->agent, bench->now, slice_of(target),
                                            slice_of("hello"), &number, &why);
    pump(bench);
    return status;
}

static void receive_invite(struct bench *bench, const char *uri, const char *to, const char *lines)
{
    char text[TEXT_BYTES];
    snprintf(text, sizeof(text),
             "INVITE %s SIP/2.0\r\nVia: SIP/2.0/TLS p;branch=z9hG4bKi%zu\r\n"
             "From: <sip:ada@example.org>;tag=a\r\nTo: %s\r\nCall-ID: i%zu\r\nCSeq: 1 INVITE\r\n"
             "%sContent-Type: application/sdp\r\nContent-Length: %zu\r\n\r\n%s",
             uri, bench->sent_count, to, bench->sent_count, lines, strlen(sdp), sdp);
    agent_receive(bench->agent, bench->now, parse(bench, slice_of(text)));
    pump(bench);
}

static void act(struct bench *bench, enum action_kind kind, uint32_t call)
{
    struct action action = { .kind = kind, .call = call };
    const char *why;
    ck_assert_int_eq(agent_act(bench->agent, bench->now, &action, &why), STATUS_OK);
    pump(bench);
}

static const char *scheme_of(const struct sip_message *message)
{
    struct sip_address contact;
    ck_assert_uint_eq(sip_message_count(message, SIP_HEADER_CONTACT), 1);
    ck_assert_int_eq(sip_address_parse(sip_message_value(message, SIP_HEADER_CONTACT), &contact),
                     STATUS_OK);
    ck_assert(slice_equal(contact.uri.user, slice_of("alice")));
    ck_assert(slice_equal(contact.uri.host, slice_of("192.0.2.7")));
    ck_assert_uint_eq(contact.uri.port, 40000);
    return contact.uri.scheme == SIP_SCHEME_SIPS ? "sips" : "sip";
}

// --- identities

START_TEST(every_registration_has_one_call_id)
{
    struct bench *bench = bench_new("sip:alice@example.com", "");
    come_online(bench, true, "");
    struct slice call_id = bench->sent[0]->call_id;
    for (uint32_t i = 2; i < 9; i++) {
        if (i == 5) {
            agent_link_lost(bench->agent, bench->now, "lost");
            pump(bench);
            link_up(bench, true);
        } else if (i == 8) {
            agent_stop(bench->agent, bench->now);
            pump(bench);
        } else {
            bench->now += 600000;
            agent_timeout(bench->agent, bench->now);
            pump(bench);
        }
        ck_assert(slice_equal(last(bench, "REGISTER")->call_id, call_id));
        ck_assert_uint_eq(last(bench, "REGISTER")->cseq, i);
        respond(bench, 200, "");
    }
    bench_free(bench);
}
END_TEST

START_TEST(a_request_outside_a_dialog_has_an_identity_of_its_own)
{
    struct bench *bench = bench_new("sip:alice@example.com", "");
    come_online(bench, true, "");
    for (size_t i = 0; i < 8; i++) {
        char target[32];
        snprintf(target, sizeof(target), "sip:bob%zu@example.org", i); /* RFC 3428 8 */
        ck_assert_int_eq(i % 2 ? dial(bench, target) : send_message(bench, target), STATUS_OK);
        const struct sip_message *request = last(bench, i % 2 ? "INVITE" : "MESSAGE");
        ck_assert(slice_is_empty(request->to_tag));
        ck_assert(slice_equal(request->request_uri.text, request->to.uri.text));
        ck_assert_uint_ge(request->from_tag.length, 8);
        ck_assert_uint_ge(request->call_id.length, 22); /* 100 bits and more */
        for (size_t k = 0; k + 1 < bench->sent_count; k++) {
            ck_assert(!slice_equal(bench->sent[k]->call_id, request->call_id));
            ck_assert(!slice_equal_ignoring_case(bench->sent[k]->from_tag, request->from_tag));
            ck_assert(!slice_equal_ignoring_case(bench->sent[k]->via.branch, request->via.branch));
        }
    }
    bench_free(bench);
}
END_TEST

START_TEST(a_challenged_request_comes_again_with_the_same_identity)
{
    static const char challenge[] = "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"n\", "
                                    "algorithm=SHA-256, qop=\"auth\"\r\n";
    static const char *const methods[] = { "REGISTER", "INVITE", "MESSAGE" };
    struct bench *bench = bench_new("sip:alice@example.com", "");
    link_up(bench, true);
    for (size_t i = 0; i < 3; i++) {
        if (i == 1)
            ck_assert_int_eq(dial(bench, "sip:bob@example.org"), STATUS_OK);
        if (i == 2)
            ck_assert_int_eq(send_message(bench, "sip:bob@example.org"), STATUS_OK);
        const struct sip_message *first = last(bench, methods[i]);
        respond(bench, 401, challenge);
        const struct sip_message *again = last(bench, methods[i]);
        ck_assert(first != again);
        ck_assert(sip_message_header(again, SIP_HEADER_AUTHORIZATION, 0));
        ck_assert(slice_equal(first->request_uri.text, again->request_uri.text));
        ck_assert(slice_equal(first->call_id, again->call_id));
        ck_assert(slice_equal(sip_message_value(first, SIP_HEADER_FROM),
                              sip_message_value(again, SIP_HEADER_FROM)));
        ck_assert(slice_equal(sip_message_value(first, SIP_HEADER_TO),
                              sip_message_value(again, SIP_HEADER_TO)));
        ck_assert(!slice_equal(first->via.branch, again->via.branch));
        ck_assert_uint_eq(first->cseq + 1, again->cseq);
        ck_assert(slice_equal(first->body, again->body));
        respond(bench, i == 1 ? 486 : 200, "");
    }
    bench_free(bench);
}
END_TEST

START_TEST(only_standard_extensions_are_offered_and_none_is_required)
{
    static const char *const known[] = { "100rel", "timer", "outbound", "path", "gruu" };
    struct bench *bench = bench_new("sip:alice@example.com", "");
    come_online(bench, true, "");
    ck_assert_int_eq(dial(bench, "sip:bob@example.org"), STATUS_OK);
    ck_assert_int_eq(send_message(bench, "sip:bob@example.org"), STATUS_OK);
    for (size_t i = 0; i < bench->sent_count; i++) {
        const struct sip_message *request = bench->sent[i];
        const struct sip_header *tag;
        ck_assert(!sip_message_header(request, SIP_HEADER_REQUIRE, 0));
        ck_assert(!sip_message_header(request, SIP_HEADER_PROXY_REQUIRE, 0));
        for (size_t k = 0; (tag = sip_message_header(request, SIP_HEADER_SUPPORTED, k)); k++) {
            size_t n = 0;
            while (n < 5 && !slice_equal(tag->value, slice_of(known[n])))
                n++;
            ck_assert_msg(n < 5, "%.*s", SLICE_PRINT(tag->value));
        }
    }
    bench_free(bench);
}
END_TEST

// --- ways

START_TEST(the_outbound_proxy_is_the_first_route_of_every_request)
{
    static const char proxy[] = "<sip:proxy.example.com;transport=tls;lr>";
    struct bench *bench = bench_new("sip:alice@example.com", proxy);
    come_online(bench, true, "Service-Route: <sip:s1.example.com;lr>\r\n");
    ck_assert_int_eq(dial(bench, "sip:bob@example.org"), STATUS_OK);
    ck_assert(
        slice_equal(last(bench, "INVITE")->request_uri.text, slice_of("sip:bob@example.org")));
    ck_assert_int_eq(send_message(bench, "sip:bob@example.org"), STATUS_OK);
    for (size_t i = 0; i < bench->sent_count; i++) {
        const struct sip_message *request = bench->sent[i];
        ck_assert(slice_equal(sip_message_value(request, SIP_HEADER_ROUTE), slice_of(proxy)));
        ck_assert_uint_eq(sip_message_count(request, SIP_HEADER_ROUTE), i ? 2 : 1);
        if (i)
            ck_assert(slice_equal(sip_message_header(request, SIP_HEADER_ROUTE, 1)->value,
                                  slice_of("<sip:s1.example.com;lr>")));
    }
    bench_free(bench);
}
END_TEST

START_TEST(a_request_to_a_strange_address_is_taken)
{
    static const char *const rows[][2] = {
        { "sip:alice@192.0.2.7:40000", "<tel:+4930123>" },
        { "sip:alice@192.0.2.7:40000", "<fax:1>" },
        { "sip:alice@192.0.2.7:40000", "\"Nobody\" <sip:nobody@elsewhere.example>" },
        { "sip:+4930123@example.com", "<sip:alice@example.com>" },
        { "tel:+4930123", "<tel:+4930123>" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct bench *bench = bench_new("sip:alice@example.com", "");
        come_online(bench, true, "");
        receive_invite(bench, rows[i][0], rows[i][1], "Contact: <sip:ada@192.0.2.9>\r\n");
        act(bench, ACTION_RING, 1);
        ck_assert_uint_eq(last(bench, "INVITE")->status, 180);
        bench_free(bench);
    }
}
END_TEST

// --- Contact

static const struct {
    const char *aor;
    const char *lines; // of the 200 to REGISTER
    const char *target;
    const char *scheme;
} calls_out[] = {
    { "sip:alice@example.com", "", "sip:bob@example.org", "sip" },
    { "sip:alice@example.com", "", "sips:bob@example.org", "sips" },
    { "sip:alice@example.com", "", "SIPS:bob@example.org", "sips" },
    { "sip:alice@example.com", "Service-Route: <sips:s1;lr>, <sip:s2;lr>\r\n", "sip:bob@b",
      "sips" },
    { "sip:alice@example.com", "Service-Route: <sip:s1;lr>, <sips:s2;lr>\r\n", "sip:bob@b", "sip" },
    { "sips:alice@example.com", "", "sip:bob@example.org", "sips" },
    { "sips:alice@example.com", "", "+4930123", "sips" },
};

START_TEST(the_contact_of_a_call_out_is_as_secure_as_its_way)
{
    for (size_t i = 0; i < sizeof(calls_out) / sizeof(*calls_out); i++) {
        struct bench *bench = bench_new(calls_out[i].aor, "");
        come_online(bench, true, calls_out[i].lines);
        ck_assert_int_eq(dial(bench, calls_out[i].target), STATUS_OK);
        ck_assert_msg(strcmp(scheme_of(last(bench, "INVITE")), calls_out[i].scheme) == 0, "row %zu",
                      i);
        bench_free(bench);
    }
}
END_TEST

static const struct {
    const char *aor;
    const char *uri;
    const char *lines;
    const char *scheme;
} calls_in[] = {
    { "sip:alice@example.com", "sip:alice@h", "Contact: <sip:ada@h>\r\n", "sip" },
    { "sip:alice@example.com", "sips:alice@h", "Contact: <sip:ada@h>\r\n", "sips" },
    { "sip:alice@example.com", "sip:alice@h", "Contact: <sips:ada@h>\r\n", "sips" },
    { "sip:alice@example.com", "sip:alice@h",
      "Contact: <sip:ada@h>\r\nRecord-Route: <sips:p;lr>\r\n", "sips" },
    { "sip:alice@example.com", "sip:alice@h",
      "Contact: <sips:ada@h>\r\nRecord-Route: <sip:p;lr>\r\n", "sip" },
    { "sip:alice@example.com", "sip:alice@h",
      "Contact: <sip:ada@h>\r\nRecord-Route: <sip:p;lr>, <sips:q;lr>\r\n", "sip" },
    { "sip:alice@example.com", "tel:+1", "Contact: <sip:ada@h>\r\n", "sip" },
    { "sips:alice@example.com", "sip:alice@h", "Contact: <sip:ada@h>\r\n", "sips" },
};

START_TEST(the_contact_of_a_call_in_is_as_secure_as_its_way)
{
    for (size_t i = 0; i < sizeof(calls_in) / sizeof(*calls_in); i++) {
        struct bench *bench = bench_new(calls_in[i].aor, "");
        come_online(bench, true, "");
        receive_invite(bench, calls_in[i].uri, "<sip:alice@example.com>", calls_in[i].lines);
        act(bench, ACTION_RING, 1);
        ck_assert_uint_eq(last(bench, "INVITE")->status, 180);
        ck_assert_msg(strcmp(scheme_of(last(bench, "INVITE")), calls_in[i].scheme) == 0, "row %zu",
                      i);
        act(bench, ACTION_ANSWER, 1);
        ck_assert_uint_eq(last(bench, "INVITE")->status, 200);
        ck_assert_str_eq(scheme_of(last(bench, "INVITE")), calls_in[i].scheme);
        bench_free(bench);
    }
}
END_TEST

START_TEST(a_target_refresh_keeps_the_contact_of_its_dialog)
{
    struct bench *bench = bench_new("sip:alice@example.com", "");
    char ack[TEXT_BYTES];
    come_online(bench, true, "");
    receive_invite(bench, "sips:alice@h", "<sip:alice@example.com>", "Contact: <sips:ada@h>\r\n");
    agent_own(bench->agent, 1, OWNER_HOOK, 0);
    act(bench, ACTION_ANSWER, 1);
    const struct sip_message *answer = last(bench, "INVITE");
    snprintf(ack, sizeof(ack),
             "ACK sips:alice@h SIP/2.0\r\nVia: SIP/2.0/TLS p;branch=z9hG4bKack\r\nFrom: %.*s\r\n"
             "To: %.*s\r\nCall-ID: %.*s\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
             SLICE_PRINT(sip_message_value(answer, SIP_HEADER_FROM)),
             SLICE_PRINT(sip_message_value(answer, SIP_HEADER_TO)), SLICE_PRINT(answer->call_id));
    agent_receive(bench->agent, bench->now, parse(bench, slice_of(ack)));
    pump(bench);
    act(bench, ACTION_HOLD, 1);
    ck_assert(last(bench, "INVITE")->is_request);
    ck_assert(slice_equal(sip_message_value(last(bench, "INVITE"), SIP_HEADER_CONTACT),
                          sip_message_value(answer, SIP_HEADER_CONTACT)));
    bench_free(bench);
}
END_TEST

START_TEST(nothing_secure_leaves_in_the_clear)
{
    struct bench *bench = bench_new("sip:alice@example.com", "");
    come_online(bench, false, "");
    size_t count = bench->sent_count;
    ck_assert_int_eq(dial(bench, "sips:bob@example.org"), STATUS_OK);
    ck_assert_uint_eq(bench->ended, 1);
    ck_assert_int_eq(send_message(bench, "sips:bob@example.org"), STATUS_REFUSED);
    ck_assert_uint_eq(bench->sent_count, count);
    ck_assert_int_eq(dial(bench, "sip:bob@example.org"), STATUS_OK);
    ck_assert_str_eq(scheme_of(last(bench, "INVITE")), "sip");
    bench_free(bench);
}
END_TEST

START_TEST(what_is_registered_is_as_secure_as_the_address_of_record)
{
    struct bench *bench = bench_new("sips:alice@example.com", "");
    link_up(bench, true);
    ck_assert_str_eq(scheme_of(last(bench, "REGISTER")), "sips");
    bench_free(bench);
    bench = bench_new("sip:alice@example.com", "");
    link_up(bench, true);
    ck_assert_str_eq(scheme_of(last(bench, "REGISTER")), "sip");
    bench_free(bench);
}
END_TEST

SUITE_MAIN("agent/requests", every_registration_has_one_call_id,
           a_request_outside_a_dialog_has_an_identity_of_its_own,
           a_challenged_request_comes_again_with_the_same_identity,
           only_standard_extensions_are_offered_and_none_is_required,
           the_outbound_proxy_is_the_first_route_of_every_request,
           a_request_to_a_strange_address_is_taken,
           the_contact_of_a_call_out_is_as_secure_as_its_way,
           the_contact_of_a_call_in_is_as_secure_as_its_way,
           a_target_refresh_keeps_the_contact_of_its_dialog, nothing_secure_leaves_in_the_clear,
           what_is_registered_is_as_secure_as_the_address_of_record)
