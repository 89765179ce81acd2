// SPDX-License-Identifier: ISC
#include "sdp/format.h"

static const struct {
    uint8_t payload_type;
    const char *encoding;
    uint32_t clock_rate;
} statics[] = {
    { 0, "PCMU", 8000 },   { 3, "GSM", 8000 }, { 4, "G723", 8000 },  { 5, "DVI4", 8000 },
    { 6, "DVI4", 16000 },  { 7, "LPC", 8000 }, { 8, "PCMA", 8000 },  { 9, "G722", 8000 },
    { 12, "QCELP", 8000 }, { 13, "CN", 8000 }, { 15, "G728", 8000 }, { 18, "G729", 8000 },
};

enum codec sdp_format_codec(const struct sdp_format *format)
{
    enum codec codec = codec_from_name(format->encoding);
    if (codec == CODEC_NONE || format->clock_rate != codec_clock_rate(codec))
        return CODEC_NONE;
    return format->channels <= codec_channels(codec) ? codec : CODEC_NONE;
}

struct codec_settings sdp_format_settings(const struct sdp_format *format)
{
    struct codec_settings settings = { 0 };
    struct slice rest = format->parameters;
    while (!slice_is_empty(rest)) {
        struct slice value;
        uint32_t number;
        struct slice name = slice_trim(slice_cut(slice_cut(rest, ';', &rest), '=', &value));
        if (!value.data || slice_to_uint32(slice_trim(value), &number) != STATUS_OK)
            continue;
        if (slice_equal_ignoring_case(name, slice_of("maxaveragebitrate")))
            settings.bitrate_max = number;
        else if (slice_equal_ignoring_case(name, slice_of("maxplaybackrate")))
            settings.playback_rate_max = number;
        else if (slice_equal_ignoring_case(name, slice_of("useinbandfec")))
            settings.has_fec = number == 1;
        else if (slice_equal_ignoring_case(name, slice_of("usedtx")))
            settings.has_dtx = number == 1;
    }
    return settings;
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

struct sdp_format sdp_format_of(enum codec codec)
{
    return (struct sdp_format){
        .payload_type = codec_payload_type(codec),
        .encoding = slice_of(codec_name(codec)),
        .clock_rate = codec_clock_rate(codec),
        .channels = codec_channels(codec),
        .parameters = slice_of(codec == CODEC_OPUS ? "useinbandfec=1" : ""),
    };
}

bool sdp_format_is_events(const struct sdp_format *format)
{
    return slice_equal_ignoring_case(format->encoding, slice_of("telephone-event"));
}
