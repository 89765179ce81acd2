// SPDX-License-Identifier: ISC
// Writing and reading are driven by the same tables. What is read comes from a file: nothing of it
// is believed before it has been parsed as what it claims to be.
#include "agent/call_record.h"

#include "sip/character.h"
#include "util/buffer.h"
#include "util/limits.h"

#include <stddef.h>

static const char first_line[] = "offhook-call=1\n";
static const char last_line[] = "end=yes\n";

enum {
    ID_MAX = 4,
    HEADERS_MAX = 64 // exported ones
};

// Everything that is one value, beside the facts (event_field). Those of a dialog follow the line
// that begins it.
enum place {
    IN_RECORD,
    IN_DIALOG,
};

enum type {
    IS_TEXT,   // struct slice; not written when empty
    IS_NUMBER, // uint32_t; not written when 0
    IS_TIME,   // not written when TIME_NEVER
    IS_FLAG,   // "yes"; not written when false
};

#define RECORD(key, type, member)                                                                  \
    {                                                                                              \
        key, IN_RECORD, type, offsetof(struct call_record, member)                                 \
    }
#define DIALOG(key, type, member)                                                                  \
    {                                                                                              \
        key, IN_DIALOG, type, offsetof(struct sip_dialog_state, member)                            \
    }
static const struct row {
    const char *key;
    enum place place;
    enum type type;
    size_t at;
} rows[] = {
    RECORD("id", IS_TEXT, id),
    RECORD("arrived", IS_TIME, arrived_at),
    RECORD("answered", IS_TIME, answered_at),
    RECORD("left", IS_TIME, left_at),
    RECORD("ended", IS_FLAG, has_ended),
    RECORD("told", IS_FLAG, is_told),
    RECORD("ack_cseq", IS_NUMBER, ack_cseq),
    RECORD("sent", IS_TEXT, sent.uri),
    RECORD("sent_via", IS_TEXT, via),
    RECORD("sent_from", IS_TEXT, sent.from),
    RECORD("sent_to", IS_TEXT, sent.to),
    RECORD("sent_call_id", IS_TEXT, sent.call_id),
    RECORD("sent_cseq", IS_NUMBER, sent.cseq),
    RECORD("invite", IS_TEXT, invite),
    DIALOG("local", IS_TEXT, local),
    DIALOG("remote", IS_TEXT, remote),
    DIALOG("local_tag", IS_TEXT, local_tag),
    DIALOG("remote_tag", IS_TEXT, remote_tag),
    DIALOG("target", IS_TEXT, target),
    DIALOG("local_cseq", IS_NUMBER, local_cseq),
    DIALOG("remote_cseq", IS_NUMBER, remote_cseq),
    DIALOG("confirmed", IS_FLAG, is_confirmed),
};

static const char *const debts[] = {
    [CALL_OWES_NOTHING] = "nothing",
    [CALL_OWES_REFUSAL] = "refusal",
    [CALL_OWES_CANCEL] = "cancel",
    [CALL_OWES_BYE] = "bye",
};

void call_record_write_invite(struct sip_writer *writer, const struct sip_message *invite)
{
    static const enum sip_header_id copied[] = { SIP_HEADER_FROM, SIP_HEADER_TO };
    const struct sip_header *via;
    sip_writer_request_line(writer, slice_of("INVITE"), invite->request_uri.text);
    for (size_t i = 0; (via = sip_message_header(invite, SIP_HEADER_VIA, i)); i++)
        sip_writer_header_copied(writer, SIP_HEADER_VIA, via->value, slice_empty());
    for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
        sip_writer_header_copied(writer, copied[i], sip_message_value(invite, copied[i]),
                                 slice_empty());
    sip_writer_header(writer, SIP_HEADER_CALL_ID, invite->call_id);
    sip_writer_header(writer, SIP_HEADER_CSEQ, sip_message_value(invite, SIP_HEADER_CSEQ));
    sip_writer_header_number(writer, SIP_HEADER_MAX_FORWARDS, 70);
    sip_writer_end(writer, slice_empty(), slice_empty());
}

/* Line ends and other controls as "\0d": a record is lines. */
static void write_text(struct buffer *text, const char *key, struct slice value)
{
    static const char hex[] = "0123456789abcdef";
    buffer_append_text(text, key);
    buffer_append_byte(text, '=');
    for (size_t i = 0; i < value.length; i++) {
        unsigned char byte = (unsigned char)value.data[i];
        if (!ascii_is_control(value.data[i]) && byte != '\\') {
            buffer_append_byte(text, value.data[i]);
            continue;
        }
        buffer_append_byte(text, '\\');
        buffer_append_byte(text, hex[byte >> 4]);
        buffer_append_byte(text, hex[byte & 15]);
    }
    buffer_append_byte(text, '\n');
}

static void write_number(struct buffer *text, const char *key, uint64_t number)
{
    buffer_append_text(text, key);
    buffer_append_byte(text, '=');
    buffer_append_number(text, number);
    buffer_append_byte(text, '\n');
}

static void write_row(struct buffer *text, const struct row *row, const void *from)
{
    const void *member = (const char *)from + row->at;
    const struct slice *value = member;
    const uint32_t *number = member;
    const time_ms *when = member;
    const bool *flag = member;
    if (row->type == IS_TEXT && value->length)
        write_text(text, row->key, *value);
    if (row->type == IS_NUMBER && *number)
        write_number(text, row->key, *number);
    if (row->type == IS_TIME && *when != TIME_NEVER)
        write_number(text, row->key, *when < 0 ? 0 : (uint64_t)*when);
    if (row->type == IS_FLAG && *flag)
        write_text(text, row->key, slice_of("yes"));
}

static void write_rows(struct buffer *text, enum place place, const void *from)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (rows[i].place == place)
            write_row(text, &rows[i], from);
}

static void write_facts(struct buffer *text, const struct event *event)
{
    const struct event_field *field;
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        struct slice value = event_field_get(field, event);
        if (field->uses & EVENT_IN_RECORD && value.length)
            write_text(text, field->name, value);
    }
    for (size_t i = 0; i < event->header_count; i++) {
        write_text(text, "header", event->header_names[i]);
        write_text(text, "header_value", event->header_values[i]);
    }
}

static void write_dialog(struct buffer *text, const struct sip_dialog_state *dialog)
{
    write_text(text, "dialog", dialog->call_id);
    write_rows(text, IN_DIALOG, dialog);
    for (size_t i = 0; i < dialog->route_count; i++)
        write_text(text, "route", dialog->routes[i]);
}

static enum status write_all(const struct call_record *record, bool has_facts, struct buffer *text)
{
    buffer_clear(text);
    buffer_append_text(text, first_line);
    write_text(text, "owes", slice_of(debts[record->debt]));
    write_text(text, "direction", slice_of(record->is_outgoing ? "out" : "in"));
    write_rows(text, IN_RECORD, record);
    for (size_t i = 0; i < record->sent.route_count; i++)
        write_text(text, "sent_route", record->sent.routes[i]);
    if (has_facts)
        write_facts(text, &record->facts);
    for (size_t i = 0; i < record->dialog_count; i++)
        write_dialog(text, &record->dialogs[i]);
    buffer_append_text(text, last_line);
    return buffer_status(text);
}

enum status call_record_write(const struct call_record *record, struct buffer *text)
{
    if (write_all(record, true, text) == STATUS_OK)
        return STATUS_OK;
    return write_all(record, false, text);
}

// Reading

struct reading {
    struct arena *arena;
    struct call_record *record;
    struct slice *header_names;
    struct slice *header_values;
    struct slice *sent_routes;
};

static bool read_hex(char byte, unsigned *value)
{
    if (ascii_is_digit(byte))
        *value = (unsigned)(byte - '0');
    else if (byte >= 'a' && byte <= 'f')
        *value = (unsigned)(byte - 'a') + 10;
    else
        return false;
    return true;
}

static bool unescape(struct arena *arena, struct slice text, struct slice *value)
{
    unsigned high;
    unsigned low;
    char *copy = arena_allocate(arena, text.length + 1);
    size_t length = 0;
    for (size_t i = 0; i < text.length; i++) {
        char byte = text.data[i];
        if (ascii_is_control(byte))
            return false;
        if (byte == '\\') {
            if (text.length - i < 3 || !read_hex(text.data[i + 1], &high) ||
                !read_hex(text.data[i + 2], &low))
                return false;
            byte = (char)(high << 4 | low);
            i += 2;
        }
        copy[length++] = byte;
    }
    *value = slice_make(copy, length);
    return true;
}

static bool read_value(const struct row *row, struct slice text, void *into)
{
    void *member = (char *)into + row->at;
    struct slice *value = member;
    uint64_t number;
    if (row->type == IS_TEXT) {
        *value = text;
        return true;
    }
    if (row->type == IS_FLAG) {
        *(bool *)member = true;
        return slice_equal(text, slice_of("yes"));
    }
    if (slice_to_number(text, row->type == IS_TIME ? INT64_MAX - 1 : INT32_MAX, &number) !=
        STATUS_OK)
        return false;
    if (row->type == IS_TIME)
        *(time_ms *)member = (time_ms)number;
    else
        *(uint32_t *)member = (uint32_t)number;
    return true;
}

static bool read_debt(struct reading *reading, struct slice value)
{
    for (size_t i = 0; i < sizeof(debts) / sizeof(*debts); i++) {
        if (!slice_equal(value, slice_of(debts[i])))
            continue;
        reading->record->debt = (enum call_debt)i;
        return true;
    }
    return false;
}

static bool read_direction(struct reading *reading, struct slice value)
{
    reading->record->is_outgoing = slice_equal(value, slice_of("out"));
    return reading->record->is_outgoing || slice_equal(value, slice_of("in"));
}

static bool begin_dialog(struct reading *reading, struct slice value)
{
    struct call_record *record = reading->record;
    if (record->dialog_count >= LIMIT_EARLY_DIALOGS)
        return false;
    record->dialogs[record->dialog_count++].call_id = value;
    return true;
}

static bool add_route(struct slice *routes, size_t *count, struct slice value)
{
    if (*count >= LIMIT_SIP_ROUTES)
        return false;
    routes[(*count)++] = value;
    return true;
}

static bool read_route(struct reading *reading, struct slice value)
{
    struct call_record *record = reading->record;
    if (!record->dialog_count)
        return false;
    struct sip_dialog_state *dialog = &record->dialogs[record->dialog_count - 1];
    return add_route(dialog->routes, &dialog->route_count, value);
}

static bool read_sent_route(struct reading *reading, struct slice value)
{
    return add_route(reading->sent_routes, &reading->record->sent.route_count, value);
}

static bool read_header(struct reading *reading, struct slice value)
{
    struct event *event = &reading->record->facts;
    if (event->header_count >= HEADERS_MAX || !sip_character_is_all(value, SIP_TOKEN))
        return false;
    reading->header_values[event->header_count] = slice_empty();
    reading->header_names[event->header_count++] = value;
    return true;
}

static bool read_header_value(struct reading *reading, struct slice value)
{
    size_t count = reading->record->facts.header_count;
    if (!count)
        return false;
    reading->header_values[count - 1] = value;
    return true;
}

// What is more than one value to be put away.
static const struct {
    const char *key;
    bool (*read)(struct reading *, struct slice);
} special[] = {
    { "owes", read_debt },
    { "direction", read_direction },
    { "dialog", begin_dialog },
    { "route", read_route },
    { "sent_route", read_sent_route },
    { "header", read_header },
    { "header_value", read_header_value },
};

static bool read_line(struct reading *reading, struct slice line)
{
    struct slice rest;
    struct slice value;
    struct call_record *record = reading->record;
    struct slice key = slice_cut(line, '=', &rest);
    const struct event_field *field = event_field_find(key, EVENT_IN_RECORD);
    if (!rest.data || !unescape(reading->arena, rest, &value))
        return false;
    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
        if (slice_equal(key, slice_of(special[i].key)))
            return special[i].read(reading, value);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        if (!slice_equal(key, slice_of(rows[i].key)))
            continue;
        if (rows[i].place == IN_RECORD)
            return read_value(&rows[i], value, record);
        return record->dialog_count &&
               read_value(&rows[i], value, &record->dialogs[record->dialog_count - 1]);
    }
    if (!field)
        return false;
    event_field_set(field, &record->facts, value);
    return true;
}

static bool is_address(struct slice text)
{
    struct sip_address address;
    return sip_address_parse(text, &address) == STATUS_OK && !address.is_wildcard;
}

static bool is_uri(struct slice text)
{
    struct sip_uri uri;
    return sip_uri_parse(text, &uri) == STATUS_OK;
}

static bool are_routes(const struct slice *routes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_address(routes[i]))
            return false;
    return true;
}

static bool is_dialog(const struct sip_dialog_state *dialog)
{
    return dialog->call_id.length && dialog->local_tag.length && is_address(dialog->local) &&
           is_address(dialog->remote) && is_uri(dialog->target) &&
           are_routes(dialog->routes, dialog->route_count);
}

static bool is_sent(const struct call_record *record)
{
    const struct sip_request *sent = &record->sent;
    struct sip_via via;
    return is_uri(sent->uri) && is_address(sent->from) && is_address(sent->to) &&
           sent->call_id.length && sent->cseq && are_routes(sent->routes, sent->route_count) &&
           sip_via_parse(record->via, &via) == STATUS_OK && via.branch.length;
}

static bool is_invite(struct arena *arena, struct slice text)
{
    struct sip_message *message;
    return sip_message_parse(arena, text, &message) == STATUS_OK && message->is_request &&
           message->method == SIP_METHOD_INVITE && !message->defect;
}

static bool is_id(struct slice id)
{
    for (size_t i = 0; i < id.length; i++)
        if (!ascii_is_letter(id.data[i]) && !ascii_is_digit(id.data[i]))
            return false;
    return id.length && id.length <= ID_MAX;
}

/* NULL when all that its debt needs is there. */
static const char *fault_of(struct arena *arena, const struct call_record *record)
{
    if (!is_id(record->id) || record->arrived_at == TIME_NEVER)
        return "it does not say which call it is of";
    for (size_t i = 0; i < record->dialog_count; i++)
        if (!is_dialog(&record->dialogs[i]))
            return "its dialog is not one";
    if (record->invite.length && !is_invite(arena, record->invite))
        return "its INVITE is not one";
    if (record->debt == CALL_OWES_BYE && record->dialog_count != 1)
        return "it has no dialog";
    if (record->debt == CALL_OWES_REFUSAL && (record->dialog_count != 1 || !record->invite.length))
        return "it has no INVITE";
    if (record->debt == CALL_OWES_CANCEL && !is_sent(record))
        return "it has no INVITE that could be cancelled";
    return NULL;
}

static void reading_init(struct reading *reading, struct arena *arena, struct call_record *record)
{
    *record = (struct call_record){
        .arrived_at = TIME_NEVER,
        .answered_at = TIME_NEVER,
        .left_at = TIME_NEVER,
        .dialogs = arena_allocate(arena, LIMIT_EARLY_DIALOGS * sizeof(*record->dialogs)),
    };
    *reading = (struct reading){
        .arena = arena,
        .record = record,
        .header_names = arena_allocate(arena, HEADERS_MAX * sizeof(struct slice)),
        .header_values = arena_allocate(arena, HEADERS_MAX * sizeof(struct slice)),
        .sent_routes = arena_allocate(arena, LIMIT_SIP_ROUTES * sizeof(struct slice)),
    };
    record->facts.header_names = reading->header_names;
    record->facts.header_values = reading->header_values;
    record->sent.method = SIP_METHOD_INVITE;
    record->sent.routes = reading->sent_routes;
}

/* The lines between the first and the last one. */
static bool strip_ends(struct slice *text)
{
    struct slice first = slice_of(first_line);
    struct slice last = slice_of(last_line);
    if (!slice_starts_with(*text, first) || !slice_ends_with(*text, last) ||
        text->length < first.length + last.length)
        return false;
    *text = slice_skip(slice_first(*text, text->length - last.length), first.length);
    return true;
}

enum status call_record_parse(struct arena *arena, struct slice text, struct call_record *record,
                              const char **why)
{
    struct call_record read;
    struct reading reading;
    *why = "it is not a whole record of this version";
    if (text.length > LIMIT_CALL_RECORD || !strip_ends(&text))
        return STATUS_MALFORMED;
    reading_init(&reading, arena, &read);
    while (text.length) {
        if (!read_line(&reading, slice_cut(text, '\n', &text))) {
            *why = "it has a line that is none of a record";
            return STATUS_MALFORMED;
        }
    }
    *why = fault_of(arena, &read);
    if (*why)
        return STATUS_MALFORMED;
    *why = "";
    *record = read;
    return STATUS_OK;
}
