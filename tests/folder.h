// SPDX-License-Identifier: ISC
// A folder of a test's own, and small files in it.
#pragma once

#include "io/file.h"

#include <check.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct folder {
    char path[64];
};

static inline void folder_make(struct folder *folder)
{
    snprintf(folder->path, sizeof(folder->path), "/tmp/offhook-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder->path));
}

static inline void folder_remove(const struct folder *folder)
{
    file_remove_folder(folder->path);
}

// A path in it; good until the next call but one.
static inline const char *folder_path(const struct folder *folder, const char *name)
{
    static char paths[2][256];
    static unsigned next;
    char *path = paths[next++ % 2];
    snprintf(path, sizeof(paths[0]), "%s/%s", folder->path, name);
    return path;
}

static inline void folder_write(const struct folder *folder, const char *name, const char *text,
                                mode_t mode)
{
    int fd = open(folder_path(folder, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq((int)write(fd, text, strlen(text)), (int)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

// "" when there is none.
static inline const char *folder_read(const struct folder *folder, const char *name)
{
    static char text[65536];
    ssize_t length = 0;
    int fd = open(folder_path(folder, name), O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        length = read(fd, text, sizeof(text) - 1);
        close(fd);
    }
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static inline bool folder_has(const struct folder *folder, const char *name)
{
    return access(folder_path(folder, name), F_OK) == 0;
}
