// SPDX-License-Identifier: ISC
#include "agent/call_table.h"

#include "sip/dialog.h"
#include "util/memory.h"

#include <stdlib.h>

struct call_table {
    struct call **calls; // in order of arrival
    size_t count;
    size_t capacity;
};

struct call_table *call_table_new(void)
{
    return memory_new(sizeof(struct call_table));
}

void call_table_add(struct call_table *table, struct call *call)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 8;
        table->calls = memory_resize(table->calls, table->capacity * sizeof(*table->calls));
    }
    table->calls[table->count++] = call;
}

struct call *call_table_find(const struct call_table *table, uint32_t number)
{
    for (size_t i = 0; i < table->count; i++)
        if (call_number(table->calls[i]) == number)
            return table->calls[i];
    return NULL;
}

struct call *call_table_find_id(const struct call_table *table, struct slice id)
{
    for (size_t i = 0; i < table->count; i++)
        if (slice_equal(slice_of(call_id(table->calls[i])), id))
            return table->calls[i];
    return NULL;
}

struct call *call_table_find_dialog(const struct call_table *table,
                                    const struct sip_message *message, struct sip_dialog **dialog)
{
    for (size_t i = 0; i < table->count; i++)
        if ((*dialog = call_find_dialog(table->calls[i], message)))
            return table->calls[i];
    return NULL;
}

struct call *call_table_find_invite(const struct call_table *table, uint32_t transaction)
{
    for (size_t i = 0; i < table->count; i++)
        if (call_invite_transaction(table->calls[i]) == transaction)
            return table->calls[i];
    return NULL;
}

struct call *call_table_find_transaction(const struct call_table *table, uint32_t transaction)
{
    for (size_t i = 0; i < table->count; i++)
        if (call_owns_transaction(table->calls[i], transaction))
            return table->calls[i];
    return NULL;
}

struct call *call_table_at(const struct call_table *table, size_t index)
{
    return index < table->count ? table->calls[index] : NULL;
}

size_t call_table_count(const struct call_table *table)
{
    return table->count;
}

size_t call_table_count_live(const struct call_table *table)
{
    size_t live = 0;
    for (size_t i = 0; i < table->count; i++)
        live += call_state(table->calls[i]) < CALL_ENDING;
    return live;
}

void call_table_sweep(struct call_table *table)
{
    size_t kept = 0;
    for (size_t i = 0; i < table->count; i++) {
        if (call_is_finished(table->calls[i]))
            call_free(table->calls[i]);
        else
            table->calls[kept++] = table->calls[i];
    }
    table->count = kept;
}

void call_table_free(struct call_table *table)
{
    if (!table)
        return;
    for (size_t i = 0; i < table->count; i++)
        call_free(table->calls[i]);
    free(table->calls);
    free(table);
}
