// SPDX-License-Identifier: ISC
// One session against packets made by hand: what it sends, whom it believes, what it ignores.
#include "media/early_packets.h"
#include "tests/media/far_end.h"
#include "util/limits.h"

static const uint8_t loud_payload[FRAME]; /* A-law 0 is -5504 */

struct fixture {
    struct random random;
    struct net_address far;
    struct media_parameters parameters;
    struct media_session *session;
    time_ms now;
    uint16_t sequence; // of the far end
};

static struct fixture *fixture_new(uint32_t ptime_ms)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    ck_assert_ptr_nonnull(fixture);
    random_init_number(&fixture->random, 42);
    fixture->far = address_of(1, 4000);
    fixture->parameters = parameters_to(fixture->far);
    fixture->parameters.ptime_ms = ptime_ms;
    fixture->now = 1000;
    fixture->session = media_session_new(&fixture->random, fixture->now, &fixture->parameters);
    return fixture;
}

static void fixture_free(struct fixture *fixture)
{
    media_session_free(fixture->session);
    free(fixture);
}

static void update(struct fixture *fixture)
{
    media_session_update(fixture->session, fixture->now, &fixture->parameters);
}

/* One tick; how loud the far end was. */
static double tick(struct fixture *fixture)
{
    int16_t heard[FRAME];
    media_session_tick(fixture->session, fixture->now, NULL, heard);
    fixture->now += 20;
    return loudness(heard, FRAME);
}

/* The next RTP packet; RTCP is passed over. */
static bool next_rtp(struct fixture *fixture, struct media_packet *packet,
                     struct rtp_packet *header)
{
    while (media_session_next_packet(fixture->session, packet)) {
        if (packet->is_rtcp)
            continue;
        *header = read_packet(packet);
        return true;
    }
    return false;
}

/* A packet of the far end from `from`, in sequence. */
static void come(struct fixture *fixture, const struct net_address *from, uint8_t payload_type)
{
    struct rtp_packet header = { .payload_type = payload_type,
                                 .sequence = fixture->sequence,
                                 .timestamp = fixture->sequence * 160u,
                                 .ssrc = 77 };
    fixture->sequence++;
    give(fixture->session, fixture->now, from, header, loud_payload, sizeof(loud_payload));
}

/* The same of somebody who does not know the stream's numbers. */
static void come_blindly(struct fixture *fixture, const struct net_address *from, uint16_t number)
{
    struct rtp_packet header = {
        .payload_type = PT_AUDIO, .sequence = number, .timestamp = number * 160u, .ssrc = 78
    };
    give(fixture->session, fixture->now, from, header, loud_payload, sizeof(loud_payload));
}

static struct media_statistics statistics_of(const struct fixture *fixture)
{
    struct media_statistics statistics;
    media_session_statistics(fixture->session, &statistics);
    return statistics;
}

START_TEST(sends_the_asked_ptime_and_timestamps_follow)
{
    static const struct {
        uint32_t asked;
        uint32_t sent;
    } rows[] = { { 10, 10 }, { 20, 20 }, { 30, 30 }, { 60, 60 },     { 120, 120 },
                 { 0, 20 },  { 1, 10 },  { 33, 30 }, { 65535, 120 }, { UINT32_MAX, 120 } };
    for (size_t row = 0; row < sizeof(rows) / sizeof(*rows); row++) {
        struct fixture *fixture = fixture_new(rows[row].asked);
        struct media_packet packet;
        struct rtp_packet header;
        struct rtp_packet last = { 0 };
        uint32_t count = 0;
        for (int i = 0; i < 200; i++) {
            tick(fixture);
            while (next_rtp(fixture, &packet, &header)) {
                ck_assert_uint_eq(header.payload.length, rows[row].sent * 8);
                ck_assert_int_eq(header.has_marker, count == 0);
                ck_assert(count == 0 || (uint16_t)(last.sequence + 1) == header.sequence);
                ck_assert(count == 0 || last.timestamp + rows[row].sent * 8 == header.timestamp);
                ck_assert(count == 0 || last.ssrc == header.ssrc);
                ck_assert(net_address_equal(&packet.to, &fixture->far));
                last = header;
                count++;
            }
        }
        ck_assert_uint_eq(count, 4000 / rows[row].sent);
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(two_calls_begin_with_different_numbers)
{
    struct fixture *fixture = fixture_new(20);
    struct media_session *other = media_session_new(&fixture->random, 0, &fixture->parameters);
    int16_t heard[FRAME];
    struct media_packet packet;
    struct rtp_packet left;
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &left));
    media_session_tick(other, 0, NULL, heard);
    ck_assert(media_session_next_packet(other, &packet));
    struct rtp_packet right = read_packet(&packet);
    ck_assert_uint_ne(left.ssrc, right.ssrc);
    ck_assert_uint_ne(left.sequence, right.sequence);
    ck_assert_uint_ne(left.timestamp, right.timestamp);
    media_session_free(other);
    fixture_free(fixture);
}
END_TEST

START_TEST(the_stream_goes_on_after_hold_and_says_so_with_a_marker)
{
    struct fixture *fixture = fixture_new(30);
    struct media_packet packet;
    struct rtp_packet before = { 0 };
    struct rtp_packet after;
    for (int i = 0; i < 10; i++) {
        tick(fixture);
        while (next_rtp(fixture, &packet, &after))
            before = after;
    }
    fixture->parameters.sends = false;
    update(fixture);
    for (int i = 0; i < 50; i++) {
        tick(fixture);
        ck_assert(!next_rtp(fixture, &packet, &after));
    }
    fixture->parameters.sends = true;
    update(fixture);
    do
        tick(fixture);
    while (!next_rtp(fixture, &packet, &after));
    ck_assert(after.has_marker);
    ck_assert_uint_eq(after.ssrc, before.ssrc);
    ck_assert_uint_eq(after.sequence, (uint16_t)(before.sequence + 1));
    /* 10 ticks were said, of which 180 ms in six packets went out, then 50 were not. */
    ck_assert_uint_eq(after.timestamp - before.timestamp, (60 * 20 - 150) * 8);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_reinvite_moves_the_sending_and_nothing_else)
{
    struct fixture *fixture = fixture_new(20);
    struct media_packet packet;
    struct rtp_packet before;
    struct rtp_packet after;
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &before));
    fixture->parameters.remote_rtp = address_of(2, 5000);
    fixture->parameters.codec = CODEC_PCMU;
    fixture->parameters.send_payload_type = 0;
    update(fixture);
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &after));
    ck_assert(net_address_equal(&packet.to, &fixture->parameters.remote_rtp));
    ck_assert_uint_eq(after.payload_type, 0);
    ck_assert_int_eq((uint8_t)after.payload.data[0], 0xff);
    ck_assert_uint_eq(after.ssrc, before.ssrc);
    ck_assert_uint_eq(after.sequence, (uint16_t)(before.sequence + 1));
    ck_assert_uint_eq(after.timestamp, before.timestamp + 160);
    ck_assert(!after.has_marker);
    /* The old place is a stranger now. */
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert(!media_session_has_received(fixture->session));
    fixture_free(fixture);
}
END_TEST

START_TEST(a_reinvite_interrupts_no_hearing_and_forgets_no_figure)
{
    struct fixture *fixture = fixture_new(20);
    for (int i = 0; i < 20; i++) {
        if (i == 10)
            fixture->sequence++;
        else
            come(fixture, &fixture->far, PT_AUDIO);
        tick(fixture);
    }
    ck_assert_uint_eq(statistics_of(fixture).concealed_ms, 20);
    update(fixture);
    for (int i = 0; i < 5; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        ck_assert(tick(fixture) > 5000);
    }
    ck_assert_uint_eq(statistics_of(fixture).concealed_ms, 20);
    fixture_free(fixture);
}
END_TEST

START_TEST(nothing_is_sent_to_no_address)
{
    struct fixture *fixture = fixture_new(20);
    struct media_packet packet;
    fixture->parameters.remote_rtp = (struct net_address){ 0 };
    fixture->parameters.remote_rtcp = (struct net_address){ 0 };
    update(fixture);
    for (int i = 0; i < 1000; i++) {
        tick(fixture);
        ck_assert(!media_session_next_packet(fixture->session, &packet));
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(no_report_goes_to_half_an_address)
{
    for (int half = 0; half < 2; half++) {
        struct fixture *fixture = fixture_new(20);
        struct media_packet packet;
        if (half)
            fixture->parameters.remote_rtcp.port = 0;
        else
            fixture->parameters.remote_rtcp.family = NET_NONE;
        update(fixture);
        for (int i = 0; i < 1000; i++) {
            tick(fixture);
            while (media_session_next_packet(fixture->session, &packet))
                ck_assert(!packet.is_rtcp);
        }
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(what_is_not_received_is_silence)
{
    struct fixture *fixture = fixture_new(20);
    fixture->parameters.receives = false;
    update(fixture);
    for (int i = 0; i < 20; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        ck_assert(tick(fixture) <= 0);
    }
    fixture->parameters.receives = true;
    update(fixture);
    ck_assert(tick(fixture) <= 0); // nor afterwards
    for (int i = 0; i < 10; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        tick(fixture);
    }
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert(tick(fixture) > 5000);
    fixture_free(fixture);
}
END_TEST

START_TEST(noise_unknown_types_and_garbage_are_never_heard)
{
    struct fixture *fixture = fixture_new(20);
    static const uint8_t types[] = { 13, 19, 0, 3, 9, 18, 72, 96, 127 };
    for (size_t i = 0; i < sizeof(types); i++)
        for (int k = 0; k < 10; k++) {
            come(fixture, &fixture->far, types[i]);
            ck_assert(tick(fixture) <= 0);
        }
    for (int i = 0; i < 2000; i++) {
        char bytes[1600];
        random_bytes(&fixture->random, bytes, sizeof(bytes));
        if (i % 2)
            bytes[0] = (char)(bytes[0] & 0x3f); /* STUN, DTLS */
        if (((unsigned char)bytes[1] & 0x7f) == PT_AUDIO)
            bytes[1] = 0;
        media_session_receive(fixture->session, fixture->now, i % 3 == 0,
                              slice_make(bytes, random_below(&fixture->random, 1601)),
                              &fixture->far);
        ck_assert(tick(fixture) <= 0);
    }
    struct media_statistics statistics = statistics_of(fixture);
    ck_assert_uint_gt(statistics.packets_invalid + statistics.packets_foreign, 1500);
    ck_assert_uint_ge(statistics.packets_foreign, 70);  /* seven types, ten packets each */
    ck_assert_uint_ge(statistics.packets_received, 20); /* 13 and 19 are of the stream */
    fixture_free(fixture);
}
END_TEST

START_TEST(strangers_are_counted_and_neither_heard_nor_answered)
{
    struct fixture *fixture = fixture_new(20);
    struct net_address stranger = address_of(66, 4000);
    struct media_packet packet;
    come(fixture, &fixture->far, PT_AUDIO);
    for (int i = 0; i < 20; i++)
        tick(fixture);
    for (int i = 0; i < 200; i++) {
        come_blindly(fixture, &stranger, (uint16_t)i);
        ck_assert(tick(fixture) <= 0);
        while (media_session_next_packet(fixture->session, &packet))
            ck_assert(!net_address_same_host(&packet.to, &stranger));
    }
    ck_assert_uint_eq(statistics_of(fixture).packets_strange, 200);
    fixture_free(fixture);
}
END_TEST

/* RFC 3264 5.1: who has listed two must be ready for both, whatever the answer puts first. */
START_TEST(whatever_was_listed_is_heard_at_any_time)
{
    struct fixture *fixture = fixture_new(20);
    fixture->parameters.other_count = 1;
    fixture->parameters.others[0] = (struct media_format){ CODEC_PCMU, 0 };
    update(fixture);
    for (int i = 0; i < 60; i++) { /* mu-law 0 is -32124, A-law 0 is -5504 */
        come(fixture, &fixture->far, i / 10 % 2 ? PT_AUDIO : 0);
        double level = tick(fixture);
        if (i % 10 >= 3)
            ck_assert_double_eq_tol(level, i / 10 % 2 ? 5504 : 32124, 300);
    }
    struct media_statistics statistics = statistics_of(fixture);
    ck_assert_uint_eq(statistics.packets_received, 60);
    ck_assert_uint_eq(statistics.packets_foreign, 0);
    fixture->parameters.other_count = 0; /* after another negotiation it is foreign */
    update(fixture);
    come(fixture, &fixture->far, 0);
    ck_assert_uint_eq(statistics_of(fixture).packets_foreign, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(where_no_audio_came_there_is_nothing_to_judge)
{
    struct fixture *fixture = fixture_new(20);
    for (int i = 0; i < 100; i++)
        tick(fixture);
    ck_assert_uint_eq(statistics_of(fixture).mos_x100, 0);
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert_uint_gt(statistics_of(fixture).mos_x100, 400);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_far_end_behind_nat_is_learnt)
{
    struct fixture *fixture = fixture_new(20);
    struct net_address mapped = address_of(9, 61000);
    struct media_packet packet;
    struct rtp_packet header;
    come(fixture, &mapped, PT_AUDIO);
    ck_assert(!media_session_has_received(fixture->session));
    come(fixture, &mapped, PT_AUDIO);
    ck_assert(media_session_has_received(fixture->session));
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &header));
    ck_assert(net_address_equal(&packet.to, &mapped));
    fixture_free(fixture);
}
END_TEST

START_TEST(comfort_noise_teaches_no_address)
{
    struct fixture *fixture = fixture_new(20);
    struct net_address other = address_of(9, 61000);
    for (int i = 0; i < 5; i++)
        come(fixture, &other, 13);
    ck_assert(!media_session_has_received(fixture->session));
    fixture_free(fixture);
}
END_TEST

START_TEST(knows_when_something_came_last)
{
    struct fixture *fixture = fixture_new(20);
    ck_assert_int_eq(media_session_last_received(fixture->session), 1000);
    fixture->now = 5000;
    come(fixture, &fixture->far, 72);
    ck_assert_int_eq(media_session_last_received(fixture->session), 1000);
    ck_assert(!media_session_has_received(fixture->session));
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert_int_eq(media_session_last_received(fixture->session), 5000);
    ck_assert(media_session_has_received(fixture->session));
    fixture_free(fixture);
}
END_TEST

/* Walks the packets of a compound one. */
static bool says_bye(struct slice report)
{
    while (report.length >= 4) {
        const uint8_t *bytes = (const uint8_t *)report.data;
        if (bytes[1] == 203)
            return true;
        report = slice_skip(report, 4 * (size_t)((bytes[2] << 8 | bytes[3]) + 1));
    }
    return false;
}

/* RTCP of a minute: how many, and that each went to `to`. */
static int count_reports(struct fixture *fixture, const struct net_address *to, uint8_t type)
{
    struct media_packet packet;
    int count = 0;
    for (int i = 0; i < 3000; i++) {
        tick(fixture);
        while (media_session_next_packet(fixture->session, &packet)) {
            if (!packet.is_rtcp)
                continue;
            ck_assert(net_address_equal(&packet.to, to));
            ck_assert_uint_eq((uint8_t)packet.bytes.data[1], type);
            ck_assert(!says_bye(packet.bytes));
            count++;
        }
    }
    return count;
}

START_TEST(reports_go_to_their_own_port_or_with_the_audio)
{
    struct fixture *fixture = fixture_new(20);
    int count = count_reports(fixture, &fixture->parameters.remote_rtcp, 200);
    ck_assert_int_ge(count, 9);
    ck_assert_int_le(count, 16);
    fixture->parameters.has_rtcp_mux = true;
    update(fixture);
    ck_assert_int_ge(count_reports(fixture, &fixture->far, 200), 9);
    fixture_free(fixture);
}
END_TEST

START_TEST(reports_come_also_when_nothing_is_ever_sent)
{
    struct fixture *fixture = fixture_new(20);
    fixture->parameters.sends = false;
    update(fixture);
    ck_assert_int_ge(count_reports(fixture, &fixture->parameters.remote_rtcp, 201), 9);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_bye_is_the_last_packet)
{
    struct fixture *fixture = fixture_new(60);
    struct media_packet packet;
    tick(fixture);
    media_session_bye(fixture->session, fixture->now);
    ck_assert(media_session_next_packet(fixture->session, &packet));
    ck_assert(packet.is_rtcp);
    ck_assert_uint_eq((uint8_t)packet.bytes.data[packet.bytes.length - 7], 203);
    ck_assert(says_bye(packet.bytes));
    ck_assert(!media_session_next_packet(fixture->session, &packet));
    fixture_free(fixture);
}
END_TEST

START_TEST(a_bye_of_the_far_end_ends_nothing)
{
    struct fixture *fixture = fixture_new(20);
    static const char bye[] = "\x80\xc9\0\1\0\0\0\x4d\x81\xcb\0\1\0\0\0\x4d";
    struct media_packet packet;
    struct rtp_packet header;
    media_session_receive(fixture->session, fixture->now, true, slice_make(bye, sizeof(bye) - 1),
                          &fixture->parameters.remote_rtcp);
    media_session_receive(fixture->session, fixture->now, false, slice_make(bye, sizeof(bye) - 1),
                          &fixture->far);
    for (int i = 0; i < 10; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        tick(fixture);
        ck_assert(next_rtp(fixture, &packet, &header));
    }
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert(tick(fixture) > 5000);
    ck_assert_uint_eq(statistics_of(fixture).packets_invalid, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(reports_of_strangers_are_not_read)
{
    struct fixture *fixture = fixture_new(20);
    struct net_address stranger = address_of(66, 4001);
    static const char report[] = "\x80\xc9\0\1\0\0\0\x4d";
    media_session_receive(fixture->session, fixture->now, true,
                          slice_make(report, sizeof(report) - 1), &stranger);
    ck_assert_uint_eq(statistics_of(fixture).packets_strange, 1);
    fixture_free(fixture);
}
END_TEST

START_TEST(a_digit_keeps_the_clock_of_the_stream)
{
    struct fixture *fixture = fixture_new(20);
    struct media_packet packet;
    struct rtp_packet header;
    uint32_t first = 0;
    uint16_t sequence = 0;
    ck_assert(media_session_send_digit(fixture->session, '7', 100, 100));
    for (uint32_t i = 0; i < 20; i++) {
        tick(fixture);
        ck_assert(next_rtp(fixture, &packet, &header));
        if (i == 0) {
            first = header.timestamp;
            sequence = header.sequence;
        }
        bool is_event = i < 7;
        ck_assert_uint_eq(header.payload_type, is_event ? PT_EVENT : PT_AUDIO);
        ck_assert_uint_eq(header.sequence, (uint16_t)(sequence + i));
        ck_assert_uint_eq(header.timestamp, is_event ? first : first + i * 160);
        ck_assert_int_eq(header.has_marker, i == 0 || i == 7);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(digits_wait_while_nothing_may_be_sent)
{
    struct fixture *fixture = fixture_new(60);
    struct media_packet packet;
    struct rtp_packet header;
    ck_assert(media_session_send_digit(fixture->session, '7', 100, 100));
    ck_assert(media_session_send_digit(fixture->session, '8', 100, 100));
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &header));
    fixture->parameters.sends = false;
    update(fixture);
    for (int i = 0; i < 100; i++) {
        tick(fixture);
        ck_assert(!next_rtp(fixture, &packet, &header));
    }
    fixture->parameters.sends = true;
    update(fixture);
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &header));
    ck_assert_uint_eq((uint8_t)header.payload.data[0], 8);
    ck_assert(header.has_marker);
    fixture_free(fixture);
}
END_TEST

START_TEST(no_digit_goes_to_a_far_end_without_events)
{
    struct fixture *fixture = fixture_new(20);
    fixture->parameters.has_events = false;
    update(fixture);
    ck_assert(!media_session_send_digit(fixture->session, '7', 100, 100));
    fixture_free(fixture);
}
END_TEST

START_TEST(a_strange_event_clock_divides_nothing)
{
    struct fixture *fixture = fixture_new(20);
    static const uint32_t clocks[] = { 0, 1, 999, 8000, 48000, UINT32_MAX };
    for (size_t i = 0; i < sizeof(clocks) / sizeof(*clocks); i++) {
        fixture->parameters.event_clock_rate = clocks[i];
        update(fixture);
        media_session_send_digit(fixture->session, '7', 100, 100);
        for (int k = 0; k < 20; k++)
            tick(fixture);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(time_goes_on_when_nobody_listens)
{
    struct fixture *fixture = fixture_new(20);
    int16_t unheard[FRAME];
    for (int i = 0; i < 100; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        media_session_tick(fixture->session, fixture->now, NULL, unheard);
        fixture->now += 20;
    }
    come(fixture, &fixture->far, PT_AUDIO);
    ck_assert(tick(fixture) > 5000);
    ck_assert_uint_eq(statistics_of(fixture).concealed_ms, 0);
    fixture_free(fixture);
}
END_TEST

START_TEST(statistics_tell_of_loss_and_quality)
{
    struct fixture *fixture = fixture_new(20);
    for (int i = 0; i < 1000; i++) {
        if (i % 10 == 5)
            fixture->sequence++;
        else
            come(fixture, &fixture->far, PT_AUDIO);
        tick(fixture);
    }
    struct media_statistics statistics = statistics_of(fixture);
    ck_assert_uint_eq(statistics.packets_received, 900);
    ck_assert_uint_eq(statistics.octets_received, 900 * 160);
    ck_assert_uint_eq(statistics.packets_lost, 100);
    ck_assert_uint_eq(statistics.loss_percent_x100, 1000);
    ck_assert_uint_eq(statistics.concealed_ms, 2000);
    ck_assert_uint_eq(statistics.jitter_ms, 0);
    ck_assert_uint_lt(statistics.mos_x100, 360);
    ck_assert_uint_gt(statistics.mos_x100, 300);
    fixture_free(fixture);
}
END_TEST

START_TEST(loss_and_quality_are_what_the_formulas_say)
{
    static const struct {
        int received;
        uint16_t lost_between;
        uint32_t loss_percent_x100;
        uint32_t mos_x100; // ITU-T G.107 with 40 ms of delay and G.711
    } rows[] = { { 50, 0, 0, 438 },
                 { 50, 1, 4949, 157 },
                 { 5, 2, 6153, 140 },
                 { 100, 9, 8990, 119 },
                 { 100, 30, 9674, 116 } };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        struct fixture *fixture = fixture_new(20);
        for (int k = 0; k < rows[i].received; k++) {
            come(fixture, &fixture->far, PT_AUDIO);
            for (int tick_count = 0; tick_count <= rows[i].lost_between; tick_count++)
                tick(fixture);
            fixture->sequence = (uint16_t)(fixture->sequence + rows[i].lost_between);
        }
        struct media_statistics statistics = statistics_of(fixture);
        ck_assert_uint_eq(statistics.packets_lost,
                          (uint64_t)(rows[i].received - 1) * rows[i].lost_between);
        ck_assert_uint_eq(statistics.loss_percent_x100, rows[i].loss_percent_x100);
        ck_assert_uint_eq(statistics.mos_x100, rows[i].mos_x100);
        fixture_free(fixture);
    }
}
END_TEST

START_TEST(the_loss_that_the_far_end_reports_is_a_percentage)
{
    static const struct {
        uint8_t of_256;
        uint32_t percent_x100;
    } rows[] = { { 0, 0 }, { 1, 39 }, { 64, 2500 }, { 128, 5000 }, { 255, 9960 } };
    struct fixture *fixture = fixture_new(20);
    struct media_packet packet;
    struct rtp_packet header;
    tick(fixture);
    ck_assert(next_rtp(fixture, &packet, &header));
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        uint8_t report[32] = { 0x81, 201, 0, 7, 0, 0, 0, 77 };
        for (int k = 0; k < 4; k++)
            report[8 + k] = (uint8_t)(header.ssrc >> (24 - 8 * k));
        report[12] = rows[i].of_256;
        media_session_receive(fixture->session, fixture->now, true,
                              slice_make((const char *)report, sizeof(report)),
                              &fixture->parameters.remote_rtcp);
        ck_assert_uint_eq(statistics_of(fixture).remote_loss_percent_x100, rows[i].percent_x100);
    }
    fixture_free(fixture);
}
END_TEST

START_TEST(what_has_come_at_the_end_is_heard)
{
    struct fixture *fixture = fixture_new(20);
    int16_t heard[FRAME];
    int loud = 0;
    ck_assert(!media_session_hear_rest(fixture->session, heard));
    for (int i = 0; i < 20; i++) {
        come(fixture, &fixture->far, PT_AUDIO);
        loud += tick(fixture) > 1000;
    }
    for (int i = 0; i < 4; i++)
        come(fixture, &fixture->far, PT_AUDIO);
    while (media_session_hear_rest(fixture->session, heard))
        loud += loudness(heard, FRAME) > 1000;
    ck_assert_int_eq(loud, 24);
    fixture_free(fixture);
}
END_TEST

START_TEST(on_hold_nothing_is_left_to_be_heard)
{
    struct fixture *fixture = fixture_new(20);
    int16_t heard[FRAME];
    for (int i = 0; i < 4; i++)
        come(fixture, &fixture->far, PT_AUDIO);
    fixture->parameters.receives = false;
    update(fixture);
    ck_assert(!media_session_hear_rest(fixture->session, heard));
    fixture_free(fixture);
}
END_TEST

START_TEST(what_came_before_it_was_agreed_is_kept_the_newest_of_it)
{
    struct early_packets *early = early_packets_new();
    struct early_packet packet = { .from = address_of(1, 4000) };
    ck_assert_ptr_null(early_packets_at(early, 0));
    for (char i = 0; i < EARLY_PACKETS_MAX + 3; i++) {
        char bytes[2] = { 'x', i };
        packet.is_rtcp = i % 2;
        packet.datagram = slice_make(bytes, 2);
        early_packets_put(early, &packet);
    }
    static const char long_bytes[LIMIT_RTP_PACKET + 1];
    packet.datagram = slice_make(long_bytes, sizeof(long_bytes));
    early_packets_put(early, &packet);
    packet.datagram = slice_empty();
    early_packets_put(early, &packet);
    for (size_t i = 0; i < EARLY_PACKETS_MAX; i++) {
        const struct early_packet *kept = early_packets_at(early, i);
        ck_assert_int_eq(kept->datagram.data[1], (int)i + 3);
        ck_assert_int_eq(kept->is_rtcp, (i + 3) % 2);
        ck_assert(net_address_equal(&kept->from, &packet.from));
    }
    ck_assert_ptr_null(early_packets_at(early, EARLY_PACKETS_MAX));
    ck_assert_ptr_null(early_packets_at(NULL, 0));
    early_packets_free(early);
}
END_TEST

SUITE_MAIN("media/media_session", what_has_come_at_the_end_is_heard,
           on_hold_nothing_is_left_to_be_heard,
           what_came_before_it_was_agreed_is_kept_the_newest_of_it,
           sends_the_asked_ptime_and_timestamps_follow, two_calls_begin_with_different_numbers,
           the_stream_goes_on_after_hold_and_says_so_with_a_marker,
           a_reinvite_moves_the_sending_and_nothing_else,
           a_reinvite_interrupts_no_hearing_and_forgets_no_figure, nothing_is_sent_to_no_address,
           no_report_goes_to_half_an_address, what_is_not_received_is_silence,
           noise_unknown_types_and_garbage_are_never_heard,
           strangers_are_counted_and_neither_heard_nor_answered,
           whatever_was_listed_is_heard_at_any_time, where_no_audio_came_there_is_nothing_to_judge,
           a_far_end_behind_nat_is_learnt, comfort_noise_teaches_no_address,
           knows_when_something_came_last, reports_go_to_their_own_port_or_with_the_audio,
           reports_come_also_when_nothing_is_ever_sent, a_bye_is_the_last_packet,
           a_bye_of_the_far_end_ends_nothing, reports_of_strangers_are_not_read,
           a_digit_keeps_the_clock_of_the_stream, digits_wait_while_nothing_may_be_sent,
           no_digit_goes_to_a_far_end_without_events, a_strange_event_clock_divides_nothing,
           time_goes_on_when_nobody_listens, statistics_tell_of_loss_and_quality,
           loss_and_quality_are_what_the_formulas_say,
           the_loss_that_the_far_end_reports_is_a_percentage)
