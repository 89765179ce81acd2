// SPDX-License-Identifier: ISC
// Texts that end where their memory ends: whole, and cut at every byte, every parser reads no byte
// too many. The sanitizer is the judge.
#include "sip/address.h"
#include "sip/challenge.h"
#include "sip/host.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "sip/parameters.h"
#include "sip/via.h"
#include "suite.h"
#include "util/limits.h"

#include <stdio.h>

static void read_uri(struct arena *arena, struct slice text)
{
    struct sip_uri uri;
    if (sip_uri_parse(text, &uri) == STATUS_OK)
        sip_uri_unescape(arena, uri.user);
    sip_uri_unescape(arena, text);
}

static void read_address(struct arena *arena, struct slice text)
{
    struct sip_address address;
    if (sip_address_parse(text, &address) == STATUS_OK)
        sip_address_display_name(arena, &address);
}

static void read_via(struct arena *arena, struct slice text)
{
    struct sip_via via;
    (void)arena;
    (void)!sip_via_parse(text, &via);
}

static void read_host(struct arena *arena, struct slice text)
{
    struct slice rest = text;
    struct slice host;
    uint32_t port;
    (void)arena;
    (void)!sip_host_take(&rest, &host);
    (void)!sip_host_read_port(text, &port);
}

static void read_parameters(struct arena *arena, struct slice text)
{
    struct slice rest = text;
    struct sip_parameter parameter;
    (void)arena;
    while (sip_parameters_next(&rest, &parameter))
        sip_parameter_unquote(parameter.value);
    sip_parameters_are_valid(text);
}

static void read_challenge(struct arena *arena, struct slice text)
{
    struct sip_challenge challenges[4];
    sip_challenges_parse(arena, text, false, challenges, 4);
}

static void read_type(struct arena *arena, struct slice text)
{
    struct sip_multipart multipart;
    (void)arena;
    sip_multipart_is_type(text, "application/sdp");
    (void)!sip_multipart_open(&multipart, text, slice_empty());
}

static void read_message(struct arena *arena, struct slice text)
{
    struct sip_message *message;
    (void)!sip_message_parse(arena, text, &message);
}

static const struct {
    void (*read)(struct arena *arena, struct slice text);
    const char *text;
} rows[] = {
    { read_uri, "sips:al%20ice:pw@[2001:db8::1]:5061;transport=tls;lr?Subject=a%41&b=c" },
    { read_uri, "sip:+49-30;phone-context=+1@host.example.com." },
    { read_uri, "tel:+49-(30).12;ext=1" },
    { read_uri, "urn:uuid:1-2" },
    { read_address, "\"Al \\\"ice\" <sip:a@h;x=y>;tag=1;q=\"a b\"" },
    { read_address, "Alice Two <sips:a@h>" },
    { read_address, "sip:a@h;tag=2" },
    { read_address, "a name without brackets" },
    { read_address, "*" },
    { read_via, "SIP / 2.0 / TLS [2001:db8::1]:5061;branch=z9hG4bKx;rport;received=192.0.2.1" },
    { read_via, "SIP/2.0/TCP host.example.com ; branch=z9hG4bK\"q\"" },
    { read_host, "[2001:db8:::192.0.2.1]" },
    { read_host, "192.0.2.1" },
    { read_host, "a-b.example.com." },
    { read_host, "65535" },
    { read_parameters, ";a;b=c;d=\"e\\\"f\" ; g = [::1];h=" },
    { read_challenge,
      "Digest realm=\"r\\\\\", nonce=n, qop=\"auth, auth-int\", stale=true, Basic x=y" },
    { read_type, "application / sdp ; charset=utf-8" },
    { read_type, "multipart/mixed; boundary=\"a b\"; x=y" },
    { read_type, "multipart/mixed;boundary=abc" },
    { read_message,
      "INVITE sip:a@h SIP/2.0\r\nv: SIP/2.0/TLS h;branch=z9hG4bKx\r\nf: <sip:a@h>;tag=1"
      "\r\nt: <sip:b@h>\r\ni: c\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
      "m: <sip:a@h>,\r\n <sip:b@h>\r\nl: 2\r\n\r\nab" },
    { read_message, "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS h\r\nCSeq: 1 BYE\nX\r\n\r\n" },
};

START_TEST(no_byte_behind_the_end_is_read)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        size_t whole = strlen(rows[i].text);
        for (size_t length = 0; length <= whole; length++) {
            struct arena *arena = arena_new();
            char *memory = malloc(length + 1);
            memcpy(memory + 1, rows[i].text, length);
            rows[i].read(arena, slice_make(memory + 1, length));
            free(memory);
            arena_free(arena);
        }
    }
}
END_TEST

/* The head of a request, and what is put behind its Via. */
static struct sip_message *parse_with(struct arena *arena, const char *lines)
{
    char text[1024];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "INVITE sip:a@h SIP/2.0\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\n%s"
             "From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\r\n",
             lines);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    return message;
}

START_TEST(a_line_ends_with_cr_and_lf_only)
{
    static const struct {
        const char *lines;
        const char *defect; // NULL: none
    } ends[] = {
        { "Session-Expires: 90\r\n", NULL },
        { "Session-Expires: 90\n", "LF Without CR" },
        { "Session-Expires: 9\nY: b\r\n", "LF Without CR" },
        { "\nSession-Expires: 90\r\n", NULL }, /* a line that is no header, and not needed */
        { "Session-Expires: 90\n\r\n", NULL }, /* the end of a value is trimmed */
        { "Session-Expires: 9\r0\r\n", "CR Without LF" },
        { "Session-Expires: 90\r\r\n", NULL },
        { "Z: a\nY: b\r\n", NULL }, /* nobody needs it */
        { "Z: a\rb\r\n", NULL },
    };
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        struct arena *arena = arena_new();
        const struct sip_message *message = parse_with(arena, ends[i].lines);
        ck_assert_msg((message->defect == 400) == (ends[i].defect != NULL), "row %zu: %s", i,
                      message->defect ? message->defect_text : "none");
        if (ends[i].defect)
            ck_assert_msg(strcmp(message->defect_text, ends[i].defect) == 0, "row %zu: %s", i,
                          message->defect_text);
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_bare_lf_does_not_begin_another_header)
{
    struct arena *arena = arena_new();
    const struct sip_message *message = parse_with(arena, "X: ab\nY: cd\r\n");
    const struct sip_header *header = sip_message_header_named(message, slice_of("X"), 0);
    ck_assert(header && slice_equal(header->value, slice_of("ab Y: cd"))); /* fit to be copied */
    ck_assert(sip_message_header_named(message, slice_of("Y"), 0) == NULL);
    arena_free(arena);
}
END_TEST

START_TEST(a_status_line_may_end_behind_its_code)
{
    static const char *const reasons[] = { "", " ", " OK" };
    for (size_t i = 0; i < 3; i++) {
        struct arena *arena = arena_new();
        struct sip_message *message;
        char text[256];
        snprintf(text, sizeof(text),
                 "SIP/2.0 200%s\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\nFrom: <sip:a>;tag=1\r\n"
                 "To: <sip:b>;tag=2\r\nCall-ID: c\r\nCSeq: 1 BYE\r\n\r\n",
                 reasons[i]);
        ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
        ck_assert_uint_eq(message->defect, 0);
        ck_assert(message->reason.data != NULL);
        ck_assert(slice_equal(message->reason, slice_of(i == 2 ? "OK" : "")));
        arena_free(arena);
    }
}
END_TEST

START_TEST(a_message_has_its_greatest_length)
{
    for (size_t over = 0; over < 2; over++) {
        struct arena *arena = arena_new();
        struct sip_message *message = NULL;
        size_t length = LIMIT_SIP_FRAMED + over;
        char *text = malloc(length);
        memset(text, 'b', length);
        static const char head[] = "BYE sip:a@h SIP/2.0\r\n\r\n";
        memcpy(text, head, sizeof(head) - 1);
        ck_assert_int_eq(sip_message_parse(arena, slice_make(text, length), &message),
                         over ? STATUS_TOO_LARGE : STATUS_OK);
        free(text);
        arena_free(arena);
    }
}
END_TEST

SUITE_MAIN("sip/ends", no_byte_behind_the_end_is_read, a_line_ends_with_cr_and_lf_only,
           a_bare_lf_does_not_begin_another_header, a_status_line_may_end_behind_its_code,
           a_message_has_its_greatest_length)
