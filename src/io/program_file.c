// SPDX-License-Identifier: ISC
#include "io/program_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FIRST_LINE_BYTES = 256 // as much of it as the kernel reads
};

static void say(char why[PROGRAM_WHY_BYTES], const char *sentence)
{
    snprintf(why, PROGRAM_WHY_BYTES, "%s", sentence);
}

static const char *fault_of(const struct stat *info, uid_t owner)
{
    if (S_ISDIR(info->st_mode))
        return "it is a folder: the name of a folder of hooks ends with .d";
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

/* "#!interpreter argument", without the end of the line. False: there is none. */
static bool read_first_line(int fd, char line[FIRST_LINE_BYTES + 1], size_t *length)
{
    ssize_t count = pread(fd, line, FIRST_LINE_BYTES, 0);
    *length = count > 0 ? (size_t)count : 0;
    line[*length] = '\0';
    if (*length < 2 || line[0] != '#' || line[1] != '!')
        return false;
    *length = strcspn(line, "\n");
    line[*length] = '\0';
    return true;
}

/* What the kernel would answer with "No such file or directory". */
static bool has_good_interpreter(int fd, char why[PROGRAM_WHY_BYTES])
{
    char line[FIRST_LINE_BYTES + 1];
    size_t length;
    if (!read_first_line(fd, line, &length))
        return true;
    if (length && line[length - 1] == '\r') {
        say(why, "its first line ends with a carriage return (Windows): sed -i 's/\\r$//' it");
        return false;
    }
    char *interpreter = line + 2 + strspn(line + 2, " \t");
    interpreter[strcspn(interpreter, " \t")] = '\0';
    if (!interpreter[0]) {
        say(why, "its first line names no interpreter behind #!");
        return false;
    }
    if (access(interpreter, X_OK) == 0)
        return true;
    snprintf(why, PROGRAM_WHY_BYTES, "its interpreter %.200s %s", interpreter,
             errno == ENOENT ? "is not there: install it, or change the first line"
                             : "cannot be run by this user");
    return false;
}

static enum status open_program(const char *path, uid_t owner, int flags, int *fd,
                                char why[PROGRAM_WHY_BYTES])
{
    struct stat info;
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | flags);
    if (opened < 0 && errno == ELOOP) {
        say(why, "it is a symbolic link: put the file itself there");
        return STATUS_REFUSED;
    }
    if (opened < 0 && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_CLOSED;
    if (opened < 0) {
        say(why, errno == EACCES ? "it cannot be read: chmod +r it" : strerror(errno));
        return STATUS_REFUSED;
    }
    const char *fault =
        fstat(opened, &info) != 0 ? "it cannot be examined" : fault_of(&info, owner);
    if (fault)
        say(why, fault);
    if (fault || !has_good_interpreter(opened, why)) {
        close(opened);
        return STATUS_REFUSED;
    }
    *fd = opened;
    return STATUS_OK;
}

enum status program_file_open(const char *path, uid_t owner, int *fd, char why[PROGRAM_WHY_BYTES])
{
    return open_program(path, owner, O_NOFOLLOW, fd, why);
}

enum status program_file_open_linked(const char *path, uid_t owner, int *fd,
                                     char why[PROGRAM_WHY_BYTES])
{
    return open_program(path, owner, 0, fd, why);
}

void program_file_explain(int fd, int error, char why[PROGRAM_WHY_BYTES])
{
    char line[FIRST_LINE_BYTES + 1];
    size_t length;
    if (error == ENOEXEC && !read_first_line(fd, line, &length))
        say(why, strncmp(line, "\xef\xbb\xbf#!", 5) == 0
                     ? "a byte order mark stands before its #!: save it as UTF-8 without one"
                     : "it is no program and has no #! line: begin it with #!/bin/sh or the like");
    else
        snprintf(why, PROGRAM_WHY_BYTES, "it cannot be started: %s", strerror(error));
}

/* Who may rename a folder above can put another one in its place. Where all may write, but take
 * away only what is their own (/tmp), they cannot. `path` is absolute. */
static bool is_safe_above(const char *path, uid_t owner, char why[PROGRAM_WHY_BYTES])
{
    char name[PROGRAM_PATH_BYTES];
    struct stat info;
    for (const char *slash = path; slash && slash[1]; slash = strchr(slash + 1, '/')) {
        snprintf(name, sizeof(name), "%.*s", slash == path ? 1 : (int)(slash - path), path);
        const char *fault = NULL;
        if (stat(name, &info) != 0)
            fault = strerror(errno);
        else if (info.st_uid != 0 && info.st_uid != owner)
            fault = "belongs neither to root nor to the owner of the configuration: chown it";
        else if (info.st_mode & 0022 && !(info.st_mode & S_ISVTX))
            fault = "may be written by its group or others: chmod go-w it";
        if (fault)
            snprintf(why, PROGRAM_WHY_BYTES, "%.190s, a folder above, %s", name, fault);
        if (fault)
            return false;
    }
    return true;
}

bool program_file_name(int fd, const char *path, uid_t owner, char name[PROGRAM_PATH_BYTES])
{
    char why[PROGRAM_WHY_BYTES];
    struct stat opened;
    struct stat found;
    char *real = realpath(path, NULL);
    bool is_fine = real && snprintf(name, PROGRAM_PATH_BYTES, "%s", real) < PROGRAM_PATH_BYTES &&
                   is_safe_above(real, owner, why) && fstat(fd, &opened) == 0 &&
                   lstat(real, &found) == 0;
    free(real);
    return is_fine && found.st_dev == opened.st_dev && found.st_ino == opened.st_ino;
}

/* Both by its name and by where links in that name lead. */
static bool is_safely_reached(const char *path, uid_t owner, char why[PROGRAM_WHY_BYTES])
{
    char *real = realpath(path, NULL);
    bool is_safe = (path[0] != '/' || is_safe_above(path, owner, why)) && real &&
                   is_safe_above(real, owner, why);
    free(real);
    return is_safe;
}

enum status program_folder_check(const char *path, uid_t owner, char why[PROGRAM_WHY_BYTES])
{
    char name[PROGRAM_PATH_BYTES];
    struct stat info;
    size_t length = (size_t)snprintf(name, sizeof(name), "%s", path);
    while (length > 1 && length < sizeof(name) && name[length - 1] == '/')
        name[--length] = '\0'; /* "folder/" would follow a link */
    if (length >= sizeof(name) || lstat(name, &info) != 0)
        return STATUS_CLOSED;
    if (S_ISLNK(info.st_mode))
        say(why, "the folder is a symbolic link: name the folder itself");
    else if (!S_ISDIR(info.st_mode))
        say(why, "it is not a folder");
    else if (info.st_uid != 0 && info.st_uid != owner)
        say(why, "the folder belongs neither to root nor to the owner of the configuration: "
                 "chown it");
    else if (info.st_mode & 0022)
        say(why, "the group of the folder, or others, may write to it: chmod go-w it");
    else if (is_safely_reached(name, owner, why))
        return STATUS_OK;
    return STATUS_REFUSED;
}

bool program_name_is_plain(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return name[0] && name[strspn(name, letters)] == '\0';
}

static int is_plain(const struct dirent *entry)
{
    return program_name_is_plain(entry->d_name);
}

bool program_name_at(const char *folder, size_t index, char *name, size_t size)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_plain, alphasort);
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
