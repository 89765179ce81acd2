// SPDX-License-Identifier: ISC
// Certificates that are about to expire: when they are warned of, and in which words (threat A8).
#include "daemon/expiry_watch.h"
#include "tests/suite.h"
#include "util/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOUR ((time_ms)3600 * 1000)
#define DAY  (24 * HOUR)

static int warnings;
static char last[512];

static void on_line(enum log_level level, const char *line, const char *sentence,
                    const struct log_field *fields)
{
    (void)sentence;
    (void)fields;
    ck_assert_int_eq(level, LOG_LEVEL_WARNING);
    warnings++;
    strncpy(last, line, sizeof(last) - 1);
}

static const time_ms start = 1800000000000; // of the wall clock

static void setup(struct expiry_watch *watch)
{
    log_set_sink(on_line);
    log_set_level(LOG_LEVEL_INFO);
    warnings = 0;
    expiry_watch_init(watch);
}

/* Deadline by deadline, as the engine does it. */
static void pass(struct expiry_watch *watch, time_ms *now, time_ms span)
{
    time_ms end = *now + span;
    while (expiry_watch_deadline(watch) <= end) {
        *now = expiry_watch_deadline(watch) > *now ? expiry_watch_deadline(watch) : *now;
        expiry_watch_timeout(watch, *now, start + *now);
    }
    *now = end;
}

static const char *text_of(const struct expiry_watch *watch, enum expiry_owner owner, time_ms wall)
{
    static char line[512];
    struct buffer text;
    buffer_init(&text, sizeof(line));
    bool has = expiry_watch_text(watch, owner, wall, &text);
    ck_assert_int_eq(has, text.length > 0);
    snprintf(line, sizeof(line), "%.*s", (int)text.length, text.length ? text.data : "");
    buffer_free(&text);
    return line;
}

START_TEST(nothing_is_said_of_no_certificate)
{
    struct expiry_watch watch;
    time_ms now = 5;
    setup(&watch);
    ck_assert_int_eq(expiry_watch_deadline(&watch), TIME_NEVER);
    pass(&watch, &now, 100 * DAY);
    ck_assert_int_eq(warnings, 0);
    ck_assert_str_eq(text_of(&watch, EXPIRY_SERVER, start), "");
}
END_TEST

START_TEST(a_warning_comes_14_days_before_and_then_once_a_day)
{
    struct expiry_watch watch;
    time_ms now = 0;
    setup(&watch);
    expiry_watch_set(&watch, EXPIRY_SERVER, start + 30 * DAY);
    pass(&watch, &now, 16 * DAY - HOUR);
    ck_assert_int_eq(warnings, 0);
    ck_assert_str_eq(text_of(&watch, EXPIRY_SERVER, start + now), "");
    pass(&watch, &now, 2 * HOUR);
    ck_assert_int_eq(warnings, 1);
    ck_assert_ptr_nonnull(strstr(last, "days=14"));
    ck_assert_ptr_nonnull(strstr(text_of(&watch, EXPIRY_SERVER, start + now), "tell the provider"));
    pass(&watch, &now, 22 * HOUR);
    ck_assert_int_eq(warnings, 1);
    pass(&watch, &now, 2 * HOUR);
    ck_assert_int_eq(warnings, 2);
    pass(&watch, &now, 10 * DAY);
    ck_assert_int_eq(warnings, 12);
}
END_TEST

START_TEST(the_same_certificate_again_is_no_news_another_is)
{
    struct expiry_watch watch;
    time_ms now = 0;
    setup(&watch);
    expiry_watch_set(&watch, EXPIRY_OWN, start + 2 * DAY);
    pass(&watch, &now, HOUR);
    expiry_watch_set(&watch, EXPIRY_OWN, start + 2 * DAY);
    pass(&watch, &now, HOUR);
    ck_assert_int_eq(warnings, 1);
    expiry_watch_set(&watch, EXPIRY_OWN, start + 3 * DAY);
    pass(&watch, &now, HOUR);
    ck_assert_int_eq(warnings, 2);
    expiry_watch_set(&watch, EXPIRY_OWN, start + 300 * DAY);
    pass(&watch, &now, 5 * DAY);
    ck_assert_int_eq(warnings, 2);
    expiry_watch_set(&watch, EXPIRY_OWN, TIME_NEVER);
    ck_assert_int_eq(expiry_watch_deadline(&watch), TIME_NEVER);
}
END_TEST

START_TEST(the_end_is_told_at_once)
{
    struct expiry_watch watch;
    time_ms now = 0;
    setup(&watch);
    expiry_watch_set(&watch, EXPIRY_SERVER, start + 2 * HOUR);
    pass(&watch, &now, 2 * HOUR + 999);
    ck_assert_int_eq(warnings, 1);
    ck_assert_int_eq(expiry_watch_stage(&watch, EXPIRY_SERVER, start + now), EXPIRY_NEAR);
    pass(&watch, &now, 1);
    ck_assert_int_eq(warnings, 2);
    ck_assert_int_eq(expiry_watch_stage(&watch, EXPIRY_SERVER, start + now), EXPIRY_OVER);
    pass(&watch, &now, 23 * HOUR);
    ck_assert_int_eq(warnings, 2);
}
END_TEST

START_TEST(a_line_says_whose_when_and_what_to_do)
{
    struct expiry_watch watch;
    setup(&watch);
    setenv("TZ", "UTC", 1);
    tzset();
    expiry_watch_set(&watch, EXPIRY_SERVER, start + DAY);
    expiry_watch_set(&watch, EXPIRY_OWN, start + DAY);
    ck_assert_str_eq(text_of(&watch, EXPIRY_SERVER, start),
                     "the server's certificate expires on 2027-01-16 08:00: tell the provider");
    ck_assert_str_eq(
        text_of(&watch, EXPIRY_OWN, start),
        "our own certificate expires on 2027-01-16 08:00: renew tls.cert_file and reload");
    ck_assert_ptr_nonnull(strstr(text_of(&watch, EXPIRY_OWN, start + DAY + 999), " expires on "));
    ck_assert_str_eq(
        text_of(&watch, EXPIRY_SERVER, start + DAY + 1000),
        "the server's certificate has expired on 2027-01-16 08:00: the next connection "
        "will be refused: tell the provider");
    ck_assert_ptr_nonnull(strstr(text_of(&watch, EXPIRY_OWN, start + 2 * DAY), "may refuse us"));
}
END_TEST

SUITE_MAIN("daemon/expiry_watch", nothing_is_said_of_no_certificate,
           a_warning_comes_14_days_before_and_then_once_a_day,
           the_same_certificate_again_is_no_news_another_is, the_end_is_told_at_once,
           a_line_says_whose_when_and_what_to_do)
