// SPDX-License-Identifier: ISC
// What a stranger's text becomes in the environment of a hook (threats H1 to H4).
#include "hook/environment.h"
#include "tests/suite.h"
#include "util/limits.h"

#include <stdio.h>
#include <string.h>

static const struct hook_environment_settings settings = {
    .bindir = "/opt/offhook/bin",
    .directory = "/run/offhookd/calls/k3f9",
    .socket = "/run/offhookd/control",
    .state_dir = "/var/lib/offhookd",
    .rate = 16000,
};

static const struct row {
    const char *text;
    const char *plain;
    const char *name;
} rows[] = {
    { "+493012345", "+493012345", "+493012345" },
    { "*#@._:;=?%", "*#@._:;=?%", "___.______" },
    { "Bob O'Neil", "Bob_O_Neil", "Bob O_Neil" },
    { "a,b.c+d-e", "a_b.c+d-e", "a,b.c+d-e" },
    { "-rf", "_rf", "_rf" },
    { "--", "_-", "_-" },
    { "$(id)", "__id_", "__id_" },
    { "`id`;id|id&id", "_id_;id_id_id", "_id__id_id_id" },
    { "a\nLD_PRELOAD=x", "a_LD_PRELOAD=x", "a_LD_PRELOAD_x" },
    { "() { :;}; id", "_____:;_;_id", "__ _ ____ id" },
    { "../../etc", ".._.._etc", ".._.._etc" },
    { "\x1b[31mred", "__31mred", "__31mred" },
    { "tab\there\r", "tab_here_", "tab_here_" },
    { "\x7f\x80\xff", "___", "___" },
    { "J\xc3\xbcrgen", "J__rgen", "J\xc3\xbcrgen" },
    { "\xe5\xb1\xb1\xe7\x94\xb0", "______", "\xe5\xb1\xb1\xe7\x94\xb0" },
    { "\xd0\x98\xd0\xb2", "____", "\xd0\x98\xd0\xb2" },
    { "\xc3", "_", "_" },             // cut
    { "\xc0\xaf", "__", "__" },       // longer than needed
    { "\xed\xa0\x80", "___", "___" }, // surrogate
    { "a\xe2\x80\xae"
      "b",
      "a___b", "a___b" }, // right-to-left override
    { "a\xe2\x80\x8b"
      "b",
      "a___b", "a___b" }, // zero width space
    { "\xc2\x9b"
      "31m",
      "__31m", "__31m" },                               // C1 control
    { "\xf0\x9f\x98\x80", "____", "____" },             // symbol
    { "\xef\xbc\x8f", "___", "___" },                   // full width solidus
    { "\xee\x80\x80", "___", "___" },                   // private use
    { "\xf0\xa0\x80\x80", "____", "\xf0\xa0\x80\x80" }, // letter beyond 16 bits
};

static void expect(char *const *environment, const char *name, const char *value)
{
    const char *found = hook_environment_value(environment, name);
    ck_assert_msg(found != NULL, "%s is missing", name);
    ck_assert_str_eq(found, value);
}

START_TEST(hostile_text_is_tamed)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct event event = { .from = slice_of(rows[i].text) };
        event.from_name = slice_of(rows[i].text);
        char **environment = hook_environment_new(&event, &settings);
        expect(environment, "OFFHOOK_FROM", rows[i].plain);
        expect(environment, "OFFHOOK_FROM_NAME", rows[i].name);
        hook_environment_free(environment);
    }
}
END_TEST

START_TEST(a_nul_byte_becomes_an_underscore)
{
    struct event event = { .from = slice_make("a\0b", 3), .from_name = slice_make("a\0b", 3) };
    char **environment = hook_environment_new(&event, &settings);
    expect(environment, "OFFHOOK_FROM", "a_b");
    expect(environment, "OFFHOOK_FROM_NAME", "a_b");
    hook_environment_free(environment);
}
END_TEST

/* Where letters begin and end. What lies between are signs, marks of direction, private use. */
static const struct {
    uint32_t first;
    uint32_t last;
} letters[] = {
    { 0xaa, 0xaa },     { 0xb5, 0xb5 },       { 0xba, 0xba },     { 0xc0, 0xd6 },
    { 0xd8, 0xf6 },     { 0xf8, 0x2af },      { 0x300, 0x373 },   { 0x376, 0x377 },
    { 0x37b, 0x37d },   { 0x386, 0x386 },     { 0x388, 0x52f },   { 0x531, 0x556 },
    { 0x561, 0x587 },   { 0x5d0, 0x5f2 },     { 0x620, 0x669 },   { 0x671, 0x6d3 },
    { 0x904, 0x963 },   { 0x966, 0xdff },     { 0xe01, 0xe4e },   { 0xe50, 0x10fa },
    { 0x1100, 0x115e }, { 0x1161, 0x135a },   { 0x1401, 0x166c }, { 0x1780, 0x17b3 },
    { 0x1e00, 0x1fbc }, { 0x2d00, 0x2d65 },   { 0x3041, 0x3096 }, { 0x30a1, 0x30fa },
    { 0x3105, 0x312f }, { 0x3400, 0x4dbf },   { 0x4e00, 0xa48c }, { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff }, { 0xff10, 0xff19 },   { 0xff21, 0xff3a }, { 0xff41, 0xff5a },
    { 0xff66, 0xff9f }, { 0x20000, 0x3134f },
};

static void expect_letter(uint32_t code, bool is_letter)
{
    char text[4];
    size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length; i-- > 1; code >>= 6)
        text[i] = (char)(0x80 | (code & 0x3f));
    text[0] = (char)((0xf00 >> length & 0xff) | code);
    struct event event = { .from_name = slice_make(text, length) };
    char **environment = hook_environment_new(&event, &settings);
    const char *name = hook_environment_value(environment, "OFFHOOK_FROM_NAME");
    bool is_kept = strlen(name) == length && memcmp(name, text, length) == 0;
    ck_assert_msg(is_kept == is_letter, "%02x %02x", (uint8_t)text[0], (uint8_t)text[1]);
    ck_assert(is_letter || name[strspn(name, "_")] == '\0');
    hook_environment_free(environment);
}

START_TEST(letters_are_kept_and_their_neighbours_are_not)
{
    for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
        expect_letter(letters[i].first - 1, false);
        expect_letter(letters[i].first, true);
        expect_letter(letters[i].last, true);
        expect_letter(letters[i].last + 1, false);
    }
}
END_TEST

START_TEST(a_value_is_cut_at_128_bytes_and_never_within_a_letter)
{
    char text[300];
    for (size_t ascii = 0; ascii < 4; ascii++) {
        memset(text, 'x', ascii);
        for (size_t i = ascii; i + 3 <= sizeof(text); i += 3)
            memcpy(text + i, "\xe5\xb1\xb1", 3);
        struct event event = { .from_name = slice_make(text, 3 * 90 + ascii),
                               .from = slice_make(text, 3 * 90) };
        char **environment = hook_environment_new(&event, &settings);
        size_t expected = ascii + (LIMIT_HOOK_VALUE - ascii) / 3 * 3;
        const char *name = hook_environment_value(environment, "OFFHOOK_FROM_NAME");
        ck_assert_uint_eq(strlen(name), expected);
        ck_assert(memcmp(name, text, expected) == 0);
        ck_assert_uint_eq(strlen(hook_environment_value(environment, "OFFHOOK_FROM")),
                          LIMIT_HOOK_VALUE);
        hook_environment_free(environment);
    }
}
END_TEST

START_TEST(behind_a_cut_nothing_is_taken_up_again)
{
    char text[LIMIT_HOOK_VALUE + 4];
    memset(text, 'x', sizeof(text));
    memcpy(text + LIMIT_HOOK_VALUE - 2, "\xe5\xb1\xb1", 3); // one byte too long
    struct event event = { .from_name = slice_make(text, sizeof(text)) };
    char **environment = hook_environment_new(&event, &settings);
    const char *name = hook_environment_value(environment, "OFFHOOK_FROM_NAME");
    ck_assert_uint_eq(strlen(name), LIMIT_HOOK_VALUE - 2);
    hook_environment_free(environment);
}
END_TEST

START_TEST(exported_headers_have_a_prefix_and_plain_names)
{
    const struct slice names[] = { slice_of("X-Door"), slice_of("x_9.b=c"), slice_of("Empty"),
                                   slice_of("A-very-long-header-name-that-goes-on-and-on-and-on-"
                                            "and-on-and-on") };
    const struct slice values[] = { slice_of("Front \"door\"\n"), slice_of("-v"), slice_empty(),
                                    slice_of("1") };
    struct event event = { .header_names = names, .header_values = values, .header_count = 4 };
    char **environment = hook_environment_new(&event, &settings);
    expect(environment, "OFFHOOK_HDR_X_DOOR", "Front _door__");
    expect(environment, "OFFHOOK_HDR_X_9_B_C", "_v");
    expect(environment, "OFFHOOK_HDR_EMPTY", "");
    expect(environment, "OFFHOOK_HDR_A_VERY_LONG_HEADER_NAME_THAT_GOES_ON_AND_ON_AND_ON_", "1");
    hook_environment_free(environment);
}
END_TEST

START_TEST(what_is_ours_is_taken_as_it_is)
{
    struct event event = { .kind = EVENT_DTMF };
    char **environment = hook_environment_new(&event, &settings);
    size_t count = 0;
    while (environment[count])
        count++;
    ck_assert_uint_eq(count, 8); /* nothing of the daemon's own environment */
    expect(environment, "OFFHOOK_EVENT", "dtmf");
    expect(environment, "OFFHOOK_RATE", "16000");
    expect(environment, "OFFHOOK_DIR", "/run/offhookd/calls/k3f9");
    expect(environment, "OFFHOOK_SOCKET", "/run/offhookd/control");
    expect(environment, "OFFHOOK_STATE_DIR", "/var/lib/offhookd");
    expect(environment, "PATH", "/opt/offhook/bin:/usr/local/bin:/usr/bin:/bin");
    expect(environment, "LANG", "C.UTF-8");
    expect(environment, "HOME", "/run/offhookd/calls/k3f9");
    ck_assert_ptr_null(hook_environment_value(environment, "OFFHOOK_FROM"));
    ck_assert_ptr_null(hook_environment_value(environment, "OFFHOOK_RAT"));
    hook_environment_free(environment);
    hook_environment_free(NULL);
}
END_TEST

/* All slices of an event are its facts: call_id to expires. */
static void fill(struct event *event)
{
    struct slice *first = &event->call_id;
    size_t count = (size_t)(&event->expires - first) + 1;
    for (size_t i = 0; i < count; i++)
        first[i] = slice_of("1");
}

START_TEST(only_names_of_the_contract_occur_each_once)
{
    struct buffer names;
    struct event event = { .kind = EVENT_ENDED };
    fill(&event);
    char **of_event = hook_environment_new(&event, &settings);
    char **environment = hook_environment_with(of_event, "OFFHOOK_HOOK=/hook");
    size_t found = 0;
    hook_environment_free(of_event);
    while (environment[found])
        found++;
    buffer_init(&names, 4096);
    hook_environment_names(&names);
    size_t count = 0;
    for (struct slice rest = buffer_slice(&names); rest.length; count++) {
        char name[64];
        struct slice line = slice_cut(rest, '\n', &rest);
        snprintf(name, sizeof(name), "%.*s", SLICE_PRINT(line));
        ck_assert_msg(hook_environment_value(environment, name) != NULL, "%s", name);
        for (struct slice after = rest; after.length;)
            ck_assert(!slice_equal(slice_cut(after, '\n', &after), line));
    }
    ck_assert_uint_eq(found, count);
    buffer_free(&names);
    hook_environment_free(environment);
}
END_TEST

START_TEST(every_event_has_a_name_that_reads_back)
{
    enum event_kind kind = EVENT_COUNT;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        ck_assert(event_kind_from_text(slice_of(event_kind_text((enum event_kind)i)), &kind));
        ck_assert_uint_eq(kind, i);
    }
    ck_assert(!event_kind_from_text(slice_of("any"), &kind));
    ck_assert(event_wants_decision(EVENT_INCOMING) && event_wants_decision(EVENT_OUTGOING));
    ck_assert(event_wants_decision(EVENT_TRANSFER) && !event_wants_decision(EVENT_ENDED));
}
END_TEST

SUITE_MAIN("hook/environment", hostile_text_is_tamed, a_nul_byte_becomes_an_underscore,
           letters_are_kept_and_their_neighbours_are_not,
           a_value_is_cut_at_128_bytes_and_never_within_a_letter,
           behind_a_cut_nothing_is_taken_up_again, exported_headers_have_a_prefix_and_plain_names,
           what_is_ours_is_taken_as_it_is, only_names_of_the_contract_occur_each_once,
           every_event_has_a_name_that_reads_back)
