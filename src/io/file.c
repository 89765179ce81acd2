// SPDX-License-Identifier: ISC
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
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

static const char *fault_of(const struct stat *info, uid_t owner)
{
    if (!S_ISREG(info->st_mode))
        return "it is not a regular file";
    if (!(info->st_mode & 0111))
        return "it is not executable: chmod +x it, or take it away";
    if (info->st_uid != 0 && info->st_uid != owner)
        return "it belongs neither to root nor to the owner of the configuration: chown it";
    if (info->st_mode & 0022)
        return "its group or others may write it: chmod go-w it";
    return NULL;
}

enum status file_open_program(const char *path, uid_t owner, int *fd, const char **why)
{
    struct stat info;
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0 && errno == EACCES) {
        *why = "it cannot be read: chmod +r it";
        return STATUS_REFUSED;
    }
    if (opened < 0)
        return STATUS_CLOSED;
    *why = fstat(opened, &info) != 0 ? "it cannot be examined" : fault_of(&info, owner);
    if (*why) {
        close(opened);
        return STATUS_REFUSED;
    }
    *fd = opened;
    return STATUS_OK;
}

static int is_visible(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && entry->d_name[length - 1] != '~';
}

bool file_name_at(const char *folder, size_t index, char *name, size_t size)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_visible, alphasort);
    bool is_found = false;
    for (int i = 0; i < count; i++) {
        if ((size_t)i == index)
            is_found = snprintf(name, size, "%s", entries[i]->d_name) < (int)size;
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return is_found;
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
