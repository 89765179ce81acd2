// SPDX-License-Identifier: ISC
// The queue on a fake clock: every rule of the contract's "Events" and "Decisions" as a story.
#include "hook/hook_queue.h"
#include "tests/suite.h"
#include "util/buffer.h"
#include "util/limits.h"
#include "util/memory.h"

#include <stdio.h>

enum {
    CALL = 7,
    OTHER = 8
};

static time_ms now;
static char said[16384];
static char files[256][64]; /* what was wanted last, by run */

static const char *last_event = "incoming";

static struct hook_queue *queue_new(uint32_t alive_max)
{
    const struct hook_settings settings = {
        .decide_ms = 10000, .linger_ms = 60000, .kill_ms = 5000, .alive_max = alive_max
    };
    now = 1000;
    return hook_queue_new(&settings);
}

static void event(struct hook_queue *queue, enum event_kind kind, uint32_t call)
{
    last_event = event_kind_text(kind);
    char **environment = memory_new(sizeof(char *));
    if (kind == EVENT_MESSAGE && !call)
        hook_queue_event_kept(queue, now, kind, environment, slice_empty(),
                              hook_queue_next_kept(queue), NULL);
    else
        hook_queue_event(queue, now, kind, call, environment, slice_empty());
}

static void append_output(struct buffer *text, const struct hook_output *output)
{
    static const char *const kinds[] = {
        [HOOK_START] = "start",   [HOOK_ACTION] = "action",       [HOOK_DEFAULT] = "default",
        [HOOK_KILL] = "kill",     [HOOK_TERMINATE] = "term",      [HOOK_OWNING] = "owning",
        [HOOK_RELEASED] = "free", [HOOK_CALL_DONE] = "done",      [HOOK_TAKEN_OVER] = "taken",
        [HOOK_KEEP] = "keep",     [HOOK_KEPT_DONE] = "kept-done", [HOOK_GIVEN_UP] = "given-up",
    };
    if (text->length)
        buffer_append_byte(text, ' ');
    buffer_append_text(text, kinds[output->kind]);
    if (output->kind == HOOK_START)
        snprintf(files[output->run % 256], sizeof(*files), "%s",
                 output->file   ? output->file
                 : output->path ? output->path
                                : output->name);
    if (output->kind == HOOK_START && output->file)
        buffer_append_format(text, ":again:%s#%u", output->file, output->run);
    else if (output->kind == HOOK_START && output->path)
        buffer_append_format(text, ":%s#%u", output->path, output->run);
    else if (output->kind == HOOK_START)
        buffer_append_format(text, ":%s/%zu#%u", output->name, output->index, output->run);
    else if (output->kind == HOOK_TERMINATE || output->kind == HOOK_KILL)
        buffer_append_format(text, "#%u", output->run);
    else if (output->kind == HOOK_ACTION)
        buffer_append_format(text, ":%s", action_kind_text(output->action->kind));
}

/* What the queue wants done, as one line of words. */
static const char *outputs(struct hook_queue *queue)
{
    struct hook_output output;
    struct buffer text;
    buffer_init(&text, sizeof(said) - 1);
    while (hook_queue_next_output(queue, now, &output))
        append_output(&text, &output);
    memcpy(said, buffer_slice(&text).data, text.length);
    said[text.length] = '\0';
    buffer_free(&text);
    return said;
}

#define EXPECT(text) ck_assert_str_eq(outputs(queue), text)

static void line(struct hook_queue *queue, uint32_t run, const char *text)
{
    hook_queue_line(queue, now, run, slice_of(text));
}

static void at(struct hook_queue *queue, time_ms time)
{
    now = time;
    hook_queue_timeout(queue, now);
}

static void absent(struct hook_queue *queue, uint32_t run)
{
    hook_queue_absent(queue, now, run);
}

/* As the file that was wanted. */
static void started(struct hook_queue *queue, uint32_t run)
{
    hook_queue_started(queue, now, run, files[run % 256][0] ? files[run % 256] : last_event);
}

static void failed(struct hook_queue *queue, uint32_t run)
{
    const char *file = files[run % 256][0] ? files[run % 256] : last_event;
    hook_queue_failed(queue, now, run, file, "chmod +x it");
}

/* No hook of that name at all: neither the file nor its folder, and no `any`. */
static void no_hooks(struct hook_queue *queue, uint32_t first, size_t count)
{
    for (uint32_t i = 0; i < count; i++)
        absent(queue, first + i);
}

static struct hook_statistics statistics(struct hook_queue *queue, enum event_kind kind)
{
    struct hook_statistics found;
    for (size_t i = 0; hook_queue_statistics(queue, i, &found); i++)
        if (strcmp(found.name, event_kind_text(kind)) == 0)
            return found;
    return (struct hook_statistics){ .last_error = "", .failed_at = TIME_NEVER };
}

START_TEST(a_chain_runs_until_one_decides)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    EXPECT("start:incoming/0#1");
    absent(queue, 1);
    EXPECT("start:incoming/1#2");
    started(queue, 2);
    hook_queue_exited(queue, now, 2, 1);
    EXPECT("owning free start:incoming/2#3");
    started(queue, 3);
    line(queue, 3, "reject 603");
    EXPECT("owning action:reject");
    hook_queue_exited(queue, now, 3, 0);
    EXPECT("free start:any/0#4");
    no_hooks(queue, 4, 2);
    EXPECT("start:any/1#5");
    ck_assert_uint_eq(hook_queue_alive(queue), 0);
    hook_queue_free(queue);
}
END_TEST

START_TEST(the_end_of_the_chain_is_the_default_said_once)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    no_hooks(queue, 1, 2);
    EXPECT("start:incoming/0#1 start:incoming/1#2 default start:any/0#3");
    started(queue, 3);
    line(queue, 3, "answer");
    hook_queue_exited(queue, now, 3, 0);
    EXPECT("owning free start:any/1#4");
    absent(queue, 4);
    EXPECT("");
    hook_queue_free(queue);
}
END_TEST

static const char *why_default(enum event_kind kind)
{
    struct hook_queue *queue = queue_new(8);
    struct hook_output output;
    const char *why = NULL;
    event(queue, kind, CALL);
    no_hooks(queue, 1, 2);
    while (hook_queue_next_output(queue, now, &output))
        if (output.kind == HOOK_DEFAULT)
            why = output.why;
    hook_queue_free(queue);
    return why;
}

START_TEST(of_a_call_that_is_dialled_nobody_says_that_no_hook_decided)
{
    ck_assert_str_eq(why_default(EVENT_INCOMING), "no hook decided");
    ck_assert_str_eq(why_default(EVENT_OUTGOING), "no hook objects");
    ck_assert_str_eq(why_default(EVENT_TRANSFER), "no hook decided");
}
END_TEST

START_TEST(an_output_bears_the_id_that_users_know_the_call_by)
{
    struct hook_queue *queue = queue_new(8);
    struct hook_output output;
    char **environment = memory_new(2 * sizeof(*environment));
    environment[0] = memory_copy_text("OFFHOOK_CALL=k3f9");
    hook_queue_event(queue, now, EVENT_INCOMING, CALL, environment, slice_empty());
    ck_assert(hook_queue_next_output(queue, now, &output));
    ck_assert_int_eq(output.kind, HOOK_START);
    ck_assert_str_eq(output.call_id, "k3f9");
    no_hooks(queue, 1, 2);
    while (hook_queue_next_output(queue, now, &output))
        if (output.kind == HOOK_DEFAULT)
            ck_assert_str_eq(output.call_id, "k3f9");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_that_could_not_be_started_is_passed_over_and_counted)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    failed(queue, 1);
    EXPECT("start:incoming/0#1 start:incoming/1#2");
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).failures, 1);
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).runs, 0);
    hook_queue_free(queue);
}
END_TEST

START_TEST(silence_is_terminated_defaulted_and_killed)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    EXPECT("start:incoming/0#1 owning");
    ck_assert_int_eq(hook_queue_deadline(queue), 11000);
    at(queue, 10999);
    EXPECT("");
    at(queue, 11000);
    EXPECT("default term#1");
    ck_assert_str_eq(statistics(queue, EVENT_INCOMING).last_error,
                     "the hook said nothing within hooks.decide");
    ck_assert_int_eq(hook_queue_deadline(queue), 16000);
    line(queue, 1, "answer");
    EXPECT("");
    at(queue, 15999);
    EXPECT("");
    at(queue, 16000);
    EXPECT("kill#1");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    hook_queue_exited(queue, now, 1, -1);
    EXPECT("free start:any/0#2");
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).timeouts, 1);
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).failures, 1);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_verb_is_as_good_as_a_word)
{
    struct hook_queue *queue = queue_new(8);
    hook_queue_verb(queue, CALL);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    hook_queue_verb(queue, OTHER);
    ck_assert_int_eq(hook_queue_deadline(queue), 11000);
    hook_queue_verb(queue, CALL);
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    at(queue, 1000000);
    EXPECT("start:incoming/0#1 owning");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_verb_that_decides_ends_the_chain)
{
    static const enum action_kind kinds[] = { ACTION_ANSWER, ACTION_IGNORE, ACTION_REDIRECT };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        struct hook_queue *queue = queue_new(8);
        event(queue, EVENT_INCOMING, CALL);
        hook_queue_decided(queue, OTHER, kinds[i]);
        started(queue, 1);
        hook_queue_decided(queue, CALL, ACTION_RING);
        hook_queue_decided(queue, CALL, ACTION_HOLD);
        line(queue, 1, "ring");
        EXPECT("start:incoming/0#1 owning action:ring");
        hook_queue_decided(queue, CALL, kinds[i]);
        line(queue, 1, "reject");
        hook_queue_exited(queue, now, 1, 0);
        EXPECT("free start:any/0#2");
        hook_queue_free(queue);
    }
}
END_TEST

START_TEST(a_verb_decides_the_transfer_that_is_asked_for)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    event(queue, EVENT_TRANSFER, CALL);
    EXPECT("start:incoming/0#1 owning start:any/0#2 start:transfer/0#3");
    no_hooks(queue, 2, 1);
    started(queue, 3);
    EXPECT("start:any/1#4");
    hook_queue_decided(queue, CALL, ACTION_ACCEPT);
    hook_queue_exited(queue, now, 3, 0);
    EXPECT("");
    absent(queue, 4);
    EXPECT("start:any/0#5");
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("free start:incoming/1#6");
    hook_queue_free(queue);
}
END_TEST

START_TEST(ring_leaves_the_decision_open_and_the_first_final_word_wins)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "ring");
    line(queue, 1, "   ");
    line(queue, 1, "hello");
    line(queue, 1, "reject 99");
    line(queue, 1, "reject 486");
    line(queue, 1, "answer");
    EXPECT("start:incoming/0#1 owning action:ring action:reject");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("free start:any/0#2");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_word_that_is_no_decision_stops_no_clock)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "hello");
    ck_assert_int_eq(hook_queue_deadline(queue), 11000);
    hook_queue_free(queue);
}
END_TEST

START_TEST(digits_that_a_hook_prints_are_not_shown)
{
    static const char *const lines[] = { "1234", " 12#\t", "{\"v\":1,\"digits\":\"1234\"}",
                                         "12*A" };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct hook_queue *queue = queue_new(8);
        event(queue, EVENT_INCOMING, CALL);
        started(queue, 1);
        line(queue, 1, lines[i]);
        ck_assert_str_eq(statistics(queue, EVENT_INCOMING).last_error,
                         "on standard output, no decision: \"(digits)\"");
        hook_queue_free(queue);
    }
}
END_TEST

START_TEST(an_action_carries_the_call_and_its_words)
{
    struct hook_output output;
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "answer /bin/cat -u");
    do
        ck_assert(hook_queue_next_output(queue, now, &output));
    while (output.kind != HOOK_ACTION);
    ck_assert_uint_eq(output.action->call, CALL);
    ck_assert_str_eq(action_word(output.action, 1), "-u");
    hook_queue_free(queue);
}
END_TEST

START_TEST(told_hooks_run_one_at_a_time_in_order_each_with_any)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ANSWERED, CALL);
    event(queue, EVENT_DTMF, CALL);
    EXPECT("start:answered/0#1");
    started(queue, 1);
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("owning free start:answered/1#2");
    absent(queue, 2);
    EXPECT("start:any/0#3");
    started(queue, 3);
    hook_queue_exited(queue, now, 3, 0);
    absent(queue, 4);
    EXPECT("owning free start:any/1#4 start:dtmf/0#5");
    hook_queue_free(queue);
}
END_TEST

START_TEST(calls_run_in_parallel_and_a_decision_beside_the_told)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    event(queue, EVENT_DTMF, CALL);
    event(queue, EVENT_DTMF, OTHER);
    EXPECT("start:incoming/0#1 start:any/0#2 start:dtmf/0#3");
    ck_assert_uint_eq(hook_queue_alive(queue), 3);
    no_hooks(queue, 2, 1);
    absent(queue, 4);
    EXPECT("start:any/1#4 start:dtmf/0#5");
    hook_queue_free(queue);
}
END_TEST

START_TEST(what_a_told_hook_prints_is_not_obeyed)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ANSWERED, CALL);
    started(queue, 1);
    line(queue, 1, "reject");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    EXPECT("start:answered/0#1 owning");
    hook_queue_free(queue);
}
END_TEST

START_TEST(ended_is_last_and_then_the_call_is_done)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_DTMF, CALL);
    event(queue, EVENT_ENDED, CALL);
    hook_queue_call_over(queue, now, CALL);
    no_hooks(queue, 1, 4);
    EXPECT("start:dtmf/0#1 start:dtmf/1#2 start:any/0#3 start:any/1#4 start:ended/0#5");
    no_hooks(queue, 5, 4);
    EXPECT("start:ended/1#6 start:any/0#7 start:any/1#8 done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_may_linger_when_the_call_is_over_and_delays_done)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "answer");
    hook_queue_call_over(queue, now, CALL);
    event(queue, EVENT_ENDED, CALL);
    no_hooks(queue, 2, 6);
    EXPECT("start:incoming/0#1 owning action:answer start:any/0#2 start:any/1#3 "
           "start:ended/0#4 start:ended/1#5 start:any/0#6 start:any/1#7");
    ck_assert_int_eq(hook_queue_deadline(queue), 61000);
    at(queue, 60999);
    EXPECT("");
    at(queue, 61000);
    EXPECT("term#1");
    at(queue, 66000);
    EXPECT("kill#1");
    hook_queue_exited(queue, now, 1, -1);
    EXPECT("free done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_call_that_is_over_is_not_decided_any_more)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    hook_queue_call_over(queue, now, CALL);
    hook_queue_call_over(queue, now, OTHER);
    line(queue, 1, "answer");
    at(queue, 11000);
    EXPECT("start:incoming/0#1 owning");
    hook_queue_exited(queue, now, 1, 3);
    EXPECT("free start:any/0#2");
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).failures, 0);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_of_the_line_has_linger_seconds)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ONLINE, 0);
    started(queue, 1);
    EXPECT("start:online/0#1");
    at(queue, 61000);
    EXPECT("term#1");
    hook_queue_free(queue);
}
END_TEST

START_TEST(no_room_is_the_default_for_a_decision_and_waiting_for_the_told)
{
    struct hook_queue *queue = queue_new(1);
    event(queue, EVENT_ANSWERED, CALL);
    EXPECT("start:answered/0#1");
    event(queue, EVENT_INCOMING, OTHER);
    EXPECT("default");
    ck_assert_uint_eq(statistics(queue, EVENT_INCOMING).dropped, 1);
    event(queue, EVENT_ENDED, OTHER);
    EXPECT("");
    no_hooks(queue, 1, 4);
    EXPECT("start:answered/1#2 start:any/0#3 start:any/1#4 start:any/0#5");
    no_hooks(queue, 5, 2);
    EXPECT("start:any/1#6 start:ended/0#7");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_second_decision_of_a_call_does_not_lose_the_first)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "answer");
    event(queue, EVENT_OUTGOING, CALL);
    EXPECT("start:incoming/0#1 owning action:answer start:any/0#2 default");
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("free");
    no_hooks(queue, 2, 4);
    EXPECT("start:any/1#3 start:any/0#4 start:any/1#5");
    ck_assert_uint_eq(hook_queue_alive(queue), 0);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_transfer_is_decided_while_the_hook_of_the_call_lives)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "answer");
    event(queue, EVENT_TRANSFER, CALL);
    EXPECT("start:incoming/0#1 owning action:answer start:any/0#2 start:transfer/0#3");
    started(queue, 3);
    event(queue, EVENT_TRANSFER, CALL);
    EXPECT("default");
    line(queue, 3, "accept");
    EXPECT("action:accept");
    absent(queue, 2);
    absent(queue, 4);
    EXPECT("start:any/1#4 start:any/0#5");
    hook_queue_exited(queue, now, 3, 0);
    no_hooks(queue, 5, 4);
    EXPECT("start:any/1#6 start:any/0#7 start:any/1#8");
    hook_queue_call_over(queue, now, CALL);
    at(queue, now + 60000);
    EXPECT("term#1");
    hook_queue_exited(queue, now, 1, 0);
    hook_queue_free(queue);
}
END_TEST

START_TEST(sixty_four_wait_then_events_are_dropped_but_never_ended)
{
    struct hook_queue *queue = queue_new(8);
    for (int i = 0; i < LIMIT_HOOK_EVENTS_QUEUED + 3; i++)
        event(queue, EVENT_DTMF, CALL);
    event(queue, EVENT_HOLD, CALL);
    event(queue, EVENT_ENDED, CALL);
    ck_assert_uint_eq(statistics(queue, EVENT_DTMF).dropped, 3);
    ck_assert_uint_eq(statistics(queue, EVENT_HOLD).dropped, 1);
    ck_assert_uint_eq(statistics(queue, EVENT_ENDED).dropped, 0);
    no_hooks(queue, 1, 4 * LIMIT_HOOK_EVENTS_QUEUED);
    const char *all = outputs(queue);
    ck_assert_str_eq(all + strlen(all) - strlen("start:ended/0#257"), "start:ended/0#257");
    no_hooks(queue, 257, 4);
    EXPECT("start:ended/1#258 start:any/0#259 start:any/1#260 done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(what_wants_a_decision_does_not_wait_with_the_told)
{
    struct hook_queue *queue = queue_new(8);
    for (int i = 0; i < LIMIT_HOOK_EVENTS_QUEUED + 1; i++)
        event(queue, EVENT_DTMF, CALL);
    EXPECT("start:dtmf/0#1");
    event(queue, EVENT_TRANSFER, CALL);
    EXPECT("start:transfer/0#2");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_call_is_owned_while_one_of_its_hooks_lives)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    event(queue, EVENT_DTMF, CALL);
    started(queue, 1);
    started(queue, 2);
    EXPECT("start:incoming/0#1 start:any/0#2 owning");
    hook_queue_exited(queue, now, 2, 0);
    EXPECT("start:any/1#3");
    line(queue, 1, "answer");
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("action:answer free");
    hook_queue_free(queue);
}
END_TEST

START_TEST(statistics_tell_median_longest_failures_and_the_last_error)
{
    static const time_ms durations[] = { 5, 900, 20 };
    static const int codes[] = { 0, 2, 3 };
    struct hook_queue *queue = queue_new(8);
    char long_line[400];
    memset(long_line, 'x', sizeof(long_line));
    ck_assert_int_eq(statistics(queue, EVENT_DTMF).median_ms, 0);
    event(queue, EVENT_DTMF, CALL);
    for (uint32_t i = 0; i < 3; i++) {
        started(queue, i + 1);
        hook_queue_error_line(queue, i + 1, slice_of("first"));
        hook_queue_error_line(queue, i + 1, slice_of("second"));
        now += durations[i];
        hook_queue_exited(queue, now, i + 1, codes[i]);
    }
    struct hook_statistics found = statistics(queue, EVENT_DTMF);
    ck_assert_uint_eq(found.runs, 3);
    ck_assert_uint_eq(found.failures, 2);
    ck_assert_int_eq(found.median_ms, 20);
    ck_assert_int_eq(found.longest_ms, 900);
    ck_assert_str_eq(found.last_error, "second");
    hook_queue_error_line(queue, 4, slice_make(long_line, sizeof(long_line)));
    ck_assert_uint_eq(strlen(statistics(queue, EVENT_DTMF).last_error), 199);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_fails_until_a_run_of_it_succeeds)
{
    static const int codes[] = { 0, 2, 1, -1, 0 };
    struct hook_queue *queue = queue_new(8);
    ck_assert_ptr_null(hook_queue_failing(queue));
    event(queue, EVENT_DTMF, CALL);
    for (uint32_t i = 0; i < 5; i++) {
        bool is_failing = codes[i] == 2 || codes[i] == -1;
        started(queue, i + 1);
        hook_queue_exited(queue, now, i + 1, codes[i]);
        const char *failing = hook_queue_failing(queue);
        ck_assert(is_failing ? failing && strcmp(failing, "dtmf") == 0 : !failing);
        ck_assert(statistics(queue, EVENT_DTMF).is_failing == is_failing);
    }
    failed(queue, 6); // it is there and cannot be run
    ck_assert_str_eq(hook_queue_failing(queue), "dtmf");
    absent(queue, 7); // the end of the chain is no news
    ck_assert_str_eq(hook_queue_failing(queue), "dtmf");
    hook_queue_free(queue);
}
END_TEST

START_TEST(stop_terminates_and_kills_what_runs)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    event(queue, EVENT_DTMF, OTHER);
    started(queue, 1);
    started(queue, 2);
    line(queue, 1, "ring");
    outputs(queue);
    hook_queue_stop(queue, now);
    at(queue, now);
    EXPECT("term#1 term#2");
    at(queue, now + 5000);
    EXPECT("kill#1 kill#2");
    hook_queue_free(queue);
}
END_TEST

START_TEST(what_is_started_while_the_daemon_stops_ends_in_time_too)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    line(queue, 1, "ring");
    outputs(queue);
    hook_queue_stop(queue, now + 2500);
    hook_queue_call_over(queue, now, CALL);
    event(queue, EVENT_ENDED, OTHER);
    started(queue, 2);
    hook_queue_call_over(queue, now, OTHER);
    outputs(queue);
    at(queue, now + 2499);
    EXPECT("");
    at(queue, now + 2500);
    EXPECT("term#1 term#2");
    hook_queue_free(queue);
}
END_TEST

START_TEST(reports_about_an_unknown_run_are_ignored)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_DTMF, CALL);
    started(queue, 9);
    absent(queue, 9);
    hook_queue_exited(queue, now, 9, 0);
    line(queue, 9, "ring");
    hook_queue_error_line(queue, 9, slice_of("x"));
    EXPECT("start:dtmf/0#1");
    ck_assert_uint_eq(hook_queue_alive(queue), 1);
    hook_queue_free(queue);
    hook_queue_free(NULL);
}
END_TEST

/* Without a hook for it: `any` of one event ends before the next one's begins. */
START_TEST(any_hears_of_a_call_in_the_order_of_its_events)
{
    struct hook_queue *queue = queue_new(64);
    event(queue, EVENT_INCOMING, CALL);
    no_hooks(queue, 1, 2);
    EXPECT("start:incoming/0#1 start:incoming/1#2 default start:any/0#3");
    started(queue, 3);
    event(queue, EVENT_ENDED, CALL);
    hook_queue_call_over(queue, now, CALL);
    EXPECT("owning");
    hook_queue_exited(queue, now, 3, 0);
    EXPECT("free start:any/1#4");
    no_hooks(queue, 4, 5);
    EXPECT("start:ended/0#5 start:ended/1#6 start:any/0#7 start:any/1#8 done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(any_hears_of_what_is_decided_before_the_next_event_however_long_its_hook_lives)
{
    struct hook_queue *queue = queue_new(64);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    hook_queue_verb(queue, CALL);
    EXPECT("start:incoming/0#1 owning");
    event(queue, EVENT_ANSWERED, CALL);
    event(queue, EVENT_ENDED, CALL);
    EXPECT("start:any/0#2");
    no_hooks(queue, 2, 2);
    EXPECT("start:any/1#3 start:answered/0#4");
    no_hooks(queue, 4, 4);
    EXPECT("start:answered/1#5 start:any/0#6 start:any/1#7 start:ended/0#8");
    hook_queue_exited(queue, now, 1, 0); /* it goes late, and is not told of again */
    no_hooks(queue, 8, 5);
    EXPECT("free start:incoming/1#9 start:ended/1#10 default start:any/0#11 start:any/1#12 done");
    hook_queue_free(queue);
}
END_TEST

static void run(struct hook_queue *queue, uint32_t number, const char *file, int exit_code)
{
    hook_queue_started(queue, now, number, file);
    hook_queue_exited(queue, now, number, exit_code);
}

/* 10 s, 1 min and 5 min after the failure before; nothing waits for it. */
START_TEST(a_message_whose_hook_fails_is_tried_again_until_it_succeeds)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_MESSAGE, 0);
    EXPECT("start:message/0#1");
    event(queue, EVENT_ONLINE, 0);
    run(queue, 1, "message", 75);
    no_hooks(queue, 2, 3);
    EXPECT("start:message/1#2 start:any/0#3 start:any/1#4 start:online/0#5");
    no_hooks(queue, 5, 4);
    outputs(queue);
    ck_assert_int_eq(hook_queue_deadline(queue), 11000);
    at(queue, 10999);
    EXPECT("");
    at(queue, 11000);
    EXPECT("start:again:message#9");
    run(queue, 9, "message", -1);
    ck_assert_int_eq(hook_queue_deadline(queue), 71000);
    at(queue, 71000);
    EXPECT("start:again:message#10");
    run(queue, 10, "message", 0);
    EXPECT("kept-done");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    ck_assert_ptr_null(hook_queue_failing(queue));
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_message_is_given_up_after_three_more_failures)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_MESSAGE, 0);
    failed(queue, 1); /* it could not even be started */
    no_hooks(queue, 2, 3);
    outputs(queue);
    for (uint32_t i = 0; i < 3; i++) {
        at(queue, hook_queue_deadline(queue));
        EXPECT(i == 0   ? "start:again:message#5"
               : i == 1 ? "start:again:message#6"
                        : "start:again:message#7");
        run(queue, 5 + i, "message", 9);
    }
    EXPECT("given-up kept-done");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    ck_assert_str_eq(hook_queue_failing(queue), "message");
    hook_queue_free(queue);
}
END_TEST

/* Three tries as for any failure, then one each quarter of an hour, for a day. */
START_TEST(who_ends_with_75_is_tried_again_for_a_day)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ENDED, CALL);
    hook_queue_call_over(queue, now, CALL);
    run(queue, 1, "ended", 75);
    no_hooks(queue, 2, 3);
    outputs(queue);
    time_ms began = now;
    unsigned times = 0;
    for (; hook_queue_deadline(queue) != TIME_NEVER; times++) {
        time_ms before = now;
        at(queue, hook_queue_deadline(queue));
        ck_assert(times < 3 || now - before == 15 * 60 * 1000);
        ck_assert_ptr_nonnull(strstr(outputs(queue), "start:again:ended#"));
        run(queue, 5 + times, "ended", 75);
    }
    ck_assert_uint_eq(times, 3 + 24 * 4);
    ck_assert_int_eq(now - began, (10 + 60 + 5 * 60 + 24 * 60 * 60) * 1000);
    EXPECT("owning free given-up kept-done done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(another_failure_ends_what_75_has_asked_for)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_MESSAGE, 0);
    run(queue, 1, "message", 75);
    no_hooks(queue, 2, 3);
    for (uint32_t i = 0; i < 5; i++) {
        at(queue, hook_queue_deadline(queue));
        run(queue, 5 + i, "message", 75);
    }
    at(queue, hook_queue_deadline(queue));
    outputs(queue);
    run(queue, 10, "message", 9);
    EXPECT("given-up kept-done");
    hook_queue_free(queue);
}
END_TEST

/* Events that come again of themselves are tried again only if the hook asks. */
START_TEST(any_event_that_does_not_decide_is_tried_again_after_75)
{
    static const struct {
        enum event_kind kind;
        int exit_code;
        bool is_tried_again;
    } rows[] = {
        { EVENT_ONLINE, 75, true },    { EVENT_ONLINE, 2, false },    { EVENT_ONLINE, -1, false },
        { EVENT_ONLINE, 0, false },    { EVENT_OFFLINE, 75, true },   { EVENT_MWI, 75, true },
        { EVENT_ANSWERED, 75, true },  { EVENT_DTMF, 75, true },      { EVENT_HOLD, 75, true },
        { EVENT_INCOMING, 75, false }, { EVENT_TRANSFER, 75, false }, { EVENT_OUTGOING, 75, false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct hook_queue *queue = queue_new(8);
        now = 1000;
        event(queue, rows[i].kind, rows[i].kind >= EVENT_MESSAGE ? 0 : CALL);
        run(queue, 1, event_kind_text(rows[i].kind), rows[i].exit_code);
        no_hooks(queue, 2, 3);
        outputs(queue);
        at(queue, 11000);
        ck_assert_msg((strstr(outputs(queue), "start:again:") != NULL) == rows[i].is_tried_again,
                      "row %zu", i);
        hook_queue_free(queue);
    }
}
END_TEST

START_TEST(an_event_that_fails_all_the_time_does_not_pile_up)
{
    struct hook_queue *queue = queue_new(8);
    for (uint32_t i = 0; i < 100; i++) {
        event(queue, EVENT_ONLINE, 0);
        run(queue, 1 + 4 * i, "online", 75);
        no_hooks(queue, 2 + 4 * i, 3);
        outputs(queue);
    }
    unsigned tried = 0;
    at(queue, now + 10000);
    for (uint32_t number = 401; strstr(outputs(queue), "start:again:"); number++, tried++)
        run(queue, number, "online", 0);
    ck_assert_uint_eq(tried, LIMIT_HOOK_EVENTS_QUEUED);
    hook_queue_free(queue);
}
END_TEST

START_TEST(only_the_file_that_has_failed_is_tried_again)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_MESSAGE, 0);
    absent(queue, 1);
    run(queue, 2, "message.d/10-a", 0);
    run(queue, 3, "message.d/20-b", 2);
    absent(queue, 4);
    run(queue, 5, "any", 2);
    absent(queue, 6);
    outputs(queue);
    at(queue, 11000);
    EXPECT("start:again:message.d/20-b#7");
    run(queue, 7, "message.d/20-b", 0);
    EXPECT("start:again:any#8");
    absent(queue, 8); /* taken away meanwhile */
    EXPECT("kept-done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_text_that_was_kept_before_begins_anew_and_numbers_go_on)
{
    struct hook_queue *queue = queue_new(8);
    hook_queue_event_kept(queue, now, EVENT_MESSAGE, memory_new(sizeof(char *)), slice_of("hi"), 7,
                          NULL);
    EXPECT("start:message/0#1");
    run(queue, 1, "message", 0);
    no_hooks(queue, 2, 3);
    EXPECT("start:message/1#2 start:any/0#3 start:any/1#4 kept-done");
    ck_assert_uint_eq(hook_queue_next_kept(queue), 8);
    hook_queue_free(queue);
}
END_TEST

START_TEST(ended_is_tried_again_and_the_call_is_done_only_then)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ENDED, CALL);
    hook_queue_call_over(queue, now, CALL);
    run(queue, 1, "ended", 2);
    no_hooks(queue, 2, 3);
    EXPECT("start:ended/0#1 owning free keep start:ended/1#2 start:any/0#3 start:any/1#4");
    ck_assert_str_eq(hook_queue_trouble(queue, CALL), "ended: it has failed");
    at(queue, 11000);
    EXPECT("start:again:ended#5");
    run(queue, 5, "ended", 0);
    EXPECT("owning free kept-done done");
    event(queue, EVENT_DTMF, OTHER); /* what may happen often is not */
    run(queue, 6, "dtmf", 2);
    no_hooks(queue, 7, 3);
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    hook_queue_free(queue);
}
END_TEST

START_TEST(nothing_is_tried_again_without_room_or_while_the_daemon_stops)
{
    struct hook_queue *queue = queue_new(1);
    event(queue, EVENT_MESSAGE, 0);
    run(queue, 1, "message", 2);
    no_hooks(queue, 2, 3);
    event(queue, EVENT_DTMF, CALL);
    outputs(queue);
    at(queue, 20000);
    EXPECT("");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    absent(queue, 5);
    EXPECT("start:again:message#6");
    run(queue, 6, "message", 2);
    EXPECT("start:dtmf/1#7");
    hook_queue_stop(queue, now + 1000);
    at(queue, 1000000);
    EXPECT("");
    ck_assert(hook_queue_deadline(queue) == TIME_NEVER);
    hook_queue_free(queue);
}
END_TEST

START_TEST(figures_are_those_of_the_file_and_green_after_a_good_run)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_DTMF, CALL);
    absent(queue, 1);
    now = 2000;
    run(queue, 2, "dtmf.d/10-a", 0);
    hook_queue_failed(queue, now, 3, "dtmf.d/20-b", "chmod +x it");
    absent(queue, 4);
    run(queue, 5, "any", 0);
    absent(queue, 6);
    struct hook_statistics found;
    ck_assert(hook_queue_statistics(queue, 0, &found));
    ck_assert_str_eq(found.name, "dtmf.d/10-a");
    ck_assert(!found.is_failing && found.failed_at == TIME_NEVER);
    ck_assert(hook_queue_statistics(queue, 1, &found));
    ck_assert_str_eq(found.name, "dtmf.d/20-b");
    ck_assert_str_eq(found.last_error, "chmod +x it");
    ck_assert(found.is_failing && found.failed_at == 2000);
    ck_assert_str_eq(hook_queue_failing(queue), "dtmf.d/20-b");
    event(queue, EVENT_DTMF, CALL);
    absent(queue, 7);
    now = 3000;
    run(queue, 8, "dtmf.d/10-a", 0);
    absent(queue, 9); /* the other one has been taken away */
    ck_assert_ptr_null(hook_queue_failing(queue));
    ck_assert(hook_queue_statistics(queue, 1, &found));
    ck_assert_int_eq(found.failed_at, 2000);
    hook_queue_free(queue);
}
END_TEST

START_TEST(ring_over_and_over_is_one_ring)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_INCOMING, CALL);
    started(queue, 1);
    for (int i = 0; i < 1000; i++)
        line(queue, 1, "ring");
    EXPECT("start:incoming/0#1 owning action:ring");
    for (int i = 0; i < 1000; i++)
        line(queue, 1, i % 2 ? "ring" : "progress");
    ck_assert_uint_lt(strlen(outputs(queue)), 16 * sizeof("action:progress"));
    line(queue, 1, "reject");
    EXPECT("action:reject");
    hook_queue_free(queue);
}
END_TEST

START_TEST(what_a_hook_leaves_in_its_group_ends_with_linger)
{
    struct hook_queue *queue = queue_new(8);
    event(queue, EVENT_ENDED, CALL);
    started(queue, 1);
    hook_queue_left(queue, now, 1);
    hook_queue_left(queue, now, 99);
    hook_queue_exited(queue, now, 1, 0);
    hook_queue_call_over(queue, now, CALL);
    no_hooks(queue, 2, 3);
    EXPECT("start:ended/0#1 owning free start:ended/1#2 start:any/0#3 start:any/1#4");
    ck_assert_int_eq(hook_queue_deadline(queue), 61000);
    at(queue, 61000);
    EXPECT("term#1");
    at(queue, 66000);
    EXPECT("kill#1");
    hook_queue_left_gone(queue, 1);
    EXPECT("done");
    hook_queue_left_gone(queue, 1);
    event(queue, EVENT_ONLINE, 0); /* of the line: from its end on */
    started(queue, 5);
    hook_queue_left(queue, now, 5);
    hook_queue_exited(queue, now, 5, 0);
    outputs(queue);
    at(queue, now + 60000);
    EXPECT("term#5");
    hook_queue_free(queue);
}
END_TEST

START_TEST(whether_there_is_room_is_told_before)
{
    struct hook_queue *queue = queue_new(1);
    for (int i = 0; i < LIMIT_HOOK_EVENTS_QUEUED; i++) {
        ck_assert(hook_queue_has_room(queue, EVENT_MESSAGE, 0));
        event(queue, EVENT_MESSAGE, 0);
    }
    ck_assert(!hook_queue_has_room(queue, EVENT_MESSAGE, 0));
    ck_assert(hook_queue_has_room(queue, EVENT_MESSAGE, CALL));
    ck_assert(hook_queue_has_room(queue, EVENT_ENDED, 0)); /* never dropped */
    ck_assert_uint_eq(statistics(queue, EVENT_MESSAGE).dropped, 1);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_body_is_copied)
{
    char body[] = "hello";
    struct hook_output output;
    struct hook_queue *queue = queue_new(8);
    hook_queue_event(queue, now, EVENT_MESSAGE, 0, memory_new(sizeof(char *)), slice_of(body));
    memset(body, 'x', sizeof(body) - 1);
    ck_assert(hook_queue_next_output(queue, now, &output));
    ck_assert(slice_equal(output.body, slice_of("hello")));
    ck_assert_ptr_nonnull(output.environment);
    hook_queue_free(queue);
}
END_TEST

START_TEST(what_is_decided_elsewhere_is_told_to_any_alone)
{
    struct hook_queue *queue = queue_new(64);
    hook_queue_event_decided(queue, now, EVENT_INCOMING, CALL, memory_new(sizeof(char *)));
    event(queue, EVENT_ENDED, CALL);
    EXPECT("start:any/0#1");
    absent(queue, 1);
    EXPECT("start:any/1#2");
    absent(queue, 2);
    EXPECT("start:ended/0#3");
    hook_queue_free(queue);
}
END_TEST

START_TEST(sixty_four_that_were_decided_elsewhere_wait_then_they_are_dropped)
{
    struct hook_queue *queue = queue_new(64);
    for (size_t i = 0; i < LIMIT_HOOK_EVENTS_QUEUED + 3; i++)
        hook_queue_event_decided(queue, now, EVENT_TRANSFER, CALL, memory_new(sizeof(char *)));
    EXPECT("start:any/0#1");
    ck_assert_uint_eq(statistics(queue, EVENT_TRANSFER).dropped, 3);
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_line_of_any_decides_nothing_that_was_decided_elsewhere)
{
    struct hook_queue *queue = queue_new(64);
    hook_queue_event_decided(queue, now, EVENT_INCOMING, CALL, memory_new(sizeof(char *)));
    EXPECT("start:any/0#1");
    started(queue, 1);
    EXPECT("owning");
    line(queue, 1, "answer");
    at(queue, now + 20000);
    EXPECT("");
    hook_queue_free(queue);
}
END_TEST

static void take_over(struct hook_queue *queue, const char *path)
{
    hook_queue_take_over(queue, now, CALL, memory_new(sizeof(char *)), path);
}

START_TEST(a_hook_that_takes_over_lives_beside_what_is_told)
{
    struct hook_queue *queue = queue_new(64);
    take_over(queue, "/alarm");
    EXPECT("start:/alarm#1");
    started(queue, 1);
    EXPECT("owning taken");
    event(queue, EVENT_ANSWERED, CALL);
    EXPECT("start:answered/0#2");
    absent(queue, 2);
    absent(queue, 3);
    EXPECT("start:answered/1#3 start:any/0#4");
    absent(queue, 4);
    absent(queue, 5);
    EXPECT("start:any/1#5");
    line(queue, 1, "reject");
    at(queue, now + 3600000);
    EXPECT("");
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("free");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_that_takes_over_lingers_like_others)
{
    struct hook_queue *queue = queue_new(64);
    take_over(queue, "/alarm");
    started(queue, 1);
    hook_queue_call_over(queue, now, CALL);
    (void)outputs(queue);
    event(queue, EVENT_ENDED, CALL);
    absent(queue, 2);
    absent(queue, 3);
    absent(queue, 4);
    absent(queue, 5);
    (void)outputs(queue);
    at(queue, now + 60000);
    EXPECT("term#1");
    hook_queue_exited(queue, now, 1, -1);
    EXPECT("free done");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_that_took_over_makes_room_when_it_ends)
{
    struct hook_queue *queue = queue_new(1);
    take_over(queue, "/alarm");
    started(queue, 1);
    event(queue, EVENT_ANSWERED, CALL);
    event(queue, EVENT_ONLINE, 0);
    EXPECT("start:/alarm#1 owning taken");
    hook_queue_exited(queue, now, 1, 0);
    EXPECT("free start:answered/0#2");
    hook_queue_free(queue);
}
END_TEST

START_TEST(a_hook_that_cannot_take_over_is_told_and_leaves_nothing)
{
    struct hook_queue *queue = queue_new(64);
    take_over(queue, "/nowhere");
    EXPECT("start:/nowhere#1");
    absent(queue, 1);
    EXPECT("taken");
    ck_assert_uint_eq(hook_queue_alive(queue), 0);
    hook_queue_free(queue);
    queue = queue_new(0);
    take_over(queue, "/alarm");
    EXPECT("taken");
    hook_queue_free(queue);
}
END_TEST

SUITE_MAIN(
    "hook/hook_queue", a_hook_that_takes_over_lives_beside_what_is_told,
    a_hook_that_takes_over_lingers_like_others, a_hook_that_took_over_makes_room_when_it_ends,
    a_hook_that_cannot_take_over_is_told_and_leaves_nothing,
    sixty_four_that_were_decided_elsewhere_wait_then_they_are_dropped,
    what_is_decided_elsewhere_is_told_to_any_alone,
    a_line_of_any_decides_nothing_that_was_decided_elsewhere, a_chain_runs_until_one_decides,
    the_end_of_the_chain_is_the_default_said_once,
    of_a_call_that_is_dialled_nobody_says_that_no_hook_decided,
    an_output_bears_the_id_that_users_know_the_call_by,
    a_hook_that_could_not_be_started_is_passed_over_and_counted,
    silence_is_terminated_defaulted_and_killed, a_verb_is_as_good_as_a_word,
    a_verb_that_decides_ends_the_chain, a_verb_decides_the_transfer_that_is_asked_for,
    ring_leaves_the_decision_open_and_the_first_final_word_wins,
    digits_that_a_hook_prints_are_not_shown, a_word_that_is_no_decision_stops_no_clock,
    an_action_carries_the_call_and_its_words, told_hooks_run_one_at_a_time_in_order_each_with_any,
    calls_run_in_parallel_and_a_decision_beside_the_told, what_a_told_hook_prints_is_not_obeyed,
    ended_is_last_and_then_the_call_is_done,
    a_hook_may_linger_when_the_call_is_over_and_delays_done,
    a_call_that_is_over_is_not_decided_any_more, a_hook_of_the_line_has_linger_seconds,
    no_room_is_the_default_for_a_decision_and_waiting_for_the_told,
    a_second_decision_of_a_call_does_not_lose_the_first,
    a_transfer_is_decided_while_the_hook_of_the_call_lives,
    sixty_four_wait_then_events_are_dropped_but_never_ended,
    what_wants_a_decision_does_not_wait_with_the_told, a_call_is_owned_while_one_of_its_hooks_lives,
    statistics_tell_median_longest_failures_and_the_last_error,
    a_hook_fails_until_a_run_of_it_succeeds, stop_terminates_and_kills_what_runs,
    what_is_started_while_the_daemon_stops_ends_in_time_too,
    reports_about_an_unknown_run_are_ignored, a_body_is_copied,
    whether_there_is_room_is_told_before,
    a_message_whose_hook_fails_is_tried_again_until_it_succeeds,
    who_ends_with_75_is_tried_again_for_a_day, another_failure_ends_what_75_has_asked_for,
    any_event_that_does_not_decide_is_tried_again_after_75,
    an_event_that_fails_all_the_time_does_not_pile_up,
    a_message_is_given_up_after_three_more_failures, only_the_file_that_has_failed_is_tried_again,
    a_text_that_was_kept_before_begins_anew_and_numbers_go_on,
    ended_is_tried_again_and_the_call_is_done_only_then,
    nothing_is_tried_again_without_room_or_while_the_daemon_stops,
    figures_are_those_of_the_file_and_green_after_a_good_run, ring_over_and_over_is_one_ring,
    what_a_hook_leaves_in_its_group_ends_with_linger,
    any_hears_of_a_call_in_the_order_of_its_events,
    any_hears_of_what_is_decided_before_the_next_event_however_long_its_hook_lives)
