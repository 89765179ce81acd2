// SPDX-License-Identifier: ISC
// What is kept, in which order, to which call it belongs, and what is never in it.
#include "desk/trace_ring.h"
#include "tests/suite.h"

#include <stdio.h>
#include <string.h>

static const char invite[] = "INVITE sip:bob@example.com SIP/2.0\r\n"
                             "Call-ID: one@example.com\r\n"
                             "\r\n";
static const char other[] = "OPTIONS sip:bob@example.com SIP/2.0\r\n"
                            "i:two@example.com\r\n"
                            "\r\n";

static size_t count(const struct trace_ring *ring, const char *call)
{
    struct trace_entry entry;
    uint64_t after = 0;
    size_t found = 0;
    while (trace_ring_next(ring, slice_of(call), &after, &entry))
        found++;
    return found;
}

START_TEST(entries_come_in_order)
{
    struct trace_ring *ring = trace_ring_new(4096);
    struct trace_entry entry;
    uint64_t after = 0;
    trace_ring_note(ring, 1, TRACE_LINE, slice_empty(), slice_of("connected"));
    trace_ring_message(ring, 2, false, slice_of(invite));
    trace_ring_note(ring, 3, TRACE_HOOK, slice_of("k3f9"), slice_of("hook incoming answer"));
    ck_assert(trace_ring_next(ring, slice_empty(), &after, &entry));
    ck_assert_int_eq(entry.kind, TRACE_LINE);
    ck_assert_int_eq(entry.wall, 1);
    ck_assert(slice_equal(entry.bytes, slice_of("connected")));
    ck_assert(trace_ring_next(ring, slice_empty(), &after, &entry));
    ck_assert_int_eq(entry.kind, TRACE_RECEIVED);
    ck_assert(slice_equal(entry.bytes, slice_of(invite)));
    ck_assert(slice_equal(entry.call_id, slice_of("one@example.com")));
    ck_assert(trace_ring_next(ring, slice_empty(), &after, &entry));
    ck_assert_int_eq(entry.kind, TRACE_HOOK);
    ck_assert(slice_equal(entry.call, slice_of("k3f9")));
    ck_assert(!trace_ring_next(ring, slice_empty(), &after, &entry));
    trace_ring_free(ring);
}
END_TEST

START_TEST(messages_before_and_after_a_call_is_named_belong_to_it)
{
    struct trace_ring *ring = trace_ring_new(4096);
    trace_ring_message(ring, 1, false, slice_of(invite));
    trace_ring_message(ring, 1, false, slice_of(other));
    ck_assert_uint_eq(count(ring, "k3f9"), 0);
    trace_ring_call(ring, slice_of("k3f9"), slice_of("one@example.com"));
    ck_assert_uint_eq(count(ring, "k3f9"), 1);
    trace_ring_message(ring, 2, true, slice_of(invite));
    trace_ring_message(ring, 2, true, slice_of(other));
    trace_ring_note(ring, 3, TRACE_HOOK, slice_of("k3f9"), slice_of("hook incoming answer"));
    ck_assert_uint_eq(count(ring, "k3f9"), 3);
    ck_assert_uint_eq(count(ring, ""), 5);
    trace_ring_free(ring);
}
END_TEST

START_TEST(the_oldest_make_room)
{
    struct trace_ring *ring = trace_ring_new(2048);
    struct trace_entry entry;
    uint64_t after = 0;
    char text[64];
    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof(text), "sentence %d", i);
        trace_ring_note(ring, i, TRACE_LINE, slice_empty(), slice_of(text));
    }
    ck_assert_uint_lt(count(ring, ""), 40);
    ck_assert_uint_gt(count(ring, ""), 5);
    while (trace_ring_next(ring, slice_empty(), &after, &entry))
        ck_assert_int_ge(entry.wall, 960);
    ck_assert(slice_equal(entry.bytes, slice_of("sentence 999")));
    trace_ring_free(ring);
}
END_TEST

START_TEST(a_long_message_is_cut)
{
    static char text[100000];
    struct trace_ring *ring = trace_ring_new(8192);
    struct trace_entry entry;
    uint64_t after = 0;
    memset(text, 'x', sizeof(text) - 1);
    trace_ring_message(ring, 1, false, slice_of(text));
    ck_assert(trace_ring_next(ring, slice_empty(), &after, &entry));
    ck_assert_uint_eq(entry.bytes.length, 1024);
    trace_ring_free(ring);
}
END_TEST

static const struct row {
    const char *message;
    const char *kept;
} secrets[] = {
    { "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"a\", response=\"0123\", nc=1\r\n"
      "\r\n",
      "REGISTER sip:x SIP/2.0\r\nAuthorization: Digest username=\"a\", response=\"****\", nc=1\r\n"
      "\r\n" },
    { "INVITE sip:x SIP/2.0\r\nProxy-Authorization: Digest response=\"0123\"\r\n\r\n",
      "INVITE sip:x SIP/2.0\r\nProxy-Authorization: Digest response=\"****\"\r\n\r\n" },
    { "INVITE sip:x SIP/2.0\r\n\r\na= CRYPTO :1  X\tINLINE:abcd;inline:ef\r\na=x\r\n",
      "INVITE sip:x SIP/2.0\r\n\r\na= CRYPTO :1  X\tINLINE:**************\r\na=x\r\n" },
    { "INVITE sip:x SIP/2.0\r\nA=crypto:1 X inline:k\r\n",
      "INVITE sip:x SIP/2.0\r\nA=crypto:1 X inline:*\r\n" },
    { "INVITE sip:x SIP/2.0\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abcd|2^20\r\na=x\r\n",
      "INVITE sip:x SIP/2.0\r\n\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:*********\r\na=x\r\n" },
    { "INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=5\r\nDuration=9\r\n",
      "INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf-relay\r\n\r\nSignal=*\r\nDuration=9\r\n" },
    { "INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n5\r\n",
      "INFO sip:x SIP/2.0\r\nContent-Type: application/dtmf\r\n\r\n*\r\n" },
    { "INFO sip:x SIP/2.0\r\nc:application/dtmf\r\n\r\n5\r\n",
      "INFO sip:x SIP/2.0\r\nc:application/dtmf\r\n\r\n*\r\n" },
    { "INFO sip:x SIP/2.0\r\nContent-Type:\r\n  Application/DTMF ;a=b\r\n\r\n5\r\n",
      "INFO sip:x SIP/2.0\r\nContent-Type:\r\n  Application/DTMF ;a=b\r\n\r\n*\r\n" },
    { "INFO sip:x SIP/2.0\r\nc: application/dtmf-relay\r\n\r\nsignal = 5\r\nDuration=9\r\n",
      "INFO sip:x SIP/2.0\r\nc: application/dtmf-relay\r\n\r\nsignal = *\r\nDuration=9\r\n" },
    { "INFO sip:x SIP/2.0\r\nc: multipart/mixed;boundary=b\r\n\r\n--b\r\nSignal=5\r\n12\r\n--b--",
      "INFO sip:x SIP/2.0\r\nc: multipart/mixed;boundary=b\r\n\r\n***\r\nSignal=*\r\n**\r\n*****" },
    { "MESSAGE sip:x SIP/2.0\r\nc: text/plain\r\n\r\n12\r\nSignal: 5\r\n",
      "MESSAGE sip:x SIP/2.0\r\nc: text/plain\r\n\r\n12\r\nSignal: 5\r\n" },
    { "response=", "response=" },
    { "response=\"", "response=\"" },
    { "", "" },
};

START_TEST(secrets_are_blanked)
{
    for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
        struct trace_ring *ring = trace_ring_new(8192);
        struct trace_entry entry;
        uint64_t after = 0;
        trace_ring_message(ring, 1, true, slice_of(secrets[i].message));
        ck_assert(trace_ring_next(ring, slice_empty(), &after, &entry));
        ck_assert_msg(slice_equal(entry.bytes, slice_of(secrets[i].kept)), "%s",
                      secrets[i].message);
        trace_ring_free(ring);
    }
}
END_TEST

SUITE_MAIN("desk/trace_ring", entries_come_in_order,
           messages_before_and_after_a_call_is_named_belong_to_it, the_oldest_make_room,
           a_long_message_is_cut, secrets_are_blanked)
