// SPDX-License-Identifier: ISC
// How each file that is run as a hook has fared. A value inside the queue.
#pragma once

#include "hook/hook_figures.h"
#include "util/limits.h"
#include "util/list.h"

struct hook_file {
    struct list_link link;
    const char *chain; // "incoming" or "any": whose file or folder it belongs to; a constant text
    char name[LIMIT_HOOK_FILE_NAME];
    uint32_t last_run;
    struct hook_figures figures;
};

struct hook_files {
    struct list list;
};

void hook_files_init(struct hook_files *files);
// That of the name, made where there is none yet; good until hook_files_clear. Beyond
// LIMIT_HOOK_FILES the last one stands for all the others.
struct hook_file *hook_files_obtain(struct hook_files *files, const char *chain, const char *name);
// A chain has been gone through from the run `first` on: what has not been run is not there any
// more, and fails no more.
void hook_files_passed(struct hook_files *files, const char *chain, uint32_t first);
// NULL beyond the last.
const struct hook_file *hook_files_at(const struct hook_files *files, size_t index);
// The name of one whose last run has failed; NULL when there is none.
const char *hook_files_failing(const struct hook_files *files);
void hook_files_clear(struct hook_files *files);
