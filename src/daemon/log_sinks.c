// SPDX-License-Identifier: ISC
#include "daemon/log_sinks.h"

#include "util/log.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static const int priorities[] = {
    [LOG_LEVEL_ERROR] = 3, [LOG_LEVEL_WARNING] = 4, [LOG_LEVEL_NOTICE] = 5,
    [LOG_LEVEL_INFO] = 6,  [LOG_LEVEL_DEBUG] = 7,
};

static bool is_socket;     // standard error: of the journal
static unsigned long lost; // lines, since one could be written

/* Whoever reads the log may stand still; the calls do not. A pipe that can be written to has room
 * for PIPE_BUF. */
static bool write_line(const char *line, size_t length)
{
    struct pollfd out = { .fd = STDERR_FILENO, .events = POLLOUT };
    if (is_socket)
        return send(STDERR_FILENO, line, length, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0 ||
               (errno != EAGAIN && errno != ENOBUFS);
    if (poll(&out, 1, 0) == 0)
        return false;
    (void)!write(STDERR_FILENO, line, length);
    return true;
}

__attribute__((format(printf, 1, 2))) static bool put(const char *format, ...)
{
    char line[PIPE_BUF];
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    size_t length = written < (int)sizeof(line) ? (size_t)written : sizeof(line) - 1;
    line[length - 1] = '\n'; /* also of one that was cut */
    return write_line(line, length);
}

static void tell_lost(const char *prefix)
{
    if (lost && put("%slines of the log were lost, as nobody read it: %lu\n", prefix, lost))
        lost = 0;
}

static void write_journal(enum log_level level, const char *line, const char *sentence,
                          const struct log_field *fields)
{
    (void)sentence;
    (void)fields;
    tell_lost("<4>");
    if (lost || !put("<%d>%s\n", priorities[level], line))
        lost++;
}

static void write_plain(enum log_level level, const char *line, const char *sentence,
                        const struct log_field *fields)
{
    (void)sentence;
    (void)fields;
    tell_lost("offhookd: warning: ");
    if (lost || !put("offhookd: %s: %s\n", log_level_text(level), line))
        lost++;
}

void log_sinks_start(void)
{
    struct stat info;
    is_socket = fstat(STDERR_FILENO, &info) == 0 && S_ISSOCK(info.st_mode);
    lost = 0;
    log_set_sink(getenv("JOURNAL_STREAM") ? write_journal : write_plain);
}
