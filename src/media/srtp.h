// SPDX-License-Identifier: ISC
// SRTP and SRTCP by one master key (RFC 3711, 6188, 7714): packets of ours are protected, packets
// of theirs are taken only when they prove to be genuine and new. Pure functions of bytes; nothing
// is allocated per packet. E is set and demanded: no RTCP goes or comes unencrypted.
#pragma once

#include "util/srtp_suite.h"

struct srtp_sender;
struct srtp_receiver;

enum {
    SRTP_TRAILER_MAX = 16 + 4 + LIMIT_SRTP_MKI // tag, RTCP's index, name of the key
};

struct srtp_sender *srtp_sender_new(const struct srtp_key *key);
bool srtp_sender_has_key(const struct srtp_sender *sender, const struct srtp_key *key);
// Protects the packet of *length bytes in place; it has room for SRTP_TRAILER_MAX more. One SSRC,
// sequence numbers that rise, by less than 2^15. MALFORMED: not an RTP packet. REFUSED: its number
// has been used already, or the key's lifetime (2^48 packets, 2^31 reports) is over; it must not be
// sent.
MUST_USE enum status srtp_sender_protect_rtp(struct srtp_sender *sender, uint8_t *packet,
                                             size_t *length);
// A compound RTCP packet, in the same way.
MUST_USE enum status srtp_sender_protect_rtcp(struct srtp_sender *sender, uint8_t *packet,
                                              size_t *length);
// The key takes the place of the sender's, whose roll-over counter goes on (3.3.1).
void srtp_sender_rekey(struct srtp_sender *sender, const struct srtp_key *key);
void srtp_sender_free(struct srtp_sender *sender);

// `before`: the receiver of the key before, or NULL. A source that goes on may go on with the
// roll-over counter that it had (3711 3.3.1) or with 0 (4568 7.1.4).
struct srtp_receiver *srtp_receiver_new(const struct srtp_key *key,
                                        const struct srtp_receiver *before);
bool srtp_receiver_has_key(const struct srtp_receiver *receiver, const struct srtp_key *key);
// Writes the packet as it was before it was protected to `packet`, which has room for the datagram
// and does not overlap it. // MALFORMED: not such a packet; REFUSED: not genuine; TIMED_OUT: seen
// before, or too old to tell. Nothing is remembered of what is not genuine.
MUST_USE enum status srtp_receiver_open_rtp(struct srtp_receiver *receiver, struct slice datagram,
                                            uint8_t *packet, size_t *length);
MUST_USE enum status srtp_receiver_open_rtcp(struct srtp_receiver *receiver, struct slice datagram,
                                             uint8_t *packet, size_t *length);
void srtp_receiver_free(struct srtp_receiver *receiver);
