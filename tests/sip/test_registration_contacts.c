// SPDX-License-Identifier: ISC
// Which Contacts a REGISTER names, so that none of ours is left behind (RFC 3261 10.2.2).
#include "sip/registration_contacts.h"
#include "suite.h"

#include <stdio.h>

struct line {
    struct registration_contacts contacts;
    struct sip_writer lines;
};

static void setup(struct line *line, const char *uri)
{
    registration_contacts_init(&line->contacts);
    sip_writer_init(&line->lines);
    registration_contacts_set(&line->contacts, slice_of(uri), false);
}

static void teardown(struct line *line)
{
    registration_contacts_free(&line->contacts);
    sip_writer_free(&line->lines);
}

static void expect(struct line *line, const char *wanted)
{
    sip_writer_clear(&line->lines);
    registration_contacts_write(&line->contacts, &line->lines, slice_of(";ob"), slice_of(";q=1"));
    struct slice lines = sip_writer_slice(&line->lines);
    ck_assert_msg(slice_equal(lines, slice_of(wanted)), "%.*s", SLICE_PRINT(lines));
}

static void bind(struct line *line, const char *uri)
{
    registration_contacts_set(&line->contacts, slice_of(uri), false);
    registration_contacts_write(&line->contacts, &line->lines, slice_of(";ob"), slice_empty());
    registration_contacts_granted(&line->contacts);
}

START_TEST(what_was_bound_before_goes_by_the_same_request)
{
    struct line line;
    setup(&line, "sip:a");
    expect(&line, "Contact: <sip:a;ob>;q=1\r\n");
    registration_contacts_set(&line.contacts, slice_of("sip:b"), false); // never granted
    expect(&line, "Contact: <sip:b;ob>;q=1\r\nContact: <sip:a;ob>;expires=0\r\n");
    registration_contacts_granted(&line.contacts);
    registration_contacts_set(&line.contacts, slice_of("sip:c"), false);
    expect(&line, "Contact: <sip:c;ob>;q=1\r\nContact: <sip:b;ob>;expires=0\r\n");
    registration_contacts_set(&line.contacts, slice_of("sip:d"), false); // lost once more
    expect(&line, "Contact: <sip:d;ob>;q=1\r\nContact: <sip:b;ob>;expires=0\r\n"
                  "Contact: <sip:c;ob>;expires=0\r\n"); // which may have arrived
    registration_contacts_refused(&line.contacts);
    registration_contacts_set(&line.contacts, slice_of("sip:d"), false); // which has not been bound
    expect(&line, "Contact: <sip:d;ob>;q=1\r\nContact: <sip:b;ob>;expires=0\r\n"
                  "Contact: <sip:c;ob>;expires=0\r\n");
    registration_contacts_granted(&line.contacts);
    expect(&line, "Contact: <sip:d;ob>;q=1\r\n");
    teardown(&line);
}
END_TEST

START_TEST(the_same_contact_again_is_not_taken_off)
{
    struct line line;
    setup(&line, "sip:a");
    bind(&line, "sip:a");
    registration_contacts_set(&line.contacts, slice_of("sip:a"), false);
    expect(&line, "Contact: <sip:a;ob>;q=1\r\n");
    teardown(&line);
}
END_TEST

START_TEST(a_registrar_that_replaces_by_itself_is_told_nothing)
{
    struct line line;
    setup(&line, "sip:a");
    bind(&line, "sip:a");
    registration_contacts_set(&line.contacts, slice_of("sip:b"), true);
    expect(&line, "Contact: <sip:b;ob>;q=1\r\n");
    registration_contacts_granted(&line.contacts);
    registration_contacts_expired(&line.contacts);
    registration_contacts_set(&line.contacts, slice_of("sip:c"), false);
    expect(&line, "Contact: <sip:c;ob>;q=1\r\n");
    teardown(&line);
}
END_TEST

START_TEST(of_too_many_one_that_may_never_have_been_bound_is_given_up)
{
    struct line line;
    char uri[16];
    setup(&line, "sip:0");
    bind(&line, "sip:bound");
    for (int i = 0; i < 20; i++) {
        snprintf(uri, sizeof(uri), "sip:%d", i);
        registration_contacts_set(&line.contacts, slice_of(uri), false);
        registration_contacts_write(&line.contacts, &line.lines, slice_empty(), slice_empty());
    }
    registration_contacts_set(&line.contacts, slice_of("sip:x"), false);
    ck_assert_uint_eq(line.contacts.left_over_count, REGISTRATION_LEFT_OVER_MAX);
    expect(&line, "Contact: <sip:x;ob>;q=1\r\nContact: <sip:bound;ob>;expires=0\r\n"
                  "Contact: <sip:13>;expires=0\r\nContact: <sip:14>;expires=0\r\n"
                  "Contact: <sip:15>;expires=0\r\nContact: <sip:16>;expires=0\r\n"
                  "Contact: <sip:17>;expires=0\r\nContact: <sip:18>;expires=0\r\n"
                  "Contact: <sip:19>;expires=0\r\n");
    teardown(&line);
}
END_TEST

START_TEST(one_at_a_time_it_is_first_off_then_on)
{
    struct line line;
    setup(&line, "sip:a");
    ck_assert(!registration_contacts_go_singly(&line.contacts));
    registration_contacts_leave_over(&line.contacts, slice_of("sip:b"));
    registration_contacts_leave_over(&line.contacts, slice_of("sip:c"));
    ck_assert(registration_contacts_go_singly(&line.contacts));
    ck_assert(!registration_contacts_go_singly(&line.contacts));
    expect(&line, "Contact: <sip:b>;expires=0\r\n");
    ck_assert(registration_contacts_took_off(&line.contacts));
    expect(&line, "Contact: <sip:c>;expires=0\r\n");
    ck_assert(registration_contacts_took_off(&line.contacts));
    expect(&line, "Contact: <sip:a;ob>;q=1\r\n");
    ck_assert(!registration_contacts_took_off(&line.contacts));
    teardown(&line);
}
END_TEST

START_TEST(what_is_left_over_twice_is_taken_off_once)
{
    struct line line;
    setup(&line, "sip:a");
    registration_contacts_leave_over(&line.contacts, slice_of("sip:b"));
    registration_contacts_leave_over(&line.contacts, slice_of("sip:c"));
    registration_contacts_leave_over(&line.contacts, slice_of("sip:b"));
    expect(&line, "Contact: <sip:a;ob>;q=1\r\nContact: <sip:b>;expires=0\r\n"
                  "Contact: <sip:c>;expires=0\r\n");
    teardown(&line);
}
END_TEST

START_TEST(a_move_takes_the_former_off_and_can_be_taken_back)
{
    struct line line;
    setup(&line, "sip:home");
    bind(&line, "sip:home");
    ck_assert(!registration_contacts_return(&line.contacts));
    registration_contacts_move(&line.contacts, slice_of("sip:seen"));
    expect(&line, "Contact: <sip:seen;ob>;q=1\r\nContact: <sip:home;ob>;expires=0\r\n");
    ck_assert(registration_contacts_return(&line.contacts));
    expect(&line, "Contact: <sip:home;ob>;q=1\r\n");
    registration_contacts_move(&line.contacts, slice_of("sip:seen"));
    expect(&line, "Contact: <sip:seen;ob>;q=1\r\nContact: <sip:home;ob>;expires=0\r\n");
    registration_contacts_granted(&line.contacts);
    expect(&line, "Contact: <sip:seen;ob>;q=1\r\n");
    registration_contacts_set(&line.contacts, slice_of("sip:next"), false);
    expect(&line, "Contact: <sip:next;ob>;q=1\r\nContact: <sip:seen;ob>;expires=0\r\n");
    ck_assert(!registration_contacts_return(&line.contacts));
    teardown(&line);
}
END_TEST

SUITE_MAIN("sip/registration_contacts", what_was_bound_before_goes_by_the_same_request,
           the_same_contact_again_is_not_taken_off,
           a_registrar_that_replaces_by_itself_is_told_nothing,
           of_too_many_one_that_may_never_have_been_bound_is_given_up,
           one_at_a_time_it_is_first_off_then_on, what_is_left_over_twice_is_taken_off_once,
           a_move_takes_the_former_off_and_can_be_taken_back)
