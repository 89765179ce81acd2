// SPDX-License-Identifier: ISC
// What the session suites share: parameters, packets made by hand, two sessions back to back, and
// audio compared by content.
#pragma once

#include "media/codec.h"
#include "media/media_session.h"
#include "media/rtp_packet.h"
#include "tests/suite.h"

#include <math.h>

enum {
    FRAME = 160,
    PT_AUDIO = 8,
    PT_EVENT = 101
};

static inline struct net_address address_of(uint8_t last, uint16_t port)
{
    return (struct net_address){ .family = NET_IPV4, .bytes = { 192, 0, 2, last }, .port = port };
}

static inline struct media_parameters parameters_to(struct net_address remote)
{
    struct net_address rtcp = remote;
    rtcp.port++;
    return (struct media_parameters){
        .codec = CODEC_PCMA,
        .send_payload_type = PT_AUDIO,
        .receive_payload_type = PT_AUDIO,
        .has_events = true,
        .send_event_type = PT_EVENT,
        .receive_event_types = { PT_EVENT },
        .receive_event_type_count = 1,
        .event_clock_rate = 8000,
        .remote_rtp = remote,
        .remote_rtcp = rtcp,
        .sends = true,
        .receives = true,
        .ptime_ms = 20,
    };
}

// A sine of 440 Hz and half scale, going on from `*phase`.
static inline void sine(double *phase, uint32_t rate, int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        samples[i] = (int16_t)lrint(16000 * sin(*phase));
        *phase += 2 * 3.14159265358979 * 440 / rate;
    }
}

static inline double correlation(const int16_t *left, const int16_t *right, size_t count)
{
    double both = 0;
    double left_power = 0;
    double right_power = 0;
    for (size_t i = 0; i < count; i++) {
        both += (double)left[i] * right[i];
        left_power += (double)left[i] * left[i];
        right_power += (double)right[i] * right[i];
    }
    return left_power > 0 && right_power > 0 ? both / sqrt(left_power * right_power) : 0;
}

// The best correlation of `count` samples of `heard` with `said` at any delay up to `maximum`.
static inline double best_correlation(const int16_t *said, const int16_t *heard, size_t count,
                                      size_t maximum)
{
    double best = -1;
    for (size_t delay = 0; delay <= maximum; delay++)
        best = fmax(best, correlation(said, heard + delay, count));
    return best;
}

static inline double loudness(const int16_t *samples, size_t count)
{
    double power = 0;
    for (size_t i = 0; i < count; i++)
        power += (double)samples[i] * samples[i];
    return sqrt(power / (double)count);
}

static inline struct rtp_packet read_packet(const struct media_packet *packet)
{
    struct rtp_packet header = { 0 };
    ck_assert_int_eq(rtp_packet_parse(packet->bytes, &header), STATUS_OK);
    return header;
}

// One packet by hand; `payload` of `length` bytes.
static inline void give(struct media_session *session, time_ms now, const struct net_address *from,
                        struct rtp_packet header, const uint8_t *payload, size_t length)
{
    uint8_t bytes[RTP_HEADER_BYTES + 1600];
    rtp_packet_write_header(&header, bytes);
    memcpy(bytes + RTP_HEADER_BYTES, payload, length);
    media_session_receive(session, now, false,
                          slice_make((const char *)bytes, RTP_HEADER_BYTES + length), from);
}
