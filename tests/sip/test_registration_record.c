// SPDX-License-Identifier: ISC
// The binding as a text: what one process writes the next one reads, and nothing else is believed.
#include "sip/registration.h"
#include "suite.h"

#include <stdio.h>

enum {
    NOW = 5000,
    WALL = 1700000000
};

struct line {
    struct random random;
    struct sip_digest *digest;
    struct sip_registration *registration;
    struct buffer text;
};

static void setup(struct line *line)
{
    const struct sip_registration_settings settings = { .aor = slice_of("sip:alice@example.com"),
                                                        .expires_s = 600 };
    random_init_number(&line->random, 1);
    line->digest = sip_digest_new(&(struct sip_digest_settings){ .username = slice_of("alice"),
                                                                 .password = slice_of("secret") },
                                  &line->random);
    line->registration = sip_registration_new(&settings, line->digest, &line->random);
    buffer_init(&line->text, 4096);
}

static void teardown(struct line *line)
{
    sip_registration_free(line->registration);
    sip_digest_free(line->digest);
    buffer_free(&line->text);
}

static const char *written(struct line *line)
{
    buffer_clear(&line->text);
    sip_registration_write_record(line->registration, NOW, WALL, &line->text);
    buffer_append_byte(&line->text, '\0');
    return line->text.data;
}

/* The REGISTER on a new connection. */
static const char *sent(struct line *line)
{
    static char text[2048];
    struct sip_registration_output output;
    sip_registration_connected(line->registration, NOW, slice_of("sip:alice@192.0.2.7:1"));
    ck_assert(sip_registration_next_output(line->registration, &output));
    snprintf(text, sizeof(text), "%u %.*s %.*s", output.request.cseq,
             SLICE_PRINT(output.request.call_id), SLICE_PRINT(output.request.lines));
    return text;
}

#define RECORD                                                                                     \
    "aor sip:alice@example.com\nregistrar sip:example.com\ncall-id abc\ncseq 7\nuntil 1700000001\n"

START_TEST(what_is_written_is_read)
{
    struct line line;
    struct line next;
    setup(&line);
    setup(&next);
    ck_assert_str_eq(written(&line), "");
    (void)sent(&line);
    ck_assert(
        strstr(written(&line), "\ncseq 1\nuntil 1700600000\ncontact sip:alice@192.0.2.7:1\n"));
    ck_assert(!strstr(written(&line), "secret"));
    struct slice text = slice_of(written(&line));
    ck_assert_int_eq(sip_registration_restore(next.registration, NOW, WALL, text), STATUS_OK);
    ck_assert(
        strstr(written(&next), "\ncseq 17\nuntil 1700600000\ncontact sip:alice@192.0.2.7:1\n"));
    teardown(&line);
    teardown(&next);
}
END_TEST

static const struct {
    const char *text;
    bool is_record;
    const char *sent; // a word of the REGISTER that follows
} rows[] = {
    { RECORD "contact sip:a@b\n", true,
      "24 abc Contact: <sip:alice@192.0.2.7:1>;expires=600\r\n"
      "Contact: <sip:a@b>;expires=0\r\n" },
    { RECORD "contact sip:a@b", true, "Contact: <sip:a@b>;expires=0\r\n" },
    { "contact sip:c@d\n" RECORD "contact sip:a@b\n", true, "Contact: <sip:c@d>;expires=0\r\n" },
    // another line, or over
    { "aor sip:bob@example.com\nregistrar sip:example.com\ncall-id a\ncseq 7\nuntil 1700000001\n"
      "contact sip:a@b\n",
      true, "1 " },
    { "aor sip:alice@example.com\nregistrar sip:x\ncall-id a\ncseq 7\nuntil 1700000001\n"
      "contact sip:a@b\n",
      true, "1 " },
    { "aor sip:alice@example.com\nregistrar sip:example.com\ncall-id a\ncseq 7\nuntil 1700000000\n"
      "contact sip:a@b\n",
      true, "1 " },
    // no record
    { "", false, "1 " },
    { "\n", false, "1 " },
    { RECORD, false, "1 " },
    { RECORD "contact \n", false, "1 " },
    { RECORD "contact sip:a@b>;x\r\nContact: <sip:c\n", false, "1 " },
    { RECORD "contact sip:a@b\npassword x\n", false, "1 " },
    { RECORD "contact sip:a@b\ncseq 0\n", false, "1 " },
    { RECORD "contact sip:a@b\ncseq 4294967296\n", false, "1 " },
    { RECORD "contact sip:a@b\ncseq 2147483647\n", false, "1 " },
    { RECORD "contact sip:a@b\nuntil soon\n", false, "1 " },
    { RECORD "contact sip:a@b\nuntil 9999999999999999\n", false, "1 " },
    { RECORD "contact sip:a@b\ncall-id \n", false, "1 " },
    { RECORD "contact sip:a@b\ncall-id a b\n", false, "1 " },
    { RECORD "contact sip:a@b\ncall-id 0123456789012345678901234567890123456789\n", false, "1 " },
    { RECORD "contact sip:1@b\ncontact sip:2@b\ncontact sip:3@b\ncontact sip:4@b\n"
             "contact sip:5@b\ncontact sip:6@b\ncontact sip:7@b\ncontact sip:8@b\n"
             "contact sip:9@b\ncontact sip:10@b\ncontact sip:11@b\n",
      false, "1 " },
};

START_TEST(nothing_else_is_believed)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct line line;
        setup(&line);
        enum status status =
            sip_registration_restore(line.registration, NOW, WALL, slice_of(rows[i].text));
        ck_assert_msg((status == STATUS_OK) == rows[i].is_record, "row %zu", i);
        const char *text = sent(&line);
        ck_assert_msg(strstr(text, rows[i].sent), "row %zu: %s", i, text);
        ck_assert_msg(rows[i].sent[0] != '1' || !strstr(text, "expires=0"), "row %zu: %s", i, text);
        teardown(&line);
    }
}
END_TEST

SUITE_MAIN("sip/registration_record", what_is_written_is_read, nothing_else_is_believed)
