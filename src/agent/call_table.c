// SPDX-License-Identifier: ISC
#include "agent/call_table.h"

#include "agent/call_parts.h"
#include "sip/dialog.h"
#include "util/memory.h"

#include <stdlib.h>

struct call_table {
    struct list calls; // in order of arrival
    struct list touched;
    struct list unkept, unkept_over;
    struct index by_number;
    struct index by_id;
    struct index by_dialog; // by SIP Call-ID
    struct deadlines deadlines;
    size_t live, outgoing; // of those that are not touched
};

struct call_table *call_table_new(void)
{
    struct call_table *table = memory_new(sizeof(struct call_table));
    list_init(&table->calls);
    list_init(&table->touched);
    list_init(&table->unkept);
    list_init(&table->unkept_over);
    index_init(&table->by_number);
    index_init(&table->by_id);
    index_init(&table->by_dialog);
    deadlines_init(&table->deadlines);
    return table;
}

static struct call *of_link(struct list_link *link)
{
    return list_entry(link, struct call, place.all);
}

static bool is_live(const struct call *call)
{
    return call->state < CALL_ENDING;
}

static bool is_outgoing(const struct call *call)
{
    return is_live(call) && call->is_outgoing;
}

static void keep_in(struct list *list, struct call *call)
{
    list_append(list, &call->place.unkept);
    call->place.unkept_in = list;
}

static void append_touched(struct call_table *table, struct call *call)
{
    list_append(&table->touched, &call->place.touched);
    call->place.is_touched = true;
}

/* What is touched is counted as it is when somebody asks. */
static struct call *touch(struct call_table *table, struct call *call)
{
    if (!call)
        return NULL;
    if (!call->place.unkept_in)
        keep_in(&table->unkept, call);
    if (call->place.is_touched)
        return call;
    table->live -= is_live(call);
    table->outgoing -= is_outgoing(call);
    append_touched(table, call);
    return call;
}

void call_table_add(struct call_table *table, struct call *call)
{
    list_append(&table->calls, &call->place.all);
    index_add(&table->by_number, &call->place.by_number, call->number);
    index_add(&table->by_id, &call->place.by_id, index_hash(slice_of(call->id)));
    index_add(&table->by_dialog, &call->place.by_dialog, index_hash(call_sip_call_id(call)));
    append_touched(table, call);
    keep_in(&table->unkept, call);
}

static struct call *find(const struct call_table *table, uint32_t number)
{
    struct index_link *link = index_first(&table->by_number, number);
    return link ? index_entry(link, struct call, place.by_number) : NULL;
}

const struct call *call_table_find(const struct call_table *table, uint32_t number)
{
    return find(table, number);
}

struct call *call_table_reach(struct call_table *table, uint32_t number)
{
    return touch(table, find(table, number));
}

const struct call *call_table_find_id(const struct call_table *table, struct slice id)
{
    index_for_each(link, &table->by_id, index_hash(id))
    {
        const struct call *call = index_entry(link, struct call, place.by_id);
        if (slice_equal(slice_of(call->id), id))
            return call;
    }
    return NULL;
}

struct call *call_table_reach_dialog(struct call_table *table, const struct sip_message *message,
                                     struct sip_dialog **dialog)
{
    index_for_each(link, &table->by_dialog, index_hash(message->call_id))
    {
        struct call *call = index_entry(link, struct call, place.by_dialog);
        if ((*dialog = call_find_dialog(call, message)))
            return touch(table, call);
    }
    return NULL;
}

struct call *call_table_reach_invite(struct call_table *table, const struct sip_message *message,
                                     uint32_t transaction)
{
    index_for_each(link, &table->by_dialog, index_hash(message->call_id))
    {
        struct call *call = index_entry(link, struct call, place.by_dialog);
        if (call->invite_transaction == transaction)
            return touch(table, call);
    }
    return NULL;
}

void call_table_each(struct call_table *table, time_ms now,
                     void (*change)(struct call *call, time_ms now))
{
    list_for_each(link, &table->calls)
        change(touch(table, of_link(link)), now);
}

const struct call *call_table_next(const struct call_table *table, const struct call *call)
{
    struct list_link *next = call ? call->place.all.next : table->calls.head.next;
    return next == &table->calls.head ? NULL : of_link(next);
}

size_t call_table_count(const struct call_table *table)
{
    return table->calls.count;
}

static size_t count_touched(const struct call_table *table, bool (*counts)(const struct call *))
{
    size_t count = 0;
    list_for_each(link, &table->touched)
        count += counts(list_entry(link, struct call, place.touched));
    return count;
}

size_t call_table_count_live(const struct call_table *table)
{
    return table->live + count_touched(table, is_live);
}

size_t call_table_count_outgoing(const struct call_table *table)
{
    return table->outgoing + count_touched(table, is_outgoing);
}

static struct call *take_unkept(struct list *list)
{
    struct list_link *link = list_take_first(list);
    struct call *call = link ? list_entry(link, struct call, place.unkept) : NULL;
    if (call)
        call->place.unkept_in = NULL;
    return call;
}

struct call *call_table_take_unkept(struct call_table *table, bool is_over)
{
    struct call *call;
    if (is_over)
        return take_unkept(&table->unkept_over);
    while ((call = take_unkept(&table->unkept)) && call_is_finished(call))
        keep_in(&table->unkept_over, call);
    return call;
}

struct call *call_table_next_touched(struct call_table *table, struct call *call)
{
    struct list_link *next = call ? call->place.touched.next : table->touched.head.next;
    return next == &table->touched.head ? NULL : list_entry(next, struct call, place.touched);
}

static void remove_call(struct call_table *table, struct call *call)
{
    deadlines_set(&table->deadlines, &call->place.due, TIME_NEVER);
    if (call->place.unkept_in)
        list_remove(call->place.unkept_in, &call->place.unkept);
    list_remove(&table->calls, &call->place.all);
    index_remove(&table->by_number, &call->place.by_number);
    index_remove(&table->by_id, &call->place.by_id);
    index_remove(&table->by_dialog, &call->place.by_dialog);
    call_free(call);
}

void call_table_settle(struct call_table *table)
{
    struct list_link *link;
    while ((link = list_take_first(&table->touched))) {
        struct call *call = list_entry(link, struct call, place.touched);
        call->place.is_touched = false;
        if (call_is_finished(call)) {
            remove_call(table, call);
            continue;
        }
        deadlines_set(&table->deadlines, &call->place.due, call_deadline(call));
        table->live += is_live(call);
        table->outgoing += is_outgoing(call);
    }
}

time_ms call_table_deadline(struct call_table *table)
{
    list_for_each(link, &table->touched) {
        struct call *call = list_entry(link, struct call, place.touched);
        deadlines_set(&table->deadlines, &call->place.due, call_deadline(call));
    }
    return deadlines_next(&table->deadlines);
}

void call_table_timeout(struct call_table *table, time_ms now)
{
    struct deadline *due;
    (void)call_table_deadline(table);
    while ((due = deadlines_take(&table->deadlines, now))) {
        struct call *call = deadline_entry(due, struct call, place.due);
        call_timeout(touch(table, call), now);
    }
}

void call_table_free(struct call_table *table)
{
    struct list_link *link;
    if (!table)
        return;
    while ((link = list_take_first(&table->calls)))
        call_free(of_link(link));
    index_free(&table->by_number);
    index_free(&table->by_id);
    index_free(&table->by_dialog);
    deadlines_free(&table->deadlines);
    free(table);
}
