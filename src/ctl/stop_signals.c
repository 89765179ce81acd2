// SPDX-License-Identifier: ISC
#include "ctl/stop_signals.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void make_set(sigset_t *set, bool children)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGHUP);
    if (children)
        sigaddset(set, SIGCHLD);
}

int stop_signals_open(bool children)
{
    sigset_t set;
    make_set(&set, children);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor < 0)
        abort();
    return descriptor;
}

int stop_signals_take(int descriptor)
{
    struct signalfd_siginfo info;
    return read(descriptor, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

void stop_signals_restore(void)
{
    sigset_t set;
    make_set(&set, true);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGPIPE, SIG_DFL);
}
