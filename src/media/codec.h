// SPDX-License-Identifier: ISC
// The codecs: one table of names, numbers, rates and operations, for session descriptions and media
// (RFC 3551, 7587). An encoder or decoder is an object with a memory; a decoder conceals what is
// missing.
#pragma once

#include "util/slice.h"

enum codec {
    CODEC_NONE,
    CODEC_PCMA,
    CODEC_PCMU,
    CODEC_G722,
    CODEC_OPUS,
    CODEC_L16,
    CODEC_COUNT
};

enum {
    CODEC_RATE_MAX = 48000,
    CODEC_PTIME_MAX_MS = 120,
    CODEC_PAYLOAD_MAX = 1400,    // bytes of one packet of ours
    CODEC_UNITS = 48000,         // a second, in which packets of all codecs are measured
    CODEC_SAMPLES_MAX = 120 * 48 // of one packet that is decoded
};

// What the far end wants of a codec that can be told such things.
struct codec_settings {
    uint32_t bitrate_max;       // bits a second; 0: not said
    uint32_t playback_rate_max; // samples a second; 0: not said
    bool has_fec;               // it makes use of forward error correction
    bool has_dtx;               // pauses need not be sent
};

// "PCMA"; "" for NONE. The name that stands in a session description.
const char *codec_name(enum codec codec);
// By its name in any case of letters; NONE when there is none.
enum codec codec_from_name(struct slice name);
// This build has what it takes.
bool codec_is_available(enum codec codec);
// Of a session description: the payload type that we offer (below 96: its static one), timestamp
// units a second, channels.
uint8_t codec_payload_type(enum codec codec);
uint32_t codec_clock_rate(enum codec codec);
uint32_t codec_channels(enum codec codec);
// Samples per second of what we speak and hear with it.
uint32_t codec_rate(enum codec codec);
// The packet time that can be sent, nearest to and not above `ptime_ms`, at least 10.
uint32_t codec_ptime(enum codec codec, uint32_t ptime_ms);
// How long a payload is, in CODEC_UNITS; 0: it is none of this codec.
uint32_t codec_duration(enum codec codec, struct slice payload);

struct codec_encoder;

// Only of an available codec.
struct codec_encoder *codec_encoder_new(enum codec codec, const struct codec_settings *settings);
enum codec codec_encoder_codec(const struct codec_encoder *encoder);
// `count` samples at codec_rate, one packet time; `payload` holds CODEC_PAYLOAD_MAX. Returns the
// bytes; 0: nothing need be sent.
size_t codec_encoder_run(struct codec_encoder *encoder, const int16_t *samples, size_t count,
                         uint8_t *payload);
// So many percent of what we send are lost: redundancy is chosen by it.
void codec_encoder_set_loss(struct codec_encoder *encoder, uint32_t percent);
void codec_encoder_free(struct codec_encoder *encoder);

struct codec_decoder;

struct codec_decoder *codec_decoder_new(enum codec codec);
// Returns the samples at codec_rate, at most CODEC_SAMPLES_MAX, which `samples` holds; 0: the
// payload cannot be decoded.
size_t codec_decoder_run(struct codec_decoder *decoder, struct slice payload, int16_t *samples);
// Fills `count` samples of what is missing, at most 120 ms; `next` is the payload that follows them
// directly, which may tell of them, else it is empty. Returns how many are no mere silence.
size_t codec_decoder_conceal(struct codec_decoder *decoder, struct slice next, int16_t *samples,
                             size_t count);
void codec_decoder_free(struct codec_decoder *decoder);
