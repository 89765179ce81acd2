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
    uint32_t from_rate;
    uint32_t to_rate;
    SpeexResamplerState *state; // NULL when the rates are equal
};

struct resampler *resampler_new(uint32_t from_rate, uint32_t to_rate)
{
    struct resampler *resampler = memory_new(sizeof(*resampler));
    resampler->from_rate = from_rate;
    resampler->to_rate = to_rate;
    if (from_rate == to_rate)
        return resampler;
    resampler->state = speex_resampler_init(1, from_rate, to_rate, QUALITY, NULL);
    if (!resampler->state)
        abort();
    return resampler;
}

size_t resampler_convert(struct resampler *resampler, const int16_t *from, size_t from_count,
                         int16_t *to)
{
    size_t to_count = from_count * resampler->to_rate / resampler->from_rate;
    spx_uint32_t taken = (spx_uint32_t)from_count;
    spx_uint32_t given = (spx_uint32_t)to_count;
    if (!resampler->state) {
        memcpy(to, from, to_count * sizeof(*to));
        return to_count;
    }
    speex_resampler_process_int(resampler->state, 0, from, &taken, to, &given);
    memset(to + given, 0, (to_count - given) * sizeof(*to));
    return to_count;
}

void resampler_run(struct resampler *resampler, const int16_t *from, int16_t *to)
{
    resampler_convert(resampler, from, resampler->from_rate / 50, to);
}

void resampler_free(struct resampler *resampler)
{
    if (!resampler)
        return;
    if (resampler->state)
        speex_resampler_destroy(resampler->state);
    free(resampler);
}
