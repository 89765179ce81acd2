// SPDX-License-Identifier: ISC
// Small files and folders: secrets, hooks, working directories.
#pragma once

#include "util/buffer.h"

#include <sys/stat.h>
#include <sys/types.h>

// Reads a regular file of at most `maximum` bytes; SYSTEM with errno otherwise.
MUST_USE enum status file_read(const char *path, size_t maximum, struct buffer *content);
// Whether the group of that name, if there is one, may read the file.
bool file_is_of_group(const struct stat *info, const char *group);
// The names of the files of a folder, sorted; hidden files and those ending in ~ do not count. At
// most `maximum`, ending with NULL; *is_cut when there are more. Free with file_names_free.
char **file_names_new(const char *folder, size_t maximum, bool *is_cut);
// The same, but those ending in ~ count, and names of folders end with a slash.
char **file_entries_new(const char *folder, size_t maximum, bool *is_cut);
void file_names_free(char **names);
// Puts a file of mode 0600 with that content into the folder, at once and as a whole: whoever reads
// finds the old one or the new. Survives the death of the process when it returns; of the machine a
// few seconds later, as nothing waits for the disk. SYSTEM with errno otherwise.
MUST_USE enum status file_replace(const char *folder, const char *name, struct slice content);
// What is no record is renamed to the same with a ~ behind it, so that nobody takes it up again;
// `message` and `why` are said in the log.
void file_set_aside(const char *path, const char *message, const char *why);
// Whether no other process has the folder: *fd keeps it until it is closed. REFUSED otherwise.
MUST_USE enum status file_lock_folder(const char *folder, int *fd);
// Makes a folder of mode 0700 and, where need be, the one above it.
MUST_USE enum status file_make_folder(const char *path);
// With everything in it, however deep; does not follow links.
void file_remove_folder(const char *path);
