// SPDX-License-Identifier: ISC
// Offer and answer for one audio stream (RFC 3264): what both sides have agreed on. Every other
// m-line is answered, and refused.
#pragma once

#include "sdp/format.h"
#include "util/net_address.h"
#include "util/srtp_suite.h"

enum sdp_srtp {
    SDP_SRTP_OFF,
    SDP_SRTP_OPPORTUNISTIC, // where the far end can (RFC 8643)
    SDP_SRTP_REQUIRED
};

struct sdp_local {
    struct net_address address; // where we receive RTP
    uint16_t rtcp_port;
    uint64_t session_id;
    uint64_t version;
    const enum codec *codecs;
    size_t codec_count;
    enum sdp_direction direction;
    uint32_t ptime_ms;
    enum sdp_srtp srtp;
    const struct srtp_key *keys; // ours, one for each suite, in its place; unless srtp is OFF
};

enum {
    SDP_OTHERS_MAX = CODEC_COUNT,
    SDP_EVENT_TYPES_MAX = 3 // telephone-events of 8000, 16000 and 48000
};

struct sdp_listed {
    enum codec codec;
    uint8_t payload_type;
};

struct sdp_agreement {
    enum codec codec;
    struct codec_settings settings; // of what we send
    uint8_t send_payload_type;
    uint8_t receive_payload_type;
    struct sdp_listed others[SDP_OTHERS_MAX]; // that we listed, too: they may come at any time
    size_t other_count;
    bool has_events; // telephone-event (RFC 4733)
    uint8_t send_event_type;
    uint8_t receive_event_types[SDP_EVENT_TYPES_MAX]; // that we listed
    size_t receive_event_type_count;
    uint32_t event_clock_rate;
    bool has_comfort_noise;
    struct net_address remote_rtp;
    struct net_address remote_rtcp;
    bool has_rtcp_mux;
    bool sends;    // we may send
    bool receives; // they may send
    bool is_held;  // the far end does not want to hear us, or has no address
    uint32_t ptime_ms;
    enum srtp_suite suite; // NONE: in clear
    uint32_t crypto_tag;
    struct slice remote_crypto; // the value of their a=crypto line, borrowed
};

// The answer to an offer, in `arena`. REFUSED: nothing acceptable in it (488), *why is a constant
// sentence. The answer borrows from offer and arena.
MUST_USE enum status sdp_answer(struct arena *arena, const struct sdp_session *offer,
                                const struct sdp_local *local, struct sdp_session **answer,
                                struct sdp_agreement *agreement, const char **why);
// The answer that refuses every line of an offer by port 0 (6), in `arena`; it borrows from both.
struct sdp_session *sdp_refuse(struct arena *arena, const struct sdp_session *offer,
                               const struct sdp_local *local);
struct sdp_session *sdp_offer(struct arena *arena, const struct sdp_local *local);
// Turns a first offer into one inside the session that `before`, our last description, is part of
// (RFC 3264 8): every m-line keeps its place and transport, those that were refused stay so, and
// every format keeps its number. `is_held`: the far end does not want to hear us; what we would
// send only becomes inactive (8.4).
void sdp_offer_again(struct sdp_session *offer, const struct sdp_session *before, bool is_held);
// What an answer to our offer means. REFUSED: it does not answer it.
MUST_USE enum status sdp_accept_answer(const struct sdp_session *offer,
                                       const struct sdp_session *answer,
                                       const struct sdp_local *local,
                                       struct sdp_agreement *agreement, const char **why);
