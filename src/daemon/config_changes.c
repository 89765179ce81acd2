// SPDX-License-Identifier: ISC
#include "daemon/config_changes.h"

#include "util/memory.h"

#include <stdlib.h>
#include <string.h>

static const void *field_of(const struct config *config, const struct config_row *row)
{
    return (const char *)config + row->offset;
}

static bool list_differs(const struct config_list *left, const struct config_list *right)
{
    if (left->count != right->count)
        return true;
    for (size_t i = 0; i < left->count; i++)
        if (strcmp(left->items[i], right->items[i]) != 0)
            return true;
    return false;
}

static bool differs(const struct config *old, const struct config *next,
                    const struct config_row *row)
{
    const void *left = field_of(old, row);
    const void *right = field_of(next, row);
    switch (row->type) {
    case CONFIG_TEXT:
        return strcmp(*(char *const *)left, *(char *const *)right) != 0;
    case CONFIG_NUMBER:
        return *(const uint32_t *)left != *(const uint32_t *)right;
    case CONFIG_BOOL:
        return *(const bool *)left != *(const bool *)right;
    case CONFIG_LIST:
        return list_differs(left, right);
    }
    return false;
}

/* Only texts need a restart. */
static void keep(const struct config *old, struct config *next, const struct config_row *row)
{
    char **field = (char **)((char *)next + row->offset);
    free(*field);
    *field = memory_copy_text(*(char *const *)field_of(old, row));
}

/* The rows say how; where to is derived from several. */
static bool has_other_server(const struct config *old, const struct config *next)
{
    return strcmp(old->host, next->host) != 0 || old->port != next->port ||
           old->is_tls != next->is_tls || old->has_transport != next->has_transport ||
           strcmp(old->tls_identity, next->tls_identity) != 0;
}

void config_changes_find(const struct config *old, struct config *next,
                         struct config_changes *changes)
{
    const struct config_row *row;
    *changes = (struct config_changes){
        .needs_connection = has_other_server(old, next),
        .has_other_owner = old->owner != next->owner,
    };
    for (size_t i = 0; i < CONFIG_ROWS_MAX && (row = config_row_at(i)); i++) {
        if (!differs(old, next, row) && old->contents[i] == next->contents[i])
            continue;
        if (row->reload == CONFIG_AT_RESTART) {
            changes->waiting[changes->waiting_count++] = row->name;
            keep(old, next, row);
            continue;
        }
        changes->applied[changes->applied_count++] = row->name;
        changes->needs_connection |= row->reload == CONFIG_RECONNECTS;
    }
}
