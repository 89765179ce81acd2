// SPDX-License-Identifier: ISC
#include "media/port_choice.h"

#include "util/memory.h"

#include <stdlib.h>

void port_choice_init(struct port_choice *choice, struct random *random, uint16_t first,
                      uint16_t last)
{
    uint32_t even = (uint32_t)first + (first & 1);
    uint32_t count = even < last ? (last - even + 1) / 2 : 0;
    *choice = (struct port_choice){ .random = random, .first = (uint16_t)even, .left = count };
    choice->pairs = memory_new((count + 1) * sizeof(*choice->pairs));
    for (uint32_t i = 0; i < count; i++)
        choice->pairs[i] = (uint16_t)i;
}

bool port_choice_next(struct port_choice *choice, uint16_t *port)
{
    if (!choice->left)
        return false;
    uint32_t drawn = random_below(choice->random, choice->left);
    *port = (uint16_t)(choice->first + 2 * choice->pairs[drawn]);
    choice->pairs[drawn] = choice->pairs[--choice->left];
    return true;
}

void port_choice_free(struct port_choice *choice)
{
    free(choice->pairs);
    choice->pairs = NULL;
    choice->left = 0;
}
