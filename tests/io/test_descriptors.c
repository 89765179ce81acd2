// SPDX-License-Identifier: ISC
#include "io/descriptors.h"
#include "tests/suite.h"

#include <sys/resource.h>

START_TEST(as_many_as_are_wanted_or_may_be_and_never_fewer)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit = (struct rlimit){ .rlim_cur = 100, .rlim_max = 200 };
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ck_assert_uint_eq(descriptors_allow(50), 100);
    ck_assert_uint_eq(descriptors_allow(150), 150);
    ck_assert_uint_eq(descriptors_allow(120), 150);
    ck_assert_uint_eq(descriptors_allow(1000), 200);
    getrlimit(RLIMIT_NOFILE, &limit);
    ck_assert_uint_eq(limit.rlim_cur, 200);
}
END_TEST

SUITE_MAIN("io/descriptors", as_many_as_are_wanted_or_may_be_and_never_fewer)
