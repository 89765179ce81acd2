// SPDX-License-Identifier: ISC
#include "media/rtcp.h"
#include "tests/suite.h"

static struct rtcp rtcp_of(uint32_t ssrc)
{
    struct rtcp rtcp;
    struct random random;
    random_init_number(&random, ssrc);
    rtcp_init(&rtcp, 1000, &random, ssrc, 8000);
    return rtcp;
}

static void come(struct rtcp *rtcp, time_ms now, uint32_t ssrc, uint32_t number)
{
    struct rtp_packet packet = { .ssrc = ssrc,
                                 .sequence = (uint16_t)number,
                                 .timestamp = number * 160 };
    rtcp_count_received(rtcp, now, &packet, true);
}

static uint32_t number_at(const uint8_t *bytes, size_t offset)
{
    return (uint32_t)bytes[offset] << 24 | (uint32_t)bytes[offset + 1] << 16 |
           (uint32_t)bytes[offset + 2] << 8 | bytes[offset + 3];
}

START_TEST(a_receiver_reports_and_names_itself)
{
    struct rtcp rtcp = rtcp_of(7);
    uint8_t bytes[RTCP_PACKET_BYTES];
    size_t length = rtcp_write(&rtcp, 2000, 0, false, bytes);
    ck_assert_uint_eq(number_at(bytes, 0), 0x80c90001); /* RR, no blocks */
    ck_assert_uint_eq(number_at(bytes, 4), 7);
    ck_assert_uint_eq(bytes[8], 0x81); /* SDES, one chunk */
    ck_assert_uint_eq(bytes[9], 202);
    ck_assert_uint_eq(number_at(bytes, 12), 7);
    ck_assert_uint_eq(bytes[16], 1);
    ck_assert_uint_eq(bytes[17], 16);
    ck_assert_uint_eq(length % 4, 0);
    ck_assert_uint_eq(bytes[length - 1], 0);
}
END_TEST

START_TEST(a_sender_reports_what_it_sent)
{
    struct rtcp rtcp = rtcp_of(7);
    uint8_t bytes[RTCP_PACKET_BYTES];
    for (int i = 0; i < 3; i++)
        rtcp_count_sent(&rtcp, 160);
    come(&rtcp, 1000, 99, 65535);
    size_t length = rtcp_write(&rtcp, 2500, 1234, true, bytes);
    ck_assert_uint_eq(number_at(bytes, 0), 0x81c8000c); /* SR, one block, 52 bytes */
    ck_assert_uint_eq(number_at(bytes, 8), 2);
    ck_assert_uint_eq(number_at(bytes, 12), 0x80000000);
    ck_assert_uint_eq(number_at(bytes, 16), 1234);
    ck_assert_uint_eq(number_at(bytes, 20), 3);
    ck_assert_uint_eq(number_at(bytes, 24), 480);
    ck_assert_uint_eq(number_at(bytes, 28), 99);
    ck_assert_uint_eq(number_at(bytes, 36), 65535);
    ck_assert_uint_eq(number_at(bytes, length - 8), 0x81cb0001); /* BYE */
    ck_assert_uint_eq(number_at(bytes, length - 4), 7);
}
END_TEST

START_TEST(loss_is_of_the_interval_and_of_all)
{
    struct rtcp rtcp = rtcp_of(7);
    uint8_t bytes[RTCP_PACKET_BYTES];
    for (uint32_t i = 65530; i < 65530 + 100; i++)
        if (i % 4)
            come(&rtcp, 20 * i, 99, i);
    rtcp_write(&rtcp, 0, 0, false, bytes);
    ck_assert_uint_eq(number_at(bytes, 8), 99);
    ck_assert_uint_eq(bytes[12], 64); /* a quarter */
    ck_assert_uint_eq(number_at(bytes, 12) & 0xffffff, 25);
    ck_assert_uint_eq(number_at(bytes, 16), 65530 + 99); /* with its cycle */
    for (uint32_t i = 65630; i < 65630 + 100; i++)
        come(&rtcp, 20 * i, 99, i);
    rtcp_write(&rtcp, 0, 0, false, bytes);
    ck_assert_uint_eq(bytes[12], 0);
    ck_assert_uint_eq(number_at(bytes, 12) & 0xffffff, 25);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 25);
}
END_TEST

START_TEST(reordered_and_doubled_packets_are_no_loss)
{
    struct rtcp rtcp = rtcp_of(7);
    for (uint32_t i = 65500; i < 65600; i += 2) {
        come(&rtcp, 0, 99, i + 1);
        come(&rtcp, 0, 99, i);
    }
    ck_assert_uint_eq(rtcp_lost(&rtcp), 0);
    come(&rtcp, 0, 99, 65599);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 0);
}
END_TEST

START_TEST(one_stray_packet_is_no_jump_but_two_are)
{
    struct rtcp rtcp = rtcp_of(7);
    for (uint32_t i = 0; i < 10; i++)
        come(&rtcp, 0, 99, i);
    come(&rtcp, 0, 99, 20000);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 0);
    come(&rtcp, 0, 99, 10);
    ck_assert_uint_eq(rtcp.highest, 10);
    come(&rtcp, 0, 99, 40000);
    come(&rtcp, 0, 99, 40001);
    ck_assert_uint_eq(rtcp.highest, 40001);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 0);
}
END_TEST

START_TEST(a_new_source_keeps_the_loss_of_the_old)
{
    struct rtcp rtcp = rtcp_of(7);
    come(&rtcp, 0, 99, 1);
    come(&rtcp, 0, 99, 5);
    come(&rtcp, 0, 98, 40000);
    come(&rtcp, 0, 98, 40002);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 3 + 1);
    ck_assert_uint_eq(rtcp.packets_total, 4);
}
END_TEST

START_TEST(jitter_is_that_of_the_arrivals)
{
    struct rtcp rtcp = rtcp_of(7);
    for (uint32_t i = 0; i < 1000; i++)
        come(&rtcp, 20 * i, 99, i);
    ck_assert_uint_eq(rtcp_jitter_ms(&rtcp), 0);
    for (uint32_t i = 1000; i < 2000; i++)
        come(&rtcp, 20 * i + (i % 2 ? 10 : 0), 99, i);
    ck_assert_uint_ge(rtcp_jitter_ms(&rtcp), 9);
    ck_assert_uint_le(rtcp_jitter_ms(&rtcp), 10);
}
END_TEST

START_TEST(jitter_survives_wraps_jumps_and_years_of_uptime)
{
    static const time_ms starts[] = { INT64_C(4294967295) - 2000, INT64_C(49) * 86400000,
                                      INT64_C(10) * 365 * 86400000, INT64_C(268435456) * 1000 };
    for (size_t row = 0; row < 4; row++) {
        struct rtcp rtcp = rtcp_of(7);
        for (uint32_t i = 0; i < 1000; i++) {
            struct rtp_packet packet = { .ssrc = 99,
                                         .sequence = (uint16_t)i,
                                         .timestamp =
                                             i * 160 + 0x7fffff00 + (i > 500 ? 0x80000000 : 0) };
            rtcp_count_received(&rtcp, starts[row] + 20 * i, &packet, true);
        }
        ck_assert_uint_eq(rtcp_jitter_ms(&rtcp), 0);
    }
}
END_TEST

START_TEST(events_are_no_jitter)
{
    struct rtcp rtcp = rtcp_of(7);
    come(&rtcp, 0, 99, 0);
    for (uint32_t i = 1; i < 20; i++) {
        struct rtp_packet packet = { .ssrc = 99, .sequence = (uint16_t)i, .timestamp = 160 };
        rtcp_count_received(&rtcp, 20 * i, &packet, false);
    }
    come(&rtcp, 400, 99, 20);
    ck_assert_uint_eq(rtcp_jitter_ms(&rtcp), 0);
    ck_assert_uint_eq(rtcp_lost(&rtcp), 0);
}
END_TEST

START_TEST(two_ends_measure_the_round_trip)
{
    struct rtcp left = rtcp_of(7);
    struct rtcp right = rtcp_of(8);
    uint8_t bytes[RTCP_PACKET_BYTES];
    rtcp_count_sent(&left, 160);
    rtcp_count_sent(&right, 160);
    come(&right, 0, 7, 1);
    come(&left, 0, 8, 1);
    size_t length = rtcp_write(&left, 100000, 0, false, bytes);
    ck_assert_int_eq(rtcp_receive(&right, 555030, slice_make((char *)bytes, length)), STATUS_OK);
    length = rtcp_write(&right, 556030, 0, false, bytes); /* a second later, by another clock */
    ck_assert_int_eq(rtcp_receive(&left, 101075, slice_make((char *)bytes, length)), STATUS_OK);
    ck_assert_uint_ge(left.round_trip_ms, 74);
    ck_assert_uint_le(left.round_trip_ms, 75);
}
END_TEST

START_TEST(what_we_write_is_read_back_at_every_length)
{
    struct rtcp left = rtcp_of(7);
    uint8_t bytes[RTCP_PACKET_BYTES];
    rtcp_count_sent(&left, 160);
    come(&left, 0, 8, 1);
    size_t length = rtcp_write(&left, 100000, 0, true, bytes);
    for (size_t cut = 0; cut < length; cut++) {
        struct rtcp right = rtcp_of(8);
        enum status status = rtcp_receive(&right, 0, slice_make((char *)bytes, cut));
        /* Cut between the packets of a compound it is a shorter compound. */
        bool is_whole = cut == 52 || cut == length - 8;
        ck_assert_msg((status == STATUS_OK) == is_whole, "cut at %zu", cut);
        ck_assert(!right.has_said_bye);
    }
    struct rtcp right = rtcp_of(8);
    ck_assert_int_eq(rtcp_receive(&right, 0, slice_make((char *)bytes, length)), STATUS_OK);
    ck_assert(right.has_said_bye);
}
END_TEST

#define BYTES(text) slice_make("" text, sizeof(text) - 1)
#define SSRC        "\0\0\0\x63"

START_TEST(wrong_lengths_are_refused)
{
    const struct {
        const char *fact;
        struct slice datagram;
        enum status status;
    } rows[] = {
        { "RR of nothing", BYTES("\x80\xc9\0\1" SSRC), STATUS_OK },
        { "one too long", BYTES("\x80\xc9\0\2" SSRC), STATUS_MALFORMED },
        { "one too short", BYTES("\x80\xc9\0\0" SSRC), STATUS_MALFORMED },
        { "31 blocks in 8 bytes", BYTES("\x9f\xc9\0\1" SSRC), STATUS_MALFORMED },
        { "SR of 8 bytes", BYTES("\x80\xc8\0\1" SSRC), STATUS_MALFORMED },
        { "SR of 28 bytes", BYTES("\x80\xc8\0\6" SSRC "nttmntfrtimepackoct4"), STATUS_OK },
        { "SR of 28 bytes with a block", BYTES("\x81\xc8\0\6" SSRC "nttmntfrtimepackoct4"),
          STATUS_MALFORMED },
        { "length 65535", BYTES("\x80\xc9\xff\xff" SSRC), STATUS_MALFORMED },
        { "version 1", BYTES("\x40\xc9\0\1" SSRC), STATUS_MALFORMED },
        { "RTP on the RTCP port", BYTES("\x80\x08\0\1" SSRC), STATUS_MALFORMED },
        { "BYE of nobody", BYTES("\x80\xcb\0\0"), STATUS_OK },
        { "BYE of 31 in 8 bytes", BYTES("\x9f\xcb\0\1" SSRC), STATUS_MALFORMED },
        { "BYE with a reason that is too long",
          BYTES("\x81\xcb\0\2" SSRC "\xff"
                "abc"),
          STATUS_OK },
        { "XR, APP and other kinds", BYTES("\x80\xcf\0\1" SSRC "\x80\xcc\0\1" SSRC), STATUS_OK },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct rtcp rtcp = rtcp_of(7);
        ck_assert_msg(rtcp_receive(&rtcp, 0, rows[i].datagram) == rows[i].status, "%s",
                      rows[i].fact);
    }
}
END_TEST

START_TEST(nonsense_about_time_gives_no_round_trip)
{
    struct rtcp rtcp = rtcp_of(7);
    const char report[] = "\x81\xc9\0\7" SSRC "\0\0\0\7"
                          "\x80\0\0\0"
                          "\0\0\0\0"
                          "\0\0\0\0"
                          "\x7f\xff\xff\xff"
                          "\x12\x34\x56\x78";
    ck_assert_int_eq(rtcp_receive(&rtcp, 1000, slice_make(report, sizeof(report) - 1)), STATUS_OK);
    ck_assert_uint_eq(rtcp.round_trip_ms, 0);
    ck_assert_uint_eq(rtcp.remote_loss, 128);
}
END_TEST

START_TEST(reports_are_due_about_every_five_seconds)
{
    struct rtcp rtcp = rtcp_of(7);
    struct random random;
    random_init_number(&random, 5);
    time_ms sum = 0;
    for (int i = 0; i < 1000; i++) {
        rtcp_schedule(&rtcp, 0, &random);
        ck_assert_int_ge(rtcp.report_at, 2500);
        ck_assert_int_lt(rtcp.report_at, 7500);
        sum += rtcp.report_at;
    }
    ck_assert_int_ge(sum / 1000, 4700);
    ck_assert_int_le(sum / 1000, 5300);
}
END_TEST

SUITE_MAIN("media/rtcp", a_receiver_reports_and_names_itself, a_sender_reports_what_it_sent,
           loss_is_of_the_interval_and_of_all, reordered_and_doubled_packets_are_no_loss,
           one_stray_packet_is_no_jump_but_two_are, a_new_source_keeps_the_loss_of_the_old,
           jitter_is_that_of_the_arrivals, jitter_survives_wraps_jumps_and_years_of_uptime,
           events_are_no_jitter, two_ends_measure_the_round_trip,
           what_we_write_is_read_back_at_every_length, wrong_lengths_are_refused,
           nonsense_about_time_gives_no_round_trip, reports_are_due_about_every_five_seconds)
