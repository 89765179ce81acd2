// SPDX-License-Identifier: ISC
#include "build_config.h"

#include "daemon/notify.h"

#include "util/plain_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#else
static int sd_notify(int unset, const char *text)
{
    (void)unset;
    (void)text;
    return 0;
}

static int sd_watchdog_enabled(int unset, uint64_t *microseconds)
{
    (void)unset;
    (void)microseconds;
    return 0;
}
#endif

void notify_ready(void)
{
    sd_notify(0, "READY=1");
}

/* The time is what Type=notify-reload (systemd 253) tells this reload from an earlier one by. */
void notify_reloading(void)
{
    struct timespec now;
    char line[80];
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(line, sizeof(line), "RELOADING=1\nMONOTONIC_USEC=%llu",
             (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000);
    sd_notify(0, line);
}

void notify_stopping(void)
{
    sd_notify(0, "STOPPING=1");
}

void notify_status(const char *text)
{
    static char last[1024];
    char line[1056];
    if (strncmp(last, text, sizeof(last)) == 0)
        return;
    snprintf(last, sizeof(last), "%s", text);
    snprintf(line, sizeof(line), "STATUS=%s", last);
    plain_text_tame(line);
    sd_notify(0, line);
}

time_ms notify_watchdog_period(void)
{
    uint64_t microseconds = 0;
    return sd_watchdog_enabled(0, &microseconds) > 0 ? (time_ms)(microseconds / 3000) : 0;
}

void notify_watchdog(void)
{
    sd_notify(0, "WATCHDOG=1");
}
