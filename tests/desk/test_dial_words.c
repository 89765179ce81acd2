// SPDX-License-Identifier: ISC
// The words of `dial`.
#include "desk/dial_words.h"
#include "tests/suite.h"

static struct call_order order;
static struct action program;

static enum status parse(const char *words)
{
    const char *why = "";
    enum status status = control_dial_parse(slice_of(words), &order, &program, &why);
    ck_assert((status == STATUS_OK) || why[0]);
    return status;
}

START_TEST(a_target_alone_waits_for_the_line_and_is_owned)
{
    ck_assert_int_eq(parse("  +4930123456 "), STATUS_OK);
    ck_assert(slice_equal(order.target, slice_of("+4930123456")));
    ck_assert_uint_eq(order.wait_s, 30);
    ck_assert_uint_eq(order.ring_s, 0);
    ck_assert(!order.is_detached && !order.has_early && !order.has_hook && !order.program);
}
END_TEST

START_TEST(options_stand_before_the_target)
{
    ck_assert_int_eq(parse("--ring 20 --early --wait 0 --from 12 sip:a@b"), STATUS_OK);
    ck_assert_uint_eq(order.ring_s, 20);
    ck_assert_uint_eq(order.wait_s, 0);
    ck_assert(order.has_early);
    ck_assert(slice_equal(order.from, slice_of("12")));
    ck_assert(slice_equal(order.target, slice_of("sip:a@b")));
}
END_TEST

START_TEST(a_detached_call_may_have_a_program_or_a_hook)
{
    ck_assert_int_eq(parse("--detach 1"), STATUS_OK);
    ck_assert(order.is_detached && !order.program);
    ck_assert_int_eq(parse("--detach 1 /bin/tee file"), STATUS_OK);
    ck_assert(!order.has_hook && order.program == &program);
    ck_assert_str_eq(action_word(&program, 1), "file");
    ck_assert_int_eq(parse("--hook /etc/alarm --detach 1"), STATUS_OK);
    ck_assert(order.has_hook && order.program == &program);
    ck_assert_str_eq(action_word(&program, 0), "/etc/alarm");
    ck_assert_ptr_null(action_word(&program, 1));
}
END_TEST

START_TEST(what_is_wrong_is_refused)
{
    static const char *const words[] = {
        "",
        "--detach",
        "--ring",
        "--ring x 1",
        "--ring 3601 1",
        "--from a/b 1",
        "--from 12345678901234567890123456789012345678901234567890123456789012345 1",
        "--loud 1",
        "1 /bin/cat",
        "--detach 1 cat",
        "--hook /etc/alarm 1",
        "--detach --hook alarm 1",
        "--detach --hook /a --hook /b 1",
        "--detach --hook /a 1 /bin/cat",
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        ck_assert_msg(parse(words[i]) == STATUS_MALFORMED, "%s", words[i]);
}
END_TEST

SUITE_MAIN("desk/dial_words", a_target_alone_waits_for_the_line_and_is_owned,
           options_stand_before_the_target, a_detached_call_may_have_a_program_or_a_hook,
           what_is_wrong_is_refused)
