// SPDX-License-Identifier: ISC
// The log does not wait for whom nobody reads.
#include "daemon/log_sinks.h"
#include "tests/suite.h"
#include "util/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    LINES = 20000, // more than a pipe or a socket holds
    TEXT_BYTES = 4 * 1024 * 1024
};

static char *read_all(int fd)
{
    static char text[TEXT_BYTES];
    size_t length = 0;
    ssize_t count;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    while ((count = read(fd, text + length, sizeof(text) - length - 1)) > 0)
        length += (size_t)count;
    text[length] = '\0';
    return text;
}

static unsigned count_lines(const char *text, const char *with)
{
    unsigned count = 0;
    for (const char *at = text; (at = strstr(at, with)); at++)
        count++;
    return count;
}

static void check_full(const int fds[2], const char *prefix)
{
    char told[160];
    int saved = dup(STDERR_FILENO);
    dup2(fds[1], STDERR_FILENO);
    log_sinks_start();
    for (int i = 0; i < LINES; i++)
        LOG(WARNING, "a line of the log", NUMBER("number", i));
    unsigned written = count_lines(read_all(fds[0]), "a line of the log");
    LOG(WARNING, "another one");
    const char *text = read_all(fds[0]);
    dup2(saved, STDERR_FILENO);
    ck_assert_uint_gt(written, 0);
    ck_assert_uint_lt(written, LINES);
    snprintf(told, sizeof(told),
             "%slines of the log were lost, as nobody read it: %u\n%sanother one\n", prefix,
             LINES - written, prefix);
    ck_assert_str_eq(text, told);
}

START_TEST(a_pipe_that_is_full_keeps_nobody)
{
    int fds[2];
    unsetenv("JOURNAL_STREAM");
    ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
    check_full(fds, "offhookd: warning: ");
}
END_TEST

START_TEST(nor_does_the_journal)
{
    int fds[2];
    setenv("JOURNAL_STREAM", "8:1", 1);
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    check_full(fds, "<4>");
}
END_TEST

SUITE_MAIN("daemon/log_sinks", a_pipe_that_is_full_keeps_nobody, nor_does_the_journal)
