// SPDX-License-Identifier: ISC
#include "hook/hook_names.h"

#include "agent/event.h"
#include "util/name_distance.h"

#include <string.h>

enum {
    MISSPELT = 2, // so many letters away from an event
    NAME_BYTES = 64
};

static const char *chain_at(size_t index)
{
    return index < EVENT_COUNT    ? event_kind_text((enum event_kind)index)
           : index == EVENT_COUNT ? "any"
                                  : NULL;
}

static bool is_chain(struct slice name)
{
    const char *chain;
    for (size_t i = 0; (chain = chain_at(i)); i++)
        if (slice_equal(name, slice_of(chain)))
            return true;
    return false;
}

bool hook_names_is_chain(const char *name)
{
    struct slice rest = slice_of(name);
    bool is_folder = rest.length > 3 && strcmp(name + rest.length - 3, ".d/") == 0;
    return is_chain(is_folder ? slice_first(rest, rest.length - 3) : rest);
}

/* Up to the first character that no event has: of "incomming.d/" it is "incomming". */
static void copy_start(char start[NAME_BYTES], const char *name)
{
    size_t length = 0;
    for (; length + 1 < NAME_BYTES && ascii_is_letter(name[length]); length++)
        start[length] = ascii_lower(name[length]);
    start[length] = '\0';
}

/* "incoming.sh" and "Incoming" begin with it, "incomming" is near it. */
static const char *meant_by(const char *name)
{
    const char *chain;
    const char *nearest = NULL;
    size_t least = MISSPELT + 1;
    char start[NAME_BYTES];
    copy_start(start, name);
    for (size_t i = 0; (chain = chain_at(i)); i++) {
        size_t distance = name_distance(start, chain);
        if (distance < least && (distance <= 1 || 4 * distance <= strlen(chain))) {
            least = distance;
            nearest = chain;
        }
    }
    return nearest;
}

bool hook_names_explain(const char *name, struct buffer *why)
{
    size_t length = strlen(name);
    bool is_folder = length && name[length - 1] == '/';
    if (name[0] == '.' || hook_names_is_chain(name))
        return false;
    const char *meant = meant_by(name);
    buffer_append(why, slice_first(slice_of(name), is_folder ? length - 1 : length));
    buffer_append_text(why, is_folder ? " is a folder of no event and" : " is no event and");
    buffer_append_text(why, " is not run");
    if (meant)
        buffer_append_format(why, ": is %s%s meant?", meant, is_folder ? ".d" : "");
    return true;
}
