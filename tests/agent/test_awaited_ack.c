// SPDX-License-Identifier: ISC
// When a 2xx is repeated, and when no ACK is hoped for any more (RFC 3261 13.3.1.4).
#include "agent/awaited_ack.h"
#include "suite.h"

START_TEST(a_2xx_is_repeated_at_doubling_times_for_32_seconds)
{
    static const time_ms times[] = { 500,   1500,  3500,  7500,  11500, 15500,
                                     19500, 23500, 27500, 31500, 32000 };
    struct awaited_ack ack;
    awaited_ack_init(&ack);
    ck_assert(!awaited_ack_is_open(&ack));
    ck_assert_int_eq(awaited_ack_deadline(&ack), TIME_NEVER);
    ck_assert_int_eq(awaited_ack_timeout(&ack, 1000000), AWAITED_ACK_WAIT);
    awaited_ack_begin(&ack, 1000, 7, 3, slice_of("A: b\r\n"), slice_of("body"));
    ck_assert(awaited_ack_is_open(&ack));
    ck_assert(ack.transaction == 7 && ack.cseq == 3);
    for (size_t i = 0; i < 11; i++) {
        time_ms deadline = awaited_ack_deadline(&ack);
        ck_assert_int_eq(deadline, 1000 + times[i]);
        ck_assert_int_eq(awaited_ack_timeout(&ack, deadline - 1), AWAITED_ACK_WAIT);
        ck_assert_int_eq(awaited_ack_timeout(&ack, deadline),
                         i < 10 ? AWAITED_ACK_REPEAT : AWAITED_ACK_GIVE_UP);
    }
    ck_assert(slice_equal(buffer_slice(&ack.lines), slice_of("A: b\r\n")));
    ck_assert(slice_equal(buffer_slice(&ack.body), slice_of("body")));
    awaited_ack_clear(&ack);
}
END_TEST

START_TEST(the_end_forgets_the_offer_and_the_times)
{
    struct awaited_ack ack;
    awaited_ack_init(&ack);
    awaited_ack_begin(&ack, 0, 7, 3, slice_of("A: b\r\n"), slice_of("a long body"));
    ack.has_offer = true;
    awaited_ack_end(&ack);
    ck_assert(!awaited_ack_is_open(&ack) && !ack.has_offer);
    ck_assert_int_eq(awaited_ack_deadline(&ack), TIME_NEVER);
    awaited_ack_begin(&ack, 5000, 8, 4, slice_of("C: d\r\n"), slice_of("short"));
    ck_assert_int_eq(awaited_ack_deadline(&ack), 5500);
    ck_assert(slice_equal(buffer_slice(&ack.lines), slice_of("C: d\r\n")));
    ck_assert(slice_equal(buffer_slice(&ack.body), slice_of("short")));
    awaited_ack_clear(&ack);
    ck_assert(!awaited_ack_is_open(&ack));
}
END_TEST

SUITE_MAIN("agent/awaited_ack", a_2xx_is_repeated_at_doubling_times_for_32_seconds,
           the_end_forgets_the_offer_and_the_times)
