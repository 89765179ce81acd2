// SPDX-License-Identifier: ISC
#include "control/control_json.h"

#include "util/utf8.h"

static void append_string(struct buffer *json, struct slice text)
{
    buffer_append_byte(json, '"');
    while (text.length) {
        uint32_t code;
        size_t length = utf8_read(text, &code);
        uint8_t byte = (uint8_t)text.data[0];
        if (length == 0)
            buffer_append_text(json, "\xef\xbf\xbd");
        else if (byte < 0x20 || byte == 0x7f)
            buffer_append_format(json, "\\u%04x", byte);
        else if (byte == '"' || byte == '\\')
            buffer_append_format(json, "\\%c", byte);
        else
            buffer_append(json, slice_first(text, length));
        text = slice_skip(text, length ? length : 1);
    }
    buffer_append_byte(json, '"');
}

void control_json_name(struct buffer *json, const char *name)
{
    char last = json->length ? json->data[json->length - 1] : '{';
    if (last != '{' && last != '[')
        buffer_append_byte(json, ',');
    append_string(json, slice_of(name));
    buffer_append_byte(json, ':');
}

void control_json_text(struct buffer *json, const char *name, struct slice value)
{
    control_json_name(json, name);
    append_string(json, value);
}

void control_json_number(struct buffer *json, const char *name, int64_t value)
{
    control_json_name(json, name);
    buffer_append_format(json, "%lld", (long long)value);
}

void control_json_bool(struct buffer *json, const char *name, bool value)
{
    control_json_name(json, name);
    buffer_append_text(json, value ? "true" : "false");
}

/* Days since 1970 to a date of the Gregorian calendar. */
static void civil_from_days(int64_t days, int *year, unsigned *month, unsigned *day)
{
    int64_t shifted = days + 719468;
    int64_t era = shifted / 146097;
    unsigned of_era = (unsigned)(shifted - era * 146097);
    unsigned years = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    unsigned of_year = of_era - (365 * years + years / 4 - years / 100);
    unsigned shifted_month = (5 * of_year + 2) / 153;
    *day = of_year - (153 * shifted_month + 2) / 5 + 1;
    *month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    *year = (int)(years + (unsigned)(era * 400)) + (*month <= 2);
}

void control_json_time(struct buffer *json, const char *name, time_ms wall)
{
    int year;
    unsigned month;
    unsigned day;
    int64_t seconds = wall / 1000;
    unsigned of_day = (unsigned)(seconds % 86400);
    civil_from_days(seconds / 86400, &year, &month, &day);
    control_json_name(json, name);
    buffer_append_format(json, "\"%04d-%02u-%02uT%02u:%02u:%02u.%03uZ\"", year, month, day,
                         of_day / 3600, of_day / 60 % 60, of_day % 60, (unsigned)(wall % 1000));
}

void control_json_event_fields(struct buffer *json, const struct event *event)
{
    const struct {
        const char *name;
        struct slice value;
    } fields[] = {
        { "call", event->call_id },
        { "line", event->line },
        { "direction", event->direction },
        { "from", event->from },
        { "from_name", event->from_name },
        { "from_uri", event->from_uri },
        { "to", event->to },
        { "to_uri", event->to_uri },
        { "trust", event->trust },
        { "diversion", event->diversion },
        { "user_to_user", event->user_to_user },
        { "call_info", event->call_info },
        { "identity", event->identity },
        { "state", event->state },
        { "result", event->result },
        { "code", event->code },
        { "reason", event->reason },
        { "ended_by", event->ended_by },
        { "ring_secs", event->ring_secs },
        { "talk_secs", event->talk_secs },
        { "digits", event->digits },
        { "mos", event->mos },
        { "loss_percent", event->loss_percent },
        { "jitter_ms", event->jitter_ms },
        { "expires", event->expires },
    };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        if (fields[i].value.length)
            control_json_text(json, fields[i].name, fields[i].value);
}

void control_json_event(struct buffer *json, const struct event *event, time_ms wall)
{
    buffer_append_text(json, "{");
    control_json_number(json, "v", 1);
    control_json_text(json, "event", slice_of(event_kind_text(event->kind)));
    control_json_event_fields(json, event);
    control_json_time(json, "t", wall);
    buffer_append_byte(json, '}');
}
