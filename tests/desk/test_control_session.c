// SPDX-License-Identifier: ISC
// One client of the control socket, from bytes to commands and back.
#include "desk/control_session.h"
#include "tests/suite.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdio.h>
#include <string.h>

static char answered[1024];

static void receive(struct control_session *session, const char *text)
{
    control_session_receive(session, slice_of(text));
}

/* What is to be sent, taken away. */
static const char *outgoing(struct control_session *session)
{
    struct buffer *buffer = control_session_outgoing(session);
    size_t length = buffer->length < sizeof(answered) ? buffer->length : sizeof(answered) - 1;
    memcpy(answered, buffer_slice(buffer).data, length);
    answered[length] = '\0';
    buffer_clear(buffer);
    return answered;
}

static const struct good {
    const char *line;
    int64_t id;
    const char *verb;
    const char *call;
    const char *args;
} good[] = {
    { "{\"id\":1,\"cmd\":\"answer\",\"call\":\"k3f9\"}\n", 1, "answer", "k3f9", "" },
    { "{\"cmd\":\"status\"}\n", 0, "status", "", "" },
    { "{\"cmd\":\"status\"}\r\n", 0, "status", "", "" },
    { "  { \"id\" : -5 , \"cmd\" : \"calls\" }\n", -5, "calls", "", "" },
    { "{\"id\":9007199254740993,\"cmd\":\"watch\"}\n", 9007199254740993, "watch", "", "" },
    { "{\"cmd\":\"reject\",\"call\":\"a\",\"args\":\"486 Busy\",\"more\":[]}\n", 0, "reject", "a",
      "486 Busy" },
    { "{\"cmd\":\"log\",\"args\":\"d\\u0065bug\"}\n", 0, "log", "", "debug" },
    { "{\"cmd\":\"show\",\"call\":\"k\"}\n", 0, "show", "k", "" },
    { "{\"cmd\":\"hooks\",\"call\":7}\n", 0, "hooks", "", "" },
    { "{\"cmd\":\"reregister\"}\n", 0, "reregister", "", "" },
};

static void expect_command(const struct control_command *command, const struct good *row)
{
    ck_assert_int_eq(command->id, row->id);
    ck_assert_str_eq(command->verb->name, row->verb);
    ck_assert(slice_equal(command->call, slice_of(row->call)));
    ck_assert(slice_equal(command->args, slice_of(row->args)));
}

START_TEST(a_good_line_is_a_command_however_it_is_cut)
{
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
        struct slice line = slice_of(good[i].line);
        for (size_t cut = 0; cut < line.length; cut++) {
            struct control_session *session = control_session_new();
            struct control_command command;
            control_session_receive(session, slice_first(line, cut));
            ck_assert(!control_session_next(session, &command));
            control_session_receive(session, slice_skip(line, cut));
            ck_assert(control_session_next(session, &command));
            expect_command(&command, &good[i]);
            ck_assert(!control_session_next(session, &command));
            ck_assert_str_eq(outgoing(session), "");
            control_session_free(session);
        }
    }
}
END_TEST

static const struct bad {
    const char *line;
    const char *id;
    const char *text;
} bad[] = {
    { "\n", "\"id\":0", "not JSON" },
    { "hello\n", "\"id\":0", "not JSON" },
    { "{\"cmd\":\"status\"\n", "\"id\":0", "not JSON" },
    { "{\"cmd\":\"status\"} x\n", "\"id\":0", "not JSON" },
    { "{\"cmd\":\"status\",\"cmd\":\"calls\"}\n", "\"id\":0", "not JSON" },
    { "{\"cmd\":\"\xff\"}\n", "\"id\":0", "not JSON" },
    { "{\"cmd\":\"show\",\"call\":\"a\\u0000b\"}\n", "\"id\":0", "not JSON" },
    { "[1]\n", "\"id\":0", "one JSON object" },
    { "{\"id\":\"1\",\"cmd\":\"status\"}\n", "\"id\":0", "whole number" },
    { "{\"id\":1.5,\"cmd\":\"status\"}\n", "\"id\":0", "whole number" },
    { "{\"id\":3}\n", "\"id\":3", "no such command" },
    { "{\"id\":3,\"cmd\":7}\n", "\"id\":3", "no such command" },
    { "{\"id\":3,\"cmd\":\"Status\"}\n", "\"id\":3", "no such command" },
    { "{\"id\":3,\"cmd\":\"\"}\n", "\"id\":3", "no such command" },
    { "{\"id\":4,\"cmd\":\"answer\"}\n", "\"id\":4", "needs a call" },
    { "{\"id\":4,\"cmd\":\"hangup\",\"call\":\"\"}\n", "\"id\":4", "needs a call" },
    { "{\"id\":5,\"cmd\":\"status\",\"args\":\"x\"}\n", "\"id\":5", "takes no args" },
    { "{\"id\":5,\"cmd\":\"ring\",\"call\":\"a\",\"args\":\"9\"}\n", "\"id\":5", "takes no args" },
};

START_TEST(a_bad_line_is_refused_as_usage_and_the_next_is_read)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        struct control_session *session = control_session_new();
        struct control_command command;
        receive(session, bad[i].line);
        receive(session, "{\"id\":8,\"cmd\":\"calls\"}\n");
        ck_assert_msg(control_session_next(session, &command), "%s", bad[i].line);
        ck_assert_int_eq(command.id, 8);
        const char *text = outgoing(session);
        ck_assert_msg(strstr(text, "\"ok\":false,\"error\":\"usage\"") != NULL, "%s", text);
        ck_assert_msg(strstr(text, bad[i].id) != NULL, "%s: %s", bad[i].line, text);
        ck_assert_msg(strstr(text, bad[i].text) != NULL, "%s: %s", bad[i].line, text);
        ck_assert(!control_session_is_broken(session));
        control_session_free(session);
    }
}
END_TEST

static const char *token_of(struct control_session *session, const char *line)
{
    static char token[LIMIT_CONTROL_TOKEN + 1];
    struct control_command command;
    receive(session, line);
    if (!control_session_next(session, &command))
        return NULL;
    snprintf(token, sizeof(token), "%.*s", SLICE_PRINT(command.token));
    return token;
}

START_TEST(a_token_stays_until_another_one_comes)
{
    struct control_session *session = control_session_new();
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\"}\n"), "");
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\",\"token\":\"longer\"}\n"), "longer");
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\"}\n"), "longer");
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\",\"token\":\"b\"}\n"), "b");
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"status\"}\n"), "b");
    control_session_free(session);
}
END_TEST

START_TEST(what_is_no_token_is_refused_and_takes_nothing_away)
{
    static const char *const lines[] = {
        "{\"cmd\":\"calls\",\"token\":7}\n",
        "{\"cmd\":\"calls\",\"token\":\"\"}\n",
        "{\"cmd\":\"calls\",\"token\":null}\n",
        ("{\"cmd\":\"calls\",\"token\":\"12345678901234567890123456789012345678901234567890"
         "123456789012345\"}\n"),
    };
    struct control_session *session = control_session_new();
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\",\"token\":\"mine\"}\n"), "mine");
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        ck_assert_ptr_null(token_of(session, lines[i]));
        ck_assert_ptr_nonnull(strstr(outgoing(session), "\"error\":\"usage\""));
    }
    ck_assert_str_eq(token_of(session, "{\"cmd\":\"calls\"}\n"), "mine");
    control_session_free(session);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    char line[8000];
    struct control_command command;
    struct control_session *session = control_session_new();
    memset(line, '[', sizeof(line));
    line[sizeof(line) - 1] = '\n';
    control_session_receive(session, slice_make(line, sizeof(line)));
    ck_assert(!control_session_next(session, &command));
    ck_assert_ptr_nonnull(strstr(outgoing(session), "not JSON"));
    control_session_free(session);
}
END_TEST

static struct control_session *session_with_line_of(size_t length)
{
    struct control_session *session = control_session_new();
    char *line = memory_new(length + 1);
    memset(line, ' ', length);
    memcpy(line, "{\"cmd\":\"calls\"}", 15);
    line[length] = '\n';
    control_session_receive(session, slice_make(line, length + 1));
    free(line);
    return session;
}

START_TEST(sixteen_kib_is_the_longest_line)
{
    struct control_command command;
    struct control_session *session = session_with_line_of(LIMIT_CONTROL_LINE);
    ck_assert(control_session_next(session, &command));
    control_session_free(session);
    session = session_with_line_of(LIMIT_CONTROL_LINE + 1);
    receive(session, "{\"cmd\":\"calls\"}\n");
    ck_assert(!control_session_next(session, &command));
    ck_assert(control_session_is_broken(session));
    ck_assert_ptr_nonnull(strstr(outgoing(session), "longer than 16 KiB"));
    ck_assert(!control_session_next(session, &command));
    ck_assert_str_eq(outgoing(session), "");
    control_session_free(session);
}
END_TEST

START_TEST(replies_and_refusals_are_one_object_a_line)
{
    struct control_session *session = control_session_new();
    control_session_reply(session, 1, slice_empty());
    ck_assert_str_eq(outgoing(session), "{\"id\":1,\"ok\":true}\n");
    control_session_reply(session, -2, slice_of("\"calls\":[]"));
    ck_assert_str_eq(outgoing(session), "{\"id\":-2,\"ok\":true,\"calls\":[]}\n");
    control_session_refuse(session, 5, "over", "caller \"hung\" up");
    ck_assert_str_eq(outgoing(session), "{\"id\":5,\"ok\":false,\"error\":\"over\","
                                        "\"text\":\"caller \\\"hung\\\" up\"}\n");
    control_session_free(session);
    control_session_free(NULL);
}
END_TEST

START_TEST(only_who_watches_is_told)
{
    struct control_session *session = control_session_new();
    control_session_tell(session, slice_of("{\"v\":1}"));
    ck_assert_str_eq(outgoing(session), "");
    control_session_watch(session, true);
    ck_assert(control_session_is_watching(session));
    control_session_tell(session, slice_of("{\"v\":1}"));
    ck_assert_str_eq(outgoing(session), "{\"v\":1}\n");
    control_session_watch(session, false);
    control_session_tell(session, slice_of("{\"v\":1}"));
    ck_assert(!control_session_is_watching(session));
    ck_assert_str_eq(outgoing(session), "");
    control_session_free(session);
}
END_TEST

START_TEST(a_reader_that_is_too_slow_breaks)
{
    static const char line[1023];
    struct control_session *session = control_session_new();
    control_session_watch(session, true);
    for (size_t i = 0; i < LIMIT_CONTROL_BACKLOG / 1024; i++)
        control_session_tell(session, slice_make(line, sizeof(line)));
    ck_assert(!control_session_is_broken(session));
    control_session_tell(session, slice_of("x"));
    ck_assert(control_session_is_broken(session));
    control_session_free(session);
}
END_TEST

START_TEST(every_verb_is_found_by_its_name_and_has_help)
{
    const struct control_verb *verb;
    size_t count = 0;
    for (; (verb = control_verb_at(count)); count++) {
        ck_assert_ptr_eq(control_verb_find(slice_of(verb->name)), verb);
        ck_assert_str_ne(verb->help, "");
        ck_assert_ptr_nonnull(verb->carry_out);
        ck_assert(verb->action == ACTION_COUNT || (verb->uses & CONTROL_NEEDS_CALL));
        if (verb->action != ACTION_COUNT)
            ck_assert_str_eq(action_kind_text(verb->action), verb->name);
    }
    ck_assert_uint_ge(count, 14);
    ck_assert_ptr_null(control_verb_find(slice_of("accept ")));
}
END_TEST

SUITE_MAIN("desk/control_session", a_good_line_is_a_command_however_it_is_cut,
           a_bad_line_is_refused_as_usage_and_the_next_is_read,
           a_token_stays_until_another_one_comes,
           what_is_no_token_is_refused_and_takes_nothing_away, deep_nesting_is_refused,
           sixteen_kib_is_the_longest_line, replies_and_refusals_are_one_object_a_line,
           only_who_watches_is_told, a_reader_that_is_too_slow_breaks,
           every_verb_is_found_by_its_name_and_has_help)
