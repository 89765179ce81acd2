// SPDX-License-Identifier: ISC
// REGISTER as it is written, what every answer leads to, and when the next one comes (RFC 3261
// 10.2, RFC 5626 4.2; pitfalls P01 to P06).
#include "sip/registration.h"
#include "sip/registration_binding.h"
#include "suite.h"
#include "util/limits.h"

#include <stdio.h>

enum {
    START = 1000000,
    MINUTE = 60000
};

#define CONTACT "sip:alice@192.0.2.7:40000;transport=tls"
#define OURS    "Contact: <" CONTACT ">;expires=600\r\n"
#define CHALLENGE(nonce)                                                                           \
    "WWW-Authenticate: Digest realm=\"example.com\", nonce=\"" nonce                               \
    "\", algorithm=SHA-256, qop=\"auth\"\r\n"

struct line {
    struct random random;
    struct arena *arena;
    struct sip_digest *digest;
    struct sip_registration_settings settings;
    struct sip_registration *registration;
    uint32_t cseq;   // of the last REGISTER
    char sent[4096]; // its lines
    char text[128];  // of the last OFFLINE or RECONNECT
};

static void setup(struct line *line, uint32_t seed)
{
    *line = (struct line){ .cseq = 0 };
    random_init_number(&line->random, seed);
    line->arena = arena_new();
    line->digest = sip_digest_new(
        &(struct sip_digest_settings){
            .username = slice_of("alice"),
            .password = slice_of("secret"),
        },
        &line->random);
    line->settings = (struct sip_registration_settings){
        .aor = slice_of("sip:alice@example.com"),
        .registrar = slice_empty(),
        .instance_id = slice_empty(),
        .expires_s = 600,
    };
}

static void create(struct line *line)
{
    line->registration = sip_registration_new(&line->settings, line->digest, &line->random);
}

static void teardown(struct line *line)
{
    sip_registration_free(line->registration);
    sip_digest_free(line->digest);
    arena_free(line->arena);
}

/* "send", "online 600", "offline", "reconnect", "stopped"; "" when there is nothing. */
static const char *next(struct line *line)
{
    struct sip_registration_output output;
    static char text[64];
    if (!sip_registration_next_output(line->registration, &output))
        return "";
    switch (output.kind) {
    case REGISTRATION_SEND:
        line->cseq = output.request.cseq;
        snprintf(line->sent, sizeof(line->sent), "%.*s", SLICE_PRINT(output.request.lines));
        return "send";
    case REGISTRATION_ONLINE:
        snprintf(text, sizeof(text), "online %u", output.expires_s);
        return text;
    case REGISTRATION_OFFLINE:
        snprintf(line->text, sizeof(line->text), "%.*s", SLICE_PRINT(output.reason));
        return "offline";
    case REGISTRATION_RECONNECT:
        snprintf(line->text, sizeof(line->text), "%.*s", SLICE_PRINT(output.reason));
        return "reconnect";
    case REGISTRATION_STOPPED:
        return "stopped";
    }
    return "?";
}

static void expect(struct line *line, const char *wanted)
{
    ck_assert_str_eq(next(line), wanted);
}

static void respond_to(struct line *line, time_ms now, uint32_t cseq, unsigned status,
                       const char *lines)
{
    char text[160 * 1024];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "SIP/2.0 %u Why Not\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\n"
             "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:alice@example.com>;tag=2\r\n"
             "Call-ID: c\r\nCSeq: %u REGISTER\r\n%sContent-Length: 0\r\n\r\n",
             status, cseq, lines);
    ck_assert_int_eq(sip_message_parse(line->arena, slice_of(text), &message), STATUS_OK);
    sip_registration_response(line->registration, now, message);
}

static void respond(struct line *line, time_ms now, unsigned status, const char *lines)
{
    respond_to(line, now, line->cseq, status, lines);
}

static void connect_link(struct line *line, time_ms now)
{
    sip_registration_connected(line->registration, now, slice_of(CONTACT));
}

/* Connected at START, its first REGISTER on its way. */
static void register_first(struct line *line)
{
    create(line);
    connect_link(line, START);
    expect(line, "send");
}

/* Connected and registered at START. */
static void come_online_for(struct line *line, unsigned seconds)
{
    char text[128];
    line->settings.expires_s = seconds;
    register_first(line);
    snprintf(text, sizeof(text), "Contact: <" CONTACT ">;expires=%u\r\n", seconds);
    respond(line, START, 200, text);
    snprintf(text, sizeof(text), "online %u", seconds);
    expect(line, text);
}

static void come_online(struct line *line)
{
    come_online_for(line, 600);
}

/* The wait after the answer, in milliseconds. */
static time_ms wait_after(struct line *line, time_ms now, unsigned status, const char *lines)
{
    respond(line, now, status, lines);
    while (next(line)[0])
        ;
    return sip_registration_deadline(line->registration) - now;
}

/* The next REGISTER, at its time; returns when. */
static time_ms attempt(struct line *line)
{
    time_ms now = sip_registration_deadline(line->registration);
    sip_registration_timeout(line->registration, now - 1);
    expect(line, "");
    sip_registration_timeout(line->registration, now);
    return now;
}

// --- what is sent

START_TEST(the_registrar_is_the_address_without_its_user)
{
    static const struct {
        const char *aor;
        const char *registrar; // NULL: malformed
    } rows[] = {
        { "sip:alice@example.com", "sip:example.com" },
        { "sips:alice@example.com", "sips:example.com" },
        { "sip:alice@example.com:5080", "sip:example.com:5080" },
        { "sip:alice:word@example.com;user=phone?x=y", "sip:example.com" },
        { "sip:[2001:db8::1]:5061", "sip:[2001:db8::1]:5061" },
        { "tel:+4930123456", NULL },
        { "mailto:alice@example.com", NULL },
        { "alice", NULL },
        { "", NULL },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer text;
        buffer_init(&text, 256);
        enum status status = sip_registration_registrar(slice_of(rows[i].aor), &text);
        ck_assert_msg(status == (rows[i].registrar ? STATUS_OK : STATUS_MALFORMED), "row %zu", i);
        ck_assert_msg(!rows[i].registrar ||
                          slice_equal(buffer_slice(&text), slice_of(rows[i].registrar)),
                      "row %zu", i);
        buffer_free(&text);
    }
}
END_TEST

START_TEST(a_plain_register_has_contact_expires_and_path)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    ck_assert_str_eq(line.sent, "Contact: <" CONTACT ">;expires=600\r\nExpires: 600\r\n"
                                "Supported: path\r\n");
    expect(&line, "");
    ck_assert_int_eq(sip_registration_deadline(line.registration), START + 8000); // the answer
    ck_assert_int_eq(sip_registration_next_attempt_at(line.registration), TIME_NEVER);
    ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_REGISTERING);
    teardown(&line);
}
END_TEST

START_TEST(with_an_instance_the_register_asks_for_outbound)
{
    struct line line;
    setup(&line, 1);
    line.settings.instance_id = slice_of("urn:uuid:1234");
    create(&line);
    ck_assert(sip_registration_uses_outbound(line.registration));
    connect_link(&line, START);
    expect(&line, "send");
    ck_assert_str_eq(line.sent, "Contact: <" CONTACT ";ob>;reg-id=1;"
                                "+sip.instance=\"<urn:uuid:1234>\";expires=600\r\n"
                                "Expires: 600\r\nSupported: path, outbound\r\n");
    teardown(&line);
}
END_TEST

START_TEST(the_request_line_and_parties_are_those_of_the_account)
{
    struct line line;
    struct sip_registration_output output;
    struct slice routes[2] = { slice_of("<sip:one;lr>"), slice_of("<sip:two;lr>") };
    setup(&line, 1);
    line.settings.routes = routes;
    line.settings.route_count = 2;
    create(&line);
    routes[0] = routes[1] = slice_empty(); // copied
    connect_link(&line, START);
    ck_assert(sip_registration_next_output(line.registration, &output));
    ck_assert_int_eq(output.request.method, SIP_METHOD_REGISTER);
    ck_assert(slice_equal(output.request.uri, slice_of("sip:example.com")));
    ck_assert(slice_equal(output.request.to, slice_of("<sip:alice@example.com>")));
    ck_assert(slice_starts_with(output.request.from, slice_of("<sip:alice@example.com>;tag=")));
    ck_assert_uint_eq(output.request.from.length, 28 + 16);
    ck_assert_uint_eq(output.request.call_id.length, 32);
    ck_assert_uint_eq(output.request.cseq, 1);
    ck_assert_uint_eq(output.request.route_count, 2);
    ck_assert(slice_equal(output.request.routes[1], slice_of("<sip:two;lr>")));
    teardown(&line);
}
END_TEST

START_TEST(a_configured_registrar_stands_in_the_request_line)
{
    struct line line;
    struct sip_registration_output output;
    struct slice routes[LIMIT_SIP_ROUTES + 3];
    setup(&line, 1);
    for (size_t i = 0; i < LIMIT_SIP_ROUTES + 3; i++)
        routes[i] = slice_of("<sip:x;lr>");
    line.settings.routes = routes;
    line.settings.route_count = LIMIT_SIP_ROUTES + 3;
    line.settings.registrar = slice_of("sip:reg.example.com");
    create(&line);
    connect_link(&line, START);
    ck_assert(sip_registration_next_output(line.registration, &output));
    ck_assert(slice_equal(output.request.uri, slice_of("sip:reg.example.com")));
    ck_assert_uint_eq(output.request.route_count, LIMIT_SIP_ROUTES);
    teardown(&line);
}
END_TEST

START_TEST(the_first_register_of_many_lines_is_spread)
{
    time_ms least = TIME_NEVER;
    time_ms most = 0;
    for (uint32_t seed = 0; seed < 300; seed++) {
        struct line line;
        setup(&line, seed);
        line.settings.start_jitter_ms = 5000;
        create(&line);
        connect_link(&line, START);
        expect(&line, "");
        time_ms wait = sip_registration_deadline(line.registration) - START;
        ck_assert_int_eq(sip_registration_next_attempt_at(line.registration), START + wait);
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
        attempt(&line);
        expect(&line, "send");
        connect_link(&line, START + 10000); // another connection: at once
        expect(&line, "send");
        teardown(&line);
    }
    ck_assert(least >= 0 && least < 200 && most > 4800 && most <= 5000);
}
END_TEST

// --- what a 200 grants

static const struct {
    const char *lines;
    uint32_t expires_s;
} grants[] = {
    { OURS, 600 },
    { "", 600 },
    { "Expires: 300\r\n", 300 },
    { "Contact: <" CONTACT ">\r\nExpires: 300\r\n", 300 },
    { "Contact: <" CONTACT ">;expires=120\r\nExpires: 300\r\n", 120 },
    { "Contact: <" CONTACT ">;expires=x\r\nExpires: 300\r\n", 300 },
    { "Contact: <" CONTACT ">;expires=4\r\n", 4 },
    // more than was asked for: never later than that
    { "Contact: <" CONTACT ">;expires=601\r\n", 600 },
    { "Contact: <" CONTACT ">;expires=604800\r\n", 600 },
    { "Contact: <" CONTACT ">;expires=4294967295\r\n", 600 },
    { "Contact: <" CONTACT ">;expires=99999999999999999999\r\n", 600 },
    { "Expires: 36003600\r\n", 600 },
    { "Expires: 99999999999\r\n", 600 },
    { "Contact: <" CONTACT ">\r\nExpires: 4294967296\r\n", 600 },
    { "Expires: 300 (seconds)\r\n", 300 },
    // as in RFC 2543: a date stands for an hour, and so for what was asked for
    { "Expires: Thu, 01 Dec 2044 16:00:00 GMT\r\n", 600 },
    { "Contact: <" CONTACT ">;expires=\"Thu, 01 Dec 2044 16:00:00 GMT\"\r\n", 600 },
    { "Contact: <" CONTACT ">;expires=\"120\"\r\nExpires: 300\r\n", 120 },
    { "Contact: <" CONTACT ">;expires=0120\r\nExpires: 300\r\n", 120 },
    // another phone of the same account
    { "Contact: <sip:alice@192.0.2.8:5060>;expires=60, <" CONTACT ">;expires=120\r\n", 120 },
    { "Contact: <" CONTACT ">;expires=120, <sip:alice@192.0.2.8:5060>;expires=60\r\n", 120 },
    { "Contact: <sip:alice@192.0.2.8:5060>;expires=60, <sip:alice@192.0.2.9>;expires=70\r\n", 600 },
    { "Contact: <sip:bob@192.0.2.7:40000>;expires=60\r\n", 600 },
    // parameters lost; the address rewritten by a helpful router, alone
    { "Contact: <sip:alice@192.0.2.8>;expires=60, <sip:alice@192.0.2.7:40000>;expires=90\r\n", 90 },
    { "Contact: <sip:alice@198.51.100.1:1234>;expires=60\r\n", 60 },
    { "Contact: <sip:alice@192.0.2.7:40001>;expires=60, <sip:alice@192.0.2.6:40000>;expires=9\r\n",
      600 },
    { "Contact: <sip:alice@192.0.2.7:40000>;expires=60, <" CONTACT ">;expires=120\r\n", 120 },
    { "Contact: %, <" CONTACT ">;expires=120\r\n", 120 },
};

START_TEST(the_time_granted_is_that_of_our_contact)
{
    for (size_t i = 0; i < sizeof(grants) / sizeof(*grants); i++) {
        struct line line;
        char wanted[32];
        setup(&line, 1);
        register_first(&line);
        respond(&line, START, 200, grants[i].lines);
        snprintf(wanted, sizeof(wanted), "online %u", grants[i].expires_s);
        ck_assert_msg(strcmp(next(&line), wanted) == 0, "row %zu", i);
        ck_assert_int_eq(sip_registration_registered_until(line.registration),
                         START + (time_ms)grants[i].expires_s * 1000);
        ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_REGISTERED);
        teardown(&line);
    }
}
END_TEST

/* One Contact line or many, ours last, beside so many that others have bound. */
static void write_crowd(struct buffer *lines, size_t others, bool is_one_line)
{
    buffer_append_text(lines, "Contact: ");
    for (size_t i = 0; i < others; i++)
        buffer_append_format(lines, "<sip:alice@192.0.2.8:%zu>;expires=%zu%s", 1024 + i, 1 + i % 50,
                             is_one_line ? ", " : "\r\nContact: ");
    buffer_append_text(lines, "<" CONTACT ">;expires=77\r\n");
}

START_TEST(ours_is_found_behind_however_many_others)
{
    static const size_t crowds[] = { 31, 32, 100, 500, 2000 };
    for (size_t i = 0; i < 2 * sizeof(crowds) / sizeof(*crowds); i++) {
        struct line line;
        struct buffer lines;
        setup(&line, 1);
        buffer_init(&lines, 128 * 1024);
        write_crowd(&lines, crowds[i / 2], i % 2);
        buffer_append_byte(&lines, '\0');
        register_first(&line);
        respond(&line, START, 200, buffer_slice(&lines).data);
        expect(&line, "online 77");
        buffer_free(&lines);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_grant_of_no_time_is_a_refusal)
{
    static const char *const lines[] = { "Contact: <" CONTACT ">;expires=0\r\n", "Expires: 0\r\n",
                                         "Contact: <" CONTACT ">;expires=3\r\n" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct line line;
        setup(&line, 1);
        register_first(&line);
        respond(&line, START, 200, lines[i]);
        ck_assert(!sip_registration_is_online(line.registration));
        ck_assert_int_ge(sip_registration_next_attempt_at(line.registration), START + 300000);
        teardown(&line);
    }
}
END_TEST

START_TEST(an_instance_id_finds_our_contact_behind_any_address)
{
    struct line line;
    setup(&line, 1);
    line.settings.instance_id = slice_of("urn:uuid:1234");
    register_first(&line);
    respond(&line, START, 200,
            "Contact: <sip:x@h>;+sip.instance=\"<urn:uuid:9>\";expires=60, <" CONTACT
            ">;expires=70, <sip:alice@198.51.100.1>;+sip.instance=\"<urn:uuid:1234>\";expires=80, "
            "<sip:alice@198.51.100.2>;expires=90\r\n");
    expect(&line, "online 80");
    sip_registration_refresh(line.registration, START);
    expect(&line, "send"); // that of a process before us, then ours
    respond(
        &line, START, 200,
        "Contact: <sip:alice@192.0.2.7:1>;+sip.instance=\"<urn:uuid:1234>\";expires=20, <" CONTACT
        ";ob>;+sip.instance=\"<urn:uuid:1234>\";expires=500\r\n");
    ck_assert_int_eq(sip_registration_registered_until(line.registration), START + 500000);
    teardown(&line);
}
END_TEST

#define GRUU(parameters)                                                                             \
    "Contact: <sip:x@192.0.2.9>;+sip.instance=\"<urn:uuid:9>\";pub-gruu=\"sip:a@b;gr=9\", <" CONTACT \
    ";ob>;+sip.instance=\"<urn:uuid:1234>\";expires=600" parameters "\r\n"

static const struct {
    const char *lines;
    const char *gruu; // "": none
} gruus[] = {
    { GRUU(";pub-gruu=\"sip:alice@example.com;gr=urn:uuid:1234\""),
      "sip:alice@example.com;gr=urn:uuid:1234" },
    { GRUU(";temp-gruu=\"sips:tgruu.7h@example.com;gr\";pub-gruu=\"sips:alice@example.com;gr=1\""),
      "sips:alice@example.com;gr=1" },
    { GRUU(";PUB-GRUU=\"sip:alice@example.com;x;gr\""), "sip:alice@example.com;x;gr" },
    { GRUU(""), "" },
    { GRUU(";temp-gruu=\"sip:tgruu.7h@example.com;gr\""), "" },
    { GRUU(";pub-gruu"), "" },
    { GRUU(";pub-gruu=\"\""), "" },
    { GRUU(";pub-gruu=\"sip:alice@example.com\""), "" }, // no gr: an address like any other
    { GRUU(";pub-gruu=\"tel:+4930;gr=1\""), "" },
    { GRUU(";pub-gruu=\"sip:alice@example.com;gr=1>, <sip:evil@h\""), "" },
    { GRUU(";pub-gruu=\"sip:alice@;gr=1\""), "" },
    // that of another telephone, or of one that does not say which it is
    { "Contact: <" CONTACT ";ob>;+sip.instance=\"<urn:uuid:9>\";pub-gruu=\"sip:a@b;gr=9\"\r\n",
      "" },
    { "Contact: <" CONTACT ";ob>;pub-gruu=\"sip:a@b;gr=9\"\r\n", "" },
};

START_TEST(the_gruu_is_that_of_our_contact_in_the_last_200)
{
    for (size_t i = 0; i < sizeof(gruus) / sizeof(*gruus); i++) {
        struct line line;
        setup(&line, 1);
        line.settings.instance_id = slice_of("urn:uuid:1234");
        line.settings.asks_gruu = true;
        register_first(&line);
        ck_assert(strstr(line.sent, "Supported: path, outbound, gruu\r\n"));
        respond(&line, START, 200, gruus[i].lines);
        struct slice gruu = sip_registration_gruu(line.registration);
        ck_assert_msg(slice_equal(gruu, slice_of(gruus[i].gruu)), "row %zu: %.*s", i,
                      SLICE_PRINT(gruu));
        sip_registration_refresh(line.registration, START);
        respond(&line, START, 200, OURS);
        expect(&line, "online 600");
        expect(&line, "send");
        respond(&line, START, 200, OURS);
        ck_assert_uint_eq(sip_registration_gruu(line.registration).length, 0);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_gruu_ends_with_the_registration)
{
    struct line line;
    setup(&line, 1);
    line.settings.instance_id = slice_of("urn:uuid:1234");
    register_first(&line);
    ck_assert(strstr(line.sent, "Supported: path, outbound\r\n")); // not asked for
    respond(&line, START, 200, gruus[0].lines);
    ck_assert(sip_registration_gruu(line.registration).length);
    sip_registration_link_lost(line.registration, START);
    ck_assert_uint_eq(sip_registration_gruu(line.registration).length, 0);
    teardown(&line);
}
END_TEST

START_TEST(a_service_route_that_cannot_be_read_is_left_out)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    respond(&line, START, 200,
            OURS "Service-Route: <sip:a;lr>, <http://b>, nonsense here, <sip:c;lr\r\n"
                 "Service-Route: *\r\nService-Route: <sips:d;lr>\r\n"
                 "P-Associated-URI: <tel:+4930>, <sip:alice@example.com>\r\n");
    expect(&line, "online 600");
    size_t count = sip_registration_service_route_count(line.registration);
    ck_assert_uint_eq(count, 2);
    ck_assert(
        slice_equal(sip_registration_service_route(line.registration, 0), slice_of("<sip:a;lr>")));
    ck_assert(
        slice_equal(sip_registration_service_route(line.registration, 1), slice_of("<sips:d;lr>")));
    ck_assert_uint_eq(sip_registration_associated_uri_count(line.registration), 2);
    teardown(&line);
}
END_TEST

START_TEST(service_routes_and_identities_are_those_of_the_last_200)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    respond(&line, START, 200,
            "Service-Route: <sip:a;lr>, <sip:b;lr>\r\nP-Associated-URI: <sip:alice@example.com>\r\n"
            "Require: outbound\r\nFlow-Timer: 120\r\n");
    expect(&line, "online 600");
    ck_assert_uint_eq(sip_registration_service_route_count(line.registration), 2);
    ck_assert(
        slice_equal(sip_registration_service_route(line.registration, 1), slice_of("<sip:b;lr>")));
    ck_assert_uint_eq(sip_registration_associated_uri_count(line.registration), 1);
    ck_assert(slice_equal(sip_registration_associated_uri(line.registration, 0),
                          slice_of("<sip:alice@example.com>")));
    ck_assert(sip_registration_is_outbound_agreed(line.registration));
    ck_assert_uint_eq(sip_registration_flow_timer(line.registration), 120);
    sip_registration_refresh(line.registration, START);
    expect(&line, "send");
    respond(&line, START, 200,
            OURS "Service-Route: <sip:1>,<sip:2>,<sip:3>,<sip:4>,<sip:5>\r\n"
                 "Service-Route: <sip:6>,<sip:7>,<sip:8>,<sip:9>\r\n");
    ck_assert_uint_eq(sip_registration_service_route_count(line.registration), 8);
    ck_assert_uint_eq(sip_registration_associated_uri_count(line.registration), 0);
    ck_assert(!sip_registration_is_outbound_agreed(line.registration));
    ck_assert_uint_eq(sip_registration_flow_timer(line.registration), 0);
    teardown(&line);
}
END_TEST

START_TEST(a_refresh_comes_between_half_and_nine_tenths)
{
    static const struct {
        uint32_t expires_s;
        time_ms least, most;
    } rows[] = { { 600, 300000, 540000 },
                 { 3600, 1800000, 3240000 },
                 { 30, 15000, 25000 },
                 { 10, 5000, 9000 },
                 { 1, 500, 900 } };
    struct random random;
    random_init_number(&random, 3);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        time_ms least = TIME_NEVER;
        time_ms most = 0;
        for (int k = 0; k < 3000; k++) {
            time_ms refresh = registration_binding_refresh_ms(rows[i].expires_s, &random);
            least = refresh < least ? refresh : least;
            most = refresh > most ? refresh : most;
        }
        time_ms slack = (rows[i].most - rows[i].least) / 50 + 1;
        ck_assert_msg(least >= rows[i].least && least <= rows[i].least + slack, "row %zu", i);
        ck_assert_msg(most <= rows[i].most && most >= rows[i].most - slack, "row %zu", i);
    }
}
END_TEST

START_TEST(a_refresh_is_no_news)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    ck_assert(sip_registration_is_online(line.registration));
    time_ms now = attempt(&line);
    expect(&line, "send");
    ck_assert_uint_eq(line.cseq, 2);
    ck_assert(sip_registration_is_online(line.registration));
    respond(&line, now, 200, OURS);
    expect(&line, "");
    ck_assert_int_eq(sip_registration_registered_until(line.registration), now + 600000);
    teardown(&line);
}
END_TEST

START_TEST(only_the_answer_to_the_last_register_counts)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    respond_to(&line, START, line.cseq + 1, 200, OURS);
    respond(&line, START, 100, "");
    respond(&line, START, 199, "");
    expect(&line, "");
    ck_assert_uint_eq(sip_registration_last_status(line.registration), 0);
    respond(&line, START, 200, OURS);
    expect(&line, "online 600");
    ck_assert_uint_eq(sip_registration_last_status(line.registration), 200);
    respond(&line, START, 403, ""); // a second answer
    expect(&line, "");
    ck_assert(sip_registration_is_online(line.registration));
    teardown(&line);
}
END_TEST

// --- refusals

static const struct {
    unsigned status;
    const char *lines;
    time_ms least, most; // until the next attempt
    const char *advice;
} refusals[] = {
    { 403, "", 5 * MINUTE, 10 * MINUTE, "the registrar forbids this account" },
    { 404, "", 5 * MINUTE, 10 * MINUTE, "the registrar does not know this address" },
    { 400, "", 5 * MINUTE, 10 * MINUTE,
      "the registrar refuses (400 Why Not): if it takes offence at RFC 5626, set "
      "registration.outbound = false" },
    { 494, "", 5 * MINUTE, 10 * MINUTE,
      "the registrar refuses (494 Why Not): it wants a security agreement" },
    { 600, "", 5 * MINUTE, 10 * MINUTE, "the registrar refuses (600 Why Not): ask the provider" },
    { 300, "", 5 * MINUTE, 10 * MINUTE, "the registrar redirects" },
    { 302, "Contact: <sip:x@h>\r\n", 5 * MINUTE, 10 * MINUTE, "the registrar redirects" },
    { 399, "", 5 * MINUTE, 10 * MINUTE, "the registrar redirects" },
    { 439, "", 5 * MINUTE, 10 * MINUTE, "the registrar refuses (439" },
    { 403, "Retry-After: 60\r\n", 5 * MINUTE, 10 * MINUTE, "" },
    { 403, "Retry-After: 1200\r\n", 20 * MINUTE, 20 * MINUTE, "" },
    { 408, "", 15000, 30000, "the registrar has a fault" },
    { 480, "", 15000, 30000, "the registrar refuses (480 Why Not): it is tried again" },
    { 486, "", 15000, 30000, "the registrar refuses (486 Why Not): it is tried again" },
    { 500, "", 15000, 30000, "the registrar has a fault" },
    { 503, "", 15000, 30000, "the registrar is out of service" },
    { 504, "", 15000, 30000, "the registrar has a fault" },
    { 599, "", 15000, 30000, "the registrar refuses (599" },
    { 423, "", 15000, 30000, "the registrar wants another registration.expires" },
    { 503, "Retry-After: 5\r\n", 5000, 5999, "" },
    { 503, "Retry-After: 7200\r\n", 7200000, 7200000, "" },
    { 503, "Retry-After: 0\r\n", 15000, 30000, "" },
};

START_TEST(every_refusal_has_its_wait_and_its_advice)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        for (uint32_t seed = 1; seed < 20; seed++) {
            struct line line;
            setup(&line, seed);
            register_first(&line);
            respond(&line, START, refusals[i].status, refusals[i].lines);
            expect(&line, "offline");
            expect(&line, "");
            time_ms wait = sip_registration_deadline(line.registration) - START;
            ck_assert_msg(wait >= refusals[i].least && wait <= refusals[i].most, "row %zu: %lld", i,
                          (long long)wait);
            ck_assert_msg(strncmp(line.text, refusals[i].advice, strlen(refusals[i].advice)) == 0,
                          "row %zu: %s", i, line.text);
            ck_assert_uint_eq(sip_registration_last_status(line.registration), refusals[i].status);
            ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_WAITING);
            attempt(&line);
            expect(&line, "send");
            teardown(&line);
        }
    }
}
END_TEST

START_TEST(the_waits_grow_up_to_their_maximum)
{
    static const time_ms faults[] = { 30000, 60000, 120000, 240000, 480000, 960000, 1800000 };
    static const time_ms refused[] = { 600000, 1200000, 2400000, 3600000, 3600000 };
    for (int is_fault = 0; is_fault < 2; is_fault++) {
        struct line line;
        setup(&line, 4);
        create(&line);
        connect_link(&line, START);
        time_ms now = START;
        for (size_t i = 0; i < 30; i++) {
            size_t last = is_fault ? 6 : 4;
            time_ms most = is_fault ? faults[i < last ? i : last] : refused[i < last ? i : last];
            expect(&line, "send");
            time_ms wait = wait_after(&line, now, is_fault ? 500 : 403, "");
            ck_assert_int_ge(wait, most / 2);
            ck_assert_int_le(wait, most);
            now = attempt(&line);
        }
        expect(&line, "send");
        respond(&line, now, 200, OURS);
        expect(&line, "online 600");
        now = attempt(&line); // a success begins the row anew
        expect(&line, "send");
        ck_assert_int_le(wait_after(&line, now, is_fault ? 500 : 403, ""),
                         is_fault ? 30000 : 600000);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_line_that_never_came_up_says_so_once)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    respond(&line, START, 503, "");
    expect(&line, "offline");
    time_ms now = attempt(&line);
    expect(&line, "send");
    respond(&line, now, 503, "");
    expect(&line, "");
    now = attempt(&line);
    expect(&line, "send");
    respond(&line, now, 200, OURS);
    expect(&line, "online 600");
    ck_assert_uint_eq(sip_registration_last_failure(line.registration).length, 0);
    teardown(&line);
}
END_TEST

START_TEST(a_fault_at_a_refresh_leaves_the_binding_until_it_ends)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    time_ms until = sip_registration_registered_until(line.registration);
    time_ms now = attempt(&line);
    expect(&line, "send");
    respond(&line, now, 500, "");
    expect(&line, "");
    ck_assert(sip_registration_is_online(line.registration));
    ck_assert_int_eq(sip_registration_registered_until(line.registration), until);
    bool is_offline = false;
    for (int i = 0; i < 10 && !is_offline; i++) {
        now = attempt(&line);
        const char *what = next(&line);
        while (strcmp(what, "send") != 0) {
            is_offline |= strcmp(what, "offline") == 0;
            what = next(&line);
        }
        ck_assert_int_eq(is_offline, now >= until);
        respond(&line, now, 500, "");
        what = next(&line);
        is_offline |= strcmp(what, "offline") == 0;
        ck_assert(!is_offline || sip_registration_deadline(line.registration) >= until);
        ck_assert_int_eq(sip_registration_is_online(line.registration), !is_offline);
    }
    ck_assert(is_offline);
    teardown(&line);
}
END_TEST

START_TEST(a_binding_that_ends_while_the_machine_sleeps_is_told)
{
    for (int late = -1; late <= 1; late++) {
        struct line line;
        setup(&line, 1);
        come_online(&line);
        sip_registration_timeout(line.registration, START + 600000 + late);
        expect(&line, late < 0 ? "send" : "offline");
        if (late >= 0) {
            ck_assert_str_eq(line.text, "the registration has expired");
            expect(&line, "send");
        }
        ck_assert(sip_registration_is_online(line.registration) == (late < 0));
        teardown(&line);
    }
}
END_TEST

/* However long it would last: 403, and a password that is not accepted any more. */
START_TEST(a_refusal_at_a_refresh_ends_the_binding_at_once)
{
    for (int is_password = 0; is_password < 2; is_password++) {
        struct line line;
        setup(&line, 1);
        come_online_for(&line, 86400);
        time_ms now = attempt(&line);
        expect(&line, "send");
        respond(&line, now, is_password ? 401 : 403, is_password ? CHALLENGE("n1") : "");
        if (is_password) {
            expect(&line, "send");
            respond(&line, now, 401, CHALLENGE("n2"));
        }
        expect(&line, "offline");
        ck_assert(!sip_registration_is_online(line.registration));
        ck_assert_int_eq(sip_registration_registered_until(line.registration), TIME_NEVER);
        teardown(&line);
    }
}
END_TEST

START_TEST(a_fault_leaves_a_binding_that_outlasts_the_wait)
{
    struct line line;
    setup(&line, 1);
    come_online_for(&line, 86400);
    time_ms now = attempt(&line);
    expect(&line, "send");
    respond(&line, now, 503, "Retry-After: 600\r\n");
    expect(&line, "");
    ck_assert(sip_registration_is_online(line.registration));
    teardown(&line);
}
END_TEST

START_TEST(a_refusal_is_waited_for_on_a_new_connection_too)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    time_ms wait = wait_after(&line, START, 403, "");
    sip_registration_link_lost(line.registration, START + 1000);
    ck_assert_int_eq(sip_registration_deadline(line.registration), TIME_NEVER);
    connect_link(&line, START + 2000);
    expect(&line, "");
    ck_assert_int_eq(sip_registration_deadline(line.registration), START + wait);
    sip_registration_refresh(line.registration, START + 3000); // the operator knows better
    expect(&line, "send");
    sip_registration_link_lost(line.registration, START + 4000);
    connect_link(&line, START + 5000);
    expect(&line, "send");
    teardown(&line);
}
END_TEST

START_TEST(after_the_wait_a_new_connection_registers_at_once)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    time_ms wait = wait_after(&line, START, 503, "");
    sip_registration_link_lost(line.registration, START);
    connect_link(&line, START + wait);
    expect(&line, "send");
    teardown(&line);
}
END_TEST

// --- challenges, 423, 439

START_TEST(two_challenges_a_round_are_answered_and_no_third)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    ck_assert(!strstr(line.sent, "Authorization"));
    respond(&line, START, 401, CHALLENGE("n1"));
    expect(&line, "send");
    ck_assert(strstr(line.sent, "Authorization: Digest"));
    ck_assert_uint_eq(line.cseq, 2);
    respond(&line, START, 407,
            "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p\", algorithm=SHA-256\r\n");
    expect(&line, "send");
    ck_assert(strstr(line.sent, "Proxy-Authorization: Digest"));
    respond(&line, START, 401,
            "WWW-Authenticate: Digest realm=\"third\", nonce=\"t\", algorithm=SHA-256\r\n");
    expect(&line, "offline");
    ck_assert_str_eq(line.text, "the registrar rejects the password: check username and password");
    ck_assert_int_ge(sip_registration_deadline(line.registration), START + 5 * MINUTE);
    attempt(&line);
    expect(&line, "send"); // a new round
    respond(&line, START, 401,
            "WWW-Authenticate: Digest realm=\"fourth\", nonce=\"t\", algorithm=SHA-256\r\n");
    expect(&line, "send");
    teardown(&line);
}
END_TEST

START_TEST(a_registrar_that_cannot_prove_itself_is_not_believed)
{
    struct line line;
    setup(&line, 1);
    come_online_for(&line, 86400);
    time_ms now = attempt(&line);
    expect(&line, "send");
    respond(&line, now, 401, CHALLENGE("n1"));
    expect(&line, "send");
    respond(&line, now, 200, OURS "Authentication-Info: rspauth=\"0123\"\r\n");
    expect(&line, "offline");
    ck_assert(!sip_registration_is_online(line.registration));
    ck_assert(strstr(line.text, "rspauth"));
    ck_assert_int_ge(sip_registration_deadline(line.registration), now + 5 * MINUTE);
    teardown(&line);
}
END_TEST

static const struct {
    uint32_t expires_s;
    const char *lines;
    const char *asks; // NULL: refused
} intervals[] = {
    { 600, "Min-Expires: 601\r\n", "Expires: 601\r\n" },
    { 600, "Min-Expires: 604800\r\n", "Expires: 604800\r\n" },
    { 600, "Min-Expires: 600\r\n", NULL },
    { 600, "Min-Expires: 60\r\n", NULL },
    { 600, "Min-Expires: 604801\r\n", NULL },
    { 600, "Min-Expires: x\r\n", NULL },
    { 600, "", NULL },
};

START_TEST(a_423_is_answered_once_and_only_upwards)
{
    for (size_t i = 0; i < sizeof(intervals) / sizeof(*intervals); i++) {
        struct line line;
        setup(&line, 1);
        line.settings.expires_s = intervals[i].expires_s;
        register_first(&line);
        respond(&line, START, 423, intervals[i].lines);
        expect(&line, intervals[i].asks ? "send" : "offline");
        if (intervals[i].asks) {
            ck_assert_msg(strstr(line.sent, intervals[i].asks), "row %zu: %s", i, line.sent);
            respond(&line, START, 423, "Min-Expires: 604800\r\n");
            expect(&line, "offline");
            attempt(&line); // a new round may ask again, from where the last one ended
            expect(&line, "send");
            ck_assert(strstr(line.sent, intervals[i].asks));
        }
        teardown(&line);
    }
}
END_TEST

START_TEST(a_439_takes_outbound_off)
{
    struct line line;
    setup(&line, 1);
    line.settings.instance_id = slice_of("urn:uuid:1234");
    register_first(&line);
    respond(&line, START, 439, "");
    expect(&line, "send");
    ck_assert(!sip_registration_uses_outbound(line.registration));
    ck_assert(!strstr(line.sent, ";ob") && !strstr(line.sent, "reg-id"));
    ck_assert(strstr(line.sent, "Supported: path\r\n"));
    respond(&line, START, 439, "");
    expect(&line, "offline");
    teardown(&line);
}
END_TEST

START_TEST(a_move_that_meets_a_fault_is_tried_again_and_one_that_is_refused_is_not)
{
    for (int is_refused = 0; is_refused < 2; is_refused++) {
        struct line line;
        setup(&line, 1);
        come_online(&line);
        sip_registration_move(line.registration, slice_of("sip:alice@203.0.113.5:1024"));
        expect(&line, "send");
        ck_assert(strstr(line.sent, "Contact: <sip:alice@203.0.113.5:1024>;expires=600\r\n"
                                    "Contact: <" CONTACT ">;expires=0\r\n"));
        ck_assert(sip_registration_is_moved(line.registration));
        respond(&line, START, is_refused ? 403 : 500, "");
        ck_assert(sip_registration_is_moved(line.registration) == !is_refused);
        expect(&line, is_refused ? "offline" : "");
        attempt(&line);
        expect(&line, "send");
        ck_assert(!!strstr(line.sent, "203.0.113.5") == !is_refused);
        ck_assert(strstr(line.sent, is_refused ? CONTACT ">;expires=600" : CONTACT ">;expires=0"));
        teardown(&line);
    }
}
END_TEST

#define MINE(uri)   "Contact: <" uri ">;+sip.instance=\"<urn:uuid:1234>\";expires=600\r\n"
#define OTHERS(uri) "Contact: <" uri ">;+sip.instance=\"<urn:uuid:9>\";expires=600\r\n"

static const struct {
    const char *lines;
    const char *off; // what the next REGISTER takes off; NULL: there is none
} strays[] = {
    { MINE(CONTACT ";ob") MINE("sip:alice@192.0.2.7:40444;transport=tls;ob"),
      "Contact: <sip:alice@192.0.2.7:40444;transport=tls;ob>;expires=0\r\n" },
    { MINE("sip:alice@192.0.2.7:1;ob") MINE(CONTACT ";ob") MINE("sip:alice@192.0.2.7:2;ob"),
      "Contact: <sip:alice@192.0.2.7:1;ob>;expires=0\r\n"
      "Contact: <sip:alice@192.0.2.7:2;ob>;expires=0\r\n" },
    { MINE(CONTACT ";ob"), NULL },
    { MINE(CONTACT ";ob") OTHERS("sip:alice@192.0.2.8;ob") "Contact: <sip:alice@192.0.2.9>\r\n",
      NULL },
    // none is as we wrote it: one of them may be ours, rewritten
    { MINE("sip:alice@198.51.100.1:1;ob") MINE("sip:alice@198.51.100.1:2;ob"), NULL },
    // RFC 5626: the registrar knows what is one and the same
    { MINE(CONTACT ";ob") MINE("sip:alice@192.0.2.7:1;ob") "Require: outbound\r\n", NULL },
};

START_TEST(what_a_killed_process_has_left_is_taken_off_once)
{
    for (size_t i = 0; i < sizeof(strays) / sizeof(*strays); i++) {
        struct line line;
        setup(&line, 1);
        line.settings.instance_id = slice_of("urn:uuid:1234");
        register_first(&line);
        respond(&line, START, 200, strays[i].lines);
        expect(&line, "online 600");
        sip_registration_timeout(line.registration, START);
        expect(&line, strays[i].off ? "send" : "");
        if (strays[i].off) {
            ck_assert_msg(strstr(line.sent, strays[i].off), "row %zu: %s", i, line.sent);
            respond(&line, START, 200, strays[i].lines); // it did not take them off
            sip_registration_timeout(line.registration, START);
            expect(&line, "");
        }
        attempt(&line);
        expect(&line, "send");
        ck_assert(!strstr(line.sent, "expires=0\r\n"));
        teardown(&line);
    }
}
END_TEST

// --- the link, the operator, the end

START_TEST(an_unanswered_register_wants_another_connection)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    time_ms now = attempt(&line);
    expect(&line, "send");
    sip_registration_failed(line.registration, now, STATUS_CLOSED); // the link says it itself
    expect(&line, "");
    sip_registration_failed(line.registration, now, STATUS_TIMED_OUT);
    expect(&line, "offline");
    expect(&line, "reconnect");
    ck_assert(strstr(line.text, "does not answer"));
    ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_OFFLINE);
    sip_registration_failed(line.registration, now, STATUS_TIMED_OUT);
    expect(&line, "");
    teardown(&line);
}
END_TEST

START_TEST(a_lost_link_says_nothing_and_plans_nothing)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    sip_registration_link_lost(line.registration, START);
    expect(&line, "");
    ck_assert(!sip_registration_is_online(line.registration));
    ck_assert_int_eq(sip_registration_deadline(line.registration), TIME_NEVER);
    ck_assert_int_eq(sip_registration_registered_until(line.registration), TIME_NEVER);
    ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_OFFLINE);
    sip_registration_refresh(line.registration, START);
    expect(&line, "");
    connect_link(&line, START + 1);
    expect(&line, "send");
    respond(&line, START + 1, 200, OURS);
    expect(&line, "online 600");
    teardown(&line);
}
END_TEST

START_TEST(a_register_on_its_way_is_not_doubled_by_the_operator)
{
    struct line line;
    setup(&line, 1);
    register_first(&line);
    sip_registration_refresh(line.registration, START);
    expect(&line, "");
    respond(&line, START, 200, OURS);
    expect(&line, "online 600");
    sip_registration_refresh(line.registration, START);
    expect(&line, "send");
    teardown(&line);
}
END_TEST

START_TEST(the_end_takes_the_binding_off)
{
    struct line line;
    setup(&line, 1);
    line.settings.instance_id = slice_of("urn:uuid:1234");
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    ck_assert(strstr(line.sent, "expires=0\r\n") && strstr(line.sent, "Expires: 0\r\n"));
    ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_STOPPING);
    ck_assert_int_eq(sip_registration_deadline(line.registration), START + 4000);
    respond(&line, START, 401, CHALLENGE("n1"));
    expect(&line, "send");
    ck_assert(strstr(line.sent, "Authorization: ") && strstr(line.sent, "Expires: 0\r\n"));
    respond(&line, START, 200, "");
    expect(&line, "stopped");
    expect(&line, "");
    ck_assert(!sip_registration_is_online(line.registration));
    connect_link(&line, START + 1);
    expect(&line, "");
    teardown(&line);
}
END_TEST

START_TEST(the_end_does_not_wait_for_a_registrar_that_refuses)
{
    static const unsigned statuses[] = { 200, 403, 423, 500, 503 };
    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
        struct line line;
        setup(&line, 1);
        come_online(&line);
        sip_registration_stop(line.registration, START);
        expect(&line, "send");
        respond(&line, START, statuses[i], "Min-Expires: 900\r\n");
        expect(&line, "stopped");
        expect(&line, "");
        teardown(&line);
    }
}
END_TEST

START_TEST(the_end_comes_after_four_seconds_without_answer)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    sip_registration_timeout(line.registration, START + 3999);
    expect(&line, "");
    sip_registration_timeout(line.registration, START + 4000);
    expect(&line, "stopped");
    teardown(&line);
}
END_TEST

START_TEST(the_end_answers_two_challenges_at_most)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    respond(&line, START, 401, CHALLENGE("n1"));
    expect(&line, "send");
    respond(&line, START, 407,
            "Proxy-Authenticate: Digest realm=\"proxy\", nonce=\"p\", algorithm=SHA-256\r\n");
    expect(&line, "send");
    respond(&line, START, 401,
            "WWW-Authenticate: Digest realm=\"third\", nonce=\"t\", algorithm=SHA-256\r\n");
    expect(&line, "stopped");
    teardown(&line);
}
END_TEST

START_TEST(a_challenge_does_not_put_the_end_off)
{
    struct line line;
    setup(&line, 1);
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    respond(&line, START + 1000, 401, CHALLENGE("n1"));
    expect(&line, "send");
    ck_assert_int_eq(sip_registration_deadline(line.registration), START + 4000);
    sip_registration_timeout(line.registration, START + 4000);
    expect(&line, "stopped");
    teardown(&line);
}
END_TEST

START_TEST(without_a_binding_or_a_link_the_end_is_at_once)
{
    struct line line;
    setup(&line, 1);
    create(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "stopped");
    expect(&line, "");
    ck_assert_int_eq(sip_registration_state(line.registration), REGISTRATION_IS_STOPPED);
    teardown(&line);
    setup(&line, 1);
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    sip_registration_link_lost(line.registration, START);
    expect(&line, "stopped");
    sip_registration_link_lost(line.registration, START);
    expect(&line, "");
    teardown(&line);
    setup(&line, 1);
    come_online(&line);
    sip_registration_stop(line.registration, START);
    expect(&line, "send");
    sip_registration_failed(line.registration, START, STATUS_TIMED_OUT);
    expect(&line, "stopped");
    teardown(&line);
}
END_TEST

START_TEST(every_state_has_its_name)
{
    static const char *const names[] = { "offline", "registering", "registered",
                                         "waiting", "stopping",    "stopped" };
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(sip_registration_state_text((enum sip_registration_state)i), names[i]);
}
END_TEST

SUITE_MAIN("sip/registration", the_registrar_is_the_address_without_its_user,
           a_plain_register_has_contact_expires_and_path,
           with_an_instance_the_register_asks_for_outbound,
           the_request_line_and_parties_are_those_of_the_account,
           a_configured_registrar_stands_in_the_request_line,
           the_first_register_of_many_lines_is_spread, ours_is_found_behind_however_many_others,
           a_grant_of_no_time_is_a_refusal, the_time_granted_is_that_of_our_contact,
           an_instance_id_finds_our_contact_behind_any_address,
           the_gruu_is_that_of_our_contact_in_the_last_200, a_gruu_ends_with_the_registration,
           a_service_route_that_cannot_be_read_is_left_out,
           service_routes_and_identities_are_those_of_the_last_200,
           a_refresh_comes_between_half_and_nine_tenths, a_refresh_is_no_news,
           only_the_answer_to_the_last_register_counts, every_refusal_has_its_wait_and_its_advice,
           the_waits_grow_up_to_their_maximum, a_line_that_never_came_up_says_so_once,
           a_fault_at_a_refresh_leaves_the_binding_until_it_ends,
           a_binding_that_ends_while_the_machine_sleeps_is_told,
           a_refusal_at_a_refresh_ends_the_binding_at_once,
           a_fault_leaves_a_binding_that_outlasts_the_wait,
           a_refusal_is_waited_for_on_a_new_connection_too,
           after_the_wait_a_new_connection_registers_at_once,
           two_challenges_a_round_are_answered_and_no_third,
           a_registrar_that_cannot_prove_itself_is_not_believed,
           a_move_that_meets_a_fault_is_tried_again_and_one_that_is_refused_is_not,
           what_a_killed_process_has_left_is_taken_off_once,
           a_423_is_answered_once_and_only_upwards, a_439_takes_outbound_off,
           an_unanswered_register_wants_another_connection,
           a_lost_link_says_nothing_and_plans_nothing,
           a_register_on_its_way_is_not_doubled_by_the_operator, the_end_takes_the_binding_off,
           the_end_does_not_wait_for_a_registrar_that_refuses,
           the_end_comes_after_four_seconds_without_answer, the_end_answers_two_challenges_at_most,
           a_challenge_does_not_put_the_end_off, without_a_binding_or_a_link_the_end_is_at_once,
           every_state_has_its_name)
