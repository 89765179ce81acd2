// SPDX-License-Identifier: ISC
// Which files and folders are meant by paths that are to be hidden: by device and inode, with all
// the folders that lead to them, through every mount.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct hidden_places;

enum hidden_relation {
    HIDDEN_UNRELATED,
    HIDDEN_BELOW, // something hidden lies below
    HIDDEN_ITSELF
};

// `hidden` as in io/child_cage.h.
struct hidden_places *hidden_places_new(const char *const *hidden);
enum hidden_relation hidden_places_relation(const struct hidden_places *places,
                                            const struct stat *info);
// Whether the same is hidden, and no folder on the way to it has changed between the two looks.
// False when one had changed so short before the first that it cannot be told.
bool hidden_places_stand(const struct hidden_places *first, const struct hidden_places *second);
// The real path of each hidden file or folder that is there; NULL beyond the last.
const char *hidden_places_path(const struct hidden_places *places, size_t index);
void hidden_places_free(struct hidden_places *places);
