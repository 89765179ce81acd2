// SPDX-License-Identifier: ISC
#include "agent/outbox.h"

#include "util/memory.h"

#include <stdio.h>
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

void outbox_put_reconnect(struct outbox *outbox, const char *why, bool is_swallowed)
{
    put(outbox, (struct outbox_item){
                    .kind = OUTBOX_RECONNECT, .text = why, .is_swallowed = is_swallowed });
}

void outbox_put_told(struct outbox *outbox, struct told *told)
{
    put(outbox, (struct outbox_item){ .kind = OUTBOX_EVENT,
                                      .event = told->event.kind,
                                      .call = told->event.call,
                                      .told = told });
}

void outbox_put_result(struct outbox *outbox, uint32_t call, enum action_kind action,
                       uint32_t status)
{
    put(outbox, (struct outbox_item){
                    .kind = OUTBOX_RESULT, .call = call, .action = action, .status = status });
}

void outbox_put_digits(struct outbox *outbox, uint32_t call, const struct action *action)
{
    struct outbox_item item = {
        .kind = OUTBOX_MEDIA_DIGITS,
        .call = call,
        .tone_ms = action->tone_ms,
        .gap_ms = action->gap_ms,
        .as_tones = action->method == ACTION_DTMF_TONE,
    };
    snprintf(item.digits, sizeof(item.digits), "%.*s", LIMIT_DIGITS_QUEUED, action->text);
    put(outbox, item);
}

void outbox_put_digit(struct outbox *outbox, uint32_t call, char digit)
{
    put(outbox, (struct outbox_item){ .kind = OUTBOX_DIGIT, .call = call, .digits = { digit } });
}

void outbox_put_collected(struct outbox *outbox, uint32_t call, const struct digit_output *output)
{
    struct outbox_item item = { .kind = OUTBOX_EVENT, .event = EVENT_DTMF, .call = call };
    if (output->kind != DIGITS_STRING)
        item = (struct outbox_item){
            .kind = OUTBOX_RESULT,
            .call = call,
            .action = ACTION_ASK,
            .status = output->kind == DIGITS_COMPLETE ? 200 : 408,
        };
    memcpy(item.digits, output->digits, sizeof(item.digits));
    put(outbox, item);
}

void outbox_put_message_result(struct outbox *outbox, uint32_t number, uint32_t status)
{
    put(outbox,
        (struct outbox_item){ .kind = OUTBOX_MESSAGE_RESULT, .call = number, .status = status });
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
        told_free(item.told);
}
