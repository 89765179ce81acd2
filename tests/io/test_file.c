// SPDX-License-Identifier: ISC
// A folder is removed whatever a hook has built in it, and nothing beside it.
#include "tests/folder.h"
#include "tests/suite.h"

#include <errno.h>

enum {
    DEEP = 3000, // no path is so long
    WIDE = 300
};

static bool is_there(const char *path)
{
    struct stat info;
    return lstat(path, &info) == 0;
}

START_TEST(a_tree_deeper_than_any_path_is_removed)
{
    struct folder folder;
    folder_make(&folder);
    int at = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < DEEP; i++) {
        ck_assert_int_eq(mkdirat(at, "deep", 0700), 0);
        int below = openat(at, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(below, 0);
        close(openat(below, "file", O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        close(at);
        at = below;
    }
    close(at);
    file_remove_folder(folder.path);
    ck_assert(!is_there(folder.path));
}
END_TEST

START_TEST(a_wide_one_too_with_folders_that_are_closed)
{
    struct folder folder;
    char name[64];
    folder_make(&folder);
    for (int i = 0; i < WIDE; i++) {
        snprintf(name, sizeof(name), "%d", i);
        ck_assert_int_eq(mkdir(folder_path(&folder, name), 0700), 0);
        snprintf(name, sizeof(name), "%d/.removed-%d", i, i);
        ck_assert_int_eq(mkdir(folder_path(&folder, name), 0), 0);
        snprintf(name, sizeof(name), ".removed-%d", i);
        ck_assert_int_eq(mkdir(folder_path(&folder, name), 0), 0);
    }
    ck_assert_int_eq(mkfifo(folder_path(&folder, "fifo"), 0), 0);
    file_remove_folder(folder.path);
    ck_assert(!is_there(folder.path));
}
END_TEST

START_TEST(links_are_removed_not_followed)
{
    struct folder folder;
    struct folder other;
    folder_make(&folder);
    folder_make(&other);
    close(open(folder_path(&other, "kept"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    ck_assert_int_eq(symlink(other.path, folder_path(&folder, "link")), 0);
    file_remove_folder(folder.path);
    ck_assert(!is_there(folder.path));
    ck_assert_int_eq(symlink(other.path, folder.path), 0);
    file_remove_folder(folder.path);
    ck_assert(is_there(folder_path(&other, "kept")));
    ck_assert(!is_there(folder.path));
    folder_remove(&other);
    ck_assert(!is_there(other.path));
}
END_TEST

SUITE_MAIN("io/file", a_tree_deeper_than_any_path_is_removed,
           a_wide_one_too_with_folders_that_are_closed, links_are_removed_not_followed)
