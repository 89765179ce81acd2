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
        buffer_init(&contacts->left_over[i], LIMIT_SIP_LINE);
    contacts->left_over_count = 0;
}

/* The oldest gives way: it is the one that ends first by itself. */
void registration_contacts_leave_over(struct registration_contacts *contacts, struct slice uri)
{
    struct buffer *texts = contacts->left_over;
    for (size_t i = 0; i < contacts->left_over_count; i++)
        if (slice_equal(buffer_slice(&texts[i]), uri))
            return;
    if (contacts->left_over_count == REGISTRATION_LEFT_OVER_MAX) {
        struct buffer oldest = texts[0];
        for (size_t i = 1; i < REGISTRATION_LEFT_OVER_MAX; i++)
            texts[i - 1] = texts[i];
        texts[--contacts->left_over_count] = oldest;
    }
    assign(&texts[contacts->left_over_count++], uri);
}

void registration_contacts_set(struct registration_contacts *contacts, struct slice uri,
                               bool is_replaced)
{
    if (is_replaced)
        contacts->left_over_count = 0;
    else if (contacts->bound.length)
        registration_contacts_leave_over(contacts, buffer_slice(&contacts->bound));
    buffer_clear(&contacts->bound);
    buffer_clear(&contacts->home);
    assign(&contacts->current, uri);
}

void registration_contacts_move(struct registration_contacts *contacts, struct slice uri)
{
    if (contacts->bound.length)
        registration_contacts_leave_over(contacts, buffer_slice(&contacts->bound));
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

void registration_contacts_write(struct registration_contacts *contacts, struct sip_writer *lines,
                                 struct slice uri_parameters, struct slice parameters)
{
    assign(&contacts->sent, buffer_slice(&contacts->current));
    buffer_append(&contacts->sent, uri_parameters);
    write_one(lines, buffer_slice(&contacts->sent), parameters);
    for (size_t i = 0; i < contacts->left_over_count; i++)
        if (!slice_equal(buffer_slice(&contacts->left_over[i]), buffer_slice(&contacts->sent)))
            write_one(lines, buffer_slice(&contacts->left_over[i]), slice_of(";expires=0"));
}

void registration_contacts_granted(struct registration_contacts *contacts)
{
    assign(&contacts->bound, buffer_slice(&contacts->sent));
    contacts->left_over_count = 0;
}

bool registration_contacts_forget(struct registration_contacts *contacts)
{
    bool had_any = contacts->left_over_count > 0;
    contacts->left_over_count = 0;
    return had_any;
}

void registration_contacts_expired(struct registration_contacts *contacts)
{
    buffer_clear(&contacts->bound);
    contacts->left_over_count = 0;
}

void registration_contacts_free(struct registration_contacts *contacts)
{
    struct buffer *const texts[] = { &contacts->current, &contacts->home, &contacts->sent,
                                     &contacts->bound };
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        buffer_free(texts[i]);
    for (size_t i = 0; i < REGISTRATION_LEFT_OVER_MAX; i++)
        buffer_free(&contacts->left_over[i]);
}
