// SPDX-License-Identifier: ISC
// How the packets of one call are protected: in clear, or by SRTP with the keys of now and, until
// the far end has used its new one, with the one before (RFC 3264 8.3.1, RFC 4568 7.1.4). There is
// no way back from SRTP to clear.
#pragma once

#include "media/srtp.h"

struct protection {
    struct srtp_sender *sender;         // NULL: in clear
    struct srtp_receiver *receiver;     // NULL: in clear
    struct srtp_receiver *old_receiver; // of the key before; NULL when it is done with
    uint64_t refused;                   // packets that were not genuine
    uint64_t repeated;                  // that had been there before, or were too old to tell
};

// NULL for both: in clear, unless there were keys already. The same keys again change nothing, so
// that a re-INVITE goes on where it was.
void protection_set(struct protection *protection, const struct srtp_key *send_key,
                    const struct srtp_key *receive_key);
bool protection_is_on(const struct protection *protection);
// Protects a packet of ours in place; there is room for SRTP_TRAILER_MAX more. False: it must not
// be sent.
bool protection_seal(struct protection *protection, bool is_rtcp, uint8_t *packet, size_t *length);
// What the datagram of theirs contains, in `room` (of at least its length) or as it is. False: it
// is dropped, and counted.
bool protection_open(struct protection *protection, bool is_rtcp, struct slice datagram,
                     uint8_t *room, struct slice *packet);
// Erases the keys.
void protection_clear(struct protection *protection);
