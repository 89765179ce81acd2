// SPDX-License-Identifier: ISC
#include "sdp/format.h"

static const struct {
    const char *name;
    uint8_t payload_type;
    uint32_t clock_rate;
    uint32_t channels;
} codecs[] = {
    [SDP_CODEC_NONE] = { "", 0, 0, 0 },
    [SDP_CODEC_PCMA] = { "PCMA", 8, 8000, 1 },
    [SDP_CODEC_PCMU] = { "PCMU", 0, 8000, 1 },
    /* RFC 3551 4.5.2: the clock of G722 is 8000 by an old mistake that must be kept. */
    [SDP_CODEC_G722] = { "G722", 9, 8000, 1 },
    [SDP_CODEC_OPUS] = { "opus", 96, 48000, 2 },
};

enum {
    CODEC_COUNT = sizeof(codecs) / sizeof(*codecs)
};

static const struct {
    uint8_t payload_type;
    const char *encoding;
    uint32_t clock_rate;
} statics[] = {
    { 0, "PCMU", 8000 },   { 3, "GSM", 8000 }, { 4, "G723", 8000 },  { 5, "DVI4", 8000 },
    { 6, "DVI4", 16000 },  { 7, "LPC", 8000 }, { 8, "PCMA", 8000 },  { 9, "G722", 8000 },
    { 12, "QCELP", 8000 }, { 13, "CN", 8000 }, { 15, "G728", 8000 }, { 18, "G729", 8000 },
};

const char *sdp_codec_text(enum sdp_codec codec)
{
    return codecs[codec].name;
}

enum sdp_codec sdp_codec_from_text(struct slice text)
{
    for (size_t i = 1; i < CODEC_COUNT; i++)
        if (slice_equal_ignoring_case(text, slice_of(codecs[i].name)))
            return (enum sdp_codec)i;
    return SDP_CODEC_NONE;
}

enum sdp_codec sdp_format_codec(const struct sdp_format *format)
{
    enum sdp_codec codec = sdp_codec_from_text(format->encoding);
    if (codec == SDP_CODEC_NONE || format->clock_rate != codecs[codec].clock_rate)
        return SDP_CODEC_NONE;
    return format->channels <= codecs[codec].channels ? codec : SDP_CODEC_NONE;
}

bool sdp_format_static(uint8_t payload_type, struct sdp_format *format)
{
    for (size_t i = 0; i < sizeof(statics) / sizeof(*statics); i++) {
        if (statics[i].payload_type != payload_type)
            continue;
        format->encoding = slice_of(statics[i].encoding);
        format->clock_rate = statics[i].clock_rate;
        format->channels = 1;
        return true;
    }
    return false;
}

struct sdp_format sdp_format_of(enum sdp_codec codec)
{
    return (struct sdp_format){
        .payload_type = codecs[codec].payload_type,
        .encoding = slice_of(codecs[codec].name),
        .clock_rate = codecs[codec].clock_rate,
        .channels = codecs[codec].channels,
    };
}

bool sdp_format_is_events(const struct sdp_format *format)
{
    return slice_equal_ignoring_case(format->encoding, slice_of("telephone-event"));
}
