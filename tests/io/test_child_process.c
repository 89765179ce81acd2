// SPDX-License-Identifier: ISC
// Children: what they get and what they do not, how their end is told, that none is left.
#include "io/child_process.h"
#include "io/pipe_stream.h"
#include "tests/folder.h"
#include "tests/io/run_until.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

struct end {
    struct loop *loop;
    struct child_reaper *reaper;
    struct folder folder;
    int exit_code;
    int signal;
    unsigned exits;
    bool has_exited;
};

static void set_up(struct end *end)
{
    *end = (struct end){ .loop = loop_new() };
    end->reaper = child_reaper_new(end->loop);
    folder_make(&end->folder);
}

static void tear_down(struct end *end)
{
    folder_remove(&end->folder);
    child_reaper_free(end->reaper);
    loop_free(end->loop);
}

static void on_exited(void *user, int exit_code, int signal)
{
    struct end *end = user;
    end->exit_code = exit_code;
    end->signal = signal;
    end->exits++;
    end->has_exited = true;
}

/* execve() promises not to write; its type does not. */
static char *const *vector(const char *const *texts)
{
    char *const *result;
    memcpy(&result, &texts, sizeof(result));
    return result;
}

static struct child_settings settings_of(struct end *end, const char *const *argv,
                                         const char *const *envp)
{
    return (struct child_settings){ .path = argv[0],
                                    .keep_fd = -1,
                                    .argv = vector(argv),
                                    .envp = vector(envp),
                                    .directory = end->folder.path,
                                    .stdin_fd = -1,
                                    .stdout_fd = -1,
                                    .stderr_fd = -1 };
}

static struct child_process *start(struct end *end, const char *script)
{
    const char *argv[] = { "/bin/sh", "-c", script, NULL };
    const char *envp[] = { "PATH=/usr/bin:/bin", "OFFHOOK_CALL=k3f9", NULL };
    struct child_settings settings = settings_of(end, argv, envp);
    int error = 0;
    struct child_process *child =
        child_process_new(end->reaper, &settings, on_exited, NULL, end, &error);
    ck_assert_msg(child != NULL, "%s", strerror(error));
    return child;
}

START_TEST(an_exit_status_and_a_signal_are_told_apart)
{
    struct end end;
    set_up(&end);
    start(&end, "exit 7");
    run_until(end.loop, &end.has_exited);
    ck_assert_int_eq(end.exit_code, 7);
    ck_assert_int_eq(end.signal, 0);
    end.has_exited = false;
    start(&end, "kill -KILL $$");
    run_until(end.loop, &end.has_exited);
    ck_assert_int_eq(end.exit_code, -1);
    ck_assert_int_eq(end.signal, SIGKILL);
    ck_assert_uint_eq(end.exits, 2);
    tear_down(&end);
}
END_TEST

START_TEST(the_environment_is_what_was_given_and_nothing_else)
{
    struct end end;
    set_up(&end);
    ck_assert_int_eq(setenv("OFFHOOK_SECRET", "xyz", 1), 0);
    start(&end, "/usr/bin/env >env; pwd >pwd");
    run_until(end.loop, &end.has_exited);
    const char *seen = folder_read(&end.folder, "env");
    ck_assert_ptr_nonnull(strstr(seen, "OFFHOOK_CALL=k3f9\n"));
    ck_assert_ptr_null(strstr(seen, "SECRET"));
    ck_assert_ptr_null(strstr(seen, "HOME="));
    ck_assert_int_eq(
        strncmp(folder_read(&end.folder, "pwd"), end.folder.path, strlen(end.folder.path)), 0);
    tear_down(&end);
}
END_TEST

/* What the shell itself opens to list them is gone by then: 0, 1, 2 and the folder. */
START_TEST(no_descriptor_of_ours_goes_with_it)
{
    struct end end;
    set_up(&end);
    int leak = open("/dev/null", O_RDONLY); /* without close-on-exec, and a high one */
    ck_assert_int_ge(dup2(leak, 77), 0);
    start(&end, "ls /proc/self/fd >fds");
    run_until(end.loop, &end.has_exited);
    ck_assert_str_eq(folder_read(&end.folder, "fds"), "0\n1\n2\n3\n");
    close(77);
    close(leak);
    tear_down(&end);
}
END_TEST

START_TEST(signals_are_the_default_ones)
{
    struct end end;
    sigset_t blocked;
    set_up(&end);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    start(&end, "grep -E '^Sig(Blk|Ign)' /proc/self/status >signals");
    run_until(end.loop, &end.has_exited);
    ck_assert_str_eq(folder_read(&end.folder, "signals"),
                     "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    tear_down(&end);
}
END_TEST

START_TEST(standard_descriptors_are_those_given)
{
    struct end end;
    int in[2];
    int out[2];
    int error;
    char answer[16] = "";
    const char *argv[] = { "/bin/sh", "-c", "read line; echo \"<$line>\"", NULL };
    const char *envp[] = { NULL };
    set_up(&end);
    ck_assert(pipe_open(in, 0) && pipe_open(out, 0));
    struct child_settings settings = settings_of(&end, argv, envp);
    settings.stdin_fd = in[0];
    settings.stdout_fd = out[1];
    ck_assert_ptr_nonnull(child_process_new(end.reaper, &settings, on_exited, NULL, &end, &error));
    close(in[0]);
    close(out[1]);
    ck_assert(pipe_write_frame(in[1], "hello\n", 6));
    run_until(end.loop, &end.has_exited);
    ck_assert_int_eq((int)read(out[0], answer, sizeof(answer) - 1), 8);
    ck_assert_str_eq(answer, "<hello>\n");
    ck_assert_int_eq((int)read(out[0], answer, sizeof(answer)), 0); /* nobody else holds it */
    close(in[1]);
    close(out[0]);
    tear_down(&end);
}
END_TEST

START_TEST(what_cannot_be_started_says_why)
{
    static const struct {
        const char *name;
        const char *text; // NULL: there is no such file
        mode_t mode;
        int error;
    } rows[] = {
        { "missing", NULL, 0, ENOENT },
        { "plain", "#!/bin/sh\n", 0600, EACCES },
        { "text", "no program", 0700, ENOEXEC },
        { "interpreter", "#!/no/such/interpreter\n", 0700, ENOENT },
    };
    struct end end;
    const char *envp[] = { NULL };
    set_up(&end);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        int error = 0;
        if (rows[i].text)
            folder_write(&end.folder, rows[i].name, rows[i].text, rows[i].mode);
        const char *argv[] = { folder_path(&end.folder, rows[i].name), NULL };
        struct child_settings settings = settings_of(&end, argv, envp);
        ck_assert_ptr_null(child_process_new(end.reaper, &settings, on_exited, NULL, &end, &error));
        ck_assert_int_eq(error, rows[i].error);
    }
    ck_assert_uint_eq(end.exits, 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1); /* no zombie either */
    tear_down(&end);
}
END_TEST

START_TEST(a_signal_reaches_the_whole_process_group)
{
    struct end end;
    set_up(&end);
    struct child_process *child = start(&end, "sleep 1000 & echo >up; wait");
    while (!folder_has(&end.folder, "up"))
        usleep(1000);
    ck_assert_int_eq(getpgid(child_process_pid(child)), child_process_pid(child));
    pid_t group = child_process_pid(child);
    child_process_signal(child, SIGTERM);
    run_until(end.loop, &end.has_exited);
    ck_assert_int_eq(end.signal, SIGTERM);
    while (kill(-group, 0) == 0) /* the sleep is ours now, and reaped by us */
        waitpid(-1, NULL, WNOHANG);
    ck_assert_int_eq(errno, ESRCH);
    tear_down(&end);
}
END_TEST

START_TEST(a_forgotten_child_is_reaped_and_nobody_told)
{
    struct end end;
    set_up(&end);
    child_process_forget(start(&end, "exit 1"));
    start(&end, "sleep 0.2; exit 2");
    run_until(end.loop, &end.has_exited);
    ck_assert_int_eq(end.exit_code, 2);
    ck_assert_uint_eq(end.exits, 1);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    tear_down(&end);
}
END_TEST

START_TEST(the_mark_of_a_start_is_made_by_the_child)
{
    struct end end;
    char from[256];
    char to[256];
    const char *argv[] = { "/bin/true", NULL };
    const char *envp[] = { NULL };
    int error;
    set_up(&end);
    folder_write(&end.folder, "from", "told", 0600);
    snprintf(from, sizeof(from), "%s/from", end.folder.path);
    snprintf(to, sizeof(to), "%s/to", end.folder.path);
    struct child_settings settings = settings_of(&end, argv, envp);
    settings.mark_from = from;
    settings.mark_to = to;
    ck_assert_ptr_nonnull(child_process_new(end.reaper, &settings, on_exited, NULL, &end, &error));
    ck_assert(!folder_has(&end.folder, "from")); /* before the program runs */
    ck_assert_str_eq(folder_read(&end.folder, "to"), "told");
    run_until(end.loop, &end.has_exited);
    tear_down(&end);
}
END_TEST

SUITE_MAIN("io/child_process", an_exit_status_and_a_signal_are_told_apart,
           the_environment_is_what_was_given_and_nothing_else, no_descriptor_of_ours_goes_with_it,
           signals_are_the_default_ones, standard_descriptors_are_those_given,
           what_cannot_be_started_says_why, a_signal_reaches_the_whole_process_group,
           a_forgotten_child_is_reaped_and_nobody_told, the_mark_of_a_start_is_made_by_the_child)
