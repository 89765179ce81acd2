// SPDX-License-Identifier: ISC
// The media of one call: RTP and RTCP in and out, audio at the rate of its codec. Driven by a 20 ms
// tick; owns no socket and reads no clock (RFC 3550, 3551, 4733).
#pragma once

#include "media/codec.h"
#include "util/net_address.h"
#include "util/random.h"
#include "util/srtp_suite.h"
#include "util/time_ms.h"

struct media_session;

enum {
    MEDIA_OTHERS_MAX = CODEC_COUNT,
    MEDIA_EVENT_TYPES_MAX = 3
};

struct media_format {
    enum codec codec;
    uint8_t payload_type;
};

struct media_parameters {
    enum codec codec;
    struct codec_settings settings; // of what we send
    uint8_t send_payload_type;
    uint8_t receive_payload_type;
    struct media_format others[MEDIA_OTHERS_MAX]; // that may come as well, at any time
    size_t other_count;
    bool has_events;
    uint8_t send_event_type;
    uint8_t receive_event_types[MEDIA_EVENT_TYPES_MAX]; // of each clock rate that we listed
    size_t receive_event_type_count;
    uint32_t event_clock_rate; // of those we send
    bool has_comfort_noise;
    struct net_address remote_rtp;
    struct net_address remote_rtcp;
    bool has_rtcp_mux;
    bool sends;
    bool receives;
    uint32_t ptime_ms;
    const struct srtp_key *send_key; // borrowed for the call; NULL: in clear
    const struct srtp_key *receive_key;
};

struct media_packet {
    struct slice bytes;
    struct net_address to;
    bool is_rtcp; // to be sent from the RTCP port unless rtcp-mux was agreed
};

struct media_statistics {
    uint64_t packets_sent;
    uint64_t octets_sent; // of payload, as in RTCP
    uint64_t packets_received;
    uint64_t octets_received;
    uint64_t packets_lost;
    uint64_t packets_late;
    uint64_t packets_duplicate;
    uint64_t packets_invalid;  // not RTP
    uint64_t packets_foreign;  // of a payload type that we did not list
    uint64_t packets_strange;  // from an address that is not believed
    uint64_t packets_refused;  // not genuine, by SRTP
    uint64_t packets_repeated; // seen before, by SRTP
    uint64_t digits_dropped;   // nobody took them
    uint64_t concealed_ms;
    uint32_t jitter_ms;
    uint32_t round_trip_ms;            // 0: the far end has not said
    uint32_t remote_loss_percent_x100; // of what we send, by its last report
    uint32_t loss_percent_x100;
    uint32_t mos_x100; // 0: no audio came, so there is nothing to judge
};

enum {
    MEDIA_FRAME_SAMPLES_MAX = 960,
    MEDIA_FRAME_MS = 20
};

struct media_session *media_session_new(struct random *random, time_ms now,
                                        const struct media_parameters *parameters);
// `parameters` are tamed: ptime is held within 10 to 120 ms (0 is 20) and what
// the codec can do, nothing is sent to no
// address. After a re-INVITE: SSRC, sequence and timestamps go on (P25d).
void media_session_update(struct media_session *session, time_ms now,
                          const struct media_parameters *parameters);
// Samples per second of its frames; a re-INVITE may change it.
uint32_t media_session_rate(const struct media_session *session);
// Audio may be sent: the far end takes it.
bool media_session_is_sending(const struct media_session *session);
// One datagram from either port. What is not valid is dropped and counted.
void media_session_receive(struct media_session *session, time_ms now, bool is_rtcp_port,
                           struct slice datagram, const struct net_address *from);
// Every 20 ms: `said` is one frame (media_session_rate / 50 samples) or NULL for silence; `heard`
// is filled with one frame of what the far end says. Then pull the packets.
void media_session_tick(struct media_session *session, time_ms now, const int16_t *said,
                        int16_t *heard);
// At the end: a frame more of what has come of the far end; false when all was heard.
bool media_session_hear_rest(struct media_session *session, int16_t *heard);
// Bytes borrowed until the next call.
bool media_session_next_packet(struct media_session *session, struct media_packet *packet);
// Queues a digit to be sent as telephone-event. False: not a digit, too many are waiting, or the
// far end takes no events. While media is not sent digits wait.
bool media_session_send_digit(struct media_session *session, char digit, uint32_t tone_ms,
                              uint32_t gap_ms);
// Queues a digit to be sent in the audio, in place of the program's. False as above.
bool media_session_send_tone(struct media_session *session, char digit, uint32_t tone_ms,
                             uint32_t gap_ms);
// Digits of either kind are queued, or the pause behind the last is not over.
bool media_session_is_sending_digits(const struct media_session *session);
// The next received digit, once a press.
bool media_session_next_digit(struct media_session *session, char *digit);
// Queues an RTCP BYE.
void media_session_bye(struct media_session *session, time_ms now);
// A valid RTP packet has come.
bool media_session_has_received(const struct media_session *session);
// When the last one came; when the session began if none has.
time_ms media_session_last_received(const struct media_session *session);
void media_session_statistics(const struct media_session *session,
                              struct media_statistics *statistics);
void media_session_free(struct media_session *session);
