// SPDX-License-Identifier: ISC
// What systemd is told: all of it, in order, and never by waiting.
#include "daemon/notify.h"
#include "io/clock.h"
#include "tests/folder.h"
#include "tests/suite.h"

#include <sys/socket.h>
#include <sys/un.h>

struct systemd {
    struct folder folder;
    struct sockaddr_un address;
    int fd;
};

static void start(struct systemd *systemd)
{
    folder_make(&systemd->folder);
    systemd->address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    snprintf(systemd->address.sun_path, sizeof(systemd->address.sun_path), "%s",
             folder_path(&systemd->folder, "notify"));
    systemd->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(
        bind(systemd->fd, (struct sockaddr *)&systemd->address, sizeof(systemd->address)), 0);
    setenv("NOTIFY_SOCKET", systemd->address.sun_path, 1);
}

static const char *next(const struct systemd *systemd)
{
    static char text[2048];
    ssize_t count = recv(systemd->fd, text, sizeof(text) - 1, 0);
    text[count > 0 ? count : 0] = '\0';
    return text;
}

static void stop(struct systemd *systemd)
{
    close(systemd->fd);
    folder_remove(&systemd->folder);
}

START_TEST(what_it_does_not_take_is_told_later)
{
    struct systemd systemd;
    start(&systemd);
    int other = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    while (sendto(other, "x", 1, 0, (struct sockaddr *)&systemd.address, sizeof(systemd.address)) ==
           1)
        ;
    close(other);
    notify_reloading();
    notify_ready();
    notify_watchdog();
    notify_status("registered");
    ck_assert_int_gt(notify_deadline(), 0);
    ck_assert_int_lt(notify_deadline(), TIME_NEVER);
    while (strcmp(next(&systemd), "x") == 0)
        ;
    notify_turn(notify_deadline());
    ck_assert_ptr_nonnull(strstr(next(&systemd), "RELOADING=1\nMONOTONIC_USEC="));
    ck_assert_str_eq(next(&systemd), "READY=1");
    notify_turn(notify_deadline());
    ck_assert_str_eq(next(&systemd), "STATUS=registered");
    ck_assert_int_eq(notify_deadline(), TIME_NEVER);
    stop(&systemd);
}
END_TEST

START_TEST(states_come_once_a_second_and_the_last_counts)
{
    struct systemd systemd;
    start(&systemd);
    notify_status("one");
    ck_assert_str_eq(next(&systemd), "STATUS=one");
    notify_status("two");
    notify_status("three");
    ck_assert_str_eq(next(&systemd), "");
    time_ms when = notify_deadline();
    notify_turn(when - 1);
    ck_assert_str_eq(next(&systemd), "");
    notify_turn(when);
    ck_assert_str_eq(next(&systemd), "STATUS=three");
    notify_status("three");
    notify_turn(when + 10000);
    ck_assert_str_eq(next(&systemd), "");
    stop(&systemd);
}
END_TEST

START_TEST(a_state_is_fit_for_a_screen)
{
    struct systemd systemd;
    start(&systemd);
    notify_status("403 \x1b[2J\xc2\x9b\xe2\x80\xae\x7f\nREADY=1");
    ck_assert_str_eq(next(&systemd), "STATUS=403 ?[2J????READY=1");
    stop(&systemd);
}
END_TEST

START_TEST(nobody_may_be_there)
{
    unsetenv("NOTIFY_SOCKET");
    notify_ready();
    setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
    notify_ready();
    notify_status("registered");
    ck_assert_int_eq(notify_deadline(), TIME_NEVER);
}
END_TEST

SUITE_MAIN("daemon/notify", what_it_does_not_take_is_told_later,
           states_come_once_a_second_and_the_last_counts, a_state_is_fit_for_a_screen,
           nobody_may_be_there)
