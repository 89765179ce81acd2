// SPDX-License-Identifier: ISC
// How long a registrar that refuses is left alone: Retry-After in all its forms, the law, and what
// neither may do (RFC 3261 20.33, RFC 5626 4.5; P06).
#include "sip/registration_waits.h"
#include "suite.h"

#include <stdio.h>

enum {
    BASE = 1000,
    MINUTE = 60000,
    DAY = 86400000
};

static time_ms next(struct registration_waits *waits, struct random *random, unsigned status,
                    const char *retry_after)
{
    char text[512];
    struct sip_message *message;
    struct arena *arena = arena_new();
    snprintf(text, sizeof(text),
             "SIP/2.0 %u Why Not\r\nVia: SIP/2.0/TLS h;branch=z9hG4bKx\r\n"
             "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:alice@example.com>;tag=2\r\n"
             "Call-ID: c\r\nCSeq: 1 REGISTER\r\n%s%s%sContent-Length: 0\r\n\r\n",
             status, retry_after ? "Retry-After: " : "", retry_after ? retry_after : "",
             retry_after ? "\r\n" : "");
    ck_assert_int_eq(sip_message_parse(arena, slice_of(text), &message), STATUS_OK);
    time_ms wait =
        registration_waits_next(waits, registration_waits_is_fault(status), message, random);
    arena_free(arena);
    return wait;
}

static const struct {
    unsigned status;
    const char *retry_after; // NULL: none
    time_ms least, most;
} rows[] = {
    // faults, which may pass by themselves, wait by the base
    { 408, NULL, 500, 1000 },
    { 423, NULL, 500, 1000 },
    { 480, NULL, 500, 1000 },
    { 486, NULL, 500, 1000 },
    { 491, NULL, 500, 1000 },
    { 500, NULL, 500, 1000 },
    { 503, NULL, 500, 1000 },
    { 504, NULL, 500, 1000 },
    { 599, NULL, 500, 1000 },
    // all else is for a person, whatever the base
    { 302, NULL, 5 * MINUTE, 10 * MINUTE },
    { 400, NULL, 5 * MINUTE, 10 * MINUTE },
    { 401, NULL, 5 * MINUTE, 10 * MINUTE },
    { 403, NULL, 5 * MINUTE, 10 * MINUTE },
    { 404, NULL, 5 * MINUTE, 10 * MINUTE },
    { 420, NULL, 5 * MINUTE, 10 * MINUTE },
    { 421, NULL, 5 * MINUTE, 10 * MINUTE },
    { 439, NULL, 5 * MINUTE, 10 * MINUTE },
    { 494, NULL, 5 * MINUTE, 10 * MINUTE },
    { 600, NULL, 5 * MINUTE, 10 * MINUTE },
    { 603, NULL, 5 * MINUTE, 10 * MINUTE },
    // what the registrar asks for
    { 503, "90", 90000, 90999 },
    { 500, "90", 90000, 90999 },
    { 480, "90", 90000, 90999 },
    { 486, "90", 90000, 90999 },
    { 404, "90", 5 * MINUTE, 10 * MINUTE },
    { 404, "1200", 20 * MINUTE, 20 * MINUTE },
    { 603, "1200", 20 * MINUTE, 20 * MINUTE },
    { 503, "90;duration=60", 90000, 90999 },
    { 503, "90 (in a meeting)", 90000, 90999 },
    { 503, "90 (a;b) ;duration=60", 90000, 90999 },
    // what is none
    { 503, "0", 500, 1000 },
    { 503, "soon", 500, 1000 },
    { 503, "", 500, 1000 },
    { 503, "-5", 500, 1000 },
    { 503, "90x", 500, 1000 },
    { 503, "Fri, 01 Jan 2100 00:00:00 GMT", 500, 1000 },
    // a year is a mistake
    { 503, "86400", DAY, DAY },
    { 503, "86401", DAY, DAY },
    { 503, "4294967295", DAY, DAY },
    { 503, "4294967296", DAY, DAY },
    { 503, "1000000000000", DAY, DAY },
    { 403, "1000000000000", DAY, DAY },
    { 503, "99999999999999999999999999", DAY, DAY },
};

START_TEST(every_refusal_has_its_wait)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        for (uint32_t seed = 1; seed < 20; seed++) {
            struct registration_waits waits;
            struct random random;
            random_init_number(&random, seed);
            registration_waits_init(&waits, BASE);
            time_ms wait = next(&waits, &random, rows[i].status, rows[i].retry_after);
            ck_assert_msg(wait >= rows[i].least && wait <= rows[i].most, "row %zu: %lld", i,
                          (long long)wait);
        }
    }
}
END_TEST

START_TEST(the_base_is_that_of_the_rfc_unless_another_makes_sense)
{
    static const struct {
        uint32_t base_ms;
        time_ms most;
    } bases[] = { { 0, 30000 }, { 1, 1 }, { 300000, 300000 }, { UINT32_MAX, 300000 } };
    for (size_t i = 0; i < sizeof(bases) / sizeof(*bases); i++) {
        struct registration_waits waits;
        struct random random;
        random_init_number(&random, 1);
        registration_waits_init(&waits, bases[i].base_ms);
        time_ms wait = next(&waits, &random, 503, NULL);
        ck_assert_int_le(wait, bases[i].most);
        ck_assert_int_ge(wait, bases[i].most / 2);
        for (int k = 0; k < 1000; k++) {
            wait = registration_waits_next(&waits, true, NULL, &random);
            ck_assert_int_le(wait, bases[i].most * 60);
            ck_assert(k < 10 || wait >= bases[i].most * 30);
        }
    }
}
END_TEST

/* An overloaded server that says 1 s for ever must not be asked every second for ever. */
START_TEST(a_short_retry_after_is_believed_three_times_in_a_row)
{
    struct registration_waits waits;
    struct random random;
    random_init_number(&random, 1);
    registration_waits_init(&waits, 30000);
    for (int round = 0; round < 2; round++) {
        for (int k = 0; k < 3; k++)
            ck_assert_int_le(next(&waits, &random, 503, "1"), 2000);
        for (int k = 0; k < 20; k++)
            ck_assert_int_ge(next(&waits, &random, 503, "1"), 120000);
        ck_assert_int_ge(next(&waits, &random, 503, "7200"), 7200000); // a long one always
        registration_waits_reset(&waits);
    }
}
END_TEST

START_TEST(without_an_answer_the_law_alone_holds)
{
    struct registration_waits waits;
    struct random random;
    random_init_number(&random, 1);
    registration_waits_init(&waits, BASE);
    ck_assert_int_ge(registration_waits_next(&waits, false, NULL, &random), 5 * MINUTE);
    ck_assert_int_ge(registration_waits_next(&waits, false, NULL, &random), 10 * MINUTE);
    registration_waits_init(&waits, MINUTE);
    ck_assert_int_ge(registration_waits_next(&waits, true, NULL, &random), MINUTE / 2);
}
END_TEST

SUITE_MAIN("sip/registration_waits", every_refusal_has_its_wait,
           the_base_is_that_of_the_rfc_unless_another_makes_sense,
           a_short_retry_after_is_believed_three_times_in_a_row,
           without_an_answer_the_law_alone_holds)
