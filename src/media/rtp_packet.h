// SPDX-License-Identifier: ISC
// RTP packets (RFC 3550 5.1). Every length is checked against the datagram (threat M8).
#pragma once

#include "util/slice.h"

enum {
    RTP_HEADER_BYTES = 12
};

struct rtp_packet {
    uint8_t payload_type;
    bool has_marker;
    uint16_t sequence;
    uint32_t timestamp;
    uint32_t ssrc;
    struct slice payload;
};

MUST_USE enum status rtp_packet_parse(struct slice datagram, struct rtp_packet *packet);
// Bytes before payload and padding, sources and extension included; 0 when it is no RTP packet.
size_t rtp_packet_header_length(struct slice datagram);
// Writes the header only; `header` holds RTP_HEADER_BYTES.
void rtp_packet_write_header(const struct rtp_packet *packet, uint8_t *header);
// RFC 5761 4: RTCP on the same port is told by its packet type.
bool rtp_packet_is_rtcp(struct slice datagram);
// RFC 3550 A.1: how far `right` is ahead of `left`, -32768 to 32767.
int sequence_distance(uint16_t left, uint16_t right);
