// SPDX-License-Identifier: ISC
#include "util/name_distance.h"

#include <string.h>

size_t name_distance(const char *left, const char *right)
{
    size_t previous[64];
    size_t length = strlen(right);
    for (size_t k = 0; k <= length; k++)
        previous[k] = k;
    for (size_t i = 0; left[i]; i++) {
        size_t diagonal = previous[0];
        previous[0] = i + 1;
        for (size_t k = 1; k <= length; k++) {
            size_t above = previous[k];
            size_t best = diagonal + (left[i] != right[k - 1]);
            best = above + 1 < best ? above + 1 : best;
            previous[k] = previous[k - 1] + 1 < best ? previous[k - 1] + 1 : best;
            diagonal = above;
        }
    }
    return previous[length];
}
