// SPDX-License-Identifier: ISC
#include "ctl/resampling.h"

#include "util/memory.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUALITY = 8 // prompts are worth it; a call hears one at a time
};

struct resampling {
    uint64_t from_rate;
    uint64_t to_rate;
    uint64_t taken; // since the beginning
    uint64_t given;
    SpeexResamplerState *state; // NULL when the rates are equal
};

struct resampling *resampling_new(uint32_t from_rate, uint32_t to_rate)
{
    struct resampling *resampling = memory_new(sizeof(*resampling));
    resampling->from_rate = from_rate;
    resampling->to_rate = to_rate;
    if (from_rate == to_rate)
        return resampling;
    resampling->state = speex_resampler_init(1, from_rate, to_rate, QUALITY, NULL);
    if (!resampling->state)
        abort();
    speex_resampler_skip_zeros(resampling->state); /* else the sound comes late by the filter */
    return resampling;
}

void resampling_run(struct resampling *resampling, const int16_t *from, size_t *taken, int16_t *to,
                    size_t *given)
{
    if (!resampling->state) {
        *taken = *given = *taken < *given ? *taken : *given;
        memcpy(to, from, *taken * sizeof(*to));
        return;
    }
    spx_uint32_t in = (spx_uint32_t)*taken;
    spx_uint32_t out = (spx_uint32_t)*given;
    speex_resampler_process_int(resampling->state, 0, from, &in, to, &out);
    resampling->taken += in;
    resampling->given += out;
    *taken = in;
    *given = out;
}

size_t resampling_finish(struct resampling *resampling, int16_t *to, size_t size)
{
    static const int16_t silence[256];
    uint64_t whole = resampling->taken * resampling->to_rate / resampling->from_rate;
    size_t given = 0;
    while (resampling->state && resampling->given < whole && given < size) {
        uint64_t missing = whole - resampling->given;
        spx_uint32_t in = sizeof(silence) / sizeof(*silence);
        spx_uint32_t out = (spx_uint32_t)(missing < size - given ? missing : size - given);
        speex_resampler_process_int(resampling->state, 0, silence, &in, to + given, &out);
        resampling->given += out;
        given += out;
    }
    return given;
}

void resampling_free(struct resampling *resampling)
{
    if (!resampling)
        return;
    if (resampling->state)
        speex_resampler_destroy(resampling->state);
    free(resampling);
}
