// SPDX-License-Identifier: ISC
// RFC 4475 and RFC 5118, message by message, as their tables of expected outcomes say.
#include "sip/corpus.h"
#include "sip/message.h"
#include "sip/stream.h"
#include "suite.h"

// "ok", "400 answer", "400 drop" …, "malformed"
static void describe_message(struct slice bytes, char *text, size_t size)
{
    struct arena *arena = arena_new();
    struct sip_message *message;
    if (sip_message_parse(arena, bytes, &message) != STATUS_OK)
        snprintf(text, size, "malformed");
    else if (message->defect)
        snprintf(text, size, "%u-%s", message->defect,
                 message->can_be_answered ? "answer" : "drop");
    else
        snprintf(text, size, "ok");
    arena_free(arena);
}

// "whole", "two", "waits", "breaks" or "two-breaks"
static const char *describe_framing(struct slice bytes)
{
    static const char *const words[2][3] = { { "waits", "whole", "two" },
                                             { "breaks", "whole-breaks", "two-breaks" } };
    struct sip_stream *stream = sip_stream_new();
    struct slice message;
    size_t count = 0;
    bool is_broken = false;
    sip_stream_append(stream, 0, bytes);
    for (;;) {
        enum sip_stream_item item = sip_stream_next(stream, &message);
        if (item == SIP_STREAM_NOTHING)
            break;
        count += item == SIP_STREAM_MESSAGE;
        is_broken = item == SIP_STREAM_BROKEN;
        if (is_broken)
            break;
    }
    sip_stream_free(stream);
    ck_assert_uint_le(count, 2);
    return words[is_broken][count];
}

static size_t count_failures(const char *folder)
{
    struct buffer table = corpus_read(folder, "expected");
    struct slice rest = buffer_slice(&table);
    struct corpus_row row;
    size_t failures = 0;
    while (corpus_next_row(&rest, &row)) {
        char outcome[64];
        struct buffer bytes = corpus_read(folder, row.columns[0]);
        describe_message(buffer_slice(&bytes), outcome, sizeof(outcome));
        const char *framing = describe_framing(buffer_slice(&bytes));
        if (strcmp(outcome, row.columns[1]) != 0 || strcmp(framing, row.columns[2]) != 0) {
            fprintf(stderr, "%s/%s %s %s, expected %s %s\n", folder, row.columns[0], outcome,
                    framing, row.columns[1], row.columns[2]);
            failures++;
        }
        buffer_free(&bytes);
    }
    buffer_free(&table);
    return failures;
}

START_TEST(each_message_of_rfc_4475_has_the_outcome_of_its_row)
{
    ck_assert_uint_eq(count_failures("rfc4475"), 0);
}
END_TEST

START_TEST(each_message_of_rfc_5118_has_the_outcome_of_its_row)
{
    ck_assert_uint_eq(count_failures("rfc5118"), 0);
}
END_TEST

SUITE_MAIN("sip/torture", each_message_of_rfc_4475_has_the_outcome_of_its_row,
           each_message_of_rfc_5118_has_the_outcome_of_its_row)
