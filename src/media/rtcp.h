// SPDX-License-Identifier: ISC
// RTCP of one call (RFC 3550 6): what we know of the stream we receive, the reports we send, and
// what theirs say. Compound packets are checked length by length (M10). A BYE ends nothing: the SIP
// dialog decides when a call is over.
#pragma once

#include "media/rtp_packet.h"
#include "util/random.h"
#include "util/time_ms.h"

enum {
    RTCP_PACKET_BYTES = 256
};

struct rtcp {
    uint32_t ssrc; // ours
    char name[24]; // CNAME
    time_ms report_at;

    // Sent by us.
    uint64_t packets_sent;
    uint64_t octets_sent;

    // The stream we receive (A.1, A.3, A.8).
    bool has_source;
    uint32_t source;
    uint16_t highest;
    uint32_t cycles;
    uint32_t first;
    uint64_t packets_received; // of this source
    uint64_t packets_total;    // of all sources of the call
    uint64_t lost_total;       // of earlier sources
    uint64_t expected_before;  // at our last report (A.3)
    uint64_t received_before;
    uint32_t bad_sequence; // the successor of a jump's first packet; NO_SEQUENCE
    uint32_t clock_rate;
    uint64_t jitter_x16; // in timestamp units
    int64_t last_transit;
    bool has_transit;

    // Their last sender report, and what their receiver reports say of us.
    uint32_t last_sender_report;
    time_ms last_sender_report_at;
    uint8_t remote_loss; // of our packets, in 256ths
    uint32_t round_trip_ms;
    bool has_said_bye;
};

void rtcp_init(struct rtcp *rtcp, time_ms now, struct random *random, uint32_t ssrc,
               uint32_t clock_rate);
// Of the stream we receive, from now on.
void rtcp_set_clock_rate(struct rtcp *rtcp, uint32_t clock_rate);
void rtcp_count_sent(struct rtcp *rtcp, size_t octets);
// A valid RTP packet of the far end. Timestamps of anything but audio say nothing about jitter.
void rtcp_count_received(struct rtcp *rtcp, time_ms now, const struct rtp_packet *packet,
                         bool is_audio);
// A compound packet. MALFORMED: a length or a kind in it is wrong; what came before that is kept.
MUST_USE enum status rtcp_receive(struct rtcp *rtcp, time_ms now, struct slice datagram);
// Writes SR or RR, SDES and, when asked, BYE; returns the bytes. `timestamp` is that of our stream.
size_t rtcp_write(struct rtcp *rtcp, time_ms now, uint32_t timestamp, bool says_bye,
                  uint8_t packet[RTCP_PACKET_BYTES]);
// When the next report is due; about every 5 s (6.2), drawn anew after each.
void rtcp_schedule(struct rtcp *rtcp, time_ms now, struct random *random);
uint64_t rtcp_lost(const struct rtcp *rtcp);
uint32_t rtcp_jitter_ms(const struct rtcp *rtcp);
