// SPDX-License-Identifier: ISC
#include "media/rtcp.h"

enum {
    SR = 200,
    RR = 201,
    SDES = 202,
    BYE = 203,
    INTERVAL_MS = 5000
};

void rtcp_init(struct rtcp *rtcp, time_ms now, struct random *random, uint32_t ssrc,
               uint32_t clock_rate)
{
    *rtcp = (struct rtcp){ .ssrc = ssrc, .clock_rate = clock_rate };
    random_token(random, rtcp->name, 16);
    rtcp_schedule(rtcp, now, random);
}

void rtcp_schedule(struct rtcp *rtcp, time_ms now, struct random *random)
{
    rtcp->report_at = now + INTERVAL_MS / 2 + (time_ms)random_below(random, INTERVAL_MS);
}

void rtcp_count_sent(struct rtcp *rtcp, size_t octets)
{
    rtcp->packets_sent++;
    rtcp->octets_sent += octets;
}

static void begin_source(struct rtcp *rtcp, const struct rtp_packet *packet)
{
    if (rtcp->has_source)
        rtcp->lost_total = rtcp_lost(rtcp);
    rtcp->has_source = true;
    rtcp->source = packet->ssrc;
    rtcp->highest = packet->sequence;
    rtcp->first = packet->sequence;
    rtcp->cycles = 0;
    rtcp->packets_received = 0;
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

void rtcp_count_received(struct rtcp *rtcp, time_ms now, const struct rtp_packet *packet)
{
    int distance = sequence_distance(rtcp->highest, packet->sequence);
    if (!rtcp->has_source || rtcp->source != packet->ssrc || distance > 3000 || distance < -3000)
        begin_source(rtcp, packet);
    else if (distance > 0) {
        if (packet->sequence < rtcp->highest)
            rtcp->cycles += 1u << 16;
        rtcp->highest = packet->sequence;
    }
    rtcp->packets_received++;
    rtcp->packets_total++;
    measure_jitter(rtcp, now, packet->timestamp);
}

uint64_t rtcp_lost(const struct rtcp *rtcp)
{
    if (!rtcp->has_source)
        return 0;
    uint64_t expected = (uint64_t)rtcp->cycles + rtcp->highest - rtcp->first + 1;
    return rtcp->lost_total +
           (expected > rtcp->packets_received ? expected - rtcp->packets_received : 0);
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

static void read_block(struct rtcp *rtcp, struct slice block)
{
    if (block.length >= 24 && read_uint32(block, 0) == rtcp->ssrc)
        rtcp->remote_loss = (uint8_t)block.data[4];
}

static enum status read_packet(struct rtcp *rtcp, time_ms now, struct slice packet)
{
    uint8_t type = (uint8_t)packet.data[1];
    size_t count = (uint8_t)packet.data[0] & 31;
    size_t head = type == SR ? 28 : 8;
    if (type == BYE) {
        rtcp->has_said_bye = true;
        return STATUS_OK;
    }
    if (type != SR && type != RR)
        return STATUS_OK;
    if (packet.length < head + 24 * count)
        return STATUS_MALFORMED;
    if (type == SR) {
        rtcp->last_sender_report = read_uint32(packet, 8) << 16 | read_uint32(packet, 12) >> 16;
        rtcp->last_sender_report_at = now;
    }
    for (size_t i = 0; i < count; i++)
        read_block(rtcp, slice_skip(packet, head + 24 * i));
    return STATUS_OK;
}

enum status rtcp_receive(struct rtcp *rtcp, time_ms now, struct slice datagram)
{
    while (datagram.length) {
        if (datagram.length < 4 || (uint8_t)datagram.data[0] >> 6 != 2)
            return STATUS_MALFORMED;
        size_t length =
            4 * (((size_t)(uint8_t)datagram.data[2] << 8 | (uint8_t)datagram.data[3]) + 1);
        if (length > datagram.length)
            return STATUS_MALFORMED;
        if (read_packet(rtcp, now, slice_first(datagram, length)) != STATUS_OK)
            return STATUS_MALFORMED;
        datagram = slice_skip(datagram, length);
    }
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
    uint64_t lost = rtcp_lost(rtcp) - rtcp->lost_total;
    uint64_t expected = lost + rtcp->packets_received;
    uint32_t fraction = expected ? (uint32_t)(lost * 255 / expected) : 0;
    write_uint32(writer, rtcp->source);
    write_uint32(writer, fraction << 24 | (uint32_t)(lost > 0x7fffff ? 0x7fffff : lost));
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
        /* The core has no wall clock: NTP time counts from the daemon's own (6.4.1 allows it). */
        write_uint32(&writer, (uint32_t)(now / 1000));
        write_uint32(&writer, (uint32_t)((uint64_t)(now % 1000) * 4294967));
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
