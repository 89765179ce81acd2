// SPDX-License-Identifier: ISC
#include "sip/registration_contacts.h"

#include "util/limits.h"

static void assign(struct buffer *buffer, struct slice text)
{
    buffer_clear(buffer);
    buffer_append(buffer, text);
}

void registration_contacts_init(struct registration_contacts *contacts)
{
    struct buffer *const texts[] = { &contacts->current, &contacts->home, &contacts->sent,
                                     &contacts->bound };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_init(texts[i], LIMIT_SIP_LINE);
    for (size_t i = 0; i < REGISTRATION_LEFT_OVER_MAX; i++)
        buffer_init(&contacts->left_over[i].uri, LIMIT_SIP_LINE);
    contacts->left_over_count = 0;
    contacts->is_open = contacts->is_single = contacts->is_taking_off = false;
}

static void remove_left_over(struct registration_contacts *contacts, size_t index)
{
    struct registration_left_over removed = contacts->left_over[index];
    for (size_t i = index + 1; i < contacts->left_over_count; i++)
        contacts->left_over[i - 1] = contacts->left_over[i];
    contacts->left_over[--contacts->left_over_count] = removed;
}

/* One that may never have been bound gives way, else the oldest: it ends first by itself. */
static void make_room(struct registration_contacts *contacts)
{
    size_t index = 0;
    while (index < contacts->left_over_count && contacts->left_over[index].is_certain)
        index++;
    remove_left_over(contacts, index < contacts->left_over_count ? index : 0);
}

static void leave_over(struct registration_contacts *contacts, struct slice uri, bool is_certain)
{
    for (size_t i = 0; i < contacts->left_over_count; i++) {
        if (!slice_equal(buffer_slice(&contacts->left_over[i].uri), uri))
            continue;
        contacts->left_over[i].is_certain |= is_certain;
        return;
    }
    if (contacts->left_over_count == REGISTRATION_LEFT_OVER_MAX)
        make_room(contacts);
    struct registration_left_over *one = &contacts->left_over[contacts->left_over_count++];
    assign(&one->uri, uri);
    one->is_certain = is_certain;
}

void registration_contacts_leave_over(struct registration_contacts *contacts, struct slice uri)
{
    leave_over(contacts, uri, true);
}

/* What was sent without an answer may have arrived. */
static void leave_present_over(struct registration_contacts *contacts)
{
    if (contacts->bound.length)
        leave_over(contacts, buffer_slice(&contacts->bound), true);
    if (contacts->is_open && contacts->sent.length)
        leave_over(contacts, buffer_slice(&contacts->sent), false);
}

void registration_contacts_set(struct registration_contacts *contacts, struct slice uri,
                               bool is_replaced)
{
    if (is_replaced)
        contacts->left_over_count = 0;
    else
        leave_present_over(contacts);
    contacts->is_open = contacts->is_taking_off = false;
    buffer_clear(&contacts->bound);
    buffer_clear(&contacts->home);
    assign(&contacts->current, uri);
}

void registration_contacts_move(struct registration_contacts *contacts, struct slice uri)
{
    leave_present_over(contacts);
    assign(&contacts->home, buffer_slice(&contacts->current));
    assign(&contacts->current, uri);
}

bool registration_contacts_return(struct registration_contacts *contacts)
{
    if (!contacts->home.length)
        return false;
    assign(&contacts->current, buffer_slice(&contacts->home));
    buffer_clear(&contacts->home);
    contacts->left_over_count = 0; /* among them was what is current again */
    return true;
}

static void write_one(struct sip_writer *lines, struct slice uri, struct slice parameters)
{
    struct buffer value;
    buffer_init(&value, LIMIT_SIP_LINE);
    buffer_append_byte(&value, '<');
    buffer_append(&value, uri);
    buffer_append_byte(&value, '>');
    buffer_append(&value, parameters);
    sip_writer_header(lines, SIP_HEADER_CONTACT, buffer_slice(&value));
    buffer_free(&value);
}

static void write_left_over(const struct registration_contacts *contacts, struct sip_writer *lines,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct slice uri = buffer_slice(&contacts->left_over[i].uri);
        if (!slice_equal(uri, buffer_slice(&contacts->sent)))
            write_one(lines, uri, slice_of(";expires=0"));
    }
}

void registration_contacts_write(struct registration_contacts *contacts, struct sip_writer *lines,
                                 struct slice uri_parameters, struct slice parameters)
{
    contacts->is_taking_off = contacts->is_single && contacts->left_over_count;
    if (contacts->is_taking_off) {
        buffer_clear(&contacts->sent);
        write_left_over(contacts, lines, 1);
        return;
    }
    assign(&contacts->sent, buffer_slice(&contacts->current));
    buffer_append(&contacts->sent, uri_parameters);
    contacts->is_open = true;
    write_one(lines, buffer_slice(&contacts->sent), parameters);
    write_left_over(contacts, lines, contacts->left_over_count);
}

void registration_contacts_granted(struct registration_contacts *contacts)
{
    assign(&contacts->bound, buffer_slice(&contacts->sent));
    contacts->left_over_count = 0;
    contacts->is_open = false;
}

void registration_contacts_refused(struct registration_contacts *contacts)
{
    contacts->is_open = false;
}

bool registration_contacts_took_off(struct registration_contacts *contacts)
{
    if (!contacts->is_taking_off)
        return false;
    contacts->is_taking_off = false;
    if (contacts->left_over_count)
        remove_left_over(contacts, 0);
    return true;
}

bool registration_contacts_go_singly(struct registration_contacts *contacts)
{
    for (size_t i = 0; i < contacts->left_over_count && !contacts->is_single; i++)
        if (!slice_equal(buffer_slice(&contacts->left_over[i].uri), buffer_slice(&contacts->sent)))
            return contacts->is_single = true;
    return false;
}

void registration_contacts_expired(struct registration_contacts *contacts)
{
    buffer_clear(&contacts->bound);
    contacts->left_over_count = 0;
    contacts->is_open = false;
}

size_t registration_contacts_known(const struct registration_contacts *contacts,
                                   struct slice uris[REGISTRATION_KNOWN_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < contacts->left_over_count; i++)
        uris[count++] = buffer_slice(&contacts->left_over[i].uri);
    if (contacts->bound.length)
        uris[count++] = buffer_slice(&contacts->bound);
    bool is_same = slice_equal(buffer_slice(&contacts->bound), buffer_slice(&contacts->sent));
    if (contacts->is_open && contacts->sent.length && !is_same)
        uris[count++] = buffer_slice(&contacts->sent);
    return count;
}

void registration_contacts_free(struct registration_contacts *contacts)
{
    struct buffer *const texts[] = { &contacts->current, &contacts->home, &contacts->sent,
                                     &contacts->bound };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_free(texts[i]);
    for (size_t i = 0; i < REGISTRATION_LEFT_OVER_MAX; i++)
        buffer_free(&contacts->left_over[i].uri);
}
