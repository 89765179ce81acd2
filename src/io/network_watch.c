// SPDX-License-Identifier: ISC
#include "io/network_watch.h"

#include "io/clock.h"
#include "util/log.h"
#include "util/memory.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    SETTLE_MS = 300,
    MESSAGE_BYTES = 16 * 1024,
    FAR_AWAY_S = 365 * 86400
};

struct network_watch {
    loop_callback *changed;
    void *user;
    int netlink;
    int clock; // a timer that is cancelled when the wall clock jumps, as it does on waking up
    struct loop_watch *netlink_watch;
    struct loop_watch *clock_watch;
    struct loop_timer *timer;
};

/* What changed does not matter: whoever is told looks for himself. */
static void on_netlink(void *user)
{
    struct network_watch *watch = user;
    char message[MESSAGE_BYTES];
    while (recv(watch->netlink, message, sizeof(message), 0) > 0 || errno == ENOBUFS)
        errno = 0;
    loop_timer_at(watch->timer, clock_now() + SETTLE_MS);
}

static void on_settled(void *user)
{
    struct network_watch *watch = user;
    LOG(DEBUG, "the network has changed");
    watch->changed(watch->user);
}

static int open_netlink(void)
{
    const struct sockaddr_nl address = {
        .nl_family = AF_NETLINK,
        .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE |
                     RTMGRP_IPV6_ROUTE,
    };
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    LOG(NOTICE, "changes of the network are not told here; only the keep-alive notices them",
        TEXT("why", strerror(errno)));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void arm_clock(const struct network_watch *watch)
{
    const struct itimerspec far_away = { .it_value.tv_sec = clock_wall() / 1000 + FAR_AWAY_S };
    timerfd_settime(watch->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far_away, NULL);
}

/* The turn of the loop that this makes finds everything that was due meanwhile. */
static void on_clock(void *user)
{
    struct network_watch *watch = user;
    uint64_t count;
    if (read(watch->clock, &count, sizeof(count)) < 0 && errno == EAGAIN)
        return;
    LOG(INFO, "the wall clock was set, or the machine has been asleep");
    arm_clock(watch);
    loop_timer_at(watch->timer, clock_now() + SETTLE_MS);
}

struct network_watch *network_watch_new(struct loop *loop, loop_callback *changed, void *user)
{
    struct network_watch *watch = memory_new(sizeof(*watch));
    watch->changed = changed;
    watch->user = user;
    watch->timer = loop_timer_new(loop, on_settled, watch);
    watch->netlink = open_netlink();
    if (watch->netlink >= 0)
        watch->netlink_watch = loop_watch_readable(loop, watch->netlink, on_netlink, watch);
    watch->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
    if (watch->clock >= 0) {
        arm_clock(watch);
        watch->clock_watch = loop_watch_readable(loop, watch->clock, on_clock, watch);
    }
    return watch;
}

void network_watch_free(struct network_watch *watch)
{
    if (!watch)
        return;
    loop_watch_free(watch->netlink_watch);
    loop_watch_free(watch->clock_watch);
    loop_timer_free(watch->timer);
    if (watch->netlink >= 0)
        close(watch->netlink);
    if (watch->clock >= 0)
        close(watch->clock);
    free(watch);
}
