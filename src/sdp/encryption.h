// SPDX-License-Identifier: ISC
// Whether audio is encrypted: RTP profiles and a=crypto in offers and answers (RFC 4568 5.1, 7.1;
// RFC 8643 for a=crypto beside RTP/AVP).
#pragma once

#include "sdp/offer_answer.h"

// RTP/AVP, RTP/AVPF, RTP/SAVP or RTP/SAVPF; *is_secure of the last two.
bool sdp_profile_is_known(struct slice transport, bool *is_secure);
// Takes the line of an offer with encryption, or without. REFUSED: that cannot be, or must not.
// `agreement` gets the suite, the tag and their line.
MUST_USE enum status sdp_encryption_answer(const struct sdp_media *offered,
                                           const struct sdp_local *local, bool is_encrypted,
                                           struct sdp_agreement *agreement, const char **why);
// What their answer means for our offer.
MUST_USE enum status sdp_encryption_accept(const struct sdp_media *offered,
                                           const struct sdp_media *answered,
                                           const struct sdp_local *local,
                                           struct sdp_agreement *agreement, const char **why);
// Our lines in an offer, and the profile that goes with them.
void sdp_encryption_write_offer(struct arena *arena, const struct sdp_local *local,
                                struct sdp_media *media);
// Our line in an answer; none when nothing is encrypted.
void sdp_encryption_write_answer(struct arena *arena, const struct sdp_local *local,
                                 const struct sdp_agreement *agreement, struct sdp_media *media);
