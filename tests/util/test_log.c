// SPDX-License-Identifier: ISC
// What reaches an operator's screen.
#include "tests/suite.h"
#include "util/log.h"

static char last[5000];
static size_t count;

static void sink(enum log_level level, const char *line, const char *sentence,
                 const struct log_field *fields)
{
    (void)level;
    ck_assert_ptr_nonnull(sentence);
    ck_assert_ptr_nonnull(fields);
    ck_assert_uint_lt(strlen(line), sizeof(last));
    memcpy(last, line, strlen(line) + 1);
    count++;
}

static const struct row {
    const char *value;
    const char *line;
} rows[] = {
    { "plain", "said value=plain" },
    { "", "said value=\"\"" },
    { "two words", "said value=\"two words\"" },
    { "a=b", "said value=\"a=b\"" },
    { "say \"hi\"", "said value=\"say \\\"hi\\\"\"" },
    { "back\\slash", "said value=back\\\\slash" },
    { "\x1b[31m", "said value=\\x1B[31m" },
    { "a\nb\r\n", "said value=a\\x0Ab\\x0D\\x0A" },
    { "\xe2\x80\xae", "said value=\\xE2\\x80\\xAE" },
    { "\x7f", "said value=\\x7F" },
};

START_TEST(values_are_escaped)
{
    log_set_sink(sink);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        LOG(INFO, "said", TEXT("value", rows[i].value));
        ck_assert_str_eq(last, rows[i].line);
    }
}
END_TEST

START_TEST(a_secret_prints_as_stars)
{
    log_set_sink(sink);
    LOG(ERROR, "challenged", SLICE("realm", slice_make("abc", 2)), SECRET("password"),
        NUMBER("status", -401));
    ck_assert_str_eq(last, "challenged realm=ab password=*** status=-401");
}
END_TEST

START_TEST(only_enabled_levels_and_only_with_a_sink)
{
    LOG(ERROR, "nobody hears", NUMBER("n", 1));
    ck_assert_uint_eq(count, 0);
    log_set_sink(sink);
    log_set_level(LOG_LEVEL_WARNING);
    ck_assert(log_level() == LOG_LEVEL_WARNING);
    LOG(NOTICE, "not this", NUMBER("n", 1));
    log_write(LOG_LEVEL_DEBUG, "nor this", &(struct log_field){ .name = NULL });
    ck_assert_uint_eq(count, 0);
    LOG(WARNING, "but this", NUMBER("n", 1));
    ck_assert_uint_eq(count, 1);
    log_set_sink(NULL);
    ck_assert(!log_is_enabled(LOG_LEVEL_ERROR));
}
END_TEST

START_TEST(a_line_is_bounded_however_long_its_values_are)
{
    char text[600] = { 0 };
    struct slice value = slice_make(text, sizeof(text));
    memset(text, '\n', sizeof(text));
    log_set_sink(sink);
    LOG(INFO, "long", SLICE("a", value));
    ck_assert_uint_eq(strlen(last), strlen("long a=") + 4 * 512);
    LOG(INFO, "long", SLICE("a", value), SLICE("b", value), SLICE("c", value));
    ck_assert_uint_lt(strlen(last), 4096);
    ck_assert_uint_gt(strlen(last), 4000);
    memset(text, 'x', sizeof(text));
    LOG(INFO, "long", SLICE("a", value), SLICE("b", value), SLICE("c", value), SLICE("d", value),
        SLICE("e", value), SLICE("f", value), SLICE("g", value), SLICE("h", value));
    ck_assert_uint_eq(strlen(last), 4095);
}
END_TEST

START_TEST(every_level_has_a_name_that_reads_back)
{
    enum log_level level = LOG_LEVEL_ERROR;
    for (int i = LOG_LEVEL_ERROR; i <= LOG_LEVEL_DEBUG; i++) {
        ck_assert(log_level_from_text(slice_of(log_level_text((enum log_level)i)), &level));
        ck_assert_int_eq((int)level, i);
    }
    ck_assert(!log_level_from_text(slice_of("loud"), &level));
}
END_TEST

SUITE_MAIN("util/log", values_are_escaped, a_secret_prints_as_stars,
           only_enabled_levels_and_only_with_a_sink, a_line_is_bounded_however_long_its_values_are,
           every_level_has_a_name_that_reads_back)
