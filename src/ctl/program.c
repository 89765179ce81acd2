// SPDX-License-Identifier: ISC
#include "ctl/program.h"

#include "ctl/attachment.h"
#include "ctl/audio_options.h"
#include "ctl/connection.h"
#include "ctl/stop_signals.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    GRACE_MS = 2000, // for it to end by itself when the call is over
    KILL_MS = 5000,  // after TERM
    DRAIN_S = 2,     // for its last words
    EXIT_SIGNAL = 128
};

enum ending {
    ENDING_NOT,
    ENDING_GRACE, // the call is over
    ENDING_TERM,  // it was told to end
    ENDING_KILL
};

struct program {
    struct attachment attachment;
    pid_t child;
    int signals;
    enum ending ending;
    int64_t next_ms; // when the next stage of the ending comes
    int status;      // of waitpid
};

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* In the child. The descriptors are the pipes themselves: nothing is copied on the way. */
static void become(const struct attachment *attachment, char *const *words, int report)
{
    char rate[16];
    snprintf(rate, sizeof(rate), "%u", (unsigned)attachment->rate);
    setenv("OFFHOOK_RATE", rate, 1);
    setpgid(0, 0);
    stop_signals_restore();
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* when we are killed, nobody else tells it */
    if (dup2(attachment->hear, STDIN_FILENO) >= 0 && dup2(attachment->speak, STDOUT_FILENO) >= 0)
        execvp(words[0], words);
    int error = errno;
    (void)!write(report, &error, sizeof(error));
    _exit(EXIT_NOT_REACHED);
}

/* False when it never started, which has been said. */
static bool start(struct program *program, char *const *words)
{
    int report[2];
    int error = 0;
    if (pipe2(report, O_CLOEXEC) == 0) {
        program->child = fork();
        if (program->child == 0)
            become(&program->attachment, words, report[1]);
        error = program->child < 0 ? errno : 0;
        close(report[1]);
        if (program->child > 0 && read(report[0], &error, sizeof(error)) > 0)
            (void)waitpid(program->child, NULL, 0);
        close(report[0]);
    } else {
        error = errno;
    }
    attachment_close(&program->attachment);
    if (error)
        fprintf(stderr, "offhookctl: %s: %s\n", words[0], strerror(error));
    return !error;
}

static void tell(const struct program *program, int number)
{
    setpgid(program->child, program->child); /* it may not have come to do so itself */
    (void)kill(-program->child, number);
}

static void end_by(struct program *program, enum ending ending, int64_t after_ms)
{
    program->ending = ending;
    program->next_ms = now_ms() + after_ms;
}

/* The next stage: first patience, then TERM, then KILL. */
static void press(struct program *program)
{
    if (program->ending == ENDING_GRACE) {
        tell(program, SIGTERM);
        end_by(program, ENDING_TERM, KILL_MS);
    } else {
        tell(program, SIGKILL);
        end_by(program, ENDING_KILL, KILL_MS);
    }
}

static void wait_for_something(struct program *program)
{
    struct attachment *attachment = &program->attachment;
    int64_t left = program->next_ms - now_ms();
    int wait_ms = program->ending == ENDING_NOT ? -1 : left > 0 ? (int)left : 0;
    struct pollfd fds[] = {
        { .fd = program->signals, .events = POLLIN },
        { .fd = attachment->is_lost ? -1 : connection_descriptor(attachment->connection),
          .events = POLLIN },
    };
    (void)poll(fds, sizeof(fds) / sizeof(*fds), wait_ms);
    if (fds[1].revents)
        attachment_notice(attachment);
}

static void take_signals(struct program *program)
{
    int number;
    while ((number = stop_signals_take(program->signals)) != 0) {
        if (number == SIGCHLD || program->ending >= ENDING_TERM)
            continue;
        tell(program, SIGTERM);
        end_by(program, ENDING_TERM, KILL_MS);
    }
}

static void accompany(struct program *program)
{
    const struct attachment *attachment = &program->attachment;
    while (waitpid(program->child, &program->status, WNOHANG) == 0) {
        wait_for_something(program);
        take_signals(program);
        if (program->ending == ENDING_NOT && (attachment->is_over || attachment->is_lost))
            end_by(program, ENDING_GRACE, GRACE_MS);
        else if (program->ending != ENDING_NOT && now_ms() >= program->next_ms)
            press(program);
    }
}

/* So that the next verb finds nobody speaking. */
static void drain(struct attachment *attachment)
{
    json_t *answer = NULL;
    enum attachment_line line;
    if (attachment->is_over || attachment->is_lost ||
        !connection_send(attachment->connection, "drain", attachment->call, NULL))
        return;
    while ((line = attachment_next(attachment, DRAIN_S, &answer)) == ATTACHMENT_EVENT)
        if (attachment->is_over)
            return;
    if (line == ATTACHMENT_ANSWER)
        json_decref(answer);
}

int program_show(struct connection *connection, const struct options *options)
{
    struct audio_options words;
    struct program program = { .ending = ENDING_NOT };
    if (!audio_options_take(AUDIO_RUN, options, &words))
        return EXIT_USAGE;
    int status = attachment_open(&program.attachment, connection, options->call, "", words.rate);
    if (status != EXIT_DONE)
        return EXIT_NOT_REACHED;
    program.signals = stop_signals_open(true);
    if (!start(&program, words.rest))
        return EXIT_NOT_REACHED;
    accompany(&program);
    drain(&program.attachment);
    close(program.signals);
    return WIFEXITED(program.status) ? WEXITSTATUS(program.status)
                                     : EXIT_SIGNAL + WTERMSIG(program.status);
}
