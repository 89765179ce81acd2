// SPDX-License-Identifier: ISC
// A session description as a value (RFC 8866, RFC 2327): what a telephone needs of it. Unknown
// lines and attributes are harmless and forgotten.
#pragma once

#include "util/arena.h"
#include "util/buffer.h"
#include "util/limits.h"

enum sdp_direction {
    SDP_SENDRECV,
    SDP_SENDONLY,
    SDP_RECVONLY,
    SDP_INACTIVE
};

struct sdp_format {
    uint8_t payload_type;
    struct slice encoding; // from rtpmap, else the static one; empty when unknown
    uint32_t clock_rate;
    uint32_t channels;
    struct slice parameters; // fmtp
};

struct sdp_media {
    struct slice type;                            // "audio"
    uint32_t port;                                // 0: refused or switched off
    struct slice transport;                       // "RTP/AVP"
    struct slice format_list;                     // as it stands on the m= line
    struct sdp_format formats[LIMIT_SDP_FORMATS]; // RTP only
    size_t format_count;
    struct slice address; // of the media's or the session's c= line; empty when there is none
    enum sdp_direction direction;
    uint32_t ptime_ms;    // 0 when not given
    uint32_t maxptime_ms; // 0 when not given
    bool has_rtcp_mux;
    uint32_t rtcp_port; // 0: the port after `port`
    struct slice rtcp_address;
    struct slice crypto[LIMIT_SDP_CRYPTO]; // values of a=crypto, as they stand
    size_t crypto_count;
};

struct sdp_session {
    struct slice username;
    uint64_t id;
    uint64_t version;
    struct slice address; // of the o= line
    struct slice time;    // of the first t= line; empty: "0 0"
    struct sdp_media media[LIMIT_SDP_MEDIA];
    size_t media_count;
    bool has_more_media; // than LIMIT_SDP_MEDIA
};

// Tolerates LF line ends, missing s= and t= lines. MALFORMED: not a description at all, or an m=
// line that cannot be read; TOO_LARGE beyond LIMIT_SDP_BYTES. Texts are borrowed from `text`.
MUST_USE enum status sdp_parse(struct arena *arena, struct slice text,
                               struct sdp_session **session);
// Writes what sdp_parse reads.
void sdp_write(struct buffer *buffer, const struct sdp_session *session);
const char *sdp_direction_text(enum sdp_direction direction);
