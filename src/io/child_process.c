// SPDX-License-Identifier: ISC
#include "io/child_process.h"

#include "io/child_cage.h"
#include "util/list.h"
#include "util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOWEST_CLOSED_FD = 3,
    HIGHEST_SIGNAL = 64,
    SIGNAL_SET_BYTES = 8,
};

struct child_reaper {
    struct loop_signal *signal;
    struct child_cage *cage;
    struct list children;
};

struct child_process {
    struct list_link link;
    struct child_reaper *reaper;
    pid_t pid;
    child_exited *exited;   // NULL: forgotten, or told
    child_group_gone *gone; // NULL: nobody wants to know
    bool is_left;           // it has ended, its group has not
    void *user;
};

static struct child_process *find(struct child_reaper *reaper, pid_t pid)
{
    list_for_each(link, &reaper->children) {
        struct child_process *child = list_entry(link, struct child_process, link);
        if (child->pid == pid && !child->is_left)
            return child;
    }
    return NULL;
}

bool child_process_has_left(const struct child_process *child)
{
    return child->gone && kill(-child->pid, 0) == 0;
}

/* Its number cannot be another's as long as one process of it is there, and they come to us. */
static void check_groups(struct child_reaper *reaper)
{
    list_for_each_safe(link, &reaper->children) {
        struct child_process *child = list_entry(link, struct child_process, link);
        if (!child->is_left || kill(-child->pid, 0) == 0)
            continue;
        list_remove(&reaper->children, &child->link);
        if (child->gone)
            child->gone(child->user);
        free(child);
    }
}

static void child_ended(struct child_process *child, int status)
{
    child_exited *exited = child->exited;
    child->exited = NULL;
    child->is_left = child_process_has_left(child);
    if (!child->is_left)
        list_remove(&child->reaper->children, &child->link);
    bool is_left = child->is_left;
    if (exited)
        exited(child->user, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
               WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    if (!is_left)
        free(child);
}

/* Signals merge: ask until nobody is left, also for grandchildren that came to us. */
static void on_child(void *user)
{
    struct child_reaper *reaper = user;
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct child_process *child = find(reaper, pid);
        if (child)
            child_ended(child, status);
        check_groups(reaper);
    }
}

struct child_reaper *child_reaper_new(struct loop *loop)
{
    struct child_reaper *reaper = memory_new(sizeof(*reaper));
    list_init(&reaper->children);
    reaper->cage = child_cage_new();
    reaper->signal = loop_on_signal(loop, SIGCHLD, on_child, reaper);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    return reaper;
}

void child_reaper_free(struct child_reaper *reaper)
{
    struct list_link *link;
    if (!reaper)
        return;
    while ((link = list_take_first(&reaper->children)))
        free(list_entry(link, struct child_process, link));
    loop_signal_free(reaper->signal);
    child_cage_free(reaper->cage);
    free(reaper);
}

/* A descriptor that already has the wanted number keeps FD_CLOEXEC: that must go. */
static int place(int from, int to, int null_flags)
{
    if (from < 0)
        from = open("/dev/null", null_flags | O_CLOEXEC);
    if (from == to)
        return fcntl(to, F_SETFD, 0);
    return dup2(from, to) < 0 ? -1 : 0;
}

/* By the system call: the C library hides the two signals that it keeps for itself, and they may be
 * ignored by whoever started us. */
static void reset_signals(void)
{
    sigset_t none;
    const unsigned long by_default[8] = { 0 }; /* the kernel's struct sigaction */
    for (int number = 1; number <= HIGHEST_SIGNAL; number++)
        if (number != SIGKILL && number != SIGSTOP)
            syscall(SYS_rt_sigaction, number, by_default, NULL, SIGNAL_SET_BYTES);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Everything beyond 2 is closed by exec, but for the file of a script that is run by descriptor. */
static void mark_descriptors(const struct child_settings *settings)
{
    syscall(SYS_close_range, LOWEST_CLOSED_FD, ~0u, 4u /* CLOSE_RANGE_CLOEXEC */);
    if (settings->keep_fd >= 0)
        fcntl(settings->keep_fd, F_SETFD, 0);
}

/* Only system calls, and nothing of ours is changed: between vfork and exec. Returns when something
 * failed. */
static void become_program(const struct child_settings *settings, int cage)
{
    setpgid(0, 0);
    reset_signals();
    if (place(settings->stdin_fd, 0, O_RDONLY) != 0 ||
        place(settings->stdout_fd, 1, O_WRONLY) != 0 ||
        place(settings->stderr_fd, 2, O_WRONLY) != 0)
        return;
    if (settings->directory && chdir(settings->directory) != 0)
        return;
    if (settings->mark_from)
        (void)rename(settings->mark_from, settings->mark_to);
    if (cage >= 0 && child_cage_enter(cage) != 0)
        return;
    mark_descriptors(settings);
    execve(settings->path, settings->argv, settings->envp);
}

/* With our memory until exec, and we wait for that: so it can tell why it failed, and a large
 * process costs no more to leave than a small one. Nothing of ours may run meanwhile. */
static pid_t launch(const struct child_settings *settings, int cage, int *error)
{
    volatile int failure = 0;
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = vfork();
    if (pid == 0) {
        become_program(settings, cage);
        failure = errno;
        _exit(127);
    }
    *error = pid < 0 ? errno : failure;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

struct child_process *child_process_new(struct child_reaper *reaper,
                                        const struct child_settings *settings, child_exited *exited,
                                        child_group_gone *gone, void *user, int *error)
{
    bool is_caged = settings->hidden && settings->hidden[0];
    int cage = is_caged ? child_cage_around(reaper->cage, settings->hidden) : -1;
    pid_t pid = launch(settings, cage, error);
    if (pid < 0)
        return NULL;
    if (*error) {
        waitpid(pid, NULL, 0); /* it has called _exit */
        return NULL;
    }
    struct child_process *child = memory_new(sizeof(*child));
    child->reaper = reaper;
    child->pid = pid;
    child->exited = exited;
    child->gone = gone;
    child->user = user;
    list_append(&reaper->children, &child->link);
    return child;
}

pid_t child_process_pid(const struct child_process *child)
{
    return child->pid;
}

void child_process_signal(struct child_process *child, int signal)
{
    kill(-child->pid, signal);
}

void child_process_forget(struct child_process *child)
{
    if (!child)
        return;
    child->exited = NULL;
    child->gone = NULL;
}
