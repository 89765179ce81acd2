// SPDX-License-Identifier: ISC
#include "io/hidden_places.h"

#include "util/memory.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    PLACES_MAX = 4096, // beyond it nothing more is hidden: far more lines than a machine has
    LINE_BYTES = 3 * PATH_MAX,
    GRAIN_S = 1 // of the times of files: two changes within it may have the same one
};

struct place {
    dev_t device;
    ino_t inode;
    bool is_itself;
    char *path;              // itself only
    struct timespec changed; // a folder on the way: its entries, or what else of it
};

struct mount {
    unsigned major, minor;
    char *root; // within its file system
    char *point;
};

struct hidden_places {
    struct timespec looked_at;
    struct place *places;
    size_t count;
    size_t capacity;
    struct mount *mounts; // of this process, all of them
    size_t mount_count;
};

static bool is_before(struct timespec left, struct timespec right)
{
    return left.tv_sec != right.tv_sec ? left.tv_sec < right.tv_sec : left.tv_nsec < right.tv_nsec;
}

static struct timespec later(struct timespec left, struct timespec right)
{
    return is_before(left, right) ? right : left;
}

static void add(struct hidden_places *places, const char *path, bool is_itself)
{
    struct stat info;
    if (places->count == PLACES_MAX || stat(path, &info) != 0)
        return;
    if (places->count == places->capacity) {
        places->capacity = places->capacity ? 2 * places->capacity : 32;
        places->places = memory_resize(places->places, places->capacity * sizeof(*places->places));
    }
    struct place *place = &places->places[places->count++];
    *place = (struct place){ .device = info.st_dev, .inode = info.st_ino, .is_itself = is_itself };
    if (is_itself)
        place->path = memory_copy_text(path);
    else
        place->changed = later(info.st_mtim, info.st_ctim);
}

/* `path` is real: absolute, without links. */
static void add_way(struct hidden_places *places, const char *path)
{
    char folder[PATH_MAX];
    add(places, "/", false);
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
        add(places, folder, false);
    }
    add(places, path, true);
}

/* The kernel writes blanks and the like as \040. */
static void unescape(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (text[0] == '\\' && text[1] && text[2] && text[3]) {
            *to++ = (char)(((text[1] & 7) << 6) | ((text[2] & 7) << 3) | (text[3] & 7));
            text += 3;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static void add_mount(struct hidden_places *places, const struct mount *mount)
{
    places->mounts = memory_resize(places->mounts, (places->mount_count + 1) * sizeof(*mount));
    places->mounts[places->mount_count++] = *mount;
}

/* As proc(5) describes mountinfo: the device, the root within its file system, the mount point. */
static void read_mounts(struct hidden_places *places)
{
    static char line[LINE_BYTES];
    static char root[PATH_MAX];
    static char point[PATH_MAX];
    struct mount mount;
    FILE *file = fopen("/proc/self/mountinfo", "re");
    while (file && fgets(line, sizeof(line), file)) {
        if (sscanf(line, "%*s %*s %u:%u %4095s %4095s", &mount.major, &mount.minor, root, point) !=
            4)
            continue;
        unescape(root);
        unescape(point);
        mount.root = memory_copy_text(root);
        mount.point = memory_copy_text(point);
        add_mount(places, &mount);
    }
    if (file)
        fclose(file);
}

/* What follows `folder` in `path`, with its slash; NULL when it does not lie there. */
static const char *rest_below(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    if (length == 1)
        return path;
    if (!length || strncmp(path, folder, length) != 0)
        return NULL;
    return path[length] == '/' || !path[length] ? path + length : NULL;
}

/* The mount that a path lies in: the deepest, the last of those. */
static const struct mount *find_mount(const struct hidden_places *places, const char *path)
{
    const struct mount *found = NULL;
    for (size_t i = 0; i < places->mount_count; i++) {
        const struct mount *mount = &places->mounts[i];
        bool is_deeper = !found || strlen(mount->point) >= strlen(found->point);
        if (is_deeper && rest_below(path, mount->point))
            found = mount;
    }
    return found;
}

/* The same file seen through other mounts of its file system. */
static void add_other_mounts(struct hidden_places *places, const char *path)
{
    char inside[2 * PATH_MAX];
    char other[2 * PATH_MAX];
    struct stat info;
    struct stat seen;
    const struct mount *own = find_mount(places, path);
    if (!own || stat(path, &info) != 0)
        return;
    snprintf(inside, sizeof(inside), "%s%s", own->root[1] ? own->root : "",
             rest_below(path, own->point));
    for (size_t i = 0; i < places->mount_count; i++) {
        const struct mount *mount = &places->mounts[i];
        const char *rest = rest_below(inside, mount->root);
        if (!rest || mount->major != own->major || mount->minor != own->minor)
            continue;
        snprintf(other, sizeof(other), "%s%s", mount->point[1] ? mount->point : "", rest);
        if (strcmp(other, path) != 0 && strlen(other) < PATH_MAX && stat(other, &seen) == 0 &&
            seen.st_dev == info.st_dev && seen.st_ino == info.st_ino)
            add_way(places, other);
    }
}

static bool is_spared(const char *path, const char *const *hidden)
{
    char real[PATH_MAX];
    for (; *hidden; hidden++)
        if ((*hidden)[0] == '!' && realpath(*hidden + 1, real) && strcmp(real, path) == 0)
            return true;
    return false;
}

static void add_path(struct hidden_places *places, const char *path, const char *const *spared)
{
    char real[PATH_MAX];
    if (!realpath(path, real) || is_spared(real, spared))
        return;
    add_way(places, real);
    add_other_mounts(places, real);
}

static void add_pattern(struct hidden_places *places, const char *pattern,
                        const char *const *hidden)
{
    glob_t found;
    if (glob(pattern, GLOB_NOSORT, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc; i++)
        add_path(places, found.gl_pathv[i], hidden);
    globfree(&found);
}

struct hidden_places *hidden_places_new(const char *const *hidden)
{
    static const char *const none[] = { NULL };
    struct hidden_places *places = memory_new(sizeof(*places));
    clock_gettime(CLOCK_REALTIME_COARSE, &places->looked_at);
    places->looked_at.tv_sec -= GRAIN_S;
    read_mounts(places);
    for (const char *const *path = hidden; *path; path++) {
        if (**path == '!')
            continue;
        if (strpbrk(*path, "*?["))
            add_pattern(places, *path, hidden);
        else
            add_path(places, *path, none);
    }
    return places;
}

enum hidden_relation hidden_places_relation(const struct hidden_places *places,
                                            const struct stat *info)
{
    enum hidden_relation relation = HIDDEN_UNRELATED;
    for (size_t i = 0; i < places->count; i++) {
        const struct place *place = &places->places[i];
        if (place->device != info->st_dev || place->inode != info->st_ino)
            continue;
        if (place->is_itself)
            return HIDDEN_ITSELF;
        relation = HIDDEN_BELOW;
    }
    return relation;
}

static bool stands(const struct place *first, const struct place *second)
{
    return first->device == second->device && first->inode == second->inode &&
           first->is_itself == second->is_itself &&
           first->changed.tv_sec == second->changed.tv_sec &&
           first->changed.tv_nsec == second->changed.tv_nsec;
}

bool hidden_places_stand(const struct hidden_places *first, const struct hidden_places *second)
{
    if (first->count != second->count)
        return false;
    for (size_t i = 0; i < first->count; i++)
        if (!stands(&first->places[i], &second->places[i]) ||
            !is_before(first->places[i].changed, first->looked_at))
            return false;
    return true;
}

const char *hidden_places_path(const struct hidden_places *places, size_t index)
{
    for (size_t i = 0; i < places->count; i++)
        if (places->places[i].is_itself && index-- == 0)
            return places->places[i].path;
    return NULL;
}

void hidden_places_free(struct hidden_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->places[i].path);
    for (size_t i = 0; i < places->mount_count; i++) {
        free(places->mounts[i].root);
        free(places->mounts[i].point);
    }
    free(places->mounts);
    free(places->places);
    free(places);
}
