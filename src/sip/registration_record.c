// SPDX-License-Identifier: ISC
// A binding as a text, a name and a value a line. No secrets: what stands here went over the
// connection in the clear part of every REGISTER.
#include "sip/registration_private.h"
#include "util/limits.h"

enum {
    SPARE_CSEQ = 16, // should the last record not have reached the disk
    TIME_DIGITS_MAX = 15
};

static void put_line(struct buffer *record, const char *name, struct slice value)
{
    buffer_append_text(record, name);
    buffer_append_byte(record, ' ');
    buffer_append(record, value);
    buffer_append_byte(record, '\n');
}

/* What was sent and has no answer may hold as long as we have asked for. */
static time_ms known_until(const struct sip_registration *registration, time_ms now)
{
    time_ms asked = now + (time_ms)registration->expires_s * 1000;
    return registration->contacts.is_open || registration->bound_until < asked
               ? asked
               : registration->bound_until;
}

void sip_registration_write_record(const struct sip_registration *registration, time_ms now,
                                   time_ms wall, struct buffer *record)
{
    struct slice uris[REGISTRATION_KNOWN_MAX];
    bool is_replaced = registration->binding.is_outbound_agreed;
    size_t count = is_replaced ? 0 : registration_contacts_known(&registration->contacts, uris);
    if (!count)
        return;
    put_line(record, "aor", buffer_slice(&registration->aor));
    put_line(record, "registrar", buffer_slice(&registration->registrar));
    put_line(record, "call-id", slice_of(registration->call_id));
    buffer_append_format(record, "cseq %u\n", registration->cseq);
    buffer_append_format(record, "until %lld\n",
                         (long long)(known_until(registration, now) - now + wall));
    for (size_t i = 0; i < count; i++)
        put_line(record, "contact", uris[i]);
}

struct read_record {
    struct slice aor;
    struct slice registrar;
    struct slice call_id;
    uint32_t cseq;
    time_ms until;
    struct slice contacts[REGISTRATION_KNOWN_MAX];
    size_t contact_count;
};

static bool read_contact(struct slice value, struct read_record *read)
{
    struct sip_uri uri;
    if (sip_uri_parse(value, &uri) != STATUS_OK || read->contact_count == REGISTRATION_KNOWN_MAX)
        return false;
    read->contacts[read->contact_count++] = value;
    return true;
}

/* Of milliseconds since 1970. */
static bool read_time(struct slice value, time_ms *time)
{
    uint64_t number;
    if (value.length > TIME_DIGITS_MAX || slice_to_number(value, INT64_MAX, &number) != STATUS_OK)
        return false;
    *time = (time_ms)number;
    return true;
}

static bool read_line(struct slice line, struct read_record *read)
{
    struct slice value;
    struct slice name = slice_cut(line, ' ', &value);
    if (slice_equal(name, slice_of("aor")))
        read->aor = value;
    else if (slice_equal(name, slice_of("registrar")))
        read->registrar = value;
    else if (slice_equal(name, slice_of("call-id")))
        read->call_id = value;
    else if (slice_equal(name, slice_of("cseq")))
        return slice_to_uint32(value, &read->cseq) == STATUS_OK;
    else if (slice_equal(name, slice_of("until")))
        return read_time(value, &read->until);
    else
        return slice_equal(name, slice_of("contact")) && read_contact(value, read);
    return true;
}

static bool is_token(struct slice text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!ascii_is_digit(text.data[i]) && !ascii_is_letter(text.data[i]))
            return false;
    return text.length > 0;
}

static bool read_record(struct slice record, struct read_record *read)
{
    *read = (struct read_record){ .contact_count = 0 };
    while (record.length)
        if (!read_line(slice_cut(record, '\n', &record), read))
            return false;
    return read->contact_count && is_token(read->call_id) &&
           read->call_id.length < sizeof(((struct sip_registration *)0)->call_id) && read->cseq &&
           read->cseq < INT32_MAX - SPARE_CSEQ;
}

enum status sip_registration_restore(struct sip_registration *registration, time_ms now,
                                     time_ms wall, struct slice record)
{
    struct read_record read;
    if (!read_record(record, &read))
        return STATUS_MALFORMED;
    if (!slice_equal(read.aor, buffer_slice(&registration->aor)) ||
        !slice_equal(read.registrar, buffer_slice(&registration->registrar)) || read.until <= wall)
        return STATUS_OK;
    memcpy(registration->call_id, read.call_id.data, read.call_id.length);
    registration->call_id[read.call_id.length] = '\0';
    registration->cseq = read.cseq + SPARE_CSEQ;
    registration->bound_until = now + (read.until - wall);
    registration_waits_succeeded(&registration->waits);
    for (size_t i = 0; i < read.contact_count; i++)
        registration_contacts_leave_over(&registration->contacts, read.contacts[i]);
    return STATUS_OK;
}
