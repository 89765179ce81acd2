// SPDX-License-Identifier: ISC
#include "agent/outbox.h"

#include "util/memory.h"

#include <stdlib.h>

void outbox_init(struct outbox *outbox)
{
    list_init(&outbox->items);
}

static void put(struct outbox *outbox, struct outbox_item value)
{
    struct outbox_item *item = memory_new(sizeof(*item));
    *item = value;
    list_append(&outbox->items, &item->link);
}

void outbox_put(struct outbox *outbox, enum outbox_kind kind, uint32_t call)
{
    put(outbox, (struct outbox_item){ .kind = kind, .call = call });
}

void outbox_put_event(struct outbox *outbox, enum event_kind event, uint32_t call)
{
    put(outbox, (struct outbox_item){ .kind = OUTBOX_EVENT, .event = event, .call = call });
}

void outbox_put_reconnect(struct outbox *outbox, const char *why)
{
    put(outbox, (struct outbox_item){ .kind = OUTBOX_RECONNECT, .text = why });
}

bool outbox_take(struct outbox *outbox, struct outbox_item *item)
{
    struct list_link *link = list_take_first(&outbox->items);
    if (!link)
        return false;
    struct outbox_item *first = list_entry(link, struct outbox_item, link);
    *item = *first;
    free(first);
    return true;
}

void outbox_clear(struct outbox *outbox)
{
    struct outbox_item item;
    while (outbox_take(outbox, &item))
        ;
}
