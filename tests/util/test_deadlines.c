// SPDX-License-Identifier: ISC
// The heap of deadlines against a plain table, in a long random life.
#include "tests/suite.h"
#include "util/deadlines.h"
#include "util/random.h"

enum {
    WAITERS = 300,
    STEPS = 20000
};

struct waiter {
    int number;
    struct deadline deadline;
    time_ms at; // as the plain table has it
};

static time_ms earliest(const struct waiter *waiters)
{
    time_ms at = TIME_NEVER;
    for (size_t i = 0; i < WAITERS; i++)
        at = time_earliest(at, waiters[i].at);
    return at;
}

START_TEST(who_is_due_is_told_in_order_and_once)
{
    static struct waiter waiters[WAITERS];
    struct deadlines deadlines;
    struct random random;
    time_ms now = 0;
    random_init_number(&random, 11);
    deadlines_init(&deadlines);
    for (int i = 0; i < WAITERS; i++)
        waiters[i] = (struct waiter){ .number = i, .at = TIME_NEVER };
    for (int step = 0; step < STEPS; step++) {
        struct waiter *waiter = &waiters[random_below(&random, WAITERS)];
        waiter->at = random_below(&random, 4) ? now + random_below(&random, 500) : TIME_NEVER;
        deadlines_set(&deadlines, &waiter->deadline, waiter->at);
        ck_assert_int_eq(deadlines_next(&deadlines), earliest(waiters));
        if (random_below(&random, 3))
            continue;
        now += random_below(&random, 20);
        time_ms last = 0;
        struct deadline *due;
        while ((due = deadlines_take(&deadlines, now))) {
            struct waiter *taken = deadline_entry(due, struct waiter, deadline);
            ck_assert(taken->at <= now && taken->at >= last);
            ck_assert_int_eq(taken->at, earliest(waiters));
            last = taken->at;
            taken->at = TIME_NEVER;
        }
        ck_assert(earliest(waiters) > now);
    }
    deadlines_free(&deadlines);
}
END_TEST

START_TEST(nothing_waits_in_an_empty_one)
{
    struct deadlines deadlines;
    struct deadline deadline = { 0 };
    deadlines_init(&deadlines);
    ck_assert(deadlines_next(&deadlines) == TIME_NEVER);
    ck_assert_ptr_null(deadlines_take(&deadlines, TIME_NEVER));
    deadlines_set(&deadlines, &deadline, TIME_NEVER);
    ck_assert_ptr_null(deadlines_take(&deadlines, TIME_NEVER));
    deadlines_set(&deadlines, &deadline, 5);
    ck_assert_ptr_null(deadlines_take(&deadlines, 4));
    ck_assert_ptr_eq(deadlines_take(&deadlines, 5), &deadline);
    ck_assert_ptr_null(deadlines_take(&deadlines, 5));
    deadlines_free(&deadlines);
}
END_TEST

SUITE_MAIN("util/deadlines", who_is_due_is_told_in_order_and_once, nothing_waits_in_an_empty_one)
