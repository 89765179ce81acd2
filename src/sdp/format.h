// SPDX-License-Identifier: ISC
// The formats we know: one table of codec, encoding name, static payload type and clock rate.
#pragma once

#include "sdp/session.h"

enum sdp_codec {
    SDP_CODEC_NONE,
    SDP_CODEC_PCMA,
    SDP_CODEC_PCMU,
    SDP_CODEC_G722,
    SDP_CODEC_OPUS
};

// "PCMA"; "" for NONE.
const char *sdp_codec_text(enum sdp_codec codec);
enum sdp_codec sdp_codec_from_text(struct slice text);
// The codec of an offered format, NONE when it is not one of ours.
enum sdp_codec sdp_format_codec(const struct sdp_format *format);
// Encoding and clock rate of a static payload type (RFC 3551 6); false when it has none.
bool sdp_format_static(uint8_t payload_type, struct sdp_format *format);
// The format we offer for a codec.
struct sdp_format sdp_format_of(enum sdp_codec codec);
bool sdp_format_is_events(const struct sdp_format *format);
