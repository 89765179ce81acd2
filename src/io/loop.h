// SPDX-License-Identifier: ISC
// The event loop; hides libevent. Everything runs in one thread.
#pragma once

#include "util/time_ms.h"

#include <stdbool.h>

struct loop;
struct loop_watch;
struct loop_timer;
struct loop_tick;
struct loop_signal;

typedef void loop_callback(void *user);

struct loop *loop_new(void);
// Returns after loop_stop.
void loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
// Called once after the callbacks of each turn, before the loop sleeps.
void loop_on_turn(struct loop *loop, loop_callback *callback, void *user);
void loop_free(struct loop *loop);

// Calls back whenever `fd` is readable (writable). May be freed inside its own callback.
struct loop_watch *loop_watch_readable(struct loop *loop, int fd, loop_callback *callback,
                                       void *user);
struct loop_watch *loop_watch_writable(struct loop *loop, int fd, loop_callback *callback,
                                       void *user);
void loop_watch_pause(struct loop_watch *watch, bool is_paused);
void loop_watch_free(struct loop_watch *watch);

// One shot, on clock_now()'s clock; TIME_NEVER disarms.
struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *user);
void loop_timer_at(struct loop_timer *timer, time_ms when);
void loop_timer_free(struct loop_timer *timer);

// Every `period_ms`, without drift; periods missed by a busy process are made up for, at most 10.
struct loop_tick *loop_tick_new(struct loop *loop, unsigned period_ms, loop_callback *callback,
                                void *user);
void loop_tick_free(struct loop_tick *tick);

struct loop_signal *loop_on_signal(struct loop *loop, int number, loop_callback *callback,
                                   void *user);
void loop_signal_free(struct loop_signal *signal);
