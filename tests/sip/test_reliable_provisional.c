// SPDX-License-Identifier: ISC
#include "sip/reliable_provisional.h"
#include "tests/suite.h"

#include <stdio.h>

#define RELIABLE "Require: 100rel\r\n"

enum {
    INVITE_CSEQ = 314159
};

static struct sip_reliable_provisional provisional;
static struct sip_provisional_sequence sequence;
static struct random chance;
static struct sip_writer lines;
static struct arena *arena;

static void setup(void)
{
    arena = arena_new();
    sip_writer_init(&lines);
    random_init_number(&chance, 1);
    sip_reliable_provisional_init(&provisional, &chance);
    sequence = (struct sip_provisional_sequence){ 0 };
}

static void teardown(void)
{
    sip_writer_free(&lines);
    arena_free(arena);
}

static struct sip_message *message_of(const char *first_line, const char *cseq, const char *others)
{
    char text[1024];
    struct sip_message *message;
    snprintf(text, sizeof(text),
             "%s\r\n"
             "Via: SIP/2.0/TLS ua;branch=z9hG4bK0\r\n"
             "Max-Forwards: 70\r\n"
             "From: <sip:a@b>;tag=f\r\n"
             "To: <sip:b@b>;tag=t\r\n"
             "Call-ID: c@d\r\n"
             "CSeq: %s\r\n"
             "Contact: <sip:a@c>\r\n"
             "%s\r\n",
             first_line, cseq, others);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    ck_assert_msg(message->defect == 0, "%s: %s", others, message->defect_text);
    return message;
}

static enum status prack_of(const char *others)
{
    return sip_reliable_provisional_prack(
        &provisional, message_of("PRACK sip:b@b SIP/2.0", "314160 PRACK", others), INVITE_CSEQ);
}

static enum status prack(uint32_t rseq)
{
    char others[256];
    snprintf(others, sizeof(others), "RAck: %u 314159 INVITE\r\n", rseq);
    return prack_of(others);
}

static enum sip_provisional_verdict receive_of(const char *status_line, const char *cseq,
                                               const char *others)
{
    return sip_provisional_sequence_receive(&sequence, message_of(status_line, cseq, others));
}

static enum sip_provisional_verdict receive(const char *others)
{
    return receive_of("SIP/2.0 183 Session Progress", "314159 INVITE", others);
}

static void assert_lines(const char *expected)
{
    ck_assert_int_eq(sip_writer_status(&lines), STATUS_OK);
    ck_assert_msg(slice_equal(sip_writer_slice(&lines), slice_of(expected)), "%.*s\nnot\n%s",
                  SLICE_PRINT(sip_writer_slice(&lines)), expected);
    sip_writer_clear(&lines);
}

static void assert_rack(const char *expected)
{
    sip_provisional_sequence_write_rack(&sequence, &lines);
    assert_lines(expected);
}

// Nothing happens a millisecond before.
static void assert_verdict_at(time_ms now, enum sip_reliable_provisional_verdict verdict)
{
    ck_assert_int_eq(sip_reliable_provisional_deadline(&provisional), now);
    ck_assert_int_eq(sip_reliable_provisional_timeout(&provisional, now - 1),
                     RELIABLE_PROVISIONAL_WAIT);
    ck_assert_int_eq(sip_reliable_provisional_timeout(&provisional, now), verdict);
}

static void assert_quiet(void)
{
    ck_assert(sip_reliable_provisional_deadline(&provisional) == TIME_NEVER);
    ck_assert_int_eq(sip_reliable_provisional_timeout(&provisional, TIME_NEVER - 1),
                     RELIABLE_PROVISIONAL_WAIT);
}

START_TEST(the_first_rseq_is_from_1_to_2_to_the_31_minus_1)
{
    bool has_small = false, has_large = false;
    setup();
    for (int i = 0; i < 1000; i++) {
        sip_reliable_provisional_init(&provisional, &chance);
        uint32_t rseq = sip_reliable_provisional_send(&provisional, 0);
        ck_assert_uint_ge(rseq, 1);
        ck_assert_uint_le(rseq, INT32_MAX);
        has_small = has_small || rseq < INT32_MAX / 8;
        has_large = has_large || rseq > INT32_MAX / 8 * 7;
    }
    ck_assert(has_small && has_large);
    teardown();
}
END_TEST

START_TEST(each_rseq_is_one_more_than_the_last)
{
    setup();
    uint32_t first = sip_reliable_provisional_send(&provisional, 0);
    for (uint32_t i = 1; i < 5; i++) {
        ck_assert_int_eq(prack(first + i - 1), STATUS_OK);
        ck_assert_uint_eq(sip_reliable_provisional_send(&provisional, 0), first + i);
    }
    teardown();
}
END_TEST

START_TEST(writes_require_and_rseq)
{
    setup();
    provisional.rseq = 988788;
    ck_assert_uint_eq(sip_reliable_provisional_send(&provisional, 0), 988789);
    sip_reliable_provisional_write(&provisional, &lines);
    assert_lines("Require: 100rel\r\nRSeq: 988789\r\n");
    teardown();
}
END_TEST

START_TEST(is_silent_until_something_is_sent)
{
    setup();
    ck_assert(!sip_reliable_provisional_is_open(&provisional));
    assert_quiet();
    ck_assert_int_eq(prack(provisional.rseq), STATUS_REFUSED);
    teardown();
}
END_TEST

START_TEST(repeats_at_doubling_intervals_without_a_cap_and_gives_up_after_64_t1)
{
    static const time_ms repeats[] = { 500, 1500, 3500, 7500, 15500, 31500 };
    const time_ms now = 123456789;
    setup();
    sip_reliable_provisional_send(&provisional, now);
    for (size_t i = 0; i < sizeof(repeats) / sizeof(*repeats); i++)
        assert_verdict_at(now + repeats[i], RELIABLE_PROVISIONAL_REPEAT);
    assert_verdict_at(now + 32000, RELIABLE_PROVISIONAL_GIVE_UP);
    assert_quiet();
    teardown();
}
END_TEST

START_TEST(a_second_response_is_repeated_from_t1_again)
{
    setup();
    uint32_t rseq = sip_reliable_provisional_send(&provisional, 0);
    assert_verdict_at(500, RELIABLE_PROVISIONAL_REPEAT);
    assert_verdict_at(1500, RELIABLE_PROVISIONAL_REPEAT);
    ck_assert_int_eq(prack(rseq), STATUS_OK);
    sip_reliable_provisional_send(&provisional, 20000);
    assert_verdict_at(20500, RELIABLE_PROVISIONAL_REPEAT);
    assert_verdict_at(21500, RELIABLE_PROVISIONAL_REPEAT);
    teardown();
}
END_TEST

START_TEST(a_matching_prack_ends_the_repetition)
{
    static const char *const rows[] = { "RAck: 5000 314159 INVITE\r\n",
                                        "rack:\t5000 \t 314159\t\tINVITE \r\n",
                                        "RAck: 5000\r\n 314159\r\n INVITE\r\n",
                                        "RAck: 0005000 00314159 INVITE\r\n" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup();
        provisional.rseq = 4999;
        sip_reliable_provisional_send(&provisional, 0);
        ck_assert(sip_reliable_provisional_is_open(&provisional));
        ck_assert_msg(prack_of(rows[i]) == STATUS_OK, "%s", rows[i]);
        ck_assert(!sip_reliable_provisional_is_open(&provisional));
        assert_quiet();
        ck_assert_int_eq(prack_of(rows[i]), STATUS_REFUSED);
        teardown();
    }
}
END_TEST

START_TEST(a_prack_that_does_not_match_is_refused)
{
    static const char *const rows[] = {
        "",
        "RAck: \r\n",
        "RAck: 4999 314159 INVITE\r\n",
        "RAck: 5001 314159 INVITE\r\n",
        "RAck: 5000 314158 INVITE\r\n",
        "RAck: 5000 314160 INVITE\r\n",
        "RAck: 5000 314159 PRACK\r\n",
        "RAck: 5000 314159 invite\r\n",
        "RAck: 5000 314159 INVITE x\r\n",
        "RAck: 5000 314159\r\n",
        "RAck: 5000 314159INVITE\r\n",
        "RAck: 5000\r\n",
        "RAck: INVITE 5000 314159\r\n",
        "RAck: 5000,314159 INVITE\r\n",
        "RAck: -5000 314159 INVITE\r\n",
        "RAck: 4294972296 314159 INVITE\r\n", // 5000 + 2^32
        "RAck: 5000 4295281455 INVITE\r\n",
    };
    setup();
    provisional.rseq = 4999;
    ck_assert_uint_eq(sip_reliable_provisional_send(&provisional, 0), 5000);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ck_assert_msg(prack_of(rows[i]) == STATUS_REFUSED, "%s", rows[i]);
        ck_assert(sip_reliable_provisional_is_open(&provisional));
    }
    assert_verdict_at(500, RELIABLE_PROVISIONAL_REPEAT);
    ck_assert_int_eq(prack_of("RAck: 5000 314159 INVITE\r\n"), STATUS_OK);
    teardown();
}
END_TEST

START_TEST(after_a_final_response_nothing_is_repeated_but_the_prack_still_matches)
{
    setup();
    uint32_t rseq = sip_reliable_provisional_send(&provisional, 0);
    sip_reliable_provisional_stop(&provisional);
    assert_quiet();
    ck_assert(sip_reliable_provisional_is_open(&provisional));
    ck_assert_int_eq(prack(rseq), STATUS_OK);
    teardown();
}
END_TEST

START_TEST(a_prack_after_giving_up_still_matches)
{
    setup();
    uint32_t rseq = sip_reliable_provisional_send(&provisional, 0);
    ck_assert_int_eq(sip_reliable_provisional_timeout(&provisional, 32000),
                     RELIABLE_PROVISIONAL_GIVE_UP);
    ck_assert_int_eq(prack(rseq), STATUS_OK);
    teardown();
}
END_TEST

START_TEST(reliable_is_what_has_require_and_rseq_and_is_not_100)
{
    static const struct {
        const char *status_line, *cseq, *others;
        enum sip_provisional_verdict verdict;
    } rows[] = {
        { "SIP/2.0 180 Ringing", "1 INVITE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_NEW },
        { "SIP/2.0 101 Dialog", "1 INVITE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_NEW },
        { "SIP/2.0 199 Gone", "1 INVITE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_NEW },
        { "SIP/2.0 183 x", "1 INVITE", "Require: foo, 100REL\r\nRSeq: 4294967295\r\n",
          PROVISIONAL_NEW },
        { "SIP/2.0 100 Trying", "1 INVITE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 200 OK", "1 INVITE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 UPDATE", RELIABLE "RSeq: 1\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", "", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", "RSeq: 1\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", RELIABLE, PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", "Supported: 100rel\r\nRSeq: 1\r\n",
          PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", RELIABLE "RSeq: 0\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", RELIABLE "RSeq: x\r\n", PROVISIONAL_UNRELIABLE },
        { "SIP/2.0 180 Ringing", "1 INVITE", RELIABLE "RSeq: 4294967296\r\n",
          PROVISIONAL_UNRELIABLE },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup();
        ck_assert_msg(receive_of(rows[i].status_line, rows[i].cseq, rows[i].others) ==
                          rows[i].verdict,
                      "%s, %s", rows[i].status_line, rows[i].others);
        teardown();
    }
}
END_TEST

START_TEST(takes_reliable_responses_only_in_order)
{
    static const struct {
        const char *others;
        enum sip_provisional_verdict verdict;
    } rows[] = {
        { RELIABLE "RSeq: 1000\r\n", PROVISIONAL_NEW },
        { RELIABLE "RSeq: 1000\r\n", PROVISIONAL_REPEAT },
        { RELIABLE "RSeq: 1002\r\n", PROVISIONAL_OUT_OF_ORDER },
        { RELIABLE "RSeq: 999\r\n", PROVISIONAL_OUT_OF_ORDER },
        { "", PROVISIONAL_UNRELIABLE },
        { RELIABLE "RSeq: 1001\r\n", PROVISIONAL_NEW },
        { RELIABLE "RSeq: 1002\r\n", PROVISIONAL_NEW },
        { RELIABLE "RSeq: 1000\r\n", PROVISIONAL_REPEAT },
        { RELIABLE "RSeq: 1002\r\n", PROVISIONAL_REPEAT },
        { RELIABLE "RSeq: 1004\r\n", PROVISIONAL_OUT_OF_ORDER },
        { RELIABLE "RSeq: 4294967295\r\n", PROVISIONAL_OUT_OF_ORDER },
        { RELIABLE "RSeq: 1\r\n", PROVISIONAL_OUT_OF_ORDER },
        { RELIABLE "RSeq: 1003\r\n", PROVISIONAL_NEW },
    };
    setup();
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(receive(rows[i].others) == rows[i].verdict, "row %zu: %s", i, rows[i].others);
    assert_rack("RAck: 1003 314159 INVITE\r\n");
    teardown();
}
END_TEST

START_TEST(rseq_does_not_wrap_around)
{
    setup();
    ck_assert_int_eq(receive(RELIABLE "RSeq: 4294967295\r\n"), PROVISIONAL_NEW);
    ck_assert_int_eq(receive(RELIABLE "RSeq: 1\r\n"), PROVISIONAL_OUT_OF_ORDER);
    assert_rack("RAck: 4294967295 314159 INVITE\r\n");
    teardown();
}
END_TEST

START_TEST(each_invite_begins_a_new_sequence)
{
    setup();
    ck_assert_int_eq(receive_of("SIP/2.0 183 x", "1 INVITE", RELIABLE "RSeq: 50\r\n"),
                     PROVISIONAL_NEW);
    ck_assert_int_eq(receive_of("SIP/2.0 183 x", "2 INVITE", RELIABLE "RSeq: 9\r\n"),
                     PROVISIONAL_NEW);
    assert_rack("RAck: 9 2 INVITE\r\n");
    ck_assert_int_eq(receive_of("SIP/2.0 183 x", "2 INVITE", RELIABLE "RSeq: 51\r\n"),
                     PROVISIONAL_OUT_OF_ORDER);
    teardown();
}
END_TEST

START_TEST(our_rack_matches_on_the_other_side)
{
    char others[256];
    setup();
    sip_reliable_provisional_send(&provisional, 0);
    sip_reliable_provisional_write(&provisional, &lines);
    snprintf(others, sizeof(others), "%.*s", SLICE_PRINT(sip_writer_slice(&lines)));
    sip_writer_clear(&lines);
    ck_assert_int_eq(receive(others), PROVISIONAL_NEW);
    sip_provisional_sequence_write_rack(&sequence, &lines);
    snprintf(others, sizeof(others), "%.*s", SLICE_PRINT(sip_writer_slice(&lines)));
    ck_assert_int_eq(prack_of(others), STATUS_OK);
    teardown();
}
END_TEST

SUITE_MAIN("sip/reliable_provisional", the_first_rseq_is_from_1_to_2_to_the_31_minus_1,
           each_rseq_is_one_more_than_the_last, writes_require_and_rseq,
           is_silent_until_something_is_sent,
           repeats_at_doubling_intervals_without_a_cap_and_gives_up_after_64_t1,
           a_second_response_is_repeated_from_t1_again, a_matching_prack_ends_the_repetition,
           a_prack_that_does_not_match_is_refused,
           after_a_final_response_nothing_is_repeated_but_the_prack_still_matches,
           a_prack_after_giving_up_still_matches,
           reliable_is_what_has_require_and_rseq_and_is_not_100,
           takes_reliable_responses_only_in_order, rseq_does_not_wrap_around,
           each_invite_begins_a_new_sequence, our_rack_matches_on_the_other_side)
