// SPDX-License-Identifier: ISC
// Calls on disk: whose folder it is, what is taken up from it, what is set aside, what becomes of a
// call's file. Records are those of the fuzz target's corpus.
#include "daemon/call_journal.h"
#include "tests/agent/line_settings.h"
#include "tests/folder.h"
#include "tests/suite.h"
#include "util/limits.h"

#define UP   "r0" // a call out that is up, and owes a BYE
#define OVER "r1" // a call that has ended, and whose hook has been started

struct life {
    struct agent_settings settings;
    struct random random;
    struct agent *agent;
    struct call_journal *journal;
};

static const char *record(const char *name)
{
    static char text[8192];
    char path[4096];
    const char *root = getenv("srcdir");
    snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/call_record/%s", root ? root : ".", name);
    FILE *file = fopen(path, "r");
    ck_assert_msg(file != NULL, "%s", path);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return text;
}

static enum status begin(struct life *life, const struct folder *folder, char why[256])
{
    life->settings = line_settings("sip:alice@example.com", "");
    random_init_number(&life->random, 1);
    life->agent = agent_new(&life->settings, &life->random);
    life->journal = NULL;
    return call_journal_new(folder->path, life->agent, &life->journal, why, 256);
}

static void end(struct life *life)
{
    call_journal_free(life->journal);
    agent_free(life->agent);
}

static void set_up(struct life *life, struct folder *folder)
{
    char why[256];
    folder_make(folder);
    ck_assert_int_eq(begin(life, folder, why), STATUS_OK);
}

static void tear_down(struct life *life, struct folder *folder)
{
    end(life);
    folder_remove(folder);
}

static void take_up(struct life *life)
{
    call_journal_take_up(life->journal, 1000);
}

START_TEST(a_folder_has_one_daemon_at_a_time)
{
    struct life first;
    struct life second;
    struct folder folder;
    char why[256] = "";
    set_up(&first, &folder);
    ck_assert_int_eq(begin(&second, &folder, why), STATUS_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "another offhookd uses it"));
    agent_free(second.agent);
    end(&first);
    ck_assert_int_eq(begin(&second, &folder, why), STATUS_OK);
    tear_down(&second, &folder);
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_said)
{
    struct life life;
    struct folder folder;
    char why[256] = "";
    folder_make(&folder);
    folder_write(&folder, "dialogs", "a file", 0600);
    ck_assert_int_ne(begin(&life, &folder, why), STATUS_OK);
    ck_assert_ptr_nonnull(strstr(why, "state_dir: "));
    agent_free(life.agent);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_call_that_was_left_is_taken_up)
{
    struct life life;
    struct folder folder;
    struct stat info;
    set_up(&life, &folder);
    folder_write(&folder, "dialogs/k3f9", record(UP), 0644);
    take_up(&life);
    ck_assert_uint_eq(agent_count_left_over(life.agent), 1);
    ck_assert(folder_has(&folder, "dialogs/k3f9")); /* until it has been ended */
    call_journal_keep(life.journal, 2000, 1);
    ck_assert_ptr_nonnull(strstr(folder_read(&folder, "dialogs/k3f9"), "owes=bye\n"));
    ck_assert_ptr_nonnull(strstr(folder_read(&folder, "dialogs/k3f9"), "left="));
    ck_assert_int_eq(stat(folder_path(&folder, "dialogs/k3f9"), &info), 0);
    ck_assert_uint_eq(info.st_mode & 0777, 0600);
    ck_assert_ptr_null(call_journal_failure(life.journal));
    tear_down(&life, &folder);
}
END_TEST

START_TEST(what_is_written_is_taken_up_by_the_next_life)
{
    struct life life;
    struct folder folder;
    char why[256];
    set_up(&life, &folder);
    folder_write(&folder, "dialogs/k3f9", record(UP), 0600);
    for (int lives = 0; lives < 3; lives++) {
        take_up(&life);
        ck_assert_uint_eq(agent_count_left_over(life.agent), 1);
        call_journal_keep(life.journal, 2000, 1);
        end(&life);
        ck_assert_int_eq(begin(&life, &folder, why), STATUS_OK);
    }
    tear_down(&life, &folder);
}
END_TEST

START_TEST(what_is_no_record_is_set_aside_as_it_was)
{
    static const char *const texts[] = { "", "\n", "offhook-call=1\nend=yes\n", "offhook-call=2\n",
                                         "\377\376" };
    struct life life;
    struct folder folder;
    char name[32];
    set_up(&life, &folder);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        snprintf(name, sizeof(name), "dialogs/bad%zu", i);
        folder_write(&folder, name, texts[i], 0600);
    }
    folder_write(&folder, "dialogs/good", record(UP), 0600);
    take_up(&life);
    ck_assert_uint_eq(agent_count_left_over(life.agent), 1);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        snprintf(name, sizeof(name), "dialogs/bad%zu", i);
        ck_assert(!folder_has(&folder, name));
        snprintf(name, sizeof(name), "dialogs/bad%zu~", i);
        ck_assert(folder_has(&folder, name));
        ck_assert_str_eq(folder_read(&folder, name), texts[i]);
    }
    tear_down(&life, &folder);
}
END_TEST

START_TEST(each_record_cut_anywhere_is_set_aside)
{
    struct folder folder;
    char whole[8192];
    snprintf(whole, sizeof(whole), "%s", record(UP));
    for (size_t length = strlen(whole) - 1; length > 0; length -= length > 20 ? 20 : 1) {
        struct life life;
        set_up(&life, &folder);
        whole[length] = '\0';
        folder_write(&folder, "dialogs/k3f9", whole, 0600);
        take_up(&life);
        ck_assert_uint_eq(agent_count_left_over(life.agent), 0);
        ck_assert(folder_has(&folder, "dialogs/k3f9~"));
        tear_down(&life, &folder);
    }
}
END_TEST

START_TEST(what_is_no_plain_file_is_set_aside_and_hidden_ones_are_not_looked_at)
{
    static char large[LIMIT_CALL_RECORD + 2];
    struct life life;
    struct folder folder;
    set_up(&life, &folder);
    memset(large, 'a', sizeof(large) - 1);
    folder_write(&folder, "dialogs/large", large, 0600);
    ck_assert_int_eq(symlink("/dev/zero", folder_path(&folder, "dialogs/link")), 0);
    ck_assert_int_eq(mkdir(folder_path(&folder, "dialogs/folder"), 0700), 0);
    ck_assert_int_eq(mkfifo(folder_path(&folder, "dialogs/fifo"), 0600), 0);
    folder_write(&folder, "dialogs/.told", record(UP), 0600);
    folder_write(&folder, "dialogs/old~", record(UP), 0600);
    take_up(&life);
    ck_assert_uint_eq(agent_count_left_over(life.agent), 0);
    ck_assert(folder_has(&folder, "dialogs/large~"));
    ck_assert(folder_has(&folder, "dialogs/folder~"));
    ck_assert(folder_has(&folder, "dialogs/fifo~"));
    ck_assert(folder_has(&folder, "dialogs/old~") && folder_has(&folder, "dialogs/.told"));
    tear_down(&life, &folder);
}
END_TEST

START_TEST(a_folder_that_is_gone_is_said_and_taken_back)
{
    struct life life;
    struct folder folder;
    char gone[128];
    char dialogs[128];
    set_up(&life, &folder);
    snprintf(gone, sizeof(gone), "%s/gone", folder.path);
    snprintf(dialogs, sizeof(dialogs), "%s/dialogs", folder.path);
    folder_write(&folder, "dialogs/k3f9", record(UP), 0600);
    take_up(&life);
    ck_assert_int_eq(rename(dialogs, gone), 0);
    call_journal_keep(life.journal, 2000, 1);
    ck_assert_ptr_nonnull(call_journal_failure(life.journal));
    ck_assert_int_eq(rename(gone, dialogs), 0);
    call_journal_keep(life.journal, 3000, 1);
    ck_assert_ptr_null(call_journal_failure(life.journal));
    tear_down(&life, &folder);
}
END_TEST

START_TEST(the_start_of_the_last_hook_is_marked_by_one_rename)
{
    struct life life;
    struct folder folder;
    const char *from;
    const char *to;
    set_up(&life, &folder);
    folder_write(&folder, "dialogs/k3f9", record(UP), 0600);
    take_up(&life);
    ck_assert(!call_journal_mark(life.journal, 2000, 99, &from, &to)); /* no such call */
    ck_assert_ptr_null(strstr(folder_read(&folder, "dialogs/k3f9"), "told=yes"));
    ck_assert(call_journal_mark(life.journal, 2000, 1, &from, &to));
    ck_assert_ptr_null(strstr(folder_read(&folder, "dialogs/k3f9"), "told=yes"));
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert_ptr_nonnull(strstr(folder_read(&folder, "dialogs/k3f9"), "told=yes"));
    call_journal_told(life.journal, 3000, 1);
    ck_assert(folder_has(&folder, "dialogs/k3f9")); /* the BYE is still owed */
    tear_down(&life, &folder);
}
END_TEST

START_TEST(a_call_that_owes_nothing_and_has_been_told_leaves_no_file)
{
    struct life life;
    struct folder folder;
    set_up(&life, &folder);
    folder_write(&folder, "dialogs/k3f9", record(OVER), 0600);
    take_up(&life);
    call_journal_keep(life.journal, 2000, 1);
    ck_assert(!folder_has(&folder, "dialogs/k3f9"));
    call_journal_told(life.journal, 3000, 1); /* nothing is left to be told */
    tear_down(&life, &folder);
}
END_TEST

SUITE_MAIN("daemon/call_journal", a_folder_has_one_daemon_at_a_time,
           a_folder_that_cannot_be_made_is_said, a_call_that_was_left_is_taken_up,
           what_is_written_is_taken_up_by_the_next_life, what_is_no_record_is_set_aside_as_it_was,
           each_record_cut_anywhere_is_set_aside,
           what_is_no_plain_file_is_set_aside_and_hidden_ones_are_not_looked_at,
           a_folder_that_is_gone_is_said_and_taken_back,
           the_start_of_the_last_hook_is_marked_by_one_rename,
           a_call_that_owes_nothing_and_has_been_told_leaves_no_file)
