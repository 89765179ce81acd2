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

static struct hook_queue *a_message(const char *text)
{
    struct hook_queue *queue = hook_queue_new(&settings);
    char from[] = "OFFHOOK_FROM=+4930111";
    char token[] = "OFFHOOK_TOKEN=secret";
    char *variables[] = { from, token, NULL };
    hook_queue_event(queue, 1000, EVENT_MESSAGE, 0, hook_environment_with(variables, NULL),
                     slice_of(text));
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
    struct hook_queue *queue = a_message(text);
    ck_assert(pump(queue, kept, &run, text));
    ck_assert(is_there("messages/1"));
    hook_queue_free(queue); /* the process is killed */
    kept_messages_free(kept);

    kept = kept_messages_new(folder.path);
    queue = hook_queue_new(&settings);
    kept_messages_take_up(kept, 1000, queue);
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
    struct hook_queue *queue = a_message("x");
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
    struct hook_queue *queue = a_message("x");
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

SUITE_MAIN("daemon/kept_messages", a_text_is_on_disk_until_its_hooks_are_done_over_a_restart_too,
           the_right_to_command_is_not_kept,
           what_is_given_up_stays_and_is_counted_until_it_is_taken_away)
