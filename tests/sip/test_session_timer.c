// SPDX-License-Identifier: ISC
#include "sip/session_timer.h"
#include "tests/suite.h"

#include <stdio.h>

#define SUPPORTED "Supported: 100rel, timer\r\n"
#define S         1000

static struct sip_session_timer timer;
static struct sip_writer lines;
static struct arena *arena;

static void setup(uint32_t wanted_s)
{
    arena = arena_new();
    sip_writer_init(&lines);
    sip_session_timer_init(&timer, wanted_s);
}

static void teardown(void)
{
    sip_writer_free(&lines);
    arena_free(arena);
}

static struct sip_message *message_of(const char *first_line, const char *others)
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
             "CSeq: 7 INVITE\r\n"
             "Contact: <sip:a@c>\r\n"
             "%s\r\n",
             first_line, others);
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    ck_assert_msg(message->defect == 0, "%s: %s", others, message->defect_text);
    return message;
}

static struct sip_message *invite(const char *others)
{
    return message_of("INVITE sip:b@b SIP/2.0", others);
}

static void assert_lines(const char *expected)
{
    ck_assert_int_eq(sip_writer_status(&lines), STATUS_OK);
    ck_assert_msg(slice_equal(sip_writer_slice(&lines), slice_of(expected)), "%.*s\nnot\n%s",
                  SLICE_PRINT(sip_writer_slice(&lines)), expected);
    sip_writer_clear(&lines);
}

static void assert_request(const char *expected)
{
    sip_session_timer_write_request(&timer, &lines);
    assert_lines(expected);
}

static void assert_answer(time_ms now, const char *others, const char *expected)
{
    sip_session_timer_answer(&timer, now, invite(others), &lines);
    assert_lines(expected);
}

static void accepted(time_ms now, const char *others)
{
    sip_session_timer_accepted(&timer, now, message_of("SIP/2.0 200 OK", others));
}

static enum status refused(const char *others)
{
    return sip_session_timer_refused(&timer,
                                     message_of("SIP/2.0 422 Session Interval Too Small", others));
}

static void assert_off(void)
{
    ck_assert(!sip_session_timer_is_running(&timer));
    ck_assert(!sip_session_timer_is_refresher(&timer));
    ck_assert_uint_eq(sip_session_timer_interval_s(&timer), 0);
    ck_assert(sip_session_timer_deadline(&timer) == TIME_NEVER);
    ck_assert_int_eq(sip_session_timer_timeout(&timer, TIME_NEVER - 1), SESSION_TIMER_WAIT);
}

static void assert_runs(uint32_t interval_s, bool is_refresher)
{
    ck_assert(sip_session_timer_is_running(&timer));
    ck_assert_uint_eq(sip_session_timer_interval_s(&timer), interval_s);
    ck_assert_int_eq(sip_session_timer_is_refresher(&timer), is_refresher);
}

// Nothing happens a millisecond before.
static void assert_verdict_at(time_ms now, enum sip_session_timer_verdict verdict)
{
    ck_assert_int_eq(sip_session_timer_deadline(&timer), now);
    ck_assert_int_eq(sip_session_timer_timeout(&timer, now - 1), SESSION_TIMER_WAIT);
    ck_assert_int_eq(sip_session_timer_timeout(&timer, now), verdict);
}

START_TEST(the_first_request_asks_without_a_refresher)
{
    setup(1800);
    assert_request("Session-Expires: 1800\r\n");
    assert_off();
    teardown();
}
END_TEST

START_TEST(never_asks_for_less_than_90_seconds)
{
    setup(1);
    assert_request("Session-Expires: 90\r\n");
    teardown();
}
END_TEST

START_TEST(zero_asks_for_nothing_but_grants_what_the_peer_asks)
{
    setup(0);
    assert_request("");
    assert_answer(0, SUPPORTED, "");
    assert_off();
    ck_assert_int_eq(refused("Min-SE: 600\r\n"), STATUS_REFUSED);
    assert_answer(0, SUPPORTED "Session-Expires: 600\r\n",
                  "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
    assert_runs(600, true);
    teardown();
}
END_TEST

START_TEST(answers_by_the_table_of_section_9)
{
    static const struct {
        const char *request;
        const char *answer;
        bool is_refresher;
    } rows[] = {
        { "Session-Expires: 600\r\n", "Session-Expires: 600;refresher=uas\r\n", true },
        { "Session-Expires: 600;refresher=uac\r\n", "Session-Expires: 600;refresher=uas\r\n",
          true },
        { "Session-Expires: 600;refresher=uas\r\n", "Session-Expires: 600;refresher=uas\r\n",
          true },
        { SUPPORTED "Session-Expires: 600\r\n",
          "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n", true },
        { SUPPORTED "Session-Expires: 600;refresher=uac\r\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n", false },
        { SUPPORTED "Session-Expires: 600;refresher=uas\r\n",
          "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n", true },
        // As seen in the wild.
        { "k: timer\r\nx: 600 ; Refresher = UAC\r\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n", false },
        { "Require: timer\r\nSession-Expires: 600;refresher=uac\r\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n", false },
        { SUPPORTED "Session-Expires: 600;refresher=both\r\n",
          "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n", true },
        { SUPPORTED "Session-Expires: 600;x=y;refresher=uac\r\n",
          "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        assert_answer(0, rows[i].request, rows[i].answer);
        assert_runs(600, rows[i].is_refresher);
        teardown();
    }
}
END_TEST

START_TEST(answers_with_an_interval_that_the_request_allows)
{
    static const struct {
        const char *request;
        uint32_t interval_s; // 0: no timer
    } rows[] = {
        { "", 0 },
        { SUPPORTED, 1800 },
        { SUPPORTED "Min-SE: 3600\r\n", 3600 },
        { SUPPORTED "Min-SE: 120\r\n", 1800 },
        { SUPPORTED "Session-Expires: 90\r\n", 90 },
        { SUPPORTED "Session-Expires: 3600\r\nMin-SE: 90\r\n", 3600 },
        { SUPPORTED "Session-Expires: 600\r\nMin-SE: 3600\r\n", 600 },
        { SUPPORTED "Session-Expires: 4000000000\r\n", 86400 },
        { SUPPORTED "Session-Expires: 99999999999999999999999\r\n", 86400 },
        { SUPPORTED "Session-Expires: 200000\r\nMin-SE: 100000\r\n", 100000 },
        { SUPPORTED "Session-Expires: 4000000000\r\nMin-SE: 4000000000\r\n", 4000000000 },
        { SUPPORTED "Session-Expires: forever\r\n", 1800 },
        { SUPPORTED "Session-Expires: -600\r\n", 1800 },
        { SUPPORTED "Session-Expires: 600s\r\n", 1800 },
        { SUPPORTED "Session-Expires: ;refresher=uas\r\n", 1800 },
        { "Session-Expires: forever\r\n", 0 },
        { "Session-Expires: 10\r\n", 0 },
        { "Session-Expires: 0\r\n", 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        sip_session_timer_answer(&timer, 0, invite(rows[i].request), &lines);
        ck_assert_msg(timer.interval_s == rows[i].interval_s, "%s: %u", rows[i].request,
                      timer.interval_s);
        ck_assert_int_eq(sip_writer_slice(&lines).length > 0, rows[i].interval_s > 0);
        teardown();
    }
}
END_TEST

START_TEST(refuses_a_small_interval_of_a_peer_that_understands_it)
{
    static const struct {
        const char *request;
        uint32_t status;
    } rows[] = {
        { "", 0 },
        { SUPPORTED, 0 },
        { SUPPORTED "Session-Expires: 89\r\n", 422 },
        { SUPPORTED "x: 0;refresher=uac\r\n", 422 },
        { SUPPORTED "Session-Expires: 90\r\n", 0 },
        { SUPPORTED "Session-Expires: 99999999999999999999999\r\n", 0 },
        { SUPPORTED "Session-Expires: soon\r\n", 0 },
        { "Session-Expires: 89\r\n", 0 },
        { "Supported: timers\r\nSession-Expires: 89\r\n", 0 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        ck_assert_uint_eq(sip_session_timer_check(invite(rows[i].request), &lines), rows[i].status);
        assert_lines(rows[i].status ? "Min-SE: 90\r\n" : "");
        teardown();
    }
}
END_TEST

START_TEST(asks_again_with_the_min_se_of_a_422)
{
    setup(600);
    ck_assert_int_eq(refused("Min-SE: 1200\r\n"), STATUS_OK);
    assert_request("Session-Expires: 1200\r\nMin-SE: 1200\r\n");
    accepted(0, "Require: timer\r\nSession-Expires: 1200;refresher=uac\r\n");
    assert_request("Session-Expires: 1200;refresher=uac\r\nMin-SE: 1200\r\n");
    teardown();
}
END_TEST

START_TEST(asks_only_once_again)
{
    setup(600);
    ck_assert_int_eq(refused("Min-SE: 1200\r\n"), STATUS_OK);
    ck_assert_int_eq(refused("Min-SE: 2400\r\n"), STATUS_REFUSED);
    assert_request("Session-Expires: 1200\r\nMin-SE: 1200\r\n");
    teardown();
}
END_TEST

START_TEST(a_refresh_may_be_refused_again_after_a_2xx)
{
    setup(600);
    ck_assert_int_eq(refused("Min-SE: 1200\r\n"), STATUS_OK);
    accepted(0, "Session-Expires: 1200;refresher=uac\r\n");
    ck_assert_int_eq(refused("Min-SE: 2400\r\n"), STATUS_OK);
    assert_request("Session-Expires: 2400;refresher=uac\r\nMin-SE: 2400\r\n");
    assert_runs(1200, true);
    teardown();
}
END_TEST

START_TEST(a_422_that_names_nothing_larger_is_final)
{
    static const char *const rows[] = { "", "Min-SE: 600\r\n", "Min-SE: 90\r\n", "Min-SE: x\r\n" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(600);
        ck_assert_int_eq(refused(rows[i]), STATUS_REFUSED);
        assert_request("Session-Expires: 600\r\n");
        teardown();
    }
}
END_TEST

START_TEST(takes_role_and_interval_of_the_2xx)
{
    static const struct {
        const char *response;
        uint32_t interval_s;
        bool is_refresher;
    } rows[] = {
        { "Require: timer\r\nSession-Expires: 600;refresher=uac\r\n", 600, true },
        { "Require: timer\r\nSession-Expires: 600;refresher=uas\r\n", 600, false },
        { "Session-Expires: 600;refresher=uas\r\n", 600, false },
        { "x: 600;refresher=UAS\r\n", 600, false },
        { "Session-Expires: 600\r\n", 600, true },
        { "Session-Expires: 600;refresher=me\r\n", 600, true },
        { "Session-Expires: 1;refresher=uac\r\n", 90, true },
        { "Session-Expires: 3000000000;refresher=uac\r\n", 3000000000, true },
        { "Session-Expires: 99999999999;refresher=uac\r\n", UINT32_MAX, true },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        accepted(0, rows[i].response);
        assert_runs(rows[i].interval_s, rows[i].is_refresher);
        ck_assert_int_gt(sip_session_timer_deadline(&timer), 0);
        teardown();
    }
}
END_TEST

START_TEST(a_2xx_without_session_expires_turns_it_off)
{
    static const char *const rows[] = { "", "Require: timer\r\n", "Session-Expires: x\r\n" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        accepted(0, rows[i]);
        assert_off();
        accepted(0, "Session-Expires: 600;refresher=uac\r\n");
        accepted(0, rows[i]);
        assert_off();
        assert_request("Session-Expires: 1800\r\n");
        teardown();
    }
}
END_TEST

START_TEST(our_refresh_names_the_roles_as_they_are)
{
    static const struct {
        const char *response, *request;
        bool is_refresher;
    } rows[] = {
        { "Session-Expires: 600;refresher=uac\r\n", "Session-Expires: 600;refresher=uac\r\n",
          true },
        { "Session-Expires: 600;refresher=uas\r\n", "Session-Expires: 600;refresher=uas\r\n",
          false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        setup(1800);
        accepted(0, rows[i].response);
        assert_request(rows[i].request);
        accepted(1, "Session-Expires: 700\r\n"); // no refresher: as before
        assert_runs(700, rows[i].is_refresher);
        teardown();
    }
}
END_TEST

START_TEST(a_refresh_of_the_peer_keeps_the_roles_unless_it_says_otherwise)
{
    setup(1800);
    assert_answer(0, SUPPORTED "Session-Expires: 600;refresher=uac\r\n",
                  "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n");
    assert_answer(0, SUPPORTED "Session-Expires: 600\r\n",
                  "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n");
    assert_answer(0, SUPPORTED, "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n");
    assert_answer(0, SUPPORTED "Session-Expires: 600;refresher=uas\r\n",
                  "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
    assert_answer(0, SUPPORTED "Session-Expires: 600\r\n",
                  "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
    assert_request("Session-Expires: 600;refresher=uac\r\n");
    teardown();
}
END_TEST

START_TEST(a_timer_goes_on_when_the_peer_forgets_it_in_a_reinvite)
{
    setup(1800);
    assert_answer(0, SUPPORTED "Session-Expires: 600;refresher=uac\r\n",
                  "Session-Expires: 600;refresher=uac\r\nRequire: timer\r\n");
    assert_answer(0, "", "Session-Expires: 600;refresher=uas\r\n");
    assert_runs(600, true);
    teardown();
}
END_TEST

START_TEST(the_min_se_of_the_peer_is_kept_in_our_refresh)
{
    setup(1800);
    assert_answer(0, SUPPORTED "Session-Expires: 600;refresher=uas\r\nMin-SE: 500\r\n",
                  "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
    assert_answer(0, SUPPORTED "Session-Expires: 600\r\nMin-SE: 90\r\n",
                  "Session-Expires: 600;refresher=uas\r\nRequire: timer\r\n");
    assert_request("Session-Expires: 600;refresher=uac\r\nMin-SE: 500\r\n");
    teardown();
}
END_TEST

START_TEST(refreshes_at_half_and_expires_before_the_end)
{
    static const struct {
        const char *response;
        time_ms refresh, expiry;
    } rows[] = {
        { "Session-Expires: 90;refresher=uac\r\n", 45 * S, 60 * S },
        { "Session-Expires: 91;refresher=uac\r\n", 45500, 60667 },
        { "Session-Expires: 96;refresher=uac\r\n", 48 * S, 64 * S },
        { "Session-Expires: 120;refresher=uac\r\n", 60 * S, 88 * S },
        { "Session-Expires: 1800;refresher=uac\r\n", 900 * S, 1768 * S },
        { "Session-Expires: 4294967295;refresher=uac\r\n", 2147483647500, 4294967263000 },
        { "Session-Expires: 90;refresher=uas\r\n", 0, 60 * S },
        { "Session-Expires: 1800;refresher=uas\r\n", 0, 1768 * S },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const time_ms now = 123456789;
        setup(1800);
        accepted(now, rows[i].response);
        if (rows[i].refresh)
            assert_verdict_at(now + rows[i].refresh, SESSION_TIMER_REFRESH);
        assert_verdict_at(now + rows[i].expiry, SESSION_TIMER_EXPIRED);
        assert_off();
        teardown();
    }
}
END_TEST

START_TEST(expires_without_a_refresh_when_time_has_jumped)
{
    setup(1800);
    accepted(0, "Session-Expires: 1800;refresher=uac\r\n");
    ck_assert_int_eq(sip_session_timer_timeout(&timer, 9999 * S), SESSION_TIMER_EXPIRED);
    assert_off();
    teardown();
}
END_TEST

START_TEST(each_2xx_starts_the_interval_anew)
{
    setup(1800);
    accepted(0, "Session-Expires: 200;refresher=uac\r\n");
    assert_verdict_at(100 * S, SESSION_TIMER_REFRESH);
    accepted(110 * S, "Session-Expires: 200;refresher=uac\r\n");
    assert_verdict_at(210 * S, SESSION_TIMER_REFRESH);
    assert_answer(220 * S, SUPPORTED "Session-Expires: 300\r\n",
                  "Session-Expires: 300;refresher=uas\r\nRequire: timer\r\n");
    assert_verdict_at(370 * S, SESSION_TIMER_REFRESH);
    assert_answer(380 * S, SUPPORTED "Session-Expires: 300;refresher=uac\r\n",
                  "Session-Expires: 300;refresher=uac\r\nRequire: timer\r\n");
    assert_verdict_at(648 * S, SESSION_TIMER_EXPIRED);
    teardown();
}
END_TEST

START_TEST(a_stopped_timer_is_off)
{
    setup(1800);
    accepted(0, "Session-Expires: 200;refresher=uac\r\n");
    sip_session_timer_stop(&timer);
    assert_off();
    teardown();
}
END_TEST

SUITE_MAIN("sip/session_timer", the_first_request_asks_without_a_refresher,
           never_asks_for_less_than_90_seconds, zero_asks_for_nothing_but_grants_what_the_peer_asks,
           answers_by_the_table_of_section_9, answers_with_an_interval_that_the_request_allows,
           refuses_a_small_interval_of_a_peer_that_understands_it,
           asks_again_with_the_min_se_of_a_422, asks_only_once_again,
           a_refresh_may_be_refused_again_after_a_2xx, a_422_that_names_nothing_larger_is_final,
           takes_role_and_interval_of_the_2xx, a_2xx_without_session_expires_turns_it_off,
           our_refresh_names_the_roles_as_they_are,
           a_refresh_of_the_peer_keeps_the_roles_unless_it_says_otherwise,
           a_timer_goes_on_when_the_peer_forgets_it_in_a_reinvite,
           the_min_se_of_the_peer_is_kept_in_our_refresh,
           refreshes_at_half_and_expires_before_the_end,
           expires_without_a_refresh_when_time_has_jumped, each_2xx_starts_the_interval_anew,
           a_stopped_timer_is_off)
