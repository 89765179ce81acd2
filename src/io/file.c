// SPDX-License-Identifier: ISC
#include "io/file.h"

#include "util/log.h"
#include "util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    MOVED_BYTES = 32,
    ROUNDS_MAX = 10000, // should somebody fill it as fast as it is emptied
    PATH_BYTES = 4096
};

enum status file_read(const char *path, size_t maximum, struct buffer *content)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return STATUS_SYSTEM;
    if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
        close(fd);
        errno = EINVAL;
        return STATUS_SYSTEM;
    }
    buffer_init(content, maximum);
    char bytes[4096];
    ssize_t count;
    while ((count = read(fd, bytes, sizeof(bytes))) > 0)
        buffer_append(content, slice_make(bytes, (size_t)count));
    close(fd);
    return count < 0 ? STATUS_SYSTEM : buffer_status(content);
}

bool file_is_of_group(const struct stat *info, const char *group)
{
    const struct group *entry = info->st_mode & S_IRGRP ? getgrnam(group) : NULL;
    return entry && entry->gr_gid == info->st_gid;
}

static int is_visible(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && entry->d_name[length - 1] != '~';
}

static char **names_new(const char *folder, size_t maximum, bool *is_cut,
                        int (*is_wanted)(const struct dirent *))
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_wanted, alphasort);
    char **names = memory_new((maximum + 1) * sizeof(*names));
    for (int i = 0; i < count; i++) {
        if ((size_t)i < maximum)
            names[i] = memory_copy_text(entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    *is_cut = count > 0 && (size_t)count > maximum;
    return names;
}

char **file_names_new(const char *folder, size_t maximum, bool *is_cut)
{
    return names_new(folder, maximum, is_cut, is_visible);
}

static int is_not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_folder(const char *folder, const char *name)
{
    char path[PATH_BYTES];
    struct stat info;
    snprintf(path, sizeof(path), "%.3000s/%s", folder, name);
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

char **file_entries_new(const char *folder, size_t maximum, bool *is_cut)
{
    char **names = names_new(folder, maximum, is_cut, is_not_hidden);
    for (char **name = names; *name; name++) {
        if (!is_folder(folder, *name))
            continue;
        size_t length = strlen(*name);
        char *longer = memory_new(length + 2);
        memcpy(longer, *name, length);
        longer[length] = '/';
        free(*name);
        *name = longer;
    }
    return names;
}

void file_names_free(char **names)
{
    for (char **name = names; *name; name++)
        free(*name);
    free(names);
}

static bool write_all(int fd, struct slice content)
{
    while (content.length) {
        ssize_t count = write(fd, content.data, content.length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        content = slice_skip(content, (size_t)count);
    }
    return true;
}

/* The write to the disk is begun, not awaited: an SD card may take seconds. */
static bool write_file(const char *path, struct slice content)
{
    (void)unlink(path); /* one of a write that was cut short, or a FIFO, where open would wait */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool is_written = write_all(fd, content);
    if (is_written)
        (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
    int error = errno;
    is_written = close(fd) == 0 && is_written;
    errno = error;
    return is_written;
}

enum status file_replace(const char *folder, const char *name, struct slice content)
{
    char path[PATH_BYTES];
    char next[PATH_BYTES];
    snprintf(path, sizeof(path), "%.3000s/%.255s", folder, name);
    snprintf(next, sizeof(next), "%.3000s/.next", folder);
    if (write_file(next, content) && rename(next, path) == 0)
        return STATUS_OK;
    int error = errno;
    unlink(next);
    errno = error;
    return STATUS_SYSTEM;
}

void file_set_aside(const char *path, const char *message, const char *why)
{
    char aside[PATH_BYTES];
    snprintf(aside, sizeof(aside), "%.3500s~", path);
    LOG(ERROR, message, TEXT("file", aside), TEXT("why", why));
    if (rename(path, aside) != 0)
        LOG(ERROR, "it cannot be set aside", TEXT("file", path), TEXT("why", strerror(errno)));
}

enum status file_lock_folder(const char *folder, int *fd)
{
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return STATUS_SYSTEM;
    if (flock(opened, LOCK_EX | LOCK_NB) == 0) {
        *fd = opened;
        return STATUS_OK;
    }
    int error = errno;
    close(opened);
    errno = error;
    return error == EWOULDBLOCK ? STATUS_REFUSED : STATUS_SYSTEM;
}

enum status file_make_folder(const char *path)
{
    char above[PATH_BYTES];
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return STATUS_OK;
    snprintf(above, sizeof(above), "%s", path);
    char *last = strrchr(above, '/');
    if (errno != ENOENT || !last || last == above)
        return STATUS_SYSTEM;
    *last = '\0';
    if (mkdir(above, 0700) != 0 && errno != EEXIST)
        return STATUS_SYSTEM;
    return mkdir(path, 0700) == 0 ? STATUS_OK : STATUS_SYSTEM;
}

static bool is_itself(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* A folder in it that its owner may not read or change is made so that he may. Never a link. */
static int open_folder(int above, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    struct stat info;
    if (fstatat(above, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode) &&
        (info.st_mode & S_IRWXU) != S_IRWXU)
        (void)!fchmodat(above, name, S_IRWXU, 0);
    return openat(above, name, flags);
}

/* What is no folder goes; a folder is moved up beside its parent, so that whatever was built is
 * never more than two deep here, and no path is longer than a name. */
static void empty_folder(int root, int folder, unsigned *moved)
{
    struct dirent *entry;
    DIR *listed = fdopendir(folder);
    if (!listed) {
        close(folder);
        return;
    }
    while ((entry = readdir(listed))) {
        char name[MOVED_BYTES];
        int unlinked = is_itself(entry->d_name) ? 0 : unlinkat(dirfd(listed), entry->d_name, 0);
        if (unlinked == 0 || (errno != EISDIR && errno != EPERM))
            continue;
        int below = open_folder(dirfd(listed), entry->d_name);
        if (below < 0)
            continue;
        close(below);
        snprintf(name, sizeof(name), ".removed-%u", (*moved)++);
        (void)!renameat(dirfd(listed), entry->d_name, root, name);
    }
    closedir(listed);
}

/* True when something was in it that is gone now. */
static bool empty_root(int root, unsigned *moved)
{
    struct dirent *entry;
    bool is_less = false;
    int copy = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listed = copy < 0 ? NULL : fdopendir(copy);
    while (listed && (entry = readdir(listed))) {
        if (is_itself(entry->d_name))
            continue;
        int folder = open_folder(root, entry->d_name);
        if (folder >= 0)
            empty_folder(root, folder, moved);
        if (unlinkat(root, entry->d_name, folder >= 0 ? AT_REMOVEDIR : 0) == 0)
            is_less = true;
    }
    if (listed)
        closedir(listed);
    return is_less;
}

void file_remove_folder(const char *path)
{
    unsigned moved = 0;
    int root = open_folder(AT_FDCWD, path);
    if (root < 0) {
        (void)unlink(path); /* a link in its place */
        return;
    }
    for (int i = 0; i < ROUNDS_MAX && empty_root(root, &moved); i++)
        ;
    close(root);
    if (rmdir(path) != 0 && errno != ENOENT)
        LOG(WARNING, "a folder cannot be removed", TEXT("folder", path),
            TEXT("why", strerror(errno)));
}
