// SPDX-License-Identifier: ISC
// Files that are run as hooks: which of a folder are meant, whether one may be run, and why it
// cannot be.
#pragma once

#include "util/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    PROGRAM_WHY_BYTES = 300,
    PROGRAM_PATH_BYTES = 4096
};

// Opens a program for running: a regular, executable file, no link, of root or `owner`, that
// neither group nor others may write, and whose interpreter is there. OK with *fd; CLOSED when
// there is none; REFUSED with `why`, one sentence.
MUST_USE enum status program_file_open(const char *path, uid_t owner, int *fd,
                                       char why[PROGRAM_WHY_BYTES]);
// The same for one that may be reached by a link.
MUST_USE enum status program_file_open_linked(const char *path, uid_t owner, int *fd,
                                              char why[PROGRAM_WHY_BYTES]);
// The name by which the open program may be run: its path without links, if only root and `owner`
// could put another file in its place. False when others could; it is run by its descriptor then.
bool program_file_name(int fd, const char *path, uid_t owner, char name[PROGRAM_PATH_BYTES]);
// Why the system has refused to run the open file with that errno.
void program_file_explain(int fd, int error, char why[PROGRAM_WHY_BYTES]);
// A folder of such files is trusted like one: no link, of root or `owner`, written by them alone;
// and so are the folders above, as sshd does with StrictModes, but for /tmp and its like (sticky).
MUST_USE enum status program_folder_check(const char *path, uid_t owner,
                                          char why[PROGRAM_WHY_BYTES]);
// Letters, digits, underscores and hyphens, as run-parts(8) takes them.
bool program_name_is_plain(const char *name);
// The name of the `index`-th plain one of a folder, sorted by name. False beyond the last.
bool program_name_at(const char *folder, size_t index, char *name, size_t size);
