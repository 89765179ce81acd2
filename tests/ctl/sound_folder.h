// SPDX-License-Identifier: ISC
// A folder for the sound files of a test, gone at its end.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/offhook-test-XXXXXX"; // of each test, as each is a process
static char path[128];                             // that path_of has made last

static inline void remove_folder(void)
{
    const struct dirent *entry;
    DIR *files = opendir(folder);
    while (files && (entry = readdir(files)))
        (void)unlinkat(dirfd(files), entry->d_name, 0);
    if (files)
        closedir(files);
    (void)rmdir(folder);
}

// Made with the first path in it; the text is good until the next call.
static inline const char *path_of(const char *name)
{
    if (strstr(folder, "XXXXXX") && mkdtemp(folder))
        (void)atexit(remove_folder);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}
