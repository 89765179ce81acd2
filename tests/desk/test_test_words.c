// SPDX-License-Identifier: ISC
// Events made up for `offhookctl test`.
#include "desk/test_words.h"
#include "tests/suite.h"

static struct arena *arena;

static enum status parse(const char *words, struct event *event)
{
    const char *why = NULL;
    if (!arena)
        arena = arena_new();
    arena_reset(arena);
    enum status status = control_test_parse(slice_of(words), arena, event, &why);
    ck_assert_ptr_nonnull(why);
    return status;
}

static void check(struct slice value, const char *wanted)
{
    ck_assert_msg(slice_equal(value, slice_of(wanted)), "\"%.*s\" is not \"%s\"",
                  SLICE_PRINT(value), wanted);
}

START_TEST(an_event_alone_has_sensible_values)
{
    struct event event;
    ck_assert_int_eq(parse("incoming", &event), STATUS_OK);
    ck_assert_int_eq(event.kind, EVENT_INCOMING);
    check(event.call_id, "test");
    check(event.direction, "in");
    check(event.from, "+4930123456");
    check(event.from_uri, "sip:+4930123456@example.invalid");
    check(event.to_uri, "");
}
END_TEST

START_TEST(values_take_the_place_of_those)
{
    struct event event;
    ck_assert_int_eq(parse(" dtmf  from=anonymous to=100 digits=12#", &event), STATUS_OK);
    check(event.from, "anonymous");
    check(event.to, "100");
    check(event.to_uri, "sip:100@example.invalid");
    check(event.digits, "12#");
}
END_TEST

START_TEST(a_value_may_have_several_words)
{
    struct event event;
    ck_assert_int_eq(parse("message body=ring  me at=9 from_name=A B", &event), STATUS_MALFORMED);
    ck_assert_int_eq(parse("message body=ring  me up from_name=A B", &event), STATUS_OK);
    check(event.body, "ring  me up");
    check(event.from_name, "A B");
}
END_TEST

START_TEST(a_value_may_be_empty)
{
    struct event event;
    ck_assert_int_eq(parse("incoming from= to=1", &event), STATUS_OK);
    check(event.from, "");
    check(event.from_uri, "");
    check(event.to, "1");
}
END_TEST

START_TEST(a_name_with_a_hyphen_or_a_capital_is_a_header)
{
    struct event event;
    ck_assert_int_eq(parse("incoming X-Door=front gate", &event), STATUS_OK);
    ck_assert_uint_eq(event.header_count, 1);
    check(event.header_names[0], "X-Door");
    check(event.header_values[0], "front gate");
    ck_assert_int_eq(parse("message Subject=hi from=7", &event), STATUS_OK);
    check(event.header_names[0], "Subject");
    check(event.from, "7");
    ck_assert_int_eq(
        parse("incoming A-1=x A-2=x A-3=x A-4=x A-5=x A-6=x A-7=x A-8=x A-9=x", &event),
        STATUS_MALFORMED);
}
END_TEST

START_TEST(an_event_of_the_line_has_no_call)
{
    struct event event;
    ck_assert_int_eq(parse("offline reason=cable pulled", &event), STATUS_OK);
    check(event.call_id, "");
    check(event.from, "");
    check(event.reason, "cable pulled");
}
END_TEST

START_TEST(what_is_no_event_or_no_name_is_refused)
{
    struct event event;
    static const char *const words[] = {
        "", "any", "ring", "incoming now", "incoming colour=red", "incoming =x", "incoming token=x"
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
        ck_assert_msg(parse(words[i], &event) == STATUS_MALFORMED, "%s", words[i]);
    arena_free(arena);
}
END_TEST

SUITE_MAIN("desk/test_words", an_event_alone_has_sensible_values, values_take_the_place_of_those,
           a_value_may_have_several_words, a_value_may_be_empty,
           a_name_with_a_hyphen_or_a_capital_is_a_header, an_event_of_the_line_has_no_call,
           what_is_no_event_or_no_name_is_refused)
