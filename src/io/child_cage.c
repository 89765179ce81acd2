// SPDX-License-Identifier: ISC
// Landlock only knows what is allowed: so reading is granted to every entry of /, and along the way
// to each hidden path to every entry but the next step. What is there later is not in it: a cage is
// made anew for each child.
#include "io/child_cage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The rights of ABI 1 but for listing folders. With ABI 2 comes REFER, without which nothing can be
 * moved from folder to folder; rights of newer kernels are left alone. */
enum {
    RIGHTS = ((1 << 13) - 1) & ~LANDLOCK_ACCESS_FS_READ_DIR,
    FILE_RIGHTS =
        LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE,
    PATH_BYTES = 4096,
};

struct cage {
    int fd;
    uint64_t rights;
};

static void grant(const struct cage *cage, const char *path)
{
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return;
    struct landlock_path_beneath_attr rule = { .allowed_access = cage->rights, .parent_fd = fd };
    if (syscall(SYS_landlock_add_rule, cage->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        rule.allowed_access = FILE_RIGHTS; /* not a folder */
        syscall(SYS_landlock_add_rule, cage->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    }
    close(fd);
}

/* 0: unrelated, 1: a hidden path lies below, 2: it is hidden itself. */
static int relation(const char *path, const char *const *hidden)
{
    int found = 0;
    size_t length = strlen(path);
    for (; *hidden; hidden++) {
        if (strncmp(*hidden, path, length) != 0)
            continue;
        if ((*hidden)[length] == '\0')
            return 2;
        if ((*hidden)[length] == '/')
            found = 1;
    }
    return found;
}

/* Depth is that of the deepest hidden path, which the configuration gives. */
static void grant_around(const struct cage *cage, const char *folder, const char *const *hidden)
{
    DIR *directory = opendir(folder[0] ? folder : "/");
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir(directory))) {
        char path[PATH_BYTES];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name) >= (int)sizeof(path))
            continue;
        int found = relation(path, hidden);
        if (found == 0)
            grant(cage, path);
        else if (found == 1)
            grant_around(cage, path, hidden);
    }
    closedir(directory);
}

static void grant_rights(const struct cage *cage, const char *path, uint64_t rights)
{
    struct cage part = { .fd = cage->fd, .rights = rights };
    grant(&part, path);
}

int child_cage_new(const char *const *hidden)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    struct cage cage = { .rights = RIGHTS };
    if (version >= 2)
        cage.rights |= LANDLOCK_ACCESS_FS_REFER;
    struct landlock_ruleset_attr rules = { .handled_access_fs = cage.rights };
    cage.fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof(rules), 0);
    if (cage.fd < 0)
        return -1;
    fcntl(cage.fd, F_SETFD, FD_CLOEXEC);
    /* Only reading is withheld: what a hook makes in a folder on the way must be made. */
    grant_rights(&cage, "/", cage.rights & ~(uint64_t)LANDLOCK_ACCESS_FS_READ_FILE);
    grant_around(&cage, "", hidden);
    return cage.fd;
}

int child_cage_enter(int cage)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_landlock_restrict_self, cage, 0);
}
