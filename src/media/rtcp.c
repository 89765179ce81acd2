// SPDX-License-Identifier: ISC
#include "media/rtcp.h"

enum {
    SR = 200,
    RR = 201,
    SDES = 202,
    BYE = 203,
    TYPE_MIN = 192, // RFC 5761 4
    TYPE_MAX = 223,
    BLOCK_BYTES = 24,
    INTERVAL_MS = 5000,
    JUMP = 3000,           // A.1: MAX_DROPOUT, for either side
    NO_SEQUENCE = 0x10000, // no 16-bit number
    ROUND_TRIP_MAX_MS = 60000
};

void rtcp_init(struct rtcp *rtcp, time_ms now, struct random *random, uint32_t ssrc,
               uint32_t clock_rate)
{
    *rtcp = (struct rtcp){
        .ssrc = ssrc,
        .clock_rate = clock_rate,
        .bad_sequence = NO_SEQUENCE,
    };
    random_token(random, rtcp->name, 16);
    rtcp_schedule(rtcp, now, random);
}

void rtcp_schedule(struct rtcp *rtcp, time_ms now, struct random *random)
{
    rtcp->report_at = now + INTERVAL_MS / 2 + (time_ms)random_below(random, INTERVAL_MS);
}

void rtcp_set_clock_rate(struct rtcp *rtcp, uint32_t clock_rate)
{
    if (clock_rate == rtcp->clock_rate)
        return;
    rtcp->jitter_x16 = rtcp->jitter_x16 * clock_rate / rtcp->clock_rate;
    rtcp->clock_rate = clock_rate;
    rtcp->has_transit = false;
}

void rtcp_count_sent(struct rtcp *rtcp, size_t octets)
{
    rtcp->packets_sent++;
    rtcp->octets_sent += octets;
}

static void begin_source(struct rtcp *rtcp, const struct rtp_packet *packet)
{
    if (rtcp->has_source && rtcp->source != packet->ssrc)
        rtcp->last_sender_report = 0;
    if (rtcp->has_source)
        rtcp->lost_total = rtcp_lost(rtcp);
    rtcp->has_source = true;
    rtcp->source = packet->ssrc;
    rtcp->highest = packet->sequence;
    rtcp->first = packet->sequence;
    rtcp->cycles = 0;
    rtcp->packets_received = 0;
    rtcp->expected_before = rtcp->received_before = 0;
    rtcp->bad_sequence = NO_SEQUENCE;
    rtcp->has_transit = false;
}

static void measure_jitter(struct rtcp *rtcp, time_ms now, uint32_t timestamp)
{
    int64_t arrival = now * (int64_t)rtcp->clock_rate / 1000;
    int64_t transit = (int32_t)((uint32_t)arrival - timestamp);
    if (rtcp->has_transit) {
        int64_t difference = transit - rtcp->last_transit;
        if (difference < 0)
            difference = -difference;
        /* A jump of the timestamp is no jitter. */
        if (difference < (int64_t)rtcp->clock_rate)
            rtcp->jitter_x16 += (uint64_t)difference - (rtcp->jitter_x16 + 8) / 16;
    }
    rtcp->last_transit = transit;
    rtcp->has_transit = true;
}

/* A.1: a jump is believed when the next packet follows it. False: it is not counted. */
static bool follow_sequence(struct rtcp *rtcp, const struct rtp_packet *packet)
{
    int distance = sequence_distance(rtcp->highest, packet->sequence);
    if (!rtcp->has_source || rtcp->source != packet->ssrc) {
        begin_source(rtcp, packet);
    } else if (distance > JUMP || distance < -JUMP) {
        bool is_believed = packet->sequence == rtcp->bad_sequence;
        if (is_believed)
            begin_source(rtcp, packet);
        else
            rtcp->bad_sequence = (uint16_t)(packet->sequence + 1);
        return is_believed;
    } else if (distance > 0) {
        if (packet->sequence < rtcp->highest)
            rtcp->cycles += 1u << 16;
        rtcp->highest = packet->sequence;
    }
    return true;
}

void rtcp_count_received(struct rtcp *rtcp, time_ms now, const struct rtp_packet *packet,
                         bool is_audio)
{
    rtcp->packets_total++;
    if (!follow_sequence(rtcp, packet))
        return;
    rtcp->packets_received++;
    if (is_audio)
        measure_jitter(rtcp, now, packet->timestamp);
}

static uint64_t expected_of_source(const struct rtcp *rtcp)
{
    return (uint64_t)rtcp->cycles + rtcp->highest - rtcp->first + 1;
}

static uint64_t lost_of_source(const struct rtcp *rtcp)
{
    uint64_t expected = expected_of_source(rtcp);
    return expected > rtcp->packets_received ? expected - rtcp->packets_received : 0;
}

uint64_t rtcp_lost(const struct rtcp *rtcp)
{
    return rtcp->has_source ? rtcp->lost_total + lost_of_source(rtcp) : 0;
}

uint32_t rtcp_jitter_ms(const struct rtcp *rtcp)
{
    return (uint32_t)(rtcp->jitter_x16 / 16 * 1000 / rtcp->clock_rate);
}

static uint32_t read_uint32(struct slice bytes, size_t offset)
{
    uint32_t value = 0;
    for (size_t i = 0; i < 4; i++)
        value = value << 8 | (uint8_t)bytes.data[offset + i];
    return value;
}

/* The middle 32 bits of the NTP time that our reports bear. The core has no wall clock: time counts
 * from the daemon's own beginning (6.4.1 allows it). */
static uint32_t short_time(time_ms now)
{
    return (uint32_t)((uint64_t)now * 65536 / 1000);
}

static void read_block(struct rtcp *rtcp, time_ms now, struct slice block)
{
    if (read_uint32(block, 0) != rtcp->ssrc)
        return;
    uint32_t last_report = read_uint32(block, 16);
    rtcp->remote_loss = (uint8_t)block.data[4];
    if (!last_report)
        return;
    /* 6.4.1: A - LSR - DLSR; a far end that counts wrongly gives nonsense, which is dropped. */
    uint32_t round_trip = short_time(now) - last_report - read_uint32(block, 20);
    uint64_t milliseconds = (uint64_t)round_trip * 1000 / 65536;
    if (milliseconds <= ROUND_TRIP_MAX_MS)
        rtcp->round_trip_ms = (uint32_t)milliseconds;
}

static enum status read_report(struct rtcp *rtcp, time_ms now, struct slice packet, size_t head)
{
    size_t count = (uint8_t)packet.data[0] & 31;
    if (packet.length < head + BLOCK_BYTES * count)
        return STATUS_MALFORMED;
    uint32_t source = read_uint32(packet, 4);
    if (head == 28 && (!rtcp->has_source || source == rtcp->source)) {
        rtcp->last_sender_report = read_uint32(packet, 8) << 16 | read_uint32(packet, 12) >> 16;
        rtcp->last_sender_report_at = now;
    }
    for (size_t i = 0; i < count; i++)
        read_block(rtcp, now, slice_skip(packet, head + BLOCK_BYTES * i));
    return STATUS_OK;
}

static enum status read_packet(struct rtcp *rtcp, time_ms now, struct slice packet)
{
    uint8_t type = (uint8_t)packet.data[1];
    size_t count = (uint8_t)packet.data[0] & 31;
    if (type < TYPE_MIN || type > TYPE_MAX)
        return STATUS_MALFORMED;
    if (type == SR)
        return read_report(rtcp, now, packet, 28);
    if (type == RR)
        return read_report(rtcp, now, packet, 8);
    if (type == BYE) {
        if (packet.length < 4 + 4 * count)
            return STATUS_MALFORMED;
        rtcp->has_said_bye = true;
    }
    return STATUS_OK;
}

enum status rtcp_receive(struct rtcp *rtcp, time_ms now, struct slice datagram)
{
    do {
        if (datagram.length < 4 || (uint8_t)datagram.data[0] >> 6 != 2)
            return STATUS_MALFORMED;
        size_t length =
            4 * (((size_t)(uint8_t)datagram.data[2] << 8 | (uint8_t)datagram.data[3]) + 1);
        if (length > datagram.length)
            return STATUS_MALFORMED;
        if (read_packet(rtcp, now, slice_first(datagram, length)) != STATUS_OK)
            return STATUS_MALFORMED;
        datagram = slice_skip(datagram, length);
    } while (datagram.length);
    return STATUS_OK;
}

struct writer {
    uint8_t *bytes;
    size_t length;
};

static void write_uint32(struct writer *writer, uint32_t value)
{
    for (int i = 24; i >= 0; i -= 8)
        writer->bytes[writer->length++] = (uint8_t)(value >> i);
}

static void write_head(struct writer *writer, unsigned count, unsigned type, size_t bytes)
{
    write_uint32(writer, 0x80000000u | count << 24 | type << 16 | (uint32_t)(bytes / 4 - 1));
}

static void write_block(struct rtcp *rtcp, struct writer *writer, time_ms now)
{
    /* A.3: the fraction is of what was expected since the last report. */
    uint64_t lost = lost_of_source(rtcp);
    uint64_t expected = expected_of_source(rtcp) - rtcp->expected_before;
    uint64_t received = rtcp->packets_received - rtcp->received_before;
    uint64_t missing = expected > received ? expected - received : 0;
    uint64_t fraction = expected ? missing * 256 / expected : 0;
    rtcp->expected_before += expected;
    rtcp->received_before += received;
    write_uint32(writer, rtcp->source);
    write_uint32(writer, (uint32_t)(fraction > 255 ? 255 : fraction) << 24 |
                             (uint32_t)(lost > 0x7fffff ? 0x7fffff : lost));
    write_uint32(writer, rtcp->cycles | rtcp->highest);
    write_uint32(writer, (uint32_t)(rtcp->jitter_x16 / 16));
    write_uint32(writer, rtcp->last_sender_report);
    write_uint32(writer, rtcp->last_sender_report
                             ? (uint32_t)((now - rtcp->last_sender_report_at) * 65536 / 1000)
                             : 0);
}

static void write_description(const struct rtcp *rtcp, struct writer *writer)
{
    size_t name = strlen(rtcp->name);
    size_t items = (2 + name + 1 + 3) / 4 * 4; /* type, length, name, end, padding */
    write_head(writer, 1, SDES, 8 + items);
    write_uint32(writer, rtcp->ssrc);
    memset(writer->bytes + writer->length, 0, items);
    writer->bytes[writer->length] = 1; /* CNAME */
    writer->bytes[writer->length + 1] = (uint8_t)name;
    memcpy(writer->bytes + writer->length + 2, rtcp->name, name);
    writer->length += items;
}

size_t rtcp_write(struct rtcp *rtcp, time_ms now, uint32_t timestamp, bool says_bye,
                  uint8_t packet[RTCP_PACKET_BYTES])
{
    struct writer writer = { .bytes = packet };
    unsigned blocks = rtcp->has_source ? 1 : 0;
    bool is_sender = rtcp->packets_sent > 0;
    write_head(&writer, blocks, is_sender ? SR : RR, (is_sender ? 28u : 8u) + 24u * blocks);
    write_uint32(&writer, rtcp->ssrc);
    if (is_sender) {
        write_uint32(&writer, (uint32_t)(now / 1000));
        write_uint32(&writer, (uint32_t)(((uint64_t)(now % 1000) << 32) / 1000));
        write_uint32(&writer, timestamp);
        write_uint32(&writer, (uint32_t)rtcp->packets_sent);
        write_uint32(&writer, (uint32_t)rtcp->octets_sent);
    }
    if (blocks)
        write_block(rtcp, &writer, now);
    write_description(rtcp, &writer);
    if (says_bye) {
        write_head(&writer, 1, BYE, 8);
        write_uint32(&writer, rtcp->ssrc);
    }
    return writer.length;
}
