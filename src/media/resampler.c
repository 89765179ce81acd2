// SPDX-License-Identifier: ISC
#include "media/resampler.h"

#include "util/memory.h"

#include <speex/speex_resampler.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUALITY = 4
};

struct resampler {
    uint32_t from_count;
    uint32_t to_count;
    SpeexResamplerState *state; // NULL when the rates are equal
};

struct resampler *resampler_new(uint32_t from_rate, uint32_t to_rate)
{
    struct resampler *resampler = memory_new(sizeof(*resampler));
    resampler->from_count = from_rate / 50;
    resampler->to_count = to_rate / 50;
    if (from_rate == to_rate)
        return resampler;
    resampler->state = speex_resampler_init(1, from_rate, to_rate, QUALITY, NULL);
    if (!resampler->state)
        abort();
    return resampler;
}

void resampler_run(struct resampler *resampler, const int16_t *from, int16_t *to)
{
    spx_uint32_t taken = resampler->from_count;
    spx_uint32_t given = resampler->to_count;
    if (!resampler->state) {
        memcpy(to, from, resampler->to_count * sizeof(*to));
        return;
    }
    speex_resampler_process_int(resampler->state, 0, from, &taken, to, &given);
    memset(to + given, 0, (resampler->to_count - given) * sizeof(*to));
}

void resampler_free(struct resampler *resampler)
{
    if (!resampler)
        return;
    if (resampler->state)
        speex_resampler_destroy(resampler->state);
    free(resampler);
}
