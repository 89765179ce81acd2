// SPDX-License-Identifier: ISC
#include "build_config.h"

#include "daemon/notify.h"

#include "io/clock.h"
#include "util/plain_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
static int sd_watchdog_enabled(int unset, uint64_t *microseconds)
{
    (void)unset;
    (void)microseconds;
    return 0;
}
#endif

enum {
    RETRY_MS = 1000, // when systemd does not take it, and between two states of the line
    WAITING_MAX = 8,
    TEXT_BYTES = 80,
    STATUS_BYTES = 1056
};

/* What has not been told yet. */
static struct {
    char texts[WAITING_MAX][TEXT_BYTES]; // the first is told first
    size_t count;
    char last[STATUS_BYTES]; // that was asked for
    bool has_status;         // which is to be told
    time_ms status_at;       // not before
    time_ms retry_at;
} waiting;

/* sd_notify(3) would wait for room in the socket's queue, and the calls with it: false says that
 * there is none. */
static bool tell(const char *text)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const char *path = getenv("NOTIFY_SOCKET");
    size_t length = path ? strlen(path) : 0;
    if (!length || length >= sizeof(address.sun_path))
        return true;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* abstract (unix(7)) */
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    ssize_t sent = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
    bool is_full = sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS);
    close(fd);
    return !is_full;
}

static void forget_first(void)
{
    waiting.count--;
    memmove(waiting.texts[0], waiting.texts[1], waiting.count * sizeof(waiting.texts[0]));
}

void notify_turn(time_ms now)
{
    char line[STATUS_BYTES];
    if (now < waiting.retry_at)
        return;
    for (; waiting.count; forget_first()) {
        if (!tell(waiting.texts[0])) {
            waiting.retry_at = now + RETRY_MS;
            return;
        }
    }
    if (!waiting.has_status || now < waiting.status_at)
        return;
    waiting.status_at = now + RETRY_MS;
    snprintf(line, sizeof(line), "STATUS=%.1024s", waiting.last);
    plain_text_tame(line);
    waiting.has_status = !tell(line);
}

time_ms notify_deadline(void)
{
    if (waiting.count)
        return waiting.retry_at;
    return waiting.has_status ? waiting.status_at : TIME_NEVER;
}

/* Beyond WAITING_MAX nothing that was told before matters any more: the last counts. */
static void put(const char *text)
{
    if (waiting.count == WAITING_MAX)
        forget_first();
    snprintf(waiting.texts[waiting.count++], TEXT_BYTES, "%s", text);
    notify_turn(clock_now());
}

void notify_ready(void)
{
    put("READY=1");
}

/* The time is what Type=notify-reload (systemd 253) tells this reload from an earlier one by. */
void notify_reloading(void)
{
    struct timespec now;
    char line[TEXT_BYTES];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(line, sizeof(line), "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    put(line);
}

void notify_stopping(void)
{
    put("STOPPING=1");
}

void notify_status(const char *text)
{
    if (strncmp(waiting.last, text, sizeof(waiting.last) - 1) == 0)
        return;
    snprintf(waiting.last, sizeof(waiting.last), "%s", text);
    waiting.has_status = true;
    notify_turn(clock_now());
}

time_ms notify_watchdog_period(void)
{
    uint64_t microseconds = 0;
    return sd_watchdog_enabled(0, &microseconds) > 0 ? (time_ms)(microseconds / 3000) : 0;
}

/* The next one comes soon enough. */
void notify_watchdog(void)
{
    (void)tell("WATCHDOG=1");
}
