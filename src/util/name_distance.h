// SPDX-License-Identifier: ISC
// How far two names are apart, to say which one was meant.
#pragma once

#include <stddef.h>

// Levenshtein's distance; `right` has at most 63 bytes.
size_t name_distance(const char *left, const char *right);
