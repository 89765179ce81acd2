// SPDX-License-Identifier: ISC
// Who may command what.
#include "desk/rights.h"
#include "tests/suite.h"

static bool may(const char *verb, const char *given, const char *call)
{
    const char *why = NULL;
    bool is_allowed = control_rights_allow(control_verb_find(slice_of(verb)), slice_of(given),
                                           slice_of(call), &why);
    ck_assert(is_allowed || why);
    return is_allowed;
}

START_TEST(without_a_token_everything_is_allowed)
{
    const struct control_verb *verb;
    for (size_t i = 0; (verb = control_verb_at(i)); i++)
        ck_assert_msg(may(verb->name, "", (verb->uses & CONTROL_NEEDS_CALL) ? "abcdef" : ""), "%s",
                      verb->name);
}
END_TEST

START_TEST(a_token_commands_its_own_call)
{
    const struct control_verb *verb;
    for (size_t i = 0; (verb = control_verb_at(i)); i++)
        if ((verb->uses & CONTROL_NEEDS_CALL))
            ck_assert_msg(may(verb->name, "abcdef", "abcdef"), "%s", verb->name);
}
END_TEST

START_TEST(a_token_commands_no_other_call)
{
    static const char *const wrong[] = { "abcdeg", "bbcdef", "abcde", "abcdefg", "ABCDEF" };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        ck_assert_msg(!may("hangup", wrong[i], "abcdef"), "%s", wrong[i]);
}
END_TEST

START_TEST(a_token_looks_but_does_not_touch)
{
    static const struct {
        const char *verb;
        bool is_allowed;
    } rows[] = {
        { "status", true },      { "calls", true },   { "show", true },     { "watch", true },
        { "hooks", true },       { "trace", true },   { "check", true },    { "dial", false },
        { "reregister", false }, { "reload", false }, { "message", false }, { "log", false },
        { "bindings", false },   { "claim", false },  { "test", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        ck_assert_msg(may(rows[i].verb, "abcdef", "") == rows[i].is_allowed, "%s", rows[i].verb);
    ck_assert(may("show", "abcdef", "another"));
}
END_TEST

/* A slice has no end mark: what lies behind it, in the line it was cut from, is not of the token.
 */
START_TEST(what_lies_behind_a_token_is_not_compared)
{
    const char *why = NULL;
    struct slice given = slice_first(slice_of("abcdef\"}"), 6);
    struct slice call = slice_first(slice_of("abcdef, "), 6);
    ck_assert(control_rights_allow(control_verb_find(slice_of("hangup")), given, call, &why));
}
END_TEST

SUITE_MAIN("desk/rights", without_a_token_everything_is_allowed, a_token_commands_its_own_call,
           a_token_commands_no_other_call, a_token_looks_but_does_not_touch,
           what_lies_behind_a_token_is_not_compared)
