// SPDX-License-Identifier: ISC
#include "media/rtp_packet.h"

static uint8_t byte_at(struct slice bytes, size_t index)
{
    return (uint8_t)bytes.data[index];
}

static uint32_t read_uint32(struct slice bytes, size_t index)
{
    return (uint32_t)byte_at(bytes, index) << 24 | (uint32_t)byte_at(bytes, index + 1) << 16 |
           (uint32_t)byte_at(bytes, index + 2) << 8 | byte_at(bytes, index + 3);
}

size_t rtp_packet_header_length(struct slice datagram)
{
    if (datagram.length < RTP_HEADER_BYTES || byte_at(datagram, 0) >> 6 != 2)
        return 0;
    size_t offset = RTP_HEADER_BYTES + 4u * (byte_at(datagram, 0) & 15u);
    bool has_extension = byte_at(datagram, 0) & 0x10;
    if (has_extension) {
        if (offset + 4 > datagram.length)
            return 0;
        offset += 4 + 4 * (size_t)(read_uint32(datagram, offset) & 0xffff);
    }
    return offset > datagram.length ? 0 : offset;
}

enum status rtp_packet_parse(struct slice datagram, struct rtp_packet *packet)
{
    size_t offset = rtp_packet_header_length(datagram);
    if (!offset)
        return STATUS_MALFORMED;
    bool has_padding = byte_at(datagram, 0) & 0x20;
    size_t length = datagram.length - offset;
    if (has_padding) {
        size_t padding = byte_at(datagram, datagram.length - 1);
        if (padding == 0 || padding > length)
            return STATUS_MALFORMED;
        length -= padding;
    }
    *packet = (struct rtp_packet){
        .payload_type = byte_at(datagram, 1) & 0x7f,
        .has_marker = byte_at(datagram, 1) & 0x80,
        .sequence = (uint16_t)(byte_at(datagram, 2) << 8 | byte_at(datagram, 3)),
        .timestamp = read_uint32(datagram, 4),
        .ssrc = read_uint32(datagram, 8),
        .payload = slice_make(datagram.data + offset, length),
    };
    return STATUS_OK;
}

void rtp_packet_write_header(const struct rtp_packet *packet, uint8_t *header)
{
    header[0] = 0x80;
    header[1] = (uint8_t)((packet->has_marker ? 0x80 : 0) | packet->payload_type);
    header[2] = (uint8_t)(packet->sequence >> 8);
    header[3] = (uint8_t)packet->sequence;
    for (int i = 0; i < 4; i++) {
        header[4 + i] = (uint8_t)(packet->timestamp >> (24 - 8 * i));
        header[8 + i] = (uint8_t)(packet->ssrc >> (24 - 8 * i));
    }
}

bool rtp_packet_is_rtcp(struct slice datagram)
{
    return datagram.length >= 8 && byte_at(datagram, 0) >> 6 == 2 && byte_at(datagram, 1) >= 192 &&
           byte_at(datagram, 1) <= 223;
}

int sequence_distance(uint16_t left, uint16_t right)
{
    return (int16_t)(uint16_t)(right - left);
}
