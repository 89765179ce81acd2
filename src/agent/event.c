// SPDX-License-Identifier: ISC
#include "agent/event.h"

static const char *const names[EVENT_COUNT] = {
    [EVENT_INCOMING] = "incoming", [EVENT_OUTGOING] = "outgoing", [EVENT_ANSWERED] = "answered",
    [EVENT_DTMF] = "dtmf",         [EVENT_HOLD] = "hold",         [EVENT_RESUME] = "resume",
    [EVENT_ENDED] = "ended",       [EVENT_MESSAGE] = "message",   [EVENT_MWI] = "mwi",
    [EVENT_TRANSFER] = "transfer", [EVENT_ONLINE] = "online",     [EVENT_OFFLINE] = "offline",
};

enum {
    TOLD = EVENT_IN_JSON | EVENT_IN_HOOK | EVENT_IN_TEST,
    KEPT = TOLD | EVENT_IN_RECORD,
};

#define FIELD(name, is_words, uses)                                                                \
    {                                                                                              \
#name, offsetof(struct event, name), is_words, uses                                        \
    }
static const struct event_field fields[] = {
    { "call", offsetof(struct event, call_id), false, EVENT_IN_JSON | EVENT_IN_HOOK },
    FIELD(token, false, EVENT_IN_HOOK),
    FIELD(line, true, EVENT_IN_JSON | EVENT_IN_HOOK),
    FIELD(direction, false, TOLD),
    FIELD(from, false, KEPT),
    FIELD(from_name, true, KEPT),
    FIELD(from_uri, false, KEPT),
    FIELD(to, false, KEPT),
    FIELD(to_uri, false, KEPT),
    FIELD(trust, false, KEPT),
    FIELD(diversion, false, KEPT),
    FIELD(user_to_user, false, EVENT_IN_JSON | EVENT_IN_RECORD),
    FIELD(call_info, false, EVENT_IN_JSON | EVENT_IN_RECORD),
    FIELD(identity, false, EVENT_IN_JSON),
    FIELD(state, false, TOLD),
    FIELD(result, false, KEPT),
    FIELD(code, false, KEPT),
    FIELD(reason, true, KEPT),
    FIELD(ended_by, false, KEPT),
    FIELD(ring_secs, false, KEPT),
    FIELD(talk_secs, false, KEPT),
    FIELD(digits, false, TOLD),
    FIELD(mos, false, KEPT),
    FIELD(loss_percent, false, KEPT),
    FIELD(jitter_ms, false, KEPT),
    FIELD(encryption, false, KEPT),
    FIELD(expires, false, TOLD),
    FIELD(body, true, EVENT_IN_TEST),
};

const struct event_field *event_field_at(size_t index)
{
    return index < sizeof(fields) / sizeof(*fields) ? &fields[index] : NULL;
}

const struct event_field *event_field_find(struct slice name, enum event_use use)
{
    const struct event_field *field;
    for (size_t i = 0; (field = event_field_at(i)); i++)
        if (field->uses & use && slice_equal(name, slice_of(field->name)))
            return field;
    return NULL;
}

struct slice event_field_get(const struct event_field *field, const struct event *event)
{
    return *(const struct slice *)(const void *)((const char *)event + field->offset);
}

void event_field_set(const struct event_field *field, struct event *event, struct slice value)
{
    *(struct slice *)(void *)((char *)event + field->offset) = value;
}

static struct slice *copy_slices(struct arena *arena, const struct slice *slices, size_t count)
{
    struct slice *copies = arena_allocate(arena, (count + 1) * sizeof(*copies));
    for (size_t i = 0; i < count; i++)
        copies[i] = arena_copy(arena, slices[i]);
    return copies;
}

struct event event_copy(struct arena *arena, const struct event *event)
{
    const struct event_field *field;
    struct event copy = *event;
    for (size_t i = 0; (field = event_field_at(i)); i++)
        event_field_set(field, &copy, arena_copy(arena, event_field_get(field, event)));
    copy.header_names = copy_slices(arena, event->header_names, event->header_count);
    copy.header_values = copy_slices(arena, event->header_values, event->header_count);
    return copy;
}

const char *event_kind_text(enum event_kind kind)
{
    return names[kind];
}

bool event_kind_from_text(struct slice text, enum event_kind *kind)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            *kind = (enum event_kind)i;
            return true;
        }
    }
    return false;
}

bool event_wants_decision(enum event_kind kind)
{
    return kind == EVENT_INCOMING || kind == EVENT_OUTGOING || kind == EVENT_TRANSFER;
}
