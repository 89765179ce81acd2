// SPDX-License-Identifier: ISC
// What systemd is told: readiness, status, watchdog. Without systemd nothing happens. Nobody waits
// for it: what it does not take is told a second later.
#pragma once

#include "util/time_ms.h"

void notify_ready(void);
// A reload begins; notify_ready ends it.
void notify_reloading(void);
void notify_stopping(void);
// One line, tamed; said only when it has changed, and at most once a second.
void notify_status(const char *text);
// The period of watchdog pings, 0 when none is wanted.
time_ms notify_watchdog_period(void);
void notify_watchdog(void);
// Tells what could not be told before.
void notify_turn(time_ms now);
time_ms notify_deadline(void);
