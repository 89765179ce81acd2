// SPDX-License-Identifier: ISC
#include "io/loop.h"

#include "io/clock.h"
#include "util/memory.h"

#include <event2/event.h>
#include <event2/event_struct.h>

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    MISSED_TICKS_MAX = 10
};

struct loop {
    struct event_base *base;
    loop_callback *on_turn;
    void *user;
    bool is_stopping;
};

/* What libevent calls back, and what that means. */
struct handler {
    struct event *event;
    loop_callback *callback;
    void *user;
};

struct loop_watch {
    struct handler handler;
};

struct loop_timer {
    struct handler handler;
};

struct loop_tick {
    struct loop_watch *watch;
    int fd;
    loop_callback *callback;
    void *user;
};

struct loop_signal {
    struct handler handler;
};

struct loop *loop_new(void)
{
    struct loop *loop = memory_new(sizeof(*loop));
    loop->base = event_base_new();
    if (!loop->base)
        abort();
    return loop;
}

void loop_on_turn(struct loop *loop, loop_callback *callback, void *user)
{
    loop->on_turn = callback;
    loop->user = user;
}

void loop_run(struct loop *loop)
{
    loop->is_stopping = false;
    while (!loop->is_stopping) {
        if (loop->on_turn)
            loop->on_turn(loop->user);
        if (!loop->is_stopping && event_base_loop(loop->base, EVLOOP_ONCE) != 0)
            break;
    }
}

void loop_stop(struct loop *loop)
{
    loop->is_stopping = true;
    event_base_loopbreak(loop->base);
}

void loop_free(struct loop *loop)
{
    if (!loop)
        return;
    event_base_free(loop->base);
    free(loop);
}

static void fired(evutil_socket_t fd, short what, void *user)
{
    struct handler *handler = user;
    (void)fd;
    (void)what;
    handler->callback(handler->user);
}

static void handler_init(struct handler *handler, struct loop *loop, int fd, short what,
                         loop_callback *callback, void *user)
{
    handler->callback = callback;
    handler->user = user;
    handler->event = event_new(loop->base, fd, what, fired, handler);
    if (!handler->event)
        abort();
}

static void handler_add(struct handler *handler)
{
    if (event_add(handler->event, NULL) != 0)
        abort();
}

static struct loop_watch *watch_new(struct loop *loop, int fd, short what, loop_callback *callback,
                                    void *user)
{
    struct loop_watch *watch = memory_new(sizeof(*watch));
    handler_init(&watch->handler, loop, fd, (short)(what | EV_PERSIST), callback, user);
    handler_add(&watch->handler);
    return watch;
}

struct loop_watch *loop_watch_readable(struct loop *loop, int fd, loop_callback *callback,
                                       void *user)
{
    return watch_new(loop, fd, EV_READ, callback, user);
}

struct loop_watch *loop_watch_writable(struct loop *loop, int fd, loop_callback *callback,
                                       void *user)
{
    return watch_new(loop, fd, EV_WRITE, callback, user);
}

void loop_watch_pause(struct loop_watch *watch, bool is_paused)
{
    if (is_paused)
        event_del(watch->handler.event);
    else
        event_add(watch->handler.event, NULL);
}

void loop_watch_free(struct loop_watch *watch)
{
    if (!watch)
        return;
    event_free(watch->handler.event);
    free(watch);
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_callback *callback, void *user)
{
    struct loop_timer *timer = memory_new(sizeof(*timer));
    handler_init(&timer->handler, loop, -1, 0, callback, user);
    return timer;
}

void loop_timer_at(struct loop_timer *timer, time_ms when)
{
    if (when == TIME_NEVER) {
        evtimer_del(timer->handler.event);
        return;
    }
    time_ms wait = when - clock_now();
    wait = wait < 0 ? 0 : wait;
    struct timeval interval = { .tv_sec = wait / 1000, .tv_usec = wait % 1000 * 1000 };
    evtimer_add(timer->handler.event, &interval);
}

void loop_timer_free(struct loop_timer *timer)
{
    if (!timer)
        return;
    event_free(timer->handler.event);
    free(timer);
}

static void tick_fired(void *user)
{
    struct loop_tick *tick = user;
    uint64_t periods = 0;
    if (read(tick->fd, &periods, sizeof(periods)) != (ssize_t)sizeof(periods))
        return;
    if (periods > MISSED_TICKS_MAX)
        periods = MISSED_TICKS_MAX;
    while (periods--)
        tick->callback(tick->user);
}

struct loop_tick *loop_tick_new(struct loop *loop, unsigned period_ms, loop_callback *callback,
                                void *user)
{
    struct loop_tick *tick = memory_new(sizeof(*tick));
    struct timespec period = { .tv_sec = period_ms / 1000, .tv_nsec = period_ms % 1000 * 1000000L };
    struct itimerspec times = { .it_interval = period, .it_value = period };
    tick->callback = callback;
    tick->user = user;
    tick->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (tick->fd < 0 || timerfd_settime(tick->fd, 0, &times, NULL) != 0)
        abort();
    tick->watch = loop_watch_readable(loop, tick->fd, tick_fired, tick);
    return tick;
}

void loop_tick_free(struct loop_tick *tick)
{
    if (!tick)
        return;
    loop_watch_free(tick->watch);
    close(tick->fd);
    free(tick);
}

struct loop_signal *loop_on_signal(struct loop *loop, int number, loop_callback *callback,
                                   void *user)
{
    struct loop_signal *signal = memory_new(sizeof(*signal));
    handler_init(&signal->handler, loop, number, EV_SIGNAL | EV_PERSIST, callback, user);
    handler_add(&signal->handler);
    return signal;
}

void loop_signal_free(struct loop_signal *signal)
{
    if (!signal)
        return;
    event_free(signal->handler.event);
    free(signal);
}
