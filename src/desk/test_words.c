// SPDX-License-Identifier: ISC
#include "desk/test_words.h"

#include "util/buffer.h"
#include "util/limits.h"

enum {
    HEADERS_MAX = 8
};

static const struct {
    const char *name;
    const char *value;
} sensible[] = {
    { "from", "+4930123456" },
    { "direction", "in" },
    { "trust", "none" },
};

/* Calls bring what line events do not. */
static bool is_of_call(enum event_kind kind)
{
    return kind != EVENT_ONLINE && kind != EVENT_OFFLINE && kind != EVENT_MWI;
}

static struct slice uri_of(struct arena *arena, struct slice user)
{
    struct buffer text;
    buffer_init(&text, LIMIT_CONTROL_LINE);
    buffer_append_text(&text, "sip:");
    buffer_append(&text, user);
    buffer_append_text(&text, "@example.invalid");
    struct slice uri = arena_copy(arena, buffer_slice(&text));
    buffer_free(&text);
    return uri;
}

static void fill_rest(struct event *event, struct arena *arena)
{
    for (size_t i = 0; is_of_call(event->kind) && i < sizeof(sensible) / sizeof(*sensible); i++) {
        const struct event_field *field =
            event_field_find(slice_of(sensible[i].name), EVENT_IN_TEST);
        if (!event_field_get(field, event).data)
            event_field_set(field, event, slice_of(sensible[i].value));
    }
    event->call_id = slice_of(is_of_call(event->kind) ? "test" : "");
    if (event->from.length && !event->from_uri.length)
        event->from_uri = uri_of(arena, event->from);
    if (event->to.length && !event->to_uri.length)
        event->to_uri = uri_of(arena, event->to);
}

/* Names of values are lower case, without hyphens. */
static bool is_header_name(struct slice name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '-' || (name.data[i] >= 'A' && name.data[i] <= 'Z'))
            return true;
    return false;
}

static bool take_header(struct event *event, struct arena *arena, struct slice name,
                        struct slice value)
{
    if (!is_header_name(name) || event->header_count == HEADERS_MAX)
        return false;
    if (!event->header_count) {
        event->header_names = arena_allocate(arena, HEADERS_MAX * sizeof(struct slice));
        event->header_values = arena_allocate(arena, HEADERS_MAX * sizeof(struct slice));
    }
    ((struct slice *)event->header_names)[event->header_count] = name;
    ((struct slice *)event->header_values)[event->header_count++] = value;
    return true;
}

static bool take_value(struct event *event, struct arena *arena, struct slice name,
                       struct slice value)
{
    const struct event_field *field = event_field_find(name, EVENT_IN_TEST);
    if (!field)
        return take_header(event, arena, name, value);
    event_field_set(field, event, value.length ? value : slice_of(""));
    return true;
}

/* From its "=" to the next word that has one. */
static struct slice take_pair(struct slice *rest, struct slice *name)
{
    size_t equals;
    struct slice first = slice_take_word(rest);
    *name = first;
    if (!slice_find(first, '=', &equals))
        return slice_empty();
    *name = slice_first(first, equals);
    struct slice value = slice_skip(first, equals + 1);
    for (struct slice after = *rest; after.length;) {
        struct slice word = slice_take_word(&after);
        if (!word.length || slice_find(word, '=', &equals))
            break;
        value.length = (size_t)(word.data + word.length - value.data);
        *rest = after;
    }
    return value;
}

enum status control_test_parse(struct slice words, struct arena *arena, struct event *event,
                               const char **why)
{
    struct slice rest = slice_trim(arena_copy(arena, words));
    struct event made = { .call = 0 };
    *why = "test wants an event: incoming, outgoing, answered, dtmf, hold, resume, ended, message, "
           "mwi, transfer, online or offline";
    if (!event_kind_from_text(slice_take_word(&rest), &made.kind))
        return STATUS_MALFORMED;
    *why = "after the event stand NAME=VALUE, with the names of offhook-hooks(7) in lower case "
           "(from, to, digits, body …) or of a header (Subject, X-Door)";
    while (!slice_is_empty(slice_trim(rest))) {
        struct slice name;
        struct slice value = take_pair(&rest, &name);
        if (!take_value(&made, arena, name, value))
            return STATUS_MALFORMED;
    }
    fill_rest(&made, arena);
    *event = made;
    return STATUS_OK;
}
