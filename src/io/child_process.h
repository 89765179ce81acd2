// SPDX-License-Identifier: ISC
// Children: hooks and media programs. No shell; argument vector and environment as given and
// nothing else; a process group of its own; default signals; no descriptor beyond 0, 1 and 2.
#pragma once

#include "io/loop.h"
#include "util/slice.h"

#include <sys/types.h>

struct child_reaper;
struct child_process;

struct child_settings {
    const char *path;  // absolute, or /proc/self/fd/N of a checked file
    int keep_fd;       // -1, or a descriptor that the program needs beside 0, 1, 2 (a script of
                       // /proc/self/fd/N): it is passed on
    char *const *argv; // ends with NULL
    char *const *envp; // ends with NULL
    const char *directory;
    int stdin_fd; // -1: /dev/null
    int stdout_fd;
    int stderr_fd;
    const char *mark_from; // NULL, or a file that becomes `mark_to` before the program begins: a
    const char *mark_to;   // trace of the start, even if this process is killed meanwhile
    const char *const *hidden; // NULL, or paths it must not read (io/child_cage.h)
};

// `exit_code` is -1 when a signal ended it.
typedef void child_exited(void *user, int exit_code, int signal);

// One for the process: sees SIGCHLD, leaves no zombie.
struct child_reaper *child_reaper_new(struct loop *loop);
void child_reaper_free(struct child_reaper *reaper);

// The last process of its group is gone.
typedef void child_group_gone(void *user);

// Starts a program. NULL when it could not be started; *error is the errno.
struct child_process *child_process_new(struct child_reaper *reaper,
                                        const struct child_settings *settings, child_exited *exited,
                                        child_group_gone *gone, void *user, int *error);
// For `exited`: whether processes of its own go on in its group. Then it stays known, so that they
// can be sent signals, until `gone` is called; with `gone` NULL it does not.
bool child_process_has_left(const struct child_process *child);
pid_t child_process_pid(const struct child_process *child);
// To its whole process group.
void child_process_signal(struct child_process *child, int signal);
// Forgets it: it goes on, is reaped, and nobody is told. After `exited` (`gone`, where a group is
// left) it is gone by itself.
void child_process_forget(struct child_process *child);
