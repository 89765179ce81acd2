// SPDX-License-Identifier: ISC
// Turns of a loop until something has happened; a test that waits in vain fails.
#pragma once

#include "io/clock.h"
#include "io/loop.h"
#include "tests/suite.h"

enum {
    PATIENCE_MS = 60000
};

struct awaited {
    struct loop *loop;
    const bool *is_done;
};

static void look(void *user)
{
    const struct awaited *awaited = user;
    if (*awaited->is_done)
        loop_stop(awaited->loop);
}

static void lose_patience(void *user)
{
    (void)user;
    ck_abort_msg("waited in vain");
}

static void run_until(struct loop *loop, const bool *is_done)
{
    struct awaited awaited = { loop, is_done };
    struct loop_timer *timer = loop_timer_new(loop, lose_patience, NULL);
    loop_timer_at(timer, clock_now() + PATIENCE_MS);
    loop_on_turn(loop, look, &awaited);
    loop_run(loop);
    loop_on_turn(loop, NULL, NULL);
    loop_timer_free(timer);
}
