// SPDX-License-Identifier: ISC
// Who owns a call: each kind beside each other one, and what the end of one of them means for the
// call.
#include "agent/owners.h"
#include "suite.h"

#include <stdio.h>

/* A row stays, a column ends: whether the call goes on. A kind beside itself is another one of it.
 */
enum {
    ENDS,
    GOES_ON
};

static const bool beside[OWNER_COUNT][OWNER_COUNT] = {
    //                   dialler, detached, hook, program, claim, client, listener
    [OWNER_DIALLER] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_DETACHED] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_HOOK] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_PROGRAM] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_CLAIM] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_CLIENT] = { ENDS, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON, GOES_ON },
    [OWNER_LISTENER] = { ENDS, ENDS, ENDS, ENDS, ENDS, ENDS, ENDS },
};

static const bool keeps_alone[OWNER_COUNT] = {
    [OWNER_DIALLER] = true,   [OWNER_DETACHED] = true, [OWNER_HOOK] = true,
    [OWNER_PROGRAM] = true,   [OWNER_CLAIM] = true,    [OWNER_CLIENT] = true,
    [OWNER_LISTENER] = false,
};

START_TEST(each_kind_beside_each_end)
{
    for (int stays = 0; stays < OWNER_COUNT; stays++)
        for (int ends = 0; ends < OWNER_COUNT; ends++) {
            struct owners owners = { 0 };
            owners_add(&owners, (enum owner_kind)stays, 1);
            owners_add(&owners, (enum owner_kind)ends, 2);
            owners_remove(&owners, (enum owner_kind)ends, 2);
            ck_assert_msg(owners_keep(&owners) == beside[stays][ends], "%s stays, %s ends",
                          owner_kind_text((enum owner_kind)stays),
                          owner_kind_text((enum owner_kind)ends));
            owners_free(&owners);
        }
}
END_TEST

START_TEST(each_kind_alone_and_gone)
{
    for (int kind = 0; kind < OWNER_COUNT; kind++) {
        struct owners owners = { 0 };
        owners_add(&owners, (enum owner_kind)kind, 1);
        ck_assert_msg(owners_keep(&owners) == keeps_alone[kind], "%s",
                      owner_kind_text((enum owner_kind)kind));
        owners_remove(&owners, (enum owner_kind)kind, 1);
        ck_assert_msg(!owners_keep(&owners), "%s has gone", owner_kind_text((enum owner_kind)kind));
        owners_free(&owners);
    }
}
END_TEST

START_TEST(twice_the_same_is_one_and_a_stranger_takes_nobody_away)
{
    for (int kind = 0; kind < OWNER_COUNT; kind++) {
        struct owners owners = { 0 };
        owners_add(&owners, (enum owner_kind)kind, 7);
        owners_add(&owners, (enum owner_kind)kind, 7);
        for (int other = 0; other < OWNER_COUNT; other++)
            owners_remove(&owners, (enum owner_kind)other, 8);
        ck_assert(owners_keep(&owners) == keeps_alone[kind]);
        owners_remove(&owners, (enum owner_kind)kind, 7);
        ck_assert(!owners_keep(&owners));
        owners_free(&owners);
    }
}
END_TEST

START_TEST(who_comes_after_the_dialler_has_gone_keeps_nothing)
{
    for (int kind = 0; kind < OWNER_COUNT; kind++) {
        struct owners owners = { 0 };
        owners_add(&owners, OWNER_DIALLER, 1);
        owners_remove(&owners, OWNER_DIALLER, 1);
        owners_add(&owners, (enum owner_kind)kind, 2);
        ck_assert(!owners_keep(&owners));
        owners_free(&owners);
    }
}
END_TEST

START_TEST(any_number_of_clients)
{
    struct owners owners = { 0 };
    for (uint32_t who = 1; who <= 100; who++)
        owners_add(&owners, OWNER_CLIENT, who);
    for (uint32_t who = 100; who >= 1; who--) {
        ck_assert(owners_keep(&owners));
        owners_remove(&owners, OWNER_CLIENT, who);
    }
    ck_assert(!owners_keep(&owners));
    owners_free(&owners);
}
END_TEST

SUITE_MAIN("agent/owners", each_kind_beside_each_end, each_kind_alone_and_gone,
           twice_the_same_is_one_and_a_stranger_takes_nobody_away,
           who_comes_after_the_dialler_has_gone_keeps_nothing, any_number_of_clients)
