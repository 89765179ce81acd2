// SPDX-License-Identifier: ISC
// Which files may be hooks, and in which folders: who could have put another one there?
#include "io/program_file.h"
#include "tests/folder.h"
#include "tests/suite.h"

enum {
    ANYBODY = 65534,
    FRIEND = 4711 // who owns the configuration
};

static struct folder folder;

static const char *under(const char *name)
{
    static char text[4096];
    snprintf(text, sizeof(text), "%s/%s", folder.path, name);
    return text;
}

static void make_file(const char *name, const char *content)
{
    int fd = open(under(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ck_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    close(fd);
    ck_assert(chmod(under(name), 0755) == 0);
}

static void make_folder(const char *name)
{
    ck_assert(mkdir(under(name), 0755) == 0 && chmod(under(name), 0755) == 0);
}

static void link_to(const char *target, const char *name)
{
    ck_assert(symlink(target, under(name)) == 0);
}

/* above/hooks/incoming, and links beside them. */
static void set_up(void)
{
    folder_make(&folder);
    ck_assert(chmod(folder.path, 0755) == 0);
    make_folder("above");
    make_folder("above/hooks");
    make_folder("above/hooks/incoming.d");
    make_file("above/hooks/incoming", "#!/bin/sh\n");
    make_folder("other");
    link_to("../above", "other/way");
    link_to("above/hooks", "short");
}

/* One thing is done to one of them. */
struct row {
    const char *what; // is changed; NULL: nothing
    mode_t mode;      // 0: stays
    uid_t owner;      // 0: stays root
    const char *path; // is asked for
    const char *why;  // NULL: it is taken
};

static void change(const struct row *row)
{
    if (row->mode)
        ck_assert(chmod(under(row->what), row->mode) == 0);
    if (row->owner)
        ck_assert(lchown(under(row->what), row->owner, (gid_t)-1) == 0);
}

#define CHMOD "chmod go-w it"
#define CHOWN "neither to root nor to the owner"

static const struct row folders[] = {
    { NULL, 0, 0, "above/hooks", NULL },
    { NULL, 0, 0, "above/hooks/", NULL },
    { NULL, 0, 0, "above//hooks///", NULL },
    { NULL, 0, 0, "above/./hooks/../hooks", NULL },
    { NULL, 0, 0, "above/hooks/incoming.d", NULL },
    { NULL, 0, 0, "other/way/hooks", NULL },
    { NULL, 0, 0, "short", "symbolic link" },
    { NULL, 0, 0, "short/", "symbolic link" },
    { NULL, 0, 0, "above/hooks/incoming", "not a folder" },
    { "above/hooks", 0777, 0, "above/hooks", CHMOD },
    { "above/hooks", 0775, 0, "above/hooks", CHMOD },
    { "above/hooks", 0757, 0, "above/hooks", CHMOD },
    { "above/hooks", 01777, 0, "above/hooks", CHMOD },
    { "above/hooks", 0700, 0, "above/hooks", NULL },
    { "above/hooks", 0, ANYBODY, "above/hooks", CHOWN },
    { "above/hooks", 0, FRIEND, "above/hooks", NULL },
    { "above/hooks/incoming.d", 0777, 0, "above/hooks/incoming.d", CHMOD },
    { "above/hooks", 0777, 0, "above/hooks/incoming.d", "above/hooks, a folder above, may be" },
    { "above", 0777, 0, "above/hooks", "above, a folder above, may be written" },
    { "above", 0775, 0, "above/hooks", "above, a folder above, may be written" },
    { "above", 0772, 0, "above/hooks/incoming.d", "above, a folder above, may be written" },
    { "above", 01777, 0, "above/hooks", NULL },
    { "above", 0, ANYBODY, "above/hooks", "above, a folder above, belongs" },
    { "above", 0, FRIEND, "above/hooks", NULL },
    { "above", 0777, 0, "other/way/hooks", "a folder above, may be written" },
    { "other", 0777, 0, "other/way/hooks", "other, a folder above, may be written" },
    { "other", 0, ANYBODY, "other/way/hooks", "other, a folder above, belongs" },
    { "other", 0777, 0, "above/hooks", NULL },
};

static const struct row files[] = {
    { NULL, 0, 0, "above/hooks/incoming", NULL },
    { "above/hooks/incoming", 0700, 0, "above/hooks/incoming", NULL },
    { "above/hooks/incoming", 0775, 0, "above/hooks/incoming", CHMOD },
    { "above/hooks/incoming", 0757, 0, "above/hooks/incoming", CHMOD },
    { "above/hooks/incoming", 0644, 0, "above/hooks/incoming", "not executable" },
    { "above/hooks/incoming", 0, ANYBODY, "above/hooks/incoming", CHOWN },
    { "above/hooks/incoming", 0, FRIEND, "above/hooks/incoming", NULL },
    { NULL, 0, 0, "above/hooks/incoming.d", "it is a folder" },
    { NULL, 0, 0, "short", "symbolic link" },
};

START_TEST(a_folder_of_hooks_is_what_root_and_the_owner_alone_can_change)
{
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        const struct row *row = &folders[i];
        char why[PROGRAM_WHY_BYTES] = "";
        if (row->owner && geteuid() != 0)
            continue;
        set_up();
        change(row);
        uid_t owner = geteuid() != 0 ? geteuid() : FRIEND;
        enum status status = program_folder_check(under(row->path), owner, why);
        ck_assert_msg((status == STATUS_OK) == !row->why, "row %zu, %s: %s", i, row->path, why);
        ck_assert_msg(!row->why || strstr(why, row->why), "row %zu, %s: %s", i, row->path, why);
        folder_remove(&folder);
    }
}
END_TEST

START_TEST(a_relative_folder_is_followed_to_the_root)
{
    char why[PROGRAM_WHY_BYTES] = "";
    set_up();
    uid_t owner = geteuid();
    ck_assert(chdir(under("above")) == 0);
    ck_assert_int_eq(program_folder_check("hooks", owner, why), STATUS_OK);
    ck_assert_int_eq(program_folder_check("./hooks/", owner, why), STATUS_OK);
    ck_assert(chmod(under("above"), 0777) == 0);
    ck_assert_int_eq(program_folder_check("hooks", owner, why), STATUS_REFUSED);
    ck_assert_ptr_nonnull(strstr(why, "above, a folder above, may be written"));
    ck_assert_int_eq(program_folder_check("nothing", owner, why), STATUS_CLOSED);
    ck_assert(chdir("/") == 0);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_hook_is_a_file_that_root_and_the_owner_alone_can_change)
{
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        const struct row *row = &files[i];
        char why[PROGRAM_WHY_BYTES] = "";
        int fd = -1;
        if (row->owner && geteuid() != 0)
            continue;
        set_up();
        change(row);
        uid_t owner = geteuid() != 0 ? geteuid() : FRIEND;
        enum status status = program_file_open(under(row->path), owner, &fd, why);
        ck_assert_msg((status == STATUS_OK) == !row->why, "row %zu, %s: %s", i, row->path, why);
        ck_assert_msg(!row->why || strstr(why, row->why), "row %zu, %s: %s", i, row->path, why);
        if (fd >= 0)
            close(fd);
        folder_remove(&folder);
    }
}
END_TEST

/* By its name only where nobody else could put another file there meanwhile. */
START_TEST(a_program_is_run_by_its_name_where_nobody_can_exchange_it)
{
    static const struct {
        const char *what;
        mode_t mode;
        const char *path;
        bool has_name;
    } rows[] = {
        { "above", 0755, "above/hooks/incoming", true },
        { "above", 0755, "short/incoming", true },
        { "above", 0755, "other/way/hooks/incoming", true },
        { "above", 0777, "above/hooks/incoming", false },
        { "above/hooks", 0775, "above/hooks/incoming", false },
        { "above/hooks", 01777, "above/hooks/incoming", true },
        { "above", 0777, "short/incoming", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char why[PROGRAM_WHY_BYTES];
        char name[PROGRAM_PATH_BYTES];
        int fd;
        set_up();
        ck_assert(chmod(under(rows[i].what), rows[i].mode) == 0);
        ck_assert_int_eq(program_file_open_linked(under(rows[i].path), geteuid(), &fd, why),
                         STATUS_OK);
        ck_assert_msg(program_file_name(fd, under(rows[i].path), geteuid(), name) ==
                          rows[i].has_name,
                      "row %zu", i);
        if (rows[i].has_name)
            ck_assert_str_eq(name, under("above/hooks/incoming"));
        make_file("above/hooks/next", "#!/bin/sh\n");
        ck_assert(rename(folder_path(&folder, "above/hooks/next"), under("above/hooks/incoming")) ==
                  0);
        ck_assert(!program_file_name(fd, under(rows[i].path), geteuid(), name));
        close(fd);
        folder_remove(&folder);
    }
}
END_TEST

SUITE_MAIN("io/program_file", a_folder_of_hooks_is_what_root_and_the_owner_alone_can_change,
           a_relative_folder_is_followed_to_the_root,
           a_program_is_run_by_its_name_where_nobody_can_exchange_it,
           a_hook_is_a_file_that_root_and_the_owner_alone_can_change)
