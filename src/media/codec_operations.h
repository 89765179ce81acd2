// SPDX-License-Identifier: ISC
// What a codec has to do, for the table in codec.c. A codec without a memory has no `..._new`.
#pragma once

#include "media/codec.h"

struct codec_operations {
    void *(*encoder_new)(const struct codec_settings *settings);
    size_t (*encode)(void *state, const int16_t *samples, size_t count, uint8_t *payload);
    void (*set_loss)(void *state, uint32_t percent); // may be NULL
    void (*encoder_free)(void *state);
    void *(*decoder_new)(void);
    size_t (*decode)(void *state, struct slice payload, int16_t *samples, size_t maximum);
    // NULL: what was heard last is repeated.
    bool (*conceal)(void *state, struct slice next, int16_t *samples, size_t count);
    void (*decoder_free)(void *state);
    // Samples that a payload holds; 0: it is not well formed.
    size_t (*samples_of)(struct slice payload);
};

// Without `decode` where the build lacks their library.
extern const struct codec_operations codec_g722_operations;
extern const struct codec_operations codec_opus_operations;
extern const struct codec_operations codec_pcma_operations;
extern const struct codec_operations codec_pcmu_operations;
extern const struct codec_operations codec_l16_operations;
