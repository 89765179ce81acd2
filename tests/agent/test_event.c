// SPDX-License-Identifier: ISC
// One table says what an event tells and to whom.
#include "agent/event.h"
#include "tests/suite.h"

START_TEST(what_is_set_is_got_and_touches_nothing_else)
{
    const struct event_field *field;
    const struct event_field *other;
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        struct event event = { .kind = EVENT_DTMF };
        event_field_set(field, &event, slice_of("x"));
        ck_assert_uint_eq(event.kind, EVENT_DTMF);
        for (size_t j = 0; (other = event_field_at(j)); j++)
            ck_assert_msg(event_field_get(other, &event).length == (i == j), "%s sets %s",
                          field->name, other->name);
    }
}
END_TEST

START_TEST(every_text_of_an_event_has_a_field)
{
    struct event event = { .kind = EVENT_DTMF };
    const struct event_field *field;
    size_t bytes = 0;
    for (size_t i = 0; (field = event_field_at(i)); i++)
        bytes += sizeof(struct slice);
    /* From call_id to expires they stand one behind the other; body stands alone. */
    const char *first = (const char *)&event.call_id;
    ck_assert_uint_eq((size_t)((const char *)&event.expires - first) + 2 * sizeof(struct slice),
                      bytes);
}
END_TEST

START_TEST(a_field_is_found_by_its_name_where_it_is_used)
{
    const struct event_field *field;
    static const enum event_use uses[] = { EVENT_IN_JSON, EVENT_IN_HOOK, EVENT_IN_RECORD,
                                           EVENT_IN_TEST };
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        ck_assert_msg(field->uses, "%s", field->name);
        for (size_t j = 0; j < sizeof(uses) / sizeof(*uses); j++)
            ck_assert_ptr_eq(event_field_find(slice_of(field->name), uses[j]),
                             field->uses & uses[j] ? field : NULL);
    }
    ck_assert_ptr_null(event_field_find(slice_of("call_id"), EVENT_IN_JSON));
    ck_assert_ptr_null(event_field_find(slice_empty(), EVENT_IN_JSON));
}
END_TEST

START_TEST(a_token_is_told_to_hooks_alone)
{
    ck_assert_uint_eq(event_field_find(slice_of("token"), EVENT_IN_HOOK)->uses, EVENT_IN_HOOK);
}
END_TEST

/* All else is numbers, names and addresses: hooks get less of its bytes. */
START_TEST(few_fields_are_words)
{
    static const char *const words[] = { "line", "from_name", "reason", "body" };
    const struct event_field *field;
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        bool is_words = false;
        for (size_t j = 0; j < sizeof(words) / sizeof(*words); j++)
            is_words |= strcmp(field->name, words[j]) == 0;
        ck_assert_msg(field->is_words == is_words, "%s", field->name);
    }
}
END_TEST

/* A copy has nothing of what it was copied from: every text of struct event is in the table. */
START_TEST(a_copy_owns_every_text)
{
    struct arena *first = arena_new();
    struct arena *second = arena_new();
    struct event *event = arena_allocate(first, sizeof(*event));
    struct slice *texts = (struct slice *)(void *)((char *)event + offsetof(struct event, call_id));
    size_t count = (offsetof(struct event, header_names) - offsetof(struct event, call_id)) /
                   sizeof(struct slice);
    for (size_t i = 0; i < count; i++)
        texts[i] = arena_copy(first, slice_of("text"));
    struct slice *names = arena_allocate(first, 2 * sizeof(*names));
    names[0] = names[1] = arena_copy(first, slice_of("X-Door"));
    event->header_names = event->header_values = names;
    event->header_count = 2;
    event->body = arena_copy(first, slice_of("body"));
    struct event copy = event_copy(second, event);
    const struct slice *copied =
        (const struct slice *)(const void *)((const char *)&copy + offsetof(struct event, call_id));
    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(copied[i].data != texts[i].data, "text %zu is borrowed", i);
        ck_assert(slice_equal(copied[i], texts[i]));
    }
    ck_assert(copy.body.data != event->body.data && slice_equal(copy.body, event->body));
    for (size_t i = 0; i < 2; i++) {
        ck_assert(copy.header_names[i].data != names[i].data);
        ck_assert(slice_equal(copy.header_names[i], names[i]));
        ck_assert(slice_equal(copy.header_values[i], names[i]));
    }
    arena_free(first);
    ck_assert(slice_equal(copy.call_info, slice_of("text")));
    arena_free(second);
}
END_TEST

SUITE_MAIN("agent/event", what_is_set_is_got_and_touches_nothing_else,
           every_text_of_an_event_has_a_field, a_field_is_found_by_its_name_where_it_is_used,
           a_token_is_told_to_hooks_alone, few_fields_are_words, a_copy_owns_every_text)
