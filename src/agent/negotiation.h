// SPDX-License-Identifier: ISC
// The session description of one call: offers in, answers out, and what both mean for the media
// (RFC 3264), with the keys of SRTP, of which ours are the same for the whole call (RFC 4568).
// Knows nothing of dialogs.
#pragma once

#include "agent/settings.h"
#include "media/media_session.h"
#include "util/net_address.h"
#include "util/random.h"

struct negotiation;

struct negotiation *negotiation_new(const struct agent_settings *settings, struct random *random);
// Where our media ports are; before any answer or offer.
void negotiation_set_address(struct negotiation *negotiation, const struct net_address *rtp,
                             uint16_t rtcp_port);
// Would this offer be accepted, by who is at `local`? REFUSED: 488, with *why a constant sentence;
// MALFORMED: 400.
MUST_USE enum status negotiation_check(const struct agent_settings *settings,
                                       const struct net_address *local, struct slice offer,
                                       const char **why);
// What we can do, as neither offer nor answer: port 0 (RFC 3264 9).
void negotiation_describe(const struct agent_settings *settings, struct random *random,
                          struct buffer *text);
// The answer that takes nothing of an offer: port 0 on every line. It fails when
// the offer cannot be read.
MUST_USE enum status negotiation_refuse(struct negotiation *negotiation, struct slice offer,
                                        struct slice *text);
// Answers an offer; *text is the session description, kept until the next one. On failure the
// session stays as it was (RFC 3264 8).
MUST_USE enum status negotiation_answer(struct negotiation *negotiation, struct slice offer,
                                        struct slice *text, const char **why);
// An offer of ours, with the m-lines of the session there is (RFC 3264 8); the far end's answer
// goes to negotiation_accept.
struct slice negotiation_offer(struct negotiation *negotiation);
MUST_USE enum status negotiation_accept(struct negotiation *negotiation, struct slice answer,
                                        const char **why);
// What we offer and answer from now on: SDP_SENDRECV, or SDP_SENDONLY while we hold the far end.
void negotiation_set_direction(struct negotiation *negotiation, enum sdp_direction direction);
enum sdp_direction negotiation_direction(const struct negotiation *negotiation);
bool negotiation_is_complete(const struct negotiation *negotiation);
bool negotiation_is_held(const struct negotiation *negotiation);
const struct media_parameters *negotiation_media(const struct negotiation *negotiation);
// "PCMA"; "" before completion.
const char *negotiation_codec_text(const struct negotiation *negotiation);
// "AES_CM_128_HMAC_SHA1_80", "none" in clear; "" before completion. What has been encrypted stays
// so.
const char *negotiation_encryption_text(const struct negotiation *negotiation);
void negotiation_free(struct negotiation *negotiation);
