// SPDX-License-Identifier: ISC
#include "io/file.h"

#include "util/log.h"
#include "util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    OPEN_FOLDERS = 8,
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

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info;
    (void)type;
    (void)where;
    return remove(path);
}

void file_remove_folder(const char *path)
{
    nftw(path, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
}
