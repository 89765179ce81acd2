// SPDX-License-Identifier: ISC
// What is written is JSON whatever the wire said; jansson reads it back.
#include "desk/control_json.h"
#include "tests/suite.h"

#include <jansson.h>
#include <string.h>

static char written[2048];

static const char *take(struct buffer *json)
{
    ck_assert_uint_lt(json->length, sizeof(written));
    memcpy(written, buffer_slice(json).data, json->length);
    written[json->length] = '\0';
    buffer_free(json);
    return written;
}

static const struct row {
    const char *text;
    const char *json;
} rows[] = {
    { "", "\"\"" },
    { "plain", "\"plain\"" },
    { "say \"hi\"", "\"say \\\"hi\\\"\"" },
    { "back\\slash", "\"back\\\\slash\"" },
    { "a\nb\tc\r", "\"a\\u000ab\\u0009c\\u000d\"" },
    { "\x1b[31m", "\"\\u001b[31m\"" },
    { "\x7f", "\"\\u007f\"" },
    { "J\xc3\xbcrgen", "\"J\xc3\xbcrgen\"" },
    { "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
    { "a\xff"
      "b",
      "\"a\xef\xbf\xbd"
      "b\"" },
    { "\xc3", "\"\xef\xbf\xbd\"" },
    { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
    { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
};

START_TEST(text_is_escaped_and_never_invalid)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct buffer json;
        char expected[128] = "{\"t\":";
        buffer_init(&json, 1024);
        buffer_append_byte(&json, '{');
        control_json_text(&json, "t", slice_of(rows[i].text));
        buffer_append_byte(&json, '}');
        json_t *object = json_loadb(json.data, json.length, 0, NULL);
        ck_assert_msg(object != NULL, "%s", rows[i].json);
        json_decref(object);
        memcpy(expected + 5, rows[i].json, strlen(rows[i].json));
        expected[5 + strlen(rows[i].json)] = '}';
        ck_assert_str_eq(take(&json), expected);
    }
}
END_TEST

START_TEST(a_nul_byte_is_escaped)
{
    struct buffer json;
    buffer_init(&json, 64);
    control_json_text(&json, "t", slice_make("a\0b", 3));
    ck_assert_str_eq(take(&json), "\"t\":\"a\\u0000b\"");
}
END_TEST

START_TEST(commas_stand_between_members_only)
{
    struct buffer json;
    buffer_init(&json, 256);
    buffer_append_byte(&json, '{');
    control_json_number(&json, "n", INT64_MIN);
    control_json_bool(&json, "yes", true);
    control_json_bool(&json, "no", false);
    control_json_name(&json, "list");
    buffer_append_text(&json, "[{");
    control_json_text(&json, "a\"b", slice_of("{"));
    control_json_number(&json, "m", 0);
    buffer_append_text(&json, "}]}");
    ck_assert_str_eq(take(&json), "{\"n\":-9223372036854775808,\"yes\":true,\"no\":false,"
                                  "\"list\":[{\"a\\\"b\":\"{\",\"m\":0}]}");
}
END_TEST

static const struct moment {
    time_ms wall;
    const char *text;
} moments[] = {
    { 0, "\"t\":\"1970-01-01T00:00:00.000Z\"" },
    { 86399999, "\"t\":\"1970-01-01T23:59:59.999Z\"" },
    { 951782400000, "\"t\":\"2000-02-29T00:00:00.000Z\"" },
    { 1709164800007, "\"t\":\"2024-02-29T00:00:00.007Z\"" },
    { 1735689599000, "\"t\":\"2024-12-31T23:59:59.000Z\"" },
    { 1795437296042, "\"t\":\"2026-11-23T12:34:56.042Z\"" },
    { 4107542400000, "\"t\":\"2100-03-01T00:00:00.000Z\"" },
};

START_TEST(time_is_rfc_3339_in_utc)
{
    for (size_t i = 0; i < sizeof(moments) / sizeof(*moments); i++) {
        struct buffer json;
        buffer_init(&json, 64);
        control_json_time(&json, "t", moments[i].wall);
        ck_assert_str_eq(take(&json), moments[i].text);
    }
}
END_TEST

START_TEST(an_event_is_one_line_without_the_token)
{
    struct buffer json;
    struct event event = { .kind = EVENT_DTMF,
                           .call_id = slice_of("k3f9"),
                           .token = slice_of("hidden"),
                           .from = slice_of("+49 \"x\""),
                           .digits = slice_of("5#"),
                           .expires = slice_of("60") };
    buffer_init(&json, 1024);
    control_json_event(&json, &event, false, 0);
    ck_assert_str_eq(take(&json), "{\"v\":1,\"event\":\"dtmf\",\"call\":\"k3f9\","
                                  "\"from\":\"+49 \\\"x\\\"\",\"digits\":\"5#\",\"expires\":\"60\","
                                  "\"t\":\"1970-01-01T00:00:00.000Z\"}");
}
END_TEST

START_TEST(a_digit_is_one_line)
{
    struct buffer json;
    buffer_init(&json, 256);
    control_json_digit(&json, slice_of("k3f9"), slice_of("5"), 0);
    ck_assert_str_eq(take(&json), "{\"v\":1,\"event\":\"dtmf\",\"call\":\"k3f9\",\"digit\":\"5\","
                                  "\"t\":\"1970-01-01T00:00:00.000Z\"}");
}
END_TEST

SUITE_MAIN("desk/control_json", text_is_escaped_and_never_invalid, a_nul_byte_is_escaped,
           commas_stand_between_members_only, time_is_rfc_3339_in_utc,
           an_event_is_one_line_without_the_token, a_digit_is_one_line)
