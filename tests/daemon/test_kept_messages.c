// SPDX-License-Identifier: ISC
// A text whose hook fails survives the process; what has been given up stays, and is counted.
#include "daemon/kept_messages.h"
#include "hook/environment.h"
#include "tests/folder.h"
#include "tests/suite.h"
#include "util/memory.h"

#include <unistd.h>

static struct folder folder;
static const struct hook_settings settings = { 10000, 60000, 5000, 8 };

static struct hook_queue *a_message(struct kept_messages *kept, const char *text)
{
    struct hook_queue *queue = hook_queue_new(&settings);
    char from[] = "OFFHOOK_FROM=+4930111";
    char token[] = "OFFHOOK_TOKEN=secret";
    char *variables[] = { from, token, NULL };
    uint32_t number = hook_queue_next_kept(queue);
    ck_assert_int_eq(kept_messages_keep(kept, number, variables, slice_of(text)), STATUS_OK);
    hook_queue_event_kept(queue, 1000, EVENT_MESSAGE, hook_environment_with(variables, NULL),
                          slice_of(text), number, NULL);
    return queue;
}

/* True when a hook was to be started: *run, with `from` and the text. */
static bool pump(struct hook_queue *queue, struct kept_messages *kept, uint32_t *run,
                 const char *text)
{
    struct hook_output output;
    bool has_started = false;
    while (hook_queue_next_output(queue, 1000, &output)) {
        if (output.kind != HOOK_START) {
            kept_messages_carry_out(kept, &output);
            continue;
        }
        ck_assert_str_eq(hook_environment_value(output.environment, "OFFHOOK_FROM"), "+4930111");
        ck_assert(slice_equal(output.body, slice_of(text)));
        *run = output.run;
        has_started = true;
    }
    return has_started;
}

static bool is_there(const char *name)
{
    return access(folder_path(&folder, name), F_OK) == 0;
}

START_TEST(a_text_is_on_disk_until_its_hooks_are_done_over_a_restart_too)
{
    static const char text[] = "first line\n\nthird = line\n";
    uint32_t run = 0;
    folder_make(&folder);
    struct kept_messages *kept = kept_messages_new(folder.path);
    struct hook_queue *queue = a_message(kept, text);
    ck_assert(pump(queue, kept, &run, text));
    ck_assert(is_there("messages/1"));
    hook_queue_free(queue); /* the process is killed */
    kept_messages_free(kept);

    kept = kept_messages_new(folder.path);
    queue = hook_queue_new(&settings);
    kept_messages_take_up(kept, 1000, queue, "/line");
    for (int i = 0; i < 4 && pump(queue, kept, &run, text); i++)
        hook_queue_absent(queue, 1000, run); /* no hook for it any more */
    ck_assert(!pump(queue, kept, &run, text));
    ck_assert(!is_there("messages/1"));
    hook_queue_free(queue);
    kept_messages_free(kept);
    folder_remove(&folder);
}
END_TEST

START_TEST(the_right_to_command_is_not_kept)
{
    struct buffer content;
    uint32_t run;
    folder_make(&folder);
    struct kept_messages *kept = kept_messages_new(folder.path);
    struct hook_queue *queue = a_message(kept, "x");
    ck_assert(pump(queue, kept, &run, "x"));
    ck_assert_int_eq(file_read(folder_path(&folder, "messages/1"), 4096, &content), STATUS_OK);
    ck_assert(slice_equal(buffer_slice(&content), slice_of("OFFHOOK_FROM=+4930111\n\nx")));
    buffer_free(&content);
    hook_queue_free(queue);
    kept_messages_free(kept);
    folder_remove(&folder);
}
END_TEST

START_TEST(what_is_given_up_stays_and_is_counted_until_it_is_taken_away)
{
    folder_make(&folder);
    uint32_t run;
    struct kept_messages *kept = kept_messages_new(folder.path);
    struct hook_queue *queue = a_message(kept, "x");
    const struct hook_output given_up = { .kind = HOOK_GIVEN_UP, .kept = 1 };
    const struct hook_output done = { .kind = HOOK_KEPT_DONE, .kept = 1 };
    ck_assert(pump(queue, kept, &run, "x"));
    kept_messages_carry_out(kept, &given_up);
    kept_messages_carry_out(kept, &given_up);
    kept_messages_carry_out(kept, &done);
    ck_assert(is_there("messages/1"));
    ck_assert_uint_eq(kept_messages_given_up(kept), 1);
    kept_messages_watch(kept, 1000);
    ck_assert_uint_eq(kept_messages_undelivered(kept), 1);
    ck_assert_int_eq(unlink(folder_path(&folder, "messages/1")), 0);
    kept_messages_watch(kept, 2000); /* that would be a look too many */
    ck_assert_uint_eq(kept_messages_undelivered(kept), 1);
    kept_messages_watch(kept, 6000);
    ck_assert_uint_eq(kept_messages_undelivered(kept), 0);
    ck_assert_uint_eq(kept_messages_given_up(kept), 0);
    hook_queue_free(queue);
    kept_messages_free(kept);
    folder_remove(&folder);
}
END_TEST

/* As the engine does, until no hook is to be started. */
static uint32_t next_run(struct hook_queue *queue, struct kept_messages *kept, time_ms now,
                         char file[64])
{
    struct hook_output output;
    uint32_t run = 0;
    hook_queue_timeout(queue, now);
    while (hook_queue_next_output(queue, now, &output)) {
        kept_messages_carry_out(kept, &output);
        if (output.kind != HOOK_START)
            continue;
        run = output.run;
        snprintf(file, 64, "%s", output.file ? output.file : "");
        if (output.file)
            ck_assert_str_eq(hook_environment_value(output.environment, "OFFHOOK_DIR"), "/line");
    }
    return run;
}

START_TEST(the_end_of_a_call_is_tried_again_by_the_next_process_by_the_file_that_failed)
{
    static const char *const variables[] = { "OFFHOOK_EVENT=ended", "OFFHOOK_DIR=/calls/3",
                                             "HOME=/calls/3", NULL };
    char file[64];
    folder_make(&folder);
    struct kept_messages *kept = kept_messages_new(folder.path);
    struct hook_queue *queue = hook_queue_new(&settings);
    hook_queue_event(queue, 1000, EVENT_ENDED, 3,
                     hook_environment_with((char *const *)variables, NULL), slice_empty());
    uint32_t run = next_run(queue, kept, 1000, file);
    hook_queue_absent(queue, 1000, run);
    run = next_run(queue, kept, 1000, file);
    hook_queue_started(queue, 1000, run, "ended.d/20-mail");
    ck_assert(!is_there("messages/1"));
    hook_queue_exited(queue, 1000, run, 4);
    next_run(queue, kept, 1000, file);
    ck_assert(is_there("messages/1"));
    hook_queue_free(queue); /* the process is killed */
    kept_messages_free(kept);

    kept = kept_messages_new(folder.path);
    queue = hook_queue_new(&settings);
    kept_messages_take_up(kept, 1000, queue, "/line");
    run = next_run(queue, kept, 1000, file);
    ck_assert_str_eq(file, "ended.d/20-mail");
    hook_queue_started(queue, 1000, run, file);
    hook_queue_exited(queue, 1000, run, 3); /* its call is over: that is healthy */
    ck_assert_uint_eq(next_run(queue, kept, 1000, file), 0);
    ck_assert(!is_there("messages/1"));
    hook_queue_free(queue);
    kept_messages_free(kept);
    folder_remove(&folder);
}
END_TEST

START_TEST(what_the_disk_does_not_take_is_refused_with_the_reason_until_there_is_room)
{
    char from[] = "OFFHOOK_FROM=+4930111";
    char *variables[] = { from, NULL };
    folder_make(&folder);
    struct kept_messages *kept = kept_messages_new(folder.path);
    ck_assert_ptr_null(kept_messages_failure(kept));
    file_remove_folder(folder_path(&folder, "messages"));
    ck_assert_int_eq(kept_messages_keep(kept, 1, variables, slice_of("x")), STATUS_SYSTEM);
    ck_assert_str_eq(kept_messages_failure(kept), "No such file or directory");
    ck_assert_int_eq(file_make_folder(folder_path(&folder, "messages")), STATUS_OK);
    for (uint32_t i = 0; i < LIMIT_HOOK_KEPT; i++)
        ck_assert_int_eq(kept_messages_keep(kept, i + 1, variables, slice_of("x")), STATUS_OK);
    ck_assert_ptr_null(kept_messages_failure(kept));
    ck_assert_int_eq(kept_messages_keep(kept, 2000, variables, slice_of("x")), STATUS_REFUSED);
    ck_assert_ptr_nonnull(kept_messages_failure(kept));
    kept_messages_carry_out(kept, &(struct hook_output){ .kind = HOOK_KEPT_DONE, .kept = 7 });
    ck_assert_ptr_null(kept_messages_failure(kept));
    ck_assert_int_eq(kept_messages_keep(kept, 2000, variables, slice_of("x")), STATUS_OK);
    kept_messages_free(kept);
    folder_remove(&folder);
}
END_TEST

SUITE_MAIN("daemon/kept_messages", a_text_is_on_disk_until_its_hooks_are_done_over_a_restart_too,
           the_right_to_command_is_not_kept,
           what_is_given_up_stays_and_is_counted_until_it_is_taken_away,
           the_end_of_a_call_is_tried_again_by_the_next_process_by_the_file_that_failed,
           what_the_disk_does_not_take_is_refused_with_the_reason_until_there_is_room)
