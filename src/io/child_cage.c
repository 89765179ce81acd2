// SPDX-License-Identifier: ISC
// Landlock only knows what is allowed: so reading is granted to every entry of /, and along the way
// to each hidden file to every entry but the next step. What is there later is not in it: a cage
// is made anew when a folder on the way has changed.
#include "io/child_cage.h"

#include "io/hidden_places.h"
#include "util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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

struct child_cage {
    int fd;                       // -1: there is none
    struct hidden_places *places; // that it is around
};

static void grant(const struct cage *cage, int fd)
{
    struct landlock_path_beneath_attr rule = { .allowed_access = cage->rights, .parent_fd = fd };
    if (syscall(SYS_landlock_add_rule, cage->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0)
        return;
    rule.allowed_access = FILE_RIGHTS; /* not a folder */
    syscall(SYS_landlock_add_rule, cage->fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static void grant_around(const struct cage *cage, int folder, const struct hidden_places *places);

/* Links are no way in: what they lead to is granted, or not, where it is. Depth is that of the
 * deepest hidden path, which the configuration gives. */
static void grant_entry(const struct cage *cage, int folder, const char *name,
                        const struct hidden_places *places)
{
    struct stat info;
    int fd = openat(folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return;
    enum hidden_relation relation = HIDDEN_ITSELF;
    if (fstat(fd, &info) == 0 && !S_ISLNK(info.st_mode))
        relation = hidden_places_relation(places, &info);
    if (relation == HIDDEN_UNRELATED)
        grant(cage, fd);
    else if (relation == HIDDEN_BELOW)
        grant_around(cage, fd, places);
    close(fd);
}

static void grant_around(const struct cage *cage, int folder, const struct hidden_places *places)
{
    int listed = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = listed < 0 ? NULL : fdopendir(listed);
    struct dirent *entry;
    if (!directory)
        return;
    while ((entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            grant_entry(cage, listed, entry->d_name, places);
    closedir(directory);
}

static int make_around(const struct hidden_places *places)
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
    int root = open("/", O_PATH | O_CLOEXEC);
    /* Only reading is withheld: what a hook makes in a folder on the way must be made. */
    grant(&(struct cage){ .fd = cage.fd,
                          .rights = cage.rights & ~(uint64_t)LANDLOCK_ACCESS_FS_READ_FILE },
          root);
    grant_around(&cage, root, places);
    close(root);
    return cage.fd;
}

struct child_cage *child_cage_new(void)
{
    struct child_cage *cage = memory_new(sizeof(*cage));
    cage->fd = -1;
    return cage;
}

static void forget(struct child_cage *cage)
{
    if (cage->fd >= 0)
        close(cage->fd);
    if (cage->places)
        hidden_places_free(cage->places);
    *cage = (struct child_cage){ .fd = -1 };
}

int child_cage_around(struct child_cage *cage, const char *const *hidden)
{
    struct hidden_places *places = hidden_places_new(hidden);
    if (cage->fd >= 0 && hidden_places_stand(cage->places, places)) {
        hidden_places_free(places);
        return cage->fd;
    }
    forget(cage);
    cage->places = places;
    cage->fd = make_around(places);
    return cage->fd;
}

void child_cage_free(struct child_cage *cage)
{
    if (!cage)
        return;
    forget(cage);
    free(cage);
}

static bool has_other_names(const char *path, char *sentence, size_t size)
{
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink < 2)
        return false;
    snprintf(sentence, size,
             "%.1000s has other names (hard links), by which hooks may read it: keep it in a file "
             "of its own",
             path);
    return true;
}

/* Root could write anywhere; its hooks do so in its home, say, but not where the system's files
 * are. */
static bool is_of_system(const char *folder)
{
    static const char *const exactly[] = { "/",    "/etc",    "/home", "/media", "/mnt",
                                           "/opt", "/run",    "/srv",  "/usr",   "/run/credentials",
                                           "/var", "/var/lib" };
    static const char *const below[] = { "/etc/", "/usr/", "/run/credentials/" };
    for (size_t i = 0; i < sizeof(exactly) / sizeof(*exactly); i++)
        if (strcmp(folder, exactly[i]) == 0)
            return true;
    for (size_t i = 0; i < sizeof(below) / sizeof(*below); i++)
        if (strncmp(folder, below[i], strlen(below[i])) == 0)
            return true;
    return false;
}

static bool is_busy(const char *folder)
{
    struct stat info;
    if (geteuid() != 0)
        return access(folder, W_OK) == 0;
    return !is_of_system(folder) || (stat(folder, &info) == 0 && (info.st_mode & S_IWOTH));
}

/* All folders on the way that hooks may well write to, the deepest first. */
static bool has_busy_folder(const char *path, char *sentence, size_t size)
{
    char folder[PATH_BYTES];
    size_t length = 0;
    snprintf(folder, sizeof(folder), "%s", path);
    for (char *slash = strrchr(folder, '/'); slash; slash = strrchr(folder, '/')) {
        slash[slash == folder] = '\0';
        if (length < size && is_busy(folder))
            length += (size_t)snprintf(
                sentence + length, size - length, "%s%.1000s",
                length ? " or " : "hooks cannot read what they make directly in ", folder);
        if (slash == folder)
            break;
    }
    if (length && length < size)
        snprintf(
            sentence + length, size - length,
            ", as %.1000s lies below: let them write to the state directory or another folder, or "
            "move it to where hooks do not write",
            path);
    return length > 0;
}

bool child_cage_doubt(const char *const *hidden, size_t index, char *sentence, size_t size)
{
    struct hidden_places *places = hidden_places_new(hidden);
    const char *path;
    bool is_found = false;
    for (size_t i = 0; !is_found && (path = hidden_places_path(places, i)); i++) {
        is_found = has_other_names(path, sentence, size) && index-- == 0;
        if (!is_found)
            is_found = has_busy_folder(path, sentence, size) && index-- == 0;
    }
    hidden_places_free(places);
    return is_found;
}

int child_cage_enter(int cage)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return (int)syscall(SYS_landlock_restrict_self, cage, 0);
}
