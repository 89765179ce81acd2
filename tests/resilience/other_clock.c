// SPDX-License-Identifier: ISC
// other_clock FILE PROGRAM [ARGUMENT...]: runs a program whose clocks differ from the machine's by
// what FILE says at the time: "WALL BOOT", seconds to be added to CLOCK_REALTIME and to
// CLOCK_BOOTTIME. A jump of both is a suspended machine that wakes up, one of the wall clock an
// operator or NTP; CLOCK_MONOTONIC, by which the kernel's timers run, is never touched.
//
// How: the program is traced. At its start the vDSO is taken from it, so that reading a clock is a
// system call; the answer of that call is changed. Nothing is preloaded, no clock is set. Its
// children are not traced. SIGTERM and SIGINT are passed on.
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t program;
static const char *offsets_file;

struct call {
    bool is_entered;
    unsigned long number;
    unsigned long arguments[2];
};

static void pass_on(int number)
{
    if (program > 0)
        kill(program, number);
}

static unsigned long peek(unsigned long address)
{
    return (unsigned long)ptrace(PTRACE_PEEKDATA, program, (void *)address, NULL);
}

static void poke(unsigned long address, unsigned long word)
{
    ptrace(PTRACE_POKEDATA, program, (void *)address, (void *)word);
}

/* On the new stack: the count and the arguments, NULL, the environment, NULL, pairs of words. */
static void hide_vdso(void)
{
    struct __ptrace_syscall_info info = { 0 };
    const unsigned long word = sizeof(unsigned long);
    ptrace(PTRACE_GET_SYSCALL_INFO, program, (void *)sizeof(info), &info);
    unsigned long at = info.stack_pointer;
    at += (peek(at) + 2) * word;
    while (peek(at))
        at += word;
    for (at += word; peek(at); at += 2 * word)
        if (peek(at) == AT_SYSINFO_EHDR)
            poke(at, AT_IGNORE);
}

static long offset_of(clockid_t clock)
{
    long wall = 0;
    long boot = 0;
    FILE *file = fopen(offsets_file, "r");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &wall, &boot) != 2)
        wall = boot = 0;
    fclose(file);
    return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE ? wall
           : clock == CLOCK_BOOTTIME                                 ? boot
                                                                     : 0;
}

static void change_answer(const struct call *call)
{
    if (call->number == SYS_clock_gettime) {
        long offset = offset_of((clockid_t)call->arguments[0]);
        if (offset)
            poke(call->arguments[1], peek(call->arguments[1]) + (unsigned long)offset);
    }
    if (call->number == SYS_gettimeofday && call->arguments[0])
        poke(call->arguments[0],
             peek(call->arguments[0]) + (unsigned long)offset_of(CLOCK_REALTIME));
}

static void on_call(struct call *call)
{
    struct __ptrace_syscall_info info = { 0 };
    ptrace(PTRACE_GET_SYSCALL_INFO, program, (void *)sizeof(info), &info);
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        call->is_entered = true;
        call->number = info.entry.nr;
        call->arguments[0] = info.entry.args[0];
        call->arguments[1] = info.entry.args[1];
    } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && call->is_entered) {
        call->is_entered = false;
        if (!info.exit.is_error)
            change_answer(call);
    }
}

/* Returns the exit status of the program. */
static int follow(void)
{
    struct call call = { .is_entered = false };
    int status;
    while (waitpid(program, &status, 0) == program || errno == EINTR) {
        int number = 0;
        if (WIFEXITED(status))
            return WEXITSTATUS(status);
        if (WIFSIGNALED(status))
            return 128 + WTERMSIG(status);
        if (WSTOPSIG(status) == (SIGTRAP | 0x80))
            on_call(&call);
        else if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8))
            hide_vdso();
        else if (status >> 16 == PTRACE_EVENT_STOP) {
            ptrace(PTRACE_LISTEN, program, NULL, NULL);
            continue;
        } else
            number = WSTOPSIG(status);
        ptrace(PTRACE_SYSCALL, program, NULL, (void *)(long)number);
    }
    return 126;
}

int main(int count, char **arguments)
{
    const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
    int gate[2];
    char byte = 0;
    if (count < 3 || pipe(gate) != 0)
        return 126;
    offsets_file = arguments[1];
    program = fork();
    if (program == 0) {
        close(gate[1]);
        if (read(gate[0], &byte, 1) != 1)
            _exit(126);
        close(gate[0]);
        execv(arguments[2], arguments + 2);
        _exit(127);
    }
    signal(SIGTERM, pass_on);
    signal(SIGINT, pass_on);
    close(gate[0]);
    if (program < 0 || ptrace(PTRACE_SEIZE, program, NULL, (void *)options) != 0) {
        perror("other_clock");
        return 126;
    }
    if (write(gate[1], &byte, 1) != 1)
        return 126;
    close(gate[1]);
    return follow();
}
