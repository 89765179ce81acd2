// SPDX-License-Identifier: ISC
#include "media/rtp_packet.h"
#include "tests/suite.h"

#define BYTES(text) slice_make("" text, sizeof(text) - 1)
#define HEAD        "\x12\x34\x00\x01\x02\x03\xaa\xbb\xcc\xdd"

/* What is behind the first two bytes, and what is left as payload (-1: refused). */
static const struct {
    const char *fact;
    struct slice datagram;
    int payload;
} rows[] = {
    { "empty", SLICE_LITERAL(""), -1 },
    { "a byte", SLICE_LITERAL("\x80"), -1 },
    { "11 bytes", SLICE_LITERAL("\x80\x08\x12\x34\x00\x01\x02\x03\xaa\xbb\xcc"), -1 },
    { "no payload", SLICE_LITERAL("\x80\x08" HEAD), 0 },
    { "three bytes", SLICE_LITERAL("\x80\x08" HEAD "abc"), 3 },
    { "version 0", SLICE_LITERAL("\x00\x08" HEAD "abc"), -1 },
    { "version 1 (STUN has 0, DTLS 20 to 63)", SLICE_LITERAL("\x40\x08" HEAD "abc"), -1 },
    { "version 3", SLICE_LITERAL("\xc0\x08" HEAD "abc"), -1 },
    { "one source", SLICE_LITERAL("\x81\x08" HEAD "CSRCabc"), 3 },
    { "one source, cut", SLICE_LITERAL("\x81\x08" HEAD "CSR"), -1 },
    { "15 sources in 12 bytes", SLICE_LITERAL("\x8f\x08" HEAD), -1 },
    { "extension of nothing",
      SLICE_LITERAL("\x90\x08" HEAD "\xbe\xde\x00\x00"
                    "ab"),
      2 },
    { "extension of a word",
      SLICE_LITERAL("\x90\x08" HEAD "\xbe\xde\x00\x01"
                    "WORDab"),
      2 },
    { "extension of 65535 words",
      SLICE_LITERAL("\x90\x08" HEAD "\xbe\xde\xff\xff"
                    "WORD"),
      -1 },
    { "extension, cut", SLICE_LITERAL("\x90\x08" HEAD "\xbe\xde\x00"), -1 },
    { "padding of two", SLICE_LITERAL("\xa0\x08" HEAD "ab\x00\x02"), 2 },
    { "padding is all", SLICE_LITERAL("\xa0\x08" HEAD "\x00\x00\x03"), 0 },
    { "padding of 0", SLICE_LITERAL("\xa0\x08" HEAD "ab\x00"), -1 },
    { "padding of 255", SLICE_LITERAL("\xa0\x08" HEAD "ab\xff"), -1 },
    { "padding of nothing there", SLICE_LITERAL("\xa0\x08" HEAD), -1 },
};

START_TEST(every_length_is_checked_against_the_datagram)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct rtp_packet packet = { .sequence = 7 };
        enum status status = rtp_packet_parse(rows[i].datagram, &packet);
        if (rows[i].payload < 0) {
            ck_assert_msg(status == STATUS_MALFORMED, "%s", rows[i].fact);
            ck_assert_msg(packet.sequence == 7, "%s: touched", rows[i].fact);
        } else {
            ck_assert_msg(status == STATUS_OK, "%s", rows[i].fact);
            ck_assert_msg(packet.payload.length == (size_t)rows[i].payload, "%s", rows[i].fact);
        }
    }
}
END_TEST

START_TEST(fields_are_read)
{
    struct rtp_packet packet;
    ck_assert_int_eq(rtp_packet_parse(BYTES("\x80\xe5" HEAD "a"), &packet), STATUS_OK);
    ck_assert_uint_eq(packet.payload_type, 101);
    ck_assert(packet.has_marker);
    ck_assert_uint_eq(packet.sequence, 0x1234);
    ck_assert_uint_eq(packet.timestamp, 0x00010203);
    ck_assert_uint_eq(packet.ssrc, 0xaabbccdd);
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    const struct rtp_packet written = { .payload_type = 127,
                                        .has_marker = true,
                                        .sequence = 65535,
                                        .timestamp = 0xfffffffe,
                                        .ssrc = 0x80000001 };
    uint8_t header[RTP_HEADER_BYTES];
    struct rtp_packet read;
    rtp_packet_write_header(&written, header);
    ck_assert_int_eq(rtp_packet_parse(slice_make((char *)header, sizeof(header)), &read),
                     STATUS_OK);
    ck_assert_uint_eq(read.payload_type, written.payload_type);
    ck_assert(read.has_marker);
    ck_assert_uint_eq(read.sequence, written.sequence);
    ck_assert_uint_eq(read.timestamp, written.timestamp);
    ck_assert_uint_eq(read.ssrc, written.ssrc);
}
END_TEST

START_TEST(rtcp_is_told_by_its_type)
{
    ck_assert(rtp_packet_is_rtcp(BYTES("\x81\xc8\x00\x01\x00\x00\x00\x00")));
    ck_assert(rtp_packet_is_rtcp(BYTES("\x81\xcb\x00\x01\x00\x00\x00\x00")));
    ck_assert(!rtp_packet_is_rtcp(BYTES("\x81\x48\x00\x01\x00\x00\x00\x00"))); /* type 72 */
    ck_assert(!rtp_packet_is_rtcp(BYTES("\x80\x88\x00\x01\x00\x00\x00\x00"))); /* PCMA, marker */
    ck_assert(!rtp_packet_is_rtcp(BYTES("\x80\xe5\x00\x01\x00\x00\x00\x00"))); /* 101, marker */
    ck_assert(!rtp_packet_is_rtcp(BYTES("\x81\xc8\x00")));
}
END_TEST

START_TEST(sequence_numbers_wrap)
{
    ck_assert_int_eq(sequence_distance(5, 5), 0);
    ck_assert_int_eq(sequence_distance(5, 6), 1);
    ck_assert_int_eq(sequence_distance(6, 5), -1);
    ck_assert_int_eq(sequence_distance(65535, 0), 1);
    ck_assert_int_eq(sequence_distance(0, 65535), -1);
    ck_assert_int_eq(sequence_distance(0, 32767), 32767);
    ck_assert_int_eq(sequence_distance(0, 32768), -32768);
}
END_TEST

SUITE_MAIN("media/rtp_packet", every_length_is_checked_against_the_datagram, fields_are_read,
           what_is_written_reads_back, rtcp_is_told_by_its_type, sequence_numbers_wrap)
