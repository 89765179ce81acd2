// SPDX-License-Identifier: ISC
// The formats of a session description that we know: which codec they are, and what they ask for.
#pragma once

#include "media/codec.h"
#include "sdp/session.h"

// The codec of an offered format, NONE when it is not one of ours.
enum codec sdp_format_codec(const struct sdp_format *format);
// What its parameters ask of who sends it (RFC 7587 6.1). What cannot be read is passed over.
struct codec_settings sdp_format_settings(const struct sdp_format *format);
// Encoding and clock rate of a static payload type (RFC 3551 6); false when it has none.
bool sdp_format_static(uint8_t payload_type, struct sdp_format *format);
// The format we offer for a codec.
struct sdp_format sdp_format_of(enum codec codec);
bool sdp_format_is_events(const struct sdp_format *format);
