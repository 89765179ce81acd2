// SPDX-License-Identifier: ISC
#include "hook/hook_files.h"

#include "util/limits.h"
#include "util/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hook_files_init(struct hook_files *files)
{
    list_init(&files->list);
}

struct hook_file *hook_files_obtain(struct hook_files *files, const char *chain, const char *name)
{
    struct hook_file *file = NULL;
    list_for_each(link, &files->list) {
        file = list_entry(link, struct hook_file, link);
        if (strncmp(file->name, name, sizeof(file->name) - 1) == 0)
            return file;
    }
    if (files->list.count >= LIMIT_HOOK_FILES)
        return file;
    file = memory_new(sizeof(*file));
    file->chain = chain;
    file->figures.counted.failed_at = TIME_NEVER;
    snprintf(file->name, sizeof(file->name), "%s", name);
    list_append(&files->list, &file->link);
    return file;
}

void hook_files_passed(struct hook_files *files, const char *chain, uint32_t first)
{
    list_for_each(link, &files->list) {
        struct hook_file *file = list_entry(link, struct hook_file, link);
        if (strcmp(file->chain, chain) == 0 && file->last_run < first)
            file->figures.counted.is_failing = false;
    }
}

const struct hook_file *hook_files_at(const struct hook_files *files, size_t index)
{
    list_for_each(link, &files->list)
        if (index-- == 0)
            return list_entry(link, struct hook_file, link);
    return NULL;
}

const char *hook_files_failing(const struct hook_files *files)
{
    list_for_each(link, &files->list) {
        const struct hook_file *file = list_entry(link, struct hook_file, link);
        if (file->figures.counted.is_failing)
            return file->name;
    }
    return NULL;
}

void hook_files_clear(struct hook_files *files)
{
    struct list_link *link;
    while ((link = list_take_first(&files->list)))
        free(list_entry(link, struct hook_file, link));
}
