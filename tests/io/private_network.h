// SPDX-License-Identifier: ISC
// For a test's process alone: a network with nothing but loopback, and its own /etc/resolv.conf and
// /etc/hosts. Needs root.
#pragma once

#include "tests/folder.h"

#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

// Loopback up or down: the network has changed.
static inline void network_set_up(bool is_up)
{
    struct ifreq request = { .ifr_name = "lo" };
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    request.ifr_flags = is_up ? IFF_UP : 0;
    ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
    close(fd);
}

// Not root, or in a container that allows no mounts: false, and nothing can be tested.
static inline bool network_enter(void)
{
    if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        printf("skipped: wants root, and namespaces of network and mounts\n");
        return false;
    }
    network_set_up(true);
    return true;
}

static inline void network_replace(const struct folder *folder, const char *name, const char *path)
{
    ck_assert_int_eq(mount(folder_path(folder, name), path, NULL, MS_BIND, NULL), 0);
}
