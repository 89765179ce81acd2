// SPDX-License-Identifier: ISC
// What a caged child may read: the hidden file by none of its spellings, all the rest.
#include "io/child_cage.h"
#include "tests/folder.h"
#include "tests/suite.h"

#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct folder folder;
static char text[4096];

static const char *under(const char *name)
{
    snprintf(text, sizeof(text), "%s/%s", folder.path, name);
    return text;
}

static void write_file(const char *name, const char *content)
{
    int fd = open(under(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ck_assert(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
    close(fd);
}

/* inner/secret is what is hidden; link, shortcut and again lead to it. */
static void set_up(void)
{
    folder_make(&folder);
    ck_assert(mkdir(under("inner"), 0700) == 0 && mkdir(under("free"), 0700) == 0);
    ck_assert(mkdir(under("mounted"), 0700) == 0);
    write_file("inner/secret", "secret");
    write_file("inner/public", "public");
    write_file("free/public", "public");
    ck_assert(symlink("inner/secret", under("link")) == 0);
    ck_assert(symlink("inner", under("shortcut")) == 0);
    ck_assert(symlink("shortcut/secret", under("again")) == 0);
    write_file("mounted-file", "");
}

static bool has_mounts(void)
{
    char inner[4096];
    if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return false;
    snprintf(inner, sizeof(inner), "%s", under("inner"));
    ck_assert(mount(inner, under("mounted"), NULL, MS_BIND, NULL) == 0);
    snprintf(inner, sizeof(inner), "%s", under("inner/secret"));
    ck_assert(mount(inner, under("mounted-file"), NULL, MS_BIND, NULL) == 0);
    return true;
}

static bool opens(int cage, const char *path)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        if (child_cage_enter(cage) != 0 || chdir(folder.path) != 0)
            _exit(2);
        _exit(open(path, O_RDONLY | O_CLOEXEC) >= 0);
    }
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    ck_assert_int_ne(WEXITSTATUS(status), 2);
    return WEXITSTATUS(status);
}

/* A @ stands for the folder. */
static void spell(char path[4096], const char *pattern)
{
    const char *mark = strchr(pattern, '@');
    if (mark)
        snprintf(path, 4096, "%.*s%s%s", (int)(mark - pattern), pattern, folder.path, mark + 1);
    else
        snprintf(path, 4096, "%s", pattern);
}

static const char *const spellings[] = {
    "@/inner/secret",
    "@//inner///secret",
    "@/./inner/./secret",
    "@/free/../inner/secret",
    "@/link",
    "@/again",
    "@/shortcut/secret",
    "inner/secret",
    "./shortcut/../inner/secret",
    "/proc/self/root@/inner/secret",
    "/proc/self/cwd/inner/secret",
    "/proc/thread-self/root@/link",
    "@/inner/hard",
    "@/mounted/secret",
    "@/mounted-file",
    "/proc/1/root@/inner/secret",
};

/* However the configuration spells it, and however the hook does. */
START_TEST(a_hidden_file_is_hidden_by_all_its_names)
{
    static const char *const names[] = {
        "@/inner/secret", "@//free/./..//inner/secret", "@/link",
        "@/again",        "@/shortcut/secret",          "@/inner/s*t"
    };
    struct child_cage *made = child_cage_new();
    set_up();
    bool is_mounted = has_mounts(); /* not in every container */
    char from[4096];
    snprintf(from, sizeof(from), "%s", under("inner/secret"));
    ck_assert(link(from, under("inner/hard")) == 0); /* in a folder on the way it is found */
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        char name[4096];
        const char *const hidden[] = { name, NULL };
        spell(name, names[i]);
        int cage = child_cage_around(made, hidden);
        if (cage < 0)
            break; /* a kernel without Landlock */
        for (size_t j = 0; j < sizeof(spellings) / sizeof(*spellings); j++) {
            char path[4096];
            if (!is_mounted && strncmp(spellings[j], "@/mounted", 9) == 0)
                continue;
            spell(path, spellings[j]);
            ck_assert_msg(!opens(cage, path), "%s, hidden as %s", path, name);
        }
        static const char *const open_ones[] = { "inner/public", "shortcut/public", "free/public",
                                                 "/etc/passwd",  "/bin/sh",         "/dev/null" };
        for (size_t j = 0; j < sizeof(open_ones) / sizeof(*open_ones); j++)
            ck_assert_msg(opens(cage, open_ones[j]), "%s", open_ones[j]);
    }
    child_cage_free(made);
    folder_remove(&folder);
}
END_TEST

START_TEST(a_pattern_hides_what_is_there_now_but_what_is_spared)
{
    char all[4096];
    char own[4096];
    const char *const hidden[] = { all, own, NULL };
    struct child_cage *made = child_cage_new();
    set_up();
    snprintf(all, sizeof(all), "%s/inner/*", folder.path);
    snprintf(own, sizeof(own), "!%s/shortcut/public", folder.path);
    write_file("inner/later", "");
    int cage = child_cage_around(made, hidden);
    if (cage >= 0) {
        ck_assert(!opens(cage, "inner/secret"));
        ck_assert(!opens(cage, "inner/later"));
        ck_assert(opens(cage, "inner/public"));
    }
    child_cage_free(made);
    folder_remove(&folder);
}
END_TEST

/* The descriptor of one that is kept has what we have done to it. */
static bool is_kept(struct child_cage *made, const char *const *hidden)
{
    for (int i = 0; i < 60; i++) {
        int cage = child_cage_around(made, hidden);
        if (cage < 0 || fcntl(cage, F_GETFD) == 0)
            return cage >= 0;
        ck_assert(fcntl(cage, F_SETFD, 0) == 0);
        usleep(100000);
    }
    return false;
}

START_TEST(a_cage_is_kept_while_its_folders_are_as_they_were)
{
    static const char *const hidden[] = { "/usr/bin/env", NULL };
    struct child_cage *made = child_cage_new();
    if (child_cage_around(made, hidden) >= 0)
        ck_assert(is_kept(made, hidden));
    child_cage_free(made);
}
END_TEST

START_TEST(what_changes_on_the_way_is_seen_at_the_next_call)
{
    char link_to_secret[4096];
    const char *const hidden[] = { link_to_secret, NULL };
    struct child_cage *made = child_cage_new();
    set_up();
    snprintf(link_to_secret, sizeof(link_to_secret), "%s", under("link"));
    if (child_cage_around(made, hidden) >= 0) {
        (void)is_kept(made, hidden); /* others may change the folder that ours is in */
        write_file("inner/new", "");
        ck_assert(opens(child_cage_around(made, hidden), "inner/new"));
        ck_assert(!opens(child_cage_around(made, hidden), "inner/secret"));
        char from[4096];
        snprintf(from, sizeof(from), "%s", under("inner/new"));
        ck_assert(rename(from, under("inner/secret")) == 0); /* another file of that name */
        ck_assert(!opens(child_cage_around(made, hidden), "inner/secret"));
        ck_assert(unlink(under("link")) == 0 && symlink("free/public", under("link")) == 0);
        ck_assert(!opens(child_cage_around(made, hidden), "free/public"));
        ck_assert(opens(child_cage_around(made, hidden), "inner/secret"));
    }
    child_cage_free(made);
    folder_remove(&folder);
}
END_TEST

/* Makes a file there within the cage, reads it, removes it. */
static bool reads_what_it_makes(int cage, const char *place)
{
    int status;
    char path[8192];
    snprintf(path, sizeof(path), "%s/made-by-a-hook-%d", place, (int)getpid());
    pid_t child = fork();
    if (child == 0) {
        int fd =
            child_cage_enter(cage) == 0 ? open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600) : -1;
        if (fd < 0)
            _exit(2);
        _exit(open(path, O_RDONLY | O_CLOEXEC) >= 0);
    }
    ck_assert(waitpid(child, &status, 0) == child && WIFEXITED(status));
    unlink(path);
    ck_assert_int_ne(WEXITSTATUS(status), 2);
    return WEXITSTATUS(status);
}

/* The sentence lists folders: "in A or B, as". */
static bool names_folder(const char *sentence, const char *place)
{
    size_t length = strlen(place);
    for (const char *at = strstr(sentence, place); at; at = strstr(at + 1, place))
        if (at[-1] == ' ' && (at[length] == ' ' || at[length] == ','))
            return true;
    return false;
}

/* What a hook makes directly in a folder on the way to a secret, it cannot read; each of these
 * folders is named at start, and no other. */
static void expect_honesty(void)
{
    static const struct {
        const char *secret; // as the configuration spells it; relative to `home`
    } rows[] = { { "@/home/conf/secret" }, { "@/home/secret" },       { "secret" },
                 { "conf/secret" },        { "conf/../conf/secret" }, { "@/links/secret" },
                 { "@/links/conf/secret" } };
    static const char *const places[] = { "@/home/conf", "@/home", "@/home/hooks", "@/links", "@" };
    char home[4096];
    struct child_cage *made = child_cage_new();
    spell(home, "@/home");
    ck_assert(chdir(home) == 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        char secret[4096];
        char sentence[8192] = "";
        const char *const hidden[] = { secret, NULL };
        spell(secret, rows[i].secret);
        int cage = child_cage_around(made, hidden);
        if (cage < 0)
            break;
        child_cage_doubt(hidden, 0, sentence, sizeof(sentence));
        for (size_t j = 0; j < sizeof(places) / sizeof(*places); j++) {
            char place[4096];
            spell(place, places[j]);
            ck_assert_msg(reads_what_it_makes(cage, place) != names_folder(sentence, place),
                          "%s in %s: %s", rows[i].secret, place, sentence);
        }
    }
    child_cage_free(made);
}

static void make_home(void)
{
    folder_make(&folder);
    ck_assert(mkdir(under("home"), 0700) == 0 && mkdir(under("links"), 0700) == 0);
    ck_assert(mkdir(under("home/conf"), 0700) == 0 && mkdir(under("home/hooks"), 0700) == 0);
    write_file("home/secret", "secret");
    write_file("home/conf/secret", "secret");
    ck_assert(symlink("../home/secret", under("links/secret")) == 0);
    ck_assert(symlink("../home/conf", under("links/conf")) == 0);
}

START_TEST(folders_in_which_hooks_cannot_read_what_they_make_are_named)
{
    make_home();
    expect_honesty();
    ck_assert(chdir("/") == 0);
    folder_remove(&folder);
}
END_TEST

/* Of a service that is not root the folders are named that it may write to. */
START_TEST(and_not_for_root_alone)
{
    static const char *const theirs[] = { "home",  "home/conf",   "home/hooks",
                                          "links", "home/secret", "home/conf/secret" };
    make_home();
    if (geteuid() == 0) {
        for (size_t i = 0; i < sizeof(theirs) / sizeof(*theirs); i++)
            ck_assert(chown(under(theirs[i]), 65534, 65534) == 0);
        ck_assert(chown(folder.path, 65534, 65534) == 0 && setegid(65534) == 0 &&
                  seteuid(65534) == 0);
        expect_honesty();
        ck_assert(seteuid(0) == 0 && setegid(0) == 0 && chdir("/") == 0);
    }
    folder_remove(&folder);
}
END_TEST

START_TEST(what_the_system_keeps_is_no_place_of_hooks)
{
    char sentence[4096];
    const char *const hidden[] = { "/etc/passwd", "/usr/bin/env", NULL };
    ck_assert(!child_cage_doubt(hidden, 0, sentence, sizeof(sentence)));
}
END_TEST

START_TEST(what_cannot_be_hidden_or_hinders_is_told)
{
    char secret[4096];
    char sentence[4096];
    const char *const hidden[] = { secret, NULL };
    set_up();
    snprintf(secret, sizeof(secret), "%s", under("inner/secret"));
    ck_assert(chmod(folder.path, 0777) == 0);
    ck_assert(child_cage_doubt(hidden, 0, sentence, sizeof(sentence)));
    ck_assert_ptr_nonnull(strstr(sentence, "hooks cannot read what they make directly in"));
    ck_assert(!child_cage_doubt(hidden, 1, sentence, sizeof(sentence)));
    ck_assert(link(secret, under("free/hard")) == 0);
    ck_assert(child_cage_doubt(hidden, 0, sentence, sizeof(sentence)));
    ck_assert_ptr_nonnull(strstr(sentence, "hard links"));
    ck_assert(child_cage_doubt(hidden, 1, sentence, sizeof(sentence)));
    folder_remove(&folder);
}
END_TEST

SUITE_MAIN("io/child_cage", a_hidden_file_is_hidden_by_all_its_names,
           a_pattern_hides_what_is_there_now_but_what_is_spared,
           a_cage_is_kept_while_its_folders_are_as_they_were,
           what_changes_on_the_way_is_seen_at_the_next_call,
           folders_in_which_hooks_cannot_read_what_they_make_are_named, and_not_for_root_alone,
           what_the_system_keeps_is_no_place_of_hooks, what_cannot_be_hidden_or_hinders_is_told)
