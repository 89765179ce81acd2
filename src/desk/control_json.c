// SPDX-License-Identifier: ISC
#include "desk/control_json.h"

#include "util/plain_text.h"

static void append_string(struct buffer *json, struct slice text)
{
    buffer_append_byte(json, '"');
    plain_text_append_string(json, text);
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

void control_json_item(struct buffer *json, struct slice value)
{
    if (json->length && json->data[json->length - 1] != '[')
        buffer_append_byte(json, ',');
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
    const struct event_field *field;
    for (size_t i = 0; (field = event_field_at(i)); i++) {
        struct slice value = event_field_get(field, event);
        if (field->uses & EVENT_IN_JSON && value.length)
            control_json_text(json, field->name, value);
    }
}

void control_json_environment(struct buffer *json, char *const *environment)
{
    control_json_name(json, "environment");
    buffer_append_byte(json, '[');
    for (bool is_first = true; *environment; environment++) {
        if (!slice_starts_with(slice_of(*environment), slice_of("OFFHOOK_")))
            continue;
        if (!is_first)
            buffer_append_byte(json, ',');
        append_string(json, slice_of(*environment));
        is_first = false;
    }
    buffer_append_byte(json, ']');
}

void control_json_event(struct buffer *json, const struct event *event, bool has_token,
                        time_ms wall)
{
    buffer_append_text(json, "{");
    control_json_number(json, "v", 1);
    control_json_text(json, "event", slice_of(event_kind_text(event->kind)));
    control_json_event_fields(json, event);
    if (has_token)
        control_json_text(json, "token", event->token);
    control_json_time(json, "t", wall);
    buffer_append_byte(json, '}');
}

void control_json_digit(struct buffer *json, struct slice call, struct slice digit, time_ms wall)
{
    buffer_append_text(json, "{");
    control_json_number(json, "v", 1);
    control_json_text(json, "event", slice_of(event_kind_text(EVENT_DTMF)));
    control_json_text(json, "call", call);
    control_json_text(json, "digit", digit);
    control_json_time(json, "t", wall);
    buffer_append_byte(json, '}');
}
