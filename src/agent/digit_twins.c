// SPDX-License-Identifier: ISC
#include "agent/digit_twins.h"

#include <string.h>

enum {
    TWIN_MS = 2000
};

static void drop(struct digit_twins *twins, size_t count)
{
    twins->count -= count;
    memmove(twins->alone, twins->alone + count, twins->count * sizeof(*twins->alone));
}

/* Those before it have lost theirs on the way. */
static bool has_twin(struct digit_twins *twins, char digit)
{
    for (size_t i = 0; i < twins->count; i++) {
        if (twins->alone[i].digit != digit)
            continue;
        drop(twins, i + 1);
        return true;
    }
    return false;
}

bool digit_twins_is_new(struct digit_twins *twins, time_ms now, char digit, bool is_info)
{
    while (twins->count && now >= twins->alone[0].at + TWIN_MS)
        drop(twins, 1);
    if (twins->are_info != is_info) {
        if (has_twin(twins, digit))
            return false;
        twins->count = 0;
        twins->are_info = is_info;
    }
    if (twins->count == DIGIT_TWINS_MAX)
        drop(twins, 1);
    twins->alone[twins->count++] = (struct digit_twin){ digit, now };
    return true;
}
