// SPDX-License-Identifier: ISC
// Intrusive doubly linked list: the link is a member of what is listed; the list owns nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list_link {
    struct list_link *previous;
    struct list_link *next;
};

struct list {
    struct list_link head; // head.next is the first, head.previous the last
    size_t count;
};

#define list_entry(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

// for (struct list_link *name …): the body must not remove `name`; use list_for_each_safe for that.
#define list_for_each(name, list)                                                                  \
    for (struct list_link *name = (list)->head.next; name != &(list)->head; name = name->next)
#define list_for_each_safe(name, list)                                                             \
    for (struct list_link *name = (list)->head.next, *name##_next = name->next;                    \
         name != &(list)->head; name = name##_next, name##_next = name->next)

static inline void list_init(struct list *list)
{
    list->head.previous = list->head.next = &list->head;
    list->count = 0;
}

static inline bool list_is_empty(const struct list *list)
{
    return list->count == 0;
}

static inline struct list_link *list_first(const struct list *list)
{
    return list->count ? list->head.next : NULL;
}

static inline void list_append(struct list *list, struct list_link *link)
{
    link->previous = list->head.previous;
    link->next = &list->head;
    list->head.previous->next = link;
    list->head.previous = link;
    list->count++;
}

static inline void list_remove(struct list *list, struct list_link *link)
{
    link->previous->next = link->next;
    link->next->previous = link->previous;
    link->previous = link->next = NULL;
    list->count--;
}

static inline struct list_link *list_take_first(struct list *list)
{
    struct list_link *link = list_first(list);
    if (link)
        list_remove(list, link);
    return link;
}
