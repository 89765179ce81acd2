// SPDX-License-Identifier: ISC
// Lines out of a stream that is cut anywhere.
#include "tests/suite.h"
#include "util/line_reader.h"
#include "util/memory.h"

enum {
    LINE_MAX_BYTES = 8
};

/* Lines in brackets, "!" for one that was too long. */
static void drain(struct line_reader *reader, struct buffer *seen)
{
    struct slice line;
    enum status status;
    while ((status = line_reader_next(reader, &line)) != STATUS_NEED_MORE) {
        if (status == STATUS_TOO_LARGE) {
            buffer_append_byte(seen, '!');
            continue;
        }
        ck_assert(status == STATUS_OK);
        buffer_append_byte(seen, '[');
        buffer_append(seen, line);
        buffer_append_byte(seen, ']');
    }
}

static const struct row {
    const char *stream;
    const char *seen;
    const char *rest;
} rows[] = {
    { "one\ntwo\r\n\n\r\nend", "[one][two][][]", "end" },
    { "a\rb\n", "[a\rb]", "" },
    { "12345678\n", "[12345678]", "" },
    { "123456789\nok\n", "![ok]", "" },
    { "123456789012345678901234567890\nok\n12", "![ok]", "12" },
    { "1234567890\n1234567890\nx\n", "!![x]", "" },
    { "12345678901234567890", "!", "" },
    { "", "", "" },
};

START_TEST(lines_are_the_same_wherever_the_stream_is_cut)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct slice stream = slice_of(rows[i].stream);
        for (size_t step = 1; step <= stream.length + 1; step++) {
            struct line_reader reader;
            struct buffer seen;
            line_reader_init(&reader, LINE_MAX_BYTES);
            buffer_init(&seen, 256);
            for (size_t at = 0; at < stream.length; at += step) {
                line_reader_append(&reader, slice_first(slice_skip(stream, at), step));
                drain(&reader, &seen);
            }
            ck_assert_msg(slice_equal(buffer_slice(&seen), slice_of(rows[i].seen)), "%s: %.*s",
                          rows[i].seen, SLICE_PRINT(buffer_slice(&seen)));
            ck_assert(slice_equal(line_reader_rest(&reader), slice_of(rows[i].rest)));
            line_reader_clear(&reader);
            buffer_free(&seen);
        }
    }
}
END_TEST

START_TEST(an_endless_line_takes_no_memory)
{
    struct line_reader reader;
    struct slice line;
    size_t complaints = 0;
    char *flood = memory_new(60000);
    memset(flood, 'x', 60000);
    line_reader_init(&reader, LINE_MAX_BYTES);
    for (int i = 0; i < 100; i++) {
        enum status status;
        line_reader_append(&reader, slice_make(flood, 60000));
        while ((status = line_reader_next(&reader, &line)) != STATUS_NEED_MORE)
            complaints += status == STATUS_TOO_LARGE;
    }
    ck_assert_uint_eq(complaints, 1);
    ck_assert_uint_lt(reader.bytes.capacity, 256 * 1024);
    line_reader_append(&reader, slice_of("\nfine\n"));
    ck_assert(line_reader_next(&reader, &line) == STATUS_OK);
    ck_assert(slice_equal(line, slice_of("fine")));
    line_reader_clear(&reader);
    free(flood);
}
END_TEST

SUITE_MAIN("util/line_reader", lines_are_the_same_wherever_the_stream_is_cut,
           an_endless_line_takes_no_memory)
