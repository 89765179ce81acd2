// SPDX-License-Identifier: ISC
#include "sip/corpus.h"
#include "sip/stream.h"
#include "suite.h"
#include "util/limits.h"

// What a stream gives is written down as text: "M<length>:bytes", "P" for a ping and "B:bytes".
// Pongs are left out: half a ping that comes alone looks like one.
static void drain(struct sip_stream *stream, struct buffer *transcript)
{
    struct slice bytes;
    for (;;) {
        enum sip_stream_item item = sip_stream_next(stream, &bytes);
        if (item == SIP_STREAM_NOTHING)
            return;
        if (item == SIP_STREAM_PING)
            buffer_append_text(transcript, "P");
        if (item == SIP_STREAM_MESSAGE || item == SIP_STREAM_BROKEN) {
            buffer_append_text(transcript, item == SIP_STREAM_MESSAGE ? "M" : "B");
            buffer_append_number(transcript, bytes.length);
            buffer_append_text(transcript, ":");
            buffer_append(transcript, bytes);
        }
        if (item == SIP_STREAM_BROKEN)
            return;
    }
}

static struct buffer transcribe(struct slice bytes, size_t piece, size_t first)
{
    struct buffer transcript;
    struct sip_stream *stream = sip_stream_new();
    buffer_init(&transcript, 1024 * 1024);
    for (size_t step = first ? first : piece; bytes.length; step = piece) {
        sip_stream_append(stream, 0, slice_first(bytes, step));
        bytes = slice_skip(bytes, step);
        struct buffer more;
        buffer_init(&more, 1024 * 1024);
        drain(stream, &more);
        bool is_broken = more.length && sip_stream_fault(stream)[0];
        if (!is_broken || !slice_ends_with(buffer_slice(&transcript), buffer_slice(&more)))
            buffer_append(&transcript, buffer_slice(&more));
        buffer_free(&more);
    }
    sip_stream_free(stream);
    return transcript;
}

static void assert_same_in_pieces(const char *name, struct slice bytes)
{
    struct buffer whole = transcribe(bytes, bytes.length, 0);
    for (size_t first = 0; first < bytes.length; first++) {
        struct buffer cut = transcribe(bytes, first ? bytes.length : 1, first);
        ck_assert_msg(slice_equal(buffer_slice(&cut), buffer_slice(&whole)), "%s cut at %zu", name,
                      first);
        buffer_free(&cut);
    }
    buffer_free(&whole);
}

static enum sip_stream_item feed(struct sip_stream *stream, time_ms now, const char *text)
{
    struct slice bytes;
    sip_stream_append(stream, now, slice_of(text));
    return sip_stream_next(stream, &bytes);
}

#define MESSAGE "OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\nabc"

START_TEST(waits_for_a_whole_header_block_and_body)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    ck_assert_int_eq(feed(stream, 0, "OPTIONS sip:a SIP/2.0\r\nl: 3\r\n"), SIP_STREAM_NOTHING);
    ck_assert_int_eq(feed(stream, 0, "\r\nab"), SIP_STREAM_NOTHING);
    sip_stream_append(stream, 0, slice_of("cOPT"));
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
    ck_assert(slice_equal(bytes, slice_of(MESSAGE)));
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    sip_stream_free(stream);
}
END_TEST

START_TEST(gives_several_messages_of_one_append)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    for (size_t i = 0; i < 50; i++)
        sip_stream_append(stream, 0, slice_of(MESSAGE));
    for (size_t i = 0; i < 50; i++) {
        ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
        ck_assert(slice_equal(bytes, slice_of(MESSAGE)));
    }
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    sip_stream_free(stream);
}
END_TEST

START_TEST(every_cut_of_every_message_gives_the_same)
{
    static const char *const folders[] = { "rfc4475", "rfc5118" };
    for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
        struct buffer table = corpus_read(folders[i], "expected");
        struct slice rest = buffer_slice(&table);
        struct corpus_row row;
        while (corpus_next_row(&rest, &row)) {
            struct buffer bytes = corpus_read(folders[i], row.columns[0]);
            assert_same_in_pieces(row.columns[0], buffer_slice(&bytes));
            buffer_free(&bytes);
        }
        buffer_free(&table);
    }
}
END_TEST

START_TEST(every_cut_of_a_sequence_gives_the_same)
{
    static const char *const rows[] = {
        MESSAGE MESSAGE,
        MESSAGE "\r\n\r\n" MESSAGE,
        "\r\n\r\n" MESSAGE,
        MESSAGE "\r\n\r\n\r\n\r\n" MESSAGE "\r\n\r\n",
        MESSAGE "OPTIONS sip:a SIP/2.0\r\nl: -3\r\n\r\nabc" MESSAGE,
        MESSAGE "OPTIONS sip:a SIP/2.0\r\n\r\n" MESSAGE,
        "OPTIONS sip:a SIP/2.0\r\nContent-Length\r\n :\r\n 3\r\n\r\nabc",
        "OPTIONS sip:a SIP/2.0\r\nContent-Length:\r\n 3\r\n\r\nabc" MESSAGE,
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        assert_same_in_pieces(rows[i], slice_of(rows[i]));
}
END_TEST

// Each stands where a line with the length belongs. What follows must not be taken for a message.
static const char *const bad_lengths[] = {
    "",
    "Content-Length: -1\r\n",
    "Content-Length: -999\r\n",
    "Content-Length: +5\r\n",
    "Content-Length: 0x10\r\n",
    "Content-Length: 1e3\r\n",
    "Content-Length: 5 5\r\n",
    "Content-Length: 5,5\r\n",
    "Content-Length: 5;5\r\n",
    "Content-Length: 5\r\n 5\r\n",
    "Content-Length: 5.0\r\n",
    "Content-Length: \"5\"\r\n",
    "Content-Length: five\r\n",
    "Content-Length: 5a\r\n",
    "Content-Length: a5\r\n",
    "Content-Length: 5\n\r\n",
    "Content-Length: \xd9\xa5\r\n",
    "Content-Length:\r\n",
    "Content-Length: \r\n",
    "Content-Length:\r\n \r\n",
    "Content-Length\r\n",
    "Content-Length 5\r\n",
    "Content-Length=5\r\n",
    "Content-Lengt: 5\r\n",
    "Content-Lengthh: 5\r\n",
    "Content-Length\x01: 5\r\n",
    "X: a\nContent-Length: 5\r\n",
    "Content-Length: 262145\r\n",
    "Content-Length: 99999999\r\n",
    "Content-Length: 2147483648\r\n",
    "Content-Length: 4294967295\r\n",
    "Content-Length: 4294967296\r\n",
    "Content-Length: 4294967312\r\n",
    "Content-Length: 18446744073709551615\r\n",
    "Content-Length: 18446744073709551616\r\n",
    "Content-Length: 18446744073709551621\r\n",
    "Content-Length: 5\r\nContent-Length: 6\r\n",
    "Content-Length: 5\r\nl: 50\r\n",
    "l: 5\r\nContent-Length: 0\r\n",
    "l: 5\r\nL: -5\r\n",
    "l: -5\r\n",
    "l: 0x5\r\n",
    "L:\r\n",
    "l: 4294967301\r\n",
};

static void assert_breaks(const char *length_line)
{
    char text[512];
    struct slice bytes;
    struct sip_stream *stream = sip_stream_new();
    snprintf(text, sizeof(text), "OPTIONS sip:a SIP/2.0\r\n%s\r\nabcde" MESSAGE MESSAGE,
             length_line);
    sip_stream_append(stream, 0, slice_of(text));
    for (size_t i = 0; i < 3; i++) {
        ck_assert_msg(sip_stream_next(stream, &bytes) == SIP_STREAM_BROKEN, "%s", length_line);
        ck_assert(slice_starts_with(bytes, slice_of("OPTIONS sip:a SIP/2.0\r\n")));
        ck_assert(slice_ends_with(bytes, slice_of("\r\n\r\n")));
        ck_assert(sip_stream_fault(stream)[0] != '\0');
        sip_stream_append(stream, 0, slice_of(MESSAGE));
    }
    ck_assert_int_eq(sip_stream_deadline(stream), TIME_NEVER);
    sip_stream_reset(stream);
    ck_assert_int_eq(feed(stream, 0, MESSAGE), SIP_STREAM_MESSAGE);
    sip_stream_free(stream);
}

START_TEST(a_bad_length_breaks_the_framing_for_ever)
{
    for (size_t i = 0; i < sizeof(bad_lengths) / sizeof(*bad_lengths); i++)
        assert_breaks(bad_lengths[i]);
}
END_TEST

static const char *const good_lengths[] = {
    "Content-Length: 5\r\n",
    "content-length: 5\r\n",
    "CONTENT-LENGTH:5\r\n",
    "l: 5\r\n",
    "L:5\r\n",
    "l \t :\t 5 \t\r\n",
    "Content-Length:\r\n 5\r\n",
    "Content-Length:\r\n\t5\r\n \r\n",
    "Content-Length: 0000000005\r\n",
    "Content-Length: 00000000005\r\n", // zeros in front are digits, however many
    "l: 0000000000000000000000000000000000000000000000000000000000000005\r\n",
    "l: 000005\r\nContent-Length: 5\r\n",
    "Content-Length: 5\r\nl: 5\r\n", // the parser finds fault with it, the framing is clear
    "Subject: l: 7\r\nl: 5\r\n",
    "Subject: a\r\n l: 7\r\nl: 5\r\n",
};

START_TEST(a_good_length_is_understood_however_it_is_written)
{
    for (size_t i = 0; i < sizeof(good_lengths) / sizeof(*good_lengths); i++) {
        char text[512];
        struct slice bytes;
        struct sip_stream *stream = sip_stream_new();
        snprintf(text, sizeof(text), "OPTIONS sip:a SIP/2.0\r\n%s\r\nabcde" MESSAGE,
                 good_lengths[i]);
        sip_stream_append(stream, 0, slice_of(text));
        ck_assert_msg(sip_stream_next(stream, &bytes) == SIP_STREAM_MESSAGE, "%s", good_lengths[i]);
        ck_assert(slice_ends_with(bytes, slice_of("\r\n\r\nabcde")));
        ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
        ck_assert(slice_equal(bytes, slice_of(MESSAGE)));
        sip_stream_free(stream);
    }
}
END_TEST

START_TEST(a_double_crlf_is_a_ping_and_a_single_one_a_pong)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    ck_assert_int_eq(feed(stream, 0, "\r\n\r\n"), SIP_STREAM_PING);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    ck_assert_int_eq(feed(stream, 0, "\r\n"), SIP_STREAM_PONG);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    ck_assert_int_eq(sip_stream_deadline(stream), TIME_NEVER);
    sip_stream_free(stream);
}
END_TEST

START_TEST(a_ping_cut_anywhere_is_one_ping)
{
    for (size_t cut = 1; cut < 4; cut++) {
        struct sip_stream *stream = sip_stream_new();
        struct slice bytes;
        size_t pings = 0;
        enum sip_stream_item item;
        sip_stream_append(stream, 0, slice_first(slice_of("\r\n\r\n"), cut));
        while ((item = sip_stream_next(stream, &bytes)) != SIP_STREAM_NOTHING)
            pings += item == SIP_STREAM_PING;
        sip_stream_append(stream, 20, slice_skip(slice_of("\r\n\r\n"), cut));
        while ((item = sip_stream_next(stream, &bytes)) != SIP_STREAM_NOTHING)
            pings += item == SIP_STREAM_PING;
        ck_assert_uint_eq(pings, 1);
        sip_stream_free(stream);
    }
}
END_TEST

START_TEST(pongs_of_different_times_do_not_make_a_ping)
{
    struct sip_stream *stream = sip_stream_new();
    for (time_ms now = 0; now < 300000; now += 30000)
        ck_assert_int_eq(feed(stream, now, "\r\n"), SIP_STREAM_PONG);
    sip_stream_free(stream);
}
END_TEST

START_TEST(crlf_inside_a_message_is_no_keep_alive)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    ck_assert_int_eq(feed(stream, 0, "OPTIONS sip:a SIP/2.0\r\nl: 8\r\n\r\n"), SIP_STREAM_NOTHING);
    ck_assert_int_eq(feed(stream, 0, "\r\n\r\n"), SIP_STREAM_NOTHING);
    ck_assert_int_eq(feed(stream, 0, "\r\n\r\n"), SIP_STREAM_MESSAGE);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    sip_stream_free(stream);
}
END_TEST

START_TEST(extra_crlf_behind_a_body_does_no_harm)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    sip_stream_append(stream, 0, slice_of(MESSAGE "\r\n" MESSAGE));
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_PONG);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    sip_stream_free(stream);
}
END_TEST

START_TEST(an_incomplete_message_has_a_deadline_from_its_first_byte)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    ck_assert_int_eq(sip_stream_deadline(stream), TIME_NEVER);
    ck_assert_int_eq(feed(stream, 1000, MESSAGE "O"), SIP_STREAM_MESSAGE);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    ck_assert_int_eq(sip_stream_deadline(stream), 1000 + LIMIT_SIP_MESSAGE_MS);
    ck_assert_int_eq(feed(stream, 20000, "PTIONS "), SIP_STREAM_NOTHING);
    ck_assert_int_eq(sip_stream_deadline(stream), 1000 + LIMIT_SIP_MESSAGE_MS);
    sip_stream_timeout(stream, 999 + LIMIT_SIP_MESSAGE_MS);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_NOTHING);
    sip_stream_timeout(stream, 1000 + LIMIT_SIP_MESSAGE_MS);
    ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_BROKEN);
    ck_assert(slice_equal(bytes, slice_of("OPTIONS ")));
    sip_stream_free(stream);
}
END_TEST

START_TEST(a_complete_message_ends_the_deadline)
{
    struct sip_stream *stream = sip_stream_new();
    ck_assert_int_eq(feed(stream, 0, "OPTIONS sip:a SIP/2.0\r\nl: 3\r\n\r\na"), SIP_STREAM_NOTHING);
    ck_assert_int_eq(feed(stream, 5, "bc"), SIP_STREAM_MESSAGE);
    ck_assert_int_eq(sip_stream_deadline(stream), TIME_NEVER);
    sip_stream_free(stream);
}
END_TEST

START_TEST(an_endless_header_block_breaks_at_the_limit)
{
    struct sip_stream *stream = sip_stream_new();
    enum sip_stream_item item = feed(stream, 0, "OPTIONS sip:a SIP/2.0\r\nCall-ID: ");
    size_t fed = 0;
    while (item == SIP_STREAM_NOTHING && fed < 1024 * 1024) {
        item = feed(stream, 0, "0123456789abcdef");
        fed += 16;
    }
    ck_assert_int_eq(item, SIP_STREAM_BROKEN);
    ck_assert_uint_le(fed, LIMIT_SIP_FRAMED_BLOCK);
    ck_assert_uint_eq(sip_stream_fault_status(stream), 513);
    sip_stream_free(stream);
}
END_TEST

/* Beyond what is taken a message is still cut out whole, to be answered 513 (sip/message.h). */
START_TEST(the_largest_message_is_framed_and_one_byte_more_is_not)
{
    struct buffer bytes;
    struct slice message;
    for (size_t extra = 0; extra < 2; extra++) {
        struct sip_stream *stream = sip_stream_new();
        buffer_init(&bytes, 1024 * 1024);
        buffer_append_format(&bytes,
                             "OPTIONS sip:a SIP/2.0\r\nl: %d\r\nS: ", LIMIT_SIP_FRAMED_BODY);
        while (bytes.length < LIMIT_SIP_FRAMED_BLOCK - 4 + extra)
            buffer_append_byte(&bytes, 'x');
        buffer_append_text(&bytes, "\r\n\r\n");
        for (size_t i = 0; i < LIMIT_SIP_FRAMED_BODY; i++)
            buffer_append_byte(&bytes, 'y');
        sip_stream_append(stream, 0, buffer_slice(&bytes));
        ck_assert_int_eq(sip_stream_next(stream, &message),
                         extra ? SIP_STREAM_BROKEN : SIP_STREAM_MESSAGE);
        sip_stream_append(stream, 0, slice_of(MESSAGE));
        ck_assert_int_eq(sip_stream_next(stream, &message),
                         extra ? SIP_STREAM_BROKEN : SIP_STREAM_MESSAGE);
        buffer_free(&bytes);
        sip_stream_free(stream);
    }
}
END_TEST

START_TEST(the_memory_of_a_large_message_is_given_back)
{
    static char body[LIMIT_SIP_BODY];
    struct sip_stream *stream = sip_stream_new();
    struct slice bytes;
    for (size_t i = 0; i < 20; i++) {
        ck_assert_int_eq(feed(stream, 0, "OPTIONS sip:a SIP/2.0\r\nl: 65536\r\n\r\n"),
                         SIP_STREAM_NOTHING);
        sip_stream_append(stream, 0, slice_make(body, sizeof(body)));
        ck_assert_int_eq(sip_stream_next(stream, &bytes), SIP_STREAM_MESSAGE);
        ck_assert_uint_eq(bytes.length, 35 + sizeof(body));
        ck_assert_int_eq(feed(stream, 0, ""), SIP_STREAM_NOTHING);
    }
    sip_stream_free(stream);
}
END_TEST

START_TEST(an_append_beyond_all_limits_breaks)
{
    static char bytes[3 * LIMIT_SIP_FRAMED];
    struct sip_stream *stream = sip_stream_new();
    struct slice block;
    memset(bytes, 'x', sizeof(bytes));
    sip_stream_append(stream, 0, slice_make(bytes, sizeof(bytes)));
    ck_assert_int_eq(sip_stream_next(stream, &block), SIP_STREAM_BROKEN);
    ck_assert_str_ne(sip_stream_fault(stream), "");
    sip_stream_free(stream);
}
END_TEST

START_TEST(nothing_is_added_to_a_broken_stream)
{
    struct sip_stream *stream = sip_stream_new();
    struct slice block;
    sip_stream_append(stream, 0, slice_of("BYE sip:a SIP/2.0\r\nVi"));
    ck_assert_int_eq(sip_stream_next(stream, &block), SIP_STREAM_NOTHING);
    sip_stream_timeout(stream, LIMIT_SIP_MESSAGE_MS);
    ck_assert_int_eq(sip_stream_next(stream, &block), SIP_STREAM_BROKEN);
    sip_stream_append(stream, 0, slice_of("a: x\r\nContent-Length: 0\r\n\r\n"));
    ck_assert_int_eq(sip_stream_next(stream, &block), SIP_STREAM_BROKEN);
    ck_assert(slice_equal(block, slice_of("BYE sip:a SIP/2.0\r\nVi")));
    sip_stream_free(stream);
}
END_TEST

SUITE_MAIN("sip/stream", waits_for_a_whole_header_block_and_body,
           gives_several_messages_of_one_append, every_cut_of_every_message_gives_the_same,
           every_cut_of_a_sequence_gives_the_same, a_bad_length_breaks_the_framing_for_ever,
           a_good_length_is_understood_however_it_is_written,
           a_double_crlf_is_a_ping_and_a_single_one_a_pong, a_ping_cut_anywhere_is_one_ping,
           pongs_of_different_times_do_not_make_a_ping, crlf_inside_a_message_is_no_keep_alive,
           extra_crlf_behind_a_body_does_no_harm,
           an_incomplete_message_has_a_deadline_from_its_first_byte,
           a_complete_message_ends_the_deadline, an_endless_header_block_breaks_at_the_limit,
           the_largest_message_is_framed_and_one_byte_more_is_not,
           the_memory_of_a_large_message_is_given_back, an_append_beyond_all_limits_breaks,
           nothing_is_added_to_a_broken_stream)
