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

SUITE_MAIN("agent/event", what_is_set_is_got_and_touches_nothing_else,
           every_text_of_an_event_has_a_field, a_field_is_found_by_its_name_where_it_is_used,
           a_token_is_told_to_hooks_alone, few_fields_are_words)
